"""Headings on lines of their own, and the sections between them.

    is_heading(Line(0, 12, "Our findings"), Line(13, 33, "- We found that few …"))    # True

Two kinds: Markdown's (``## Care homes``) and bare lines that are no sentence and stand above text.
A heading above another heading heads nothing and stays text. Headings set into running text are
``ingest.headings``' business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.clean import one_line, trim
from ingest.headings import split_headings
from ingest.parsers.lines import Line, lines
from ragbot.types import MetadataField, Section

BULLET = re.compile(r"[-*•‣▪◦●○–]\s")
_MARKDOWN = re.compile(r"(?P<level>#{1,6})[ \t]+(?P<title>.*?)[ \t#]*")
_BARE = re.compile(r"[A-Z0-9“‘].{0,79}(?<![.,;:!?\d])")
_TEXT_ENDS = (".", "!", "?", ":", ".”", ".)", ".’")
_MOST_WORDS = 10
_WHOLE_ABSTRACT = 3  #: headings set into one paragraph that show that it is a structured abstract


def is_text(line: Line) -> bool:
    """A list item, or a line that ends as sentences and lead-ins end."""
    return bool(BULLET.match(line.text)) or line.text.endswith(_TEXT_ENDS)


def is_heading(line: Line, following: Line) -> bool:
    """A short line that is no sentence, above text."""
    short = _BARE.fullmatch(line.text) is not None and len(line.text.split()) <= _MOST_WORDS
    return short and not BULLET.match(line.text) and is_text(following)


def sections_of(text: str) -> Iterator[Section]:
    """The sections of a whole text; what no heading heads has the title None."""
    yield from sections_between(
        text, [(title, line.start, line.end) for title, line in _headings(text)]
    )


def sections_between(
    text: str, heads: Sequence[tuple[str, int, int]], first: int = 0
) -> Iterator[Section]:
    """The sections under ``heads`` (title, start, end of each, in order) from ``first`` on."""
    stops = [*(start for _, start, _ in heads), len(text)]
    yield from _untitled(text, first, stops[0])
    for (title, _, end), stop in zip(heads, stops[1:], strict=True):
        begin, last = trim(text, end, stop)
        if begin < last:
            yield Section(title, begin, last)


def markdown_title(text: str) -> MetadataField | None:
    """The Markdown heading of the first level with which the text begins."""
    first = next((line for line in lines(text) if not line.blank), None)
    match = _MARKDOWN.fullmatch(text, first.start, first.end) if first else None
    if match and match["level"] == "#" and match["title"]:
        return MetadataField("title", one_line(match["title"]), *match.span("title"))
    return None


def _untitled(text: str, start: int, end: int) -> Iterator[Section]:
    """A stretch without headings of its own: a structured abstract, or just text."""
    start, end = trim(text, start, end)
    if start == end:
        return
    inner = split_headings(text, start, end)
    if sum(1 for section in inner if section.title) >= _WHOLE_ABSTRACT:
        yield from inner
    else:
        yield Section(None, start, end)


def _headings(text: str) -> Iterator[tuple[str, Line]]:
    found = lines(text)
    for i, line in enumerate(found):
        if line.blank:
            continue
        markdown = _MARKDOWN.fullmatch(line.text)
        if markdown and markdown["title"]:
            yield markdown["title"], line
        elif (i == 0 or found[i - 1].blank) and stands_alone(found, i):
            yield line.text, line


def stands_alone(found: Sequence[Line], i: int) -> bool:
    """Whether line ``i``, which starts a paragraph, is one by itself and heads the next."""
    following = i + 1
    while following < len(found) and found[following].blank:
        following += 1
    if following == i + 1 or following == len(found):
        return False
    last = following
    while last + 1 < len(found) and not found[last + 1].blank:
        last += 1
    return is_heading(found[i], found[following]) or is_heading(found[i], found[last])
