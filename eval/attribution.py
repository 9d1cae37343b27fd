"""Who an answer says is speaking, against who is: a comment must never pass for the report.

    attribution_errors(answer, library)
    # → ('sentence 1 cites a reader’s comment (HN …) and does not say so',)

Only a sentence's own words count: what stands inside its quotes is the source speaking. It looks
for set phrases, so it can miss a misattribution in an unusual wording; it is not a language model.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from eval.library import Library
from eval.textmatch import normalise
from ragbot.types import EvidenceType, SourceDocument

_SAYS_COMMENT = re.compile(r"\b(comment\w*|readers?|reader's|respondents?)\b")
_SPEAKS = (
    "found|finds|says|said|states|stated|reports|reported|concludes|concluded|argues|argued"
    "|recommends|recommended|notes|noted|believes|thinks|shows|showed|warns|warned"
)

_BETWEEN = "report|review|page|study|authors?|researchers?|itself|also|has|have|team"
_DOCUMENT_WORD = re.compile(r"\s(report|review|guidance|guideline|web ?page|page|website)$")


def own_words(sentence: str, quotes: Sequence[str]) -> str:
    """The normalised sentence without the quotes that stand in it word for word."""
    text = normalise(sentence)
    for quote in sorted((normalise(q) for q in quotes), key=len, reverse=True):
        if quote:
            text = text.replace(quote, " ")
    return text


def attribution_errors(answer: Mapping[str, Any], library: Library) -> tuple[str, ...]:
    """Each sentence that passes a reader's comment off as something else, in words."""
    by_number = {citation["n"]: citation for citation in answer["citations"]}
    errors = []
    for place, sentence in enumerate(answer["sentences"], start=1):
        cited = [by_number[n] for n in sentence["citations"] if n in by_number]
        comments = [c for c in cited if _is_comment(c, library)]
        if not comments:
            continue
        own = own_words(sentence["text"], [c["quote"] for c in cited])
        label = comments[0]["label"]
        if _publisher_speaks(own, library):
            errors.append(f"sentence {place} names the publisher as the speaker of a comment")
        elif not _SAYS_COMMENT.search(own):
            errors.append(f"sentence {place} cites a reader’s comment ({label}), unsaid")
    return tuple(errors)


def _is_comment(citation: Mapping[str, Any], library: Library) -> bool:
    """By the source that owns the range; by the citation's own word where no source does."""
    for source_id in library.sources_at(citation["path"], citation["start"], citation["end"]):
        source = library.source(source_id)
        if source is not None:
            return source.evidence_type is EvidenceType.READER_COMMENT
    return bool(citation["evidence_type"] == EvidenceType.READER_COMMENT)


def _publisher_speaks(own: str, library: Library) -> bool:
    for name in publishers(library.sources):
        spoken = rf"{re.escape(name)}(\s({_BETWEEN}))*\s({_SPEAKS})\b"
        if re.search(rf"\b({spoken}|according to (the )?{re.escape(name)})", own):
            return True
    return False


def publishers(sources: Sequence[SourceDocument]) -> list[str]:
    """Normalised names under which a report may be quoted: its label, and what comments hang on."""
    names = set()
    for source in sources:
        label = source.label if source.evidence_type is EvidenceType.REPORT else source.about
        if label:
            plain = re.split(r"[(,:;]", normalise(label).removeprefix("the "))[0].strip()
            names |= {plain, _DOCUMENT_WORD.sub("", plain)}
    return sorted(name for name in names if len(name) > 2)
