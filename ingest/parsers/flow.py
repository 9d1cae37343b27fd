r"""How text runs through pages: what is furniture, and where a paragraph only seems to end.

    furniture([lines_of_page_1, lines_of_page_2, …])     # {"running headers, footers, numbers"}
    [*broken_paragraphs(text, lines(text))]              # [(120, 121)]: white space to leave out

Everything here is a range to leave out of the search text; the canonical text stays as extracted.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.parsers.lines import Line

_EDGE = 3  #: lines at the top and at the bottom of a page in which furniture stands
_LEAST_PAGES = 3
_SHARE = 0.3  #: of the pages; headers of left and right pages alternate, and chapters change
_LONGEST = 120  #: characters; a longer line is text
_DIGITS = re.compile(r"\d+|\b[ivxlc]{1,6}\b", re.IGNORECASE)
_WORDS = re.compile(r"[^\W\d_]{3}")
_NUMBER = re.compile(r"\W{0,3}(?:\d{1,4}|[ivxlc]{1,6})\W{0,3}", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:\.[ \t]?){5,}[ \t]*\d{0,4}")
_GOES_ON = re.compile(r"[^\W\d_A-Z]|[,;‐‑–-]")  #: a line that ends so did not end its sentence
_BEGINS_LOW = re.compile(r"[a-zß-öø-ÿ]")
_LIST_ITEM = re.compile(r"[-*•‣▪◦●○–]\s|\(?[a-z\d]{1,3}[.)]\s")
_SHORTEST = 25  #: characters; a shorter line may be a heading or an item


def furniture(pages: Sequence[Sequence[Line]]) -> frozenset[tuple[int, int]]:
    """The ranges of running headers, footers and page numbers, and of lines of a contents page."""
    counts: Counter[str] = Counter()
    for page in pages:
        counts.update({_shape(line) for line in _edges(page)})
    least = max(_LEAST_PAGES, _SHARE * len(pages))
    found: set[tuple[int, int]] = set()
    for page in pages:
        found |= {(line.start, line.end) for line in page if _CONTENTS.search(line.text)}
        again = [line for line in _edges(page) if counts[_shape(line)] >= least]
        if 2 * _length(again) < _length(page):  # a page is never furniture only
            found |= {(line.start, line.end) for line in again}
    return frozenset(found)


def broken_paragraphs(text: str, found: Sequence[Line]) -> Iterator[tuple[int, int]]:
    """White space (with what lies in it) inside sentences that a break parts.

    ``found``: the lines that are text, in order; what lies between two of them may be left out.
    """
    kept = [line for line in found if not line.blank]
    for line, following in pairwise(kept):
        newline = text.find("\n", line.end, following.start)
        if newline < 0 or newline + 1 == following.start or len(line.text) < _SHORTEST:
            continue
        goes_on = _GOES_ON.match(line.text[-1]) and _BEGINS_LOW.match(following.text)
        if goes_on and not _LIST_ITEM.match(following.text):
            yield newline + 1, following.start


def _edges(page: Sequence[Line]) -> list[Line]:
    """The first and the last lines of a page that may be furniture."""
    kept = [line for line in page if not line.blank]
    shapes = Counter(_shape(line) for line in kept)
    inner = max(_EDGE, len(kept) - _EDGE)
    return [
        line
        for line in (*kept[:_EDGE], *kept[inner:])
        if len(line.text) <= _LONGEST
        and shapes[_shape(line)] == 1
        and (_WORDS.search(line.text) or _NUMBER.fullmatch(line.text))
    ]


def _length(found: Sequence[Line]) -> int:
    return sum(len(line.text) for line in found)


def _shape(line: Line) -> str:
    """What is the same on every page: the words, whatever the number."""
    return _DIGITS.sub("#", line.text.casefold())
