r"""Markdown, by markdown-it-py, which says on which lines headings and code stand.

    ## Care homes          → a section "Care homes"
    **Background** Nurses  → a section "Background", where the word is a usual heading
    **Next steps**         → a section "Next steps"; so do bare lines above text

The canonical text is the file. Marks (``**``, the address of a link, table rules, comments, front
matter) are left out of the search text. Paragraphs that a conversion broke in the middle of a word
or sentence are searched as one. Code is text like any other, but has no headings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.clean import blanked, is_blank, one_line, trim
from ingest.headings import is_heading_word
from ingest.parsers.content import Content
from ingest.parsers.flow import broken_paragraphs
from ingest.parsers.lines import Line, lines
from ingest.parsers.sections import sections_between, stands_alone
from ingest.parsers.whole import document
from ragbot.errors import EmptyFile
from ragbot.types import MetadataField, ParsedFile

KIND = "markdown"
_SNIFF = (  # what shows that a text is Markdown, and how often it must stand there
    (re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE), 1),
    (re.compile(r"^[^\s#>].{0,120}\r?\n(?:={3,}|-{3,})[ \t]*$", re.MULTILINE), 1),
    (re.compile(r"\*\*[^*\s][^*\n]{0,200}\*\*"), 2),
    (re.compile(r"\[[^\]\n]{1,200}\]\([^)\s]{1,500}\)"), 2),
)
_FRONT = re.compile(
    r"\ufeff?---[ \t]*\r?\n(?P<facts>.*?)^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.M | re.S
)
_FACT = re.compile(
    r"^(?P<name>title|author|date)[ \t]*:[ \t]*[\"']?(?P<value>[^\r\n]*?)[\"']?[ \t]*$", re.M
)
_FACTS = {"title": "title", "author": "authors", "date": "publication_date"}
_MARKS = re.compile(
    r"<!--(?:(?!-->).){0,300}-->|</?[A-Za-z][^<>\n]{0,200}>"
    r"|^[ \t]*(?:\|[ \t]*)?:?-{3}[ \t|:-]*$"
    r"|^ {0,3}\[[^\]\n]+\]:[ \t]\S.*$"
    r"|!?\[(?=[^\]\n]{0,300}\]\()|(?<=\])\((?:[^()\n]|\([^()\n]{0,200}\)){0,500}\)|\](?=\()"
    r"|\\(?=[!-/:-@\[-`{-~])"
    r"|(?<!^)(?<![ \t])\*+|\*+(?=\S)|(?<!\w)_{1,3}(?=\w)|(?<=\w)_{1,3}(?!\w)|`+",
    re.MULTILINE | re.DOTALL,
)
_BOLD_LINE = re.compile(r"(?:\*\*|__)(?P<title>[^*_\n]{2,80}?)[ \t]*:?(?:\*\*|__)[ \t]*:?")
_RUN_IN = re.compile(r"(?:\*\*|__)(?P<title>[^*_\n]{2,60}?)[ \t]*[:.]?(?:\*\*|__)[:.]?[ \t]+(?=\S)")
_MOST_WORDS = 12
_OPENS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789“‘(")
_CUT_SHORT = re.compile(
    r"(?:[-‐‑,]|\b(?:a|an|and|as|at|by|for|from|in|of|on|or|that|the|to|with))$"
)


class Markdown:
    """Recognises headings, bold text or links in its spelling."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """Enough of one of them."""
        return any(
            sum(1 for _, _ in zip(range(least), pattern.finditer(content.text), strict=False))
            == least
            for pattern, least in _SNIFF
        )

    def parse(self, content: Content) -> ParsedFile:
        """One source: the file."""
        text = content.text
        front = _FRONT.match(text)
        body = front.end() if front else 0
        heads = [head for head in _headings(text) if head[1] >= body]
        joins = [*broken_paragraphs(text, lines(text, body))]
        marks = [match.span() for match in _MARKS.finditer(text, body)]
        skipped = tuple(sorted([*([(0, body)] if body else []), *joins, *marks]))
        searched = blanked(text, skipped)
        sections = tuple(
            part
            for part in sections_between(text, heads, body)
            if not is_blank(searched[part.start : part.end])
        )
        if not sections:
            raise EmptyFile(f"{content.path} holds headings only.")
        fields = [*_facts(text, front)]
        if not any(field.name == "title" for field in fields):
            fields += filter(None, [_title(text, body)])
        return ParsedFile(
            path=content.path,
            sha256=content.sha256,
            text=text,
            kind=KIND,
            documents=(document(content.path, text, sections, fields=fields),),
            notes=content.notes,
            skipped=skipped,
        )


def _headings(text: str) -> Iterator[tuple[str, int, int]]:
    """Title, where the heading starts and where what it heads begins."""
    from markdown_it import MarkdownIt

    found = lines(text)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    for token, following in pairwise(tokens):
        if token.map is None or token.map[1] > len(found):
            continue
        head, last = found[token.map[0]], found[token.map[1] - 1]
        if token.type == "heading_open":
            title = one_line(blanked(following.content, _spans(following.content)))
            if title:
                yield title, head.start, last.end
        elif token.type == "paragraph_open" and token.level == 0:
            yield from _printed_heading(text, found, token.map[0], token.map[1])


def _printed_heading(
    text: str, found: Sequence[Line], first: int, stop: int
) -> Iterator[tuple[str, int, int]]:
    """A paragraph that is a heading, or begins with one, though Markdown does not say so."""
    line = found[first]
    if stop == first + 1 and (bold := _bold_title(text, line)):
        after = next((line for line in found[stop:] if not line.blank), None)
        if after and not _bold_title(text, after):
            yield bold, line.start, line.end
        return
    run_in = _RUN_IN.match(text, line.start, line.end)
    if run_in and is_heading_word(one_line(run_in["title"])):
        yield one_line(run_in["title"]), line.start, run_in.end()
    elif stop == first + 1 and stands_alone(found, first) and _after_a_sentence(found, first):
        yield line.text, line.start, line.end


def _bold_title(text: str, line: Line) -> str:
    """The words of a line that is bold as a whole, "" where they cannot be a heading."""
    bold = _BOLD_LINE.fullmatch(text, line.start, line.end)
    title = one_line(bold["title"]) if bold else ""
    return title if title[:1] in _OPENS and len(title.split()) <= _MOST_WORDS else ""


def _after_a_sentence(found: Sequence[Line], i: int) -> bool:
    """Whether what stands before line ``i`` is complete: it does not run on into the line."""
    before = next((line for line in reversed(found[:i]) if not line.blank), None)
    ended = (
        before is None or before.text.endswith((".", "!", "?", ":", "**")) or "#" in before.text[:1]
    )
    return ended and not _CUT_SHORT.search(found[i].text)


def _spans(text: str) -> Iterator[tuple[int, int]]:
    return (match.span() for match in _MARKS.finditer(text))


def _facts(text: str, front: re.Match[str] | None) -> Iterator[MetadataField]:
    """What the front matter says."""
    for match in _FACT.finditer(text, *front.span("facts")) if front else ():
        start, end = trim(text, *match.span("value"))
        if start < end:
            yield MetadataField(_FACTS[match["name"]], one_line(text[start:end]), start, end)


def _title(text: str, body: int) -> MetadataField | None:
    """The heading of the first level with which the text begins."""
    line = next((line for line in lines(text, body) if not line.blank), None)
    match = _FIRST_LEVEL.fullmatch(text, line.start, line.end) if line else None
    return MetadataField("title", one_line(match["title"]), *match.span("title")) if match else None


_FIRST_LEVEL = re.compile(r"#[ \t]+(?P<title>\S.*?)[ \t#]*")
