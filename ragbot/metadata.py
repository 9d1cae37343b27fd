"""Questions about the sources themselves: who wrote it, which journal, when, how many there are.

    fields_asked("which journal was the glue ear study in?")   # ("journal",)
    stated(document, ("journal",))                             # (MetadataField("journal", …),)

The answer is the place in the file where the source says so; what a file does not say is not
filled in. It recognises what is asked; which source is meant is the retriever's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ragbot.types import MetadataField, SourceDocument

_PAPER = "(?:it|this|that|paper|study|article|report|review|evaluation|trial|abstract|page)"
_ASKED: tuple[tuple[str, str], ...] = (
    (
        "authors",
        r"\bwho(?:['’]?s| is| are| was| were)?(?: the)? (?:wrote|written|write|authors?|authored|"
        r"writers?|published|co-?authors?|lead author)\b"
        r"|\bauthors?(?: names?)?\b(?! (?:say|said|find|found|conclude|report|suggest|think|mean|"
        r"argue|recommend|use|do|did|note|describe|call|identif))"
        r"|\b(?:written|authored) by (?:who|whom)\b"
        r"|\bwho (?:did|ran|carried out|conducted|led) (?:the|that|this)\b",
    ),
    (
        "journal",
        r"\b(?:which|what|wot|the|name of the|in a|in which) journal\b"
        r"|\bjournal\b.{0,25}\?|^journal\b",
    ),
    (
        "year",
        r"\b(?:when|what year|which year|what date|how old)\b.{0,60}"
        r"\b(?:publish\w*|came out|come out|written|appear\w*|paper|article)\b"
        r"|\b(?:year|date) of publication\b|\bpublication (?:year|date)\b"
        rf"|\bwhat year\b.{{0,40}}\b{_PAPER}\b",
    ),
    ("doi", r"\bdoi\b"),
    ("volume", r"\bvol(?:ume)?\b"),
    ("issue", r"\bissue (?:no|number|num|#)|\bvolume (?:and|&) issue\b|\bwhich issue\b"),
    ("pages", r"\bpages?(?: numbers?| nos?)?\b|\bpp\b"),
    (
        "title",
        r"\b(?:title of|full title|what(?:['’]s| is| was) .{0,40}(?:called|titled|entitled))\b",
    ),
    ("registration", r"\bprospero\b|\bregist(?:ered|ration)\b"),
    ("grant_number", r"\bgrant (?:no|num|number|ref|code|id)"),
)
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _ASKED)
_ALSO = {"year": ("publication_date",), "pages": ("article_id",)}
"""A field that says the same where the first is missing."""


def fields_asked(question: str) -> tuple[str, ...]:
    """Names of the metadata fields that a question asks for; empty for most questions."""
    return tuple(name for name, pattern in _COMPILED if pattern.search(question))


def stated(document: SourceDocument, names: Sequence[str]) -> tuple[MetadataField, ...]:
    """The fields of those names that the source's file states, in the order asked."""
    return tuple(field for name in names for field in _of(document, name))


def topic(question: str) -> str:
    """The question without the words that ask for metadata: what it is about."""
    text = question
    for name, pattern in _COMPILED:
        if name in ("doi", "volume", "pages", "journal", "issue"):
            text = pattern.sub(" ", text)
    return " ".join(text.split())


def _of(document: SourceDocument, name: str) -> Iterator[MetadataField]:
    for candidate in (name, *_ALSO.get(name, ())):
        found = document.field(candidate)
        if found:
            yield found
            return
