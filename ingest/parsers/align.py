"""Find a text again in another text that prints it a second time, and carry its blocks over.

    align(["First block.", "Second one."], "xx First block. Second one. yy", 0)
    # ((3, 15), (16, 27))

Word by word (letters and digits, case folded), with Ratcliff and Obershelp's matching blocks, so
that other spaces, quotes or a lost comma do not matter. It does not align translations.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from ingest.clean import trim

_WORD = re.compile(r"[^\W_]+")
_LEAST_RUN = 4  #: words in a row that count as the same text; shorter runs are chance
_LEAST_SHARE = 0.6  #: share of the words that must be found again
_FURTHEST = 6  #: times the text's length in words that are looked through


def align(blocks: Sequence[str], text: str, start: int) -> tuple[tuple[int, int], ...] | None:
    """Where each block stands in ``text[start:]``; None where the text is not there.

    The ranges follow each other in order; the last one runs to the end of its line.
    """
    words = [
        (match.group().casefold(), n)
        for n, block in enumerate(blocks)
        for match in _WORD.finditer(block)
    ]
    if not words:
        return None
    places = list(_WORD.finditer(text, start))[: _FURTHEST * len(words) + 1000]
    theirs = [match.group().casefold() for match in places]
    matcher = SequenceMatcher(None, [word for word, _ in words], theirs, autojunk=False)
    runs = [run for run in matcher.get_matching_blocks() if run.size >= _LEAST_RUN]
    if sum(run.size for run in runs) < _LEAST_SHARE * len(words):
        return None
    found = {run.a + i: run.b + i for run in runs for i in range(run.size)}
    starts: dict[int, int] = {}
    for index, (_, block) in enumerate(words):
        if index in found:
            starts.setdefault(block, places[found[index]].start())
    end = _line_end(text, places[max(found.values())].end())
    return _ranges(text, start, [starts.get(n) for n in range(len(blocks))], end)


def _ranges(
    text: str, first: int, starts: Sequence[int | None], end: int
) -> tuple[tuple[int, int], ...]:
    known = [_word_start(text, place, first) for place in starts if place is not None]
    return tuple(
        trim(text, place, following)
        for place, following in zip(known, [*known[1:], end], strict=True)
    )


def _word_start(text: str, place: int, first: int) -> int:
    """Take in what is set against the word's left side, such as a quote or a bracket."""
    while place > first and not text[place - 1].isspace():
        place -= 1
    return place


def _line_end(text: str, place: int) -> int:
    end = text.find("\n", place)
    return len(text) if end < 0 else end
