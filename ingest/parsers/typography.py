"""Headings of a PDF by how they are set: larger than the text, or bold on lines of their own.

    headings(lines, outline={"symptoms of asthma"})      # [Heading("Symptoms of asthma", 7, 25, …)]

Sizes and fonts are those that pypdf reports with the text. The titles of the document's own outline
(bookmarks) count too where a line prints them. A PDF that tells neither has no headings here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from ingest.clean import one_line
from ingest.parsers.lines import Line

_LARGER = 1.12  #: times the text's size from which a line is set as a heading
_MOST_CHARS = 160
_MOST_LINES = 3  #: of one heading
_BOLD_WORDS = 12
_BOLD_SHARE = 0.25  #: of the lines: where more are bold, bold tells nothing
_LETTERS = re.compile(r"[^\W\d_]")
_TITLE = 1.3  #: times the text's size from which the largest heading of page one is the title
_SENTENCE = re.compile(r"[.,;:]$")
_BOLD_FONT = re.compile(r"bold|black|heavy|semib|demi", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of a page's text in one font, from ``start`` on."""

    start: int
    size: float  #: points, as drawn
    bold: bool


@dataclass(frozen=True, slots=True)
class SetLine:
    """A line and how most of it is set."""

    line: Line
    size: float  #: 0 where it is not known
    bold: bool
    page: int


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as printed."""

    title: str
    start: int
    end: int
    size: float
    page: int


def is_bold(font: str) -> bool:
    """Whether a font's name says that it is bold."""
    return _BOLD_FONT.search(font) is not None


def set_lines(
    found: Sequence[Line], text: str, runs: Sequence[Run], *, offset: int, page: int
) -> list[SetLine]:
    """The lines with the size and weight that most of their letters have.

    ``runs`` count from the page's beginning, which stands at ``offset``.
    """
    edges = [*(run.start + offset for run in runs[1:]), len(text)]
    lined: list[SetLine] = []
    current = 0
    for line in found:
        sizes: Counter[tuple[float, bool]] = Counter()
        while runs and current < len(runs) - 1 and edges[current] <= line.start:
            current += 1
        for place in range(current, len(runs)):
            begin = max(line.start, runs[place].start + offset)
            if begin >= line.end:
                break
            letters = len(text[begin : min(line.end, edges[place])].replace(" ", ""))
            sizes[(runs[place].size, runs[place].bold)] += letters
        (size, bold), _ = sizes.most_common(1)[0] if sizes else ((0.0, False), 0)
        lined.append(SetLine(line, size, bold, page))
    return lined


def headings(found: Sequence[SetLine], *, outline: Set[str] = frozenset()) -> list[Heading]:
    """The headings in order. ``found``: the lines that are text, furniture left out."""
    kept = [line for line in found if not line.line.blank]
    body = _body_size(kept)
    bold_lines = sum(1 for line in kept if line.bold)
    bold_counts = 0 < bold_lines <= _BOLD_SHARE * len(kept)
    made: list[Heading] = []
    i = 0
    while i < len(kept):
        stop = i + 1
        if _is_larger(kept[i], body):
            while (
                stop < len(kept)
                and stop - i < _MOST_LINES
                and _goes_on(kept[stop - 1], kept[stop], body)
            ):
                stop += 1
            made += _heading(kept[i:stop])
        elif one_line(kept[i].line.text).casefold() in outline or (
            bold_counts and _is_bold_heading(kept, i)
        ):
            made += _heading(kept[i:stop])
        i = stop
    return made


def title_of(found: Sequence[Heading], lines: Sequence[SetLine]) -> Heading | None:
    """The largest heading of the first page, where it is much larger than the text."""
    body = _body_size([line for line in lines if not line.line.blank])
    first = [heading for heading in found if heading.page == 0]
    if not first or not body:
        return None
    best = max(first, key=lambda heading: heading.size)
    return best if best.size >= _TITLE * body and len(best.title.split()) > 1 else None


def _heading(lines: Sequence[SetLine]) -> Iterator[Heading]:
    title = one_line(" ".join(line.line.text for line in lines))
    if len(title) <= _MOST_CHARS and len(_LETTERS.findall(title)) > 2:
        first = lines[0]
        yield Heading(title, first.line.start, lines[-1].line.end, first.size, first.page)


def _body_size(found: Sequence[SetLine]) -> float:
    """The size of most letters; 0 where sizes are not known."""
    sizes: Counter[float] = Counter()
    for line in found:
        sizes[line.size] += len(line.line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _is_larger(line: SetLine, body: float) -> bool:
    return 0 < _LARGER * body <= line.size and len(line.line.text) <= _MOST_CHARS


def _goes_on(before: SetLine, line: SetLine, body: float) -> bool:
    same = abs(before.size - line.size) < 0.1 and before.page == line.page
    return same and _is_larger(line, body)


def _is_bold_heading(found: Sequence[SetLine], i: int) -> bool:
    """A bold line by itself, above text that is not."""
    line = found[i]
    text = line.line.text
    alone = i + 1 < len(found) and not found[i + 1].bold and (i == 0 or not found[i - 1].bold)
    begins = text[:1].isupper() or text[:1].isdigit()
    short = len(text.split()) <= _BOLD_WORDS and not _SENTENCE.search(text)
    return line.bold and alone and begins and short and len(_LETTERS.findall(text)) > 2
