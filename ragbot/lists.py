"""Which sentences of a passage stand together as a list, and which one introduces it.

    lists(passage)[0].lead      # (120, 134), "We recommend:", or None
    lists(passage)[0].items     # ((137, 147), (150, 160))

A list is read whole: an item alone may stand under another lead than the reader thinks, and words
that end in a colon say nothing by themselves. Ranges are those of the passage's sentences, in
canonical offsets. What is quoted of a list is for ``compose`` to say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ragbot.types import Passage

Range = tuple[int, int]

_MARKER = re.compile(r"(?:^|\n)[ \t]*(?:[-–—*•‣▪▫◦●○·]|o|\(?\d{1,2}[.)])[ \t\u00a0]+$")
_MARKER_CHARS = 16  #: before a sentence, that are looked at


@dataclass(slots=True)
class List:
    """Consecutive list items of one passage."""

    lead: Range | None  #: the sentence before it that ends in a colon; it may be an item itself
    items: list[Range] = field(default_factory=list)  #: an item of two sentences is two ranges


def lists(passage: Passage) -> list[List]:
    """The lists of a passage, in order."""
    found: list[List] = []
    open_list: List | None = None
    before: Range | None = None
    for start, end in passage.chunk.sentences:
        leads = before is not None and passage.slice(*before).endswith(":")
        gap = passage.slice(before[1] if before else passage.chunk.start, start)
        if _is_item(passage, start):
            if open_list is None or leads:
                open_list = List(before if leads else None)
                found.append(open_list)
            open_list.items.append((start, end))
        elif open_list is not None and "\n" not in gap and not leads:
            open_list.items.append((start, end))  # the item's second sentence
        else:
            open_list = None
        before = (start, end)
    return found


def _is_item(passage: Passage, start: int) -> bool:
    first = max(passage.chunk.start, start - _MARKER_CHARS)
    return _MARKER.search(passage.slice(first, start)) is not None
