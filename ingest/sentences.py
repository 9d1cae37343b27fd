"""Stretches of canonical text → sentences, as ranges.

    units(text, start, end)
    # [Unit(0, 61, bullet=False), Unit(64, 90, bullet=True), …]

Boundaries come from sentencex (Wikimedia) over a copy of the text in which line ends and odd spaces
are plain spaces, one for one, so that its offsets are ours; they are then repaired for what stands
in papers: "Vol. 10, No. 27", "et al. (2020)", "Josephine M. Wildman", "work.The next". Every
character that is neither white space nor a list marker lies in exactly one unit. A list item is one
unit; only one longer than ``LONGEST_ITEM`` is parted into its sentences.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ingest.clean import is_blank, trim
from ingest.parsers.lines import Line, lines

LONGEST_ITEM = 200  #: characters; a longer list item is parted into sentences, to be quoted singly
LONGEST_SENTENCE = 1000  #: characters; a longer "sentence" is a table or debris, and is cut

_BULLET = re.compile(r"(?:[-–—*+•‣▪▫◦●○·]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])[ \t\u00a0]+(?=\S)")
_ENDS = re.compile(r"[.?!:;][)\]”’\"'»]*$")
_GOES_ON = re.compile(r"(?:[,–-]|\b(?:a|an|and|as|at|by|for|from|in|of|on|or|that|the|to|with))$")
_LONG_LINE = 200  #: characters; nobody wraps lines so late: such a line is a paragraph
_SHORT_LINE = 0.5  #: share of the longest line below which a line was ended on purpose
_WINDOW = 2000  #: characters given to sentencex at once
_NEAR = 80  #: characters around a boundary that decide about it
_SHORT_ITEM = 0.8  #: the same for a list item, which other text follows more often

_NO_END = re.compile(  # abbreviations that a sentence does not end with
    r"(?:^|[\s(\[“‘\"'–-])(?:vols?|nos?|pp?|figs?|eqs?|refs?|chaps?|suppl|vs|cf|e\.g|i\.e|viz|approx"
    r"|ca|dr|prof|mr|mrs|ms|st|jr|eds?|dept|resp)\.$",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"(?:^|[\s(\[“‘])(?:no|p)\.$", re.IGNORECASE)
_ET_AL = re.compile(r"\bet al\.[)\]”’\"']*$", re.IGNORECASE)
_INITIAL = re.compile(r"(?:^|(?:^|[\s,&])(?:and |[A-Z][\w’'-]*\.? ))(?:[A-Z]\.[ -]?)*[A-Z]\.$")
_LETTERED = re.compile(  # "Group A." ends a sentence; its capital is no initial
    r"\b(?:group|arm|type|vitamin|hepatitis|table|part|phase|site|appendix|figure|box|model|class"
    r"|category|band|grade|section|option|plan) (?-i:[A-Z])\. ",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Z][\w’'-]+")
_LOWER = re.compile(r"[(\[“‘\"']*[a-z]+(?:[\s,;.)\]]|$)")
_ITEM_NUMBER = re.compile(r"\(?\d{1,3}[.)]")
_OPEN_OR_DIGIT = re.compile(r"[(\[]?\d|[(\[]")
_CLOSERS = ")]”’\"'»"
_GLUED = re.compile(
    r"(?<=[a-z]{2}[.?!])(?=[A-Z][a-z]+[ ,])|(?<=[a-z]{2}[.?!][)”’\"])(?=[A-Z][a-z]+[ ,])"
)
_ADDRESS = re.compile(r"https?:|www\.|@|/")
_CUTS = (re.compile(r"(?<=[;:])\s"), re.compile(r"(?<=,)\s"), re.compile(r"\s"))


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence or a list item, without white space or the item's marker at its ends."""

    start: int
    end: int
    bullet: bool  #: it is (part of) a list item


@dataclass(frozen=True, slots=True)
class _Block:
    start: int
    end: int
    bullet: bool


def units(text: str, start: int, end: int) -> list[Unit]:
    """The sentences and list items of ``text[start:end]``, in order."""
    found: list[Unit] = []
    for block in _blocks(text, start, end):
        whole = block.bullet and block.end - block.start <= LONGEST_ITEM
        spans = [(block.start, block.end)] if whole else sentences(text, block.start, block.end)
        found.extend(Unit(first, last, block.bullet) for first, last in spans)
    return found


def sentences(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """The sentences of one paragraph."""
    flat = "".join(" " if char.isspace() else char for char in text[start:end])
    cuts = set(_boundaries(flat))
    cuts |= {match.start() for match in _GLUED.finditer(flat)}
    cuts |= {match.end() for match in _LETTERED.finditer(flat)}
    cuts = {_after_closers(flat, cut) for cut in cuts if 0 < cut < len(flat)}
    kept = [cut for cut in sorted(cuts) if not _joins(flat, cut)]
    edges = [start, *(start + cut for cut in kept), end]
    spans = (trim(text, a, b) for a, b in pairwise(edges))
    merged = _with_orphans(text, [span for span in spans if span[0] < span[1]])
    return [piece for span in merged for piece in _pieces(text, *span)]


def _boundaries(flat: str) -> Iterator[int]:
    """Where sentencex starts sentences; window by window, as its time is quadratic without spaces.

    A window begins where the last sentence of the window before began, so no boundary is lost.
    """
    from sentencex import get_sentence_boundaries

    position = 0
    while position < len(flat):
        window = flat[position : position + _WINDOW]
        starts = [boundary["start_index"] for boundary in get_sentence_boundaries("en", window)]
        yield from (position + start for start in starts[1:])
        at_the_end = position + _WINDOW >= len(flat)
        position += _WINDOW if at_the_end or len(starts) < 2 else starts[-1]


def _in_address(flat: str, place: int) -> bool:
    """Whether ``place`` lies inside a web or mail address."""
    if flat[place - 1] == " ":
        return False
    first = flat.rfind(" ", max(0, place - _NEAR), place) + 1 or max(0, place - _NEAR)
    last = flat.find(" ", place, place + _NEAR)
    return _ADDRESS.search(flat, first, last if last > 0 else place + _NEAR) is not None


def _after_closers(flat: str, cut: int) -> int:
    """Leave a closing quote or bracket, with what follows it directly, to the sentence before."""
    place = cut
    while place < len(flat) and flat[place] in _CLOSERS:
        place += 1
    alone = place == len(flat) or flat[place] == " "
    return place if place > cut and alone and flat[cut - 1] != " " else cut


def _joins(flat: str, cut: int) -> bool:
    """Whether the sentence goes on at ``cut``."""
    before, after = flat[max(0, cut - _NEAR) : cut].rstrip(), flat[cut : cut + _NEAR].lstrip()
    if not after or not before or _in_address(flat, cut):
        return True
    if _NUMBERED.search(before):
        return after[0].isdigit()
    if _NO_END.search(before):
        return True
    if _ET_AL.search(before):
        return bool(_OPEN_OR_DIGIT.match(after) or _LOWER.match(after))
    if before.endswith(".") and _INITIAL.search(before):
        return _NAME.match(after) is not None and not _LETTERED.search(f"{before} ")
    return before[-1] in ".…" and _LOWER.match(after) is not None


def _with_orphans(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Give pieces without a letter to a neighbour: "3." to what it numbers, others to what ends."""
    kept: list[tuple[int, int]] = []
    pending: int | None = None
    for start, end in spans:
        first = start if pending is None else pending
        pending = None
        if any(char.isalpha() for char in text[first:end]):
            kept.append((first, end))
        elif kept and not _ITEM_NUMBER.fullmatch(text, first, end):
            kept[-1] = (kept[-1][0], end)
        else:
            pending = first
    if pending is not None:
        kept.append((kept.pop()[0] if kept else pending, spans[-1][1]))
    return kept


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The sentence itself; one that is too long, cut at line ends, clauses or spaces."""
    while end - start > LONGEST_SENTENCE:
        cut = _cut(text, start)
        first = trim(text, start, cut)
        if first[0] < first[1]:
            yield first
        start = trim(text, cut, end)[0]
    if start < end:
        yield start, end


def _cut(text: str, start: int) -> int:
    limit = start + LONGEST_SENTENCE
    newline = text.rfind("\n", start + LONGEST_SENTENCE // 3, limit)
    if newline > 0:
        return newline
    for pattern in _CUTS:
        places = [
            match.end() for match in pattern.finditer(text, start + LONGEST_SENTENCE // 3, limit)
        ]
        if places:
            return places[-1]
    while unicodedata.combining(text[limit]):
        limit -= 1
    return limit


def _blocks(text: str, start: int, end: int) -> Iterator[_Block]:
    """List items and paragraphs."""
    found = lines(text, start, end)
    marked = [_marker(text, found, i) for i in range(len(found))]
    longest = max((line.end - line.start for line in found), default=0)
    run: list[Line] = []
    first = 0
    bullet = False
    for i, line in enumerate(found):
        starts = marked[i] > 0
        if run and (line.blank or starts or _ended(run[-1], line, longest, bullet=bullet)):
            yield _Block(first, run[-1].end, bullet)
            run = []
        if line.blank:
            continue
        if not run:
            first, bullet = line.start + marked[i], starts
        run.append(line)
    if run:
        yield _Block(first, run[-1].end, bullet)


def _marker(text: str, found: Sequence[Line], i: int) -> int:
    """Length of the list marker of line ``i``; 0 where it is no list item."""
    match = _BULLET.match(text, found[i].start, found[i].end)
    if not match or is_blank(text[match.end() : found[i].end]):
        return 0
    near = [found[j] for j in (i - 1, i + 1) if 0 <= j < len(found)]
    alone = i > 0 and not found[i - 1].blank and not _ENDS.search(found[i - 1].text)
    listed = any(_BULLET.match(text, line.start, line.end) for line in near)
    return 0 if alone and not listed else match.end() - match.start()


def _ended(line: Line, following: Line, longest: int, *, bullet: bool) -> bool:
    """Whether the line end after ``line`` ends the paragraph, rather than wraps it."""
    length = line.end - line.start
    if length > _LONG_LINE:
        return True
    if following.text[:1].islower() or _GOES_ON.search(line.text):
        return False
    if bullet:  # text often follows an item: was there room for its first word?
        length += 1 + len(following.text.split(maxsplit=1)[0])
    share = _SHORT_ITEM if bullet else _SHORT_LINE
    return length < share * min(longest, _LONG_LINE) or (bullet and bool(_ENDS.search(line.text)))
