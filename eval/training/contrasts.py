"""Answered questions beside unanswered ones, with the windows that they are put to.

    for contrast in contrasts(examples, negatives, chance):
        contrast[0][0].question, contrast[0][0].window      # the first question on its first window

A network that sees "how many nurses left" and "how many GPs left" on the same window at the same
step cannot tell them apart by their subject. So a *contrast* is one answered and one unanswered
question of one passage; ``eval.training.drawing`` makes the like of whole libraries.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from eval.training.examples import Example, crop
from eval.training.haste import as_typed
from eval.training.negatives import Negatives, without_answers
from ragbot.adapters.reader_model import Window

BATCH = 16  #: windows
MOST_CHARS = 1000  #: as ragbot.read.WINDOW_CHARS
SAME = 0.7  #: share of unanswered questions that are put to the window of the answered one
NEAR = 0.7  #: share of answered questions that are also put to near passages
NEAR_UNANSWERED = 0.5  #: the same of unanswered ones, whose score must be low everywhere
RIVALS = 2  #: how many
REST = 0.5  #: share of answered questions that are also put to the rest of their own passage


@dataclass(frozen=True, slots=True)
class Item:
    """One training input."""

    question: str
    window: Window
    labels: list[bool]  #: of its sentences: answers


Group = list[Item]
"""One question with the windows that it is put to."""

Contrast = list[Group]
"""One or two questions."""


def contrasts(
    examples: Sequence[Example], negatives: Negatives, chance: random.Random
) -> Iterator[Contrast]:
    """One epoch: every question once."""
    passages: dict[tuple[str, str], tuple[list[Example], list[Example]]] = {}
    for example in examples:
        key = (example.source, example.passage_id)
        passages.setdefault(key, ([], []))[not example.answers].append(example)
    for answered, unanswered in passages.values():
        chance.shuffle(answered)
        chance.shuffle(unanswered)
        for one, other in zip_longest(answered, unanswered):
            contrast: Contrast = []
            for example in filter(None, (one, other)):
                shown = contrast[0][0].window if contrast and chance.random() < SAME else None
                contrast.append(_group(example, shown, negatives, chance))
            yield contrast


def _group(
    example: Example, shown: Window | None, negatives: Negatives, chance: random.Random
) -> Group:
    question = as_typed(example.question, chance)
    if shown is None:
        group = [Item(question, *crop(example, chance, most_chars=MOST_CHARS))]
    else:
        group = [Item(question, shown, [False] * len(shown.units))]
    rest = without_answers(example) if example.answers and chance.random() < REST else None
    others = [rest] if rest else []
    if chance.random() < (NEAR if example.answers else NEAR_UNANSWERED):
        others += negatives.draw(example, chance, RIVALS)
    for window in others:
        empty = Example("", "", example.question, window, frozenset(), "train")
        group.append(Item(question, *crop(empty, chance, most_chars=MOST_CHARS)))
    return group


def batches(epoch: Iterable[Contrast], chance: random.Random) -> list[list[Group]]:
    """Batches of at most ``BATCH`` windows of like length, in random order, no contrast cut."""
    ordered = sorted(epoch, key=lambda contrast: _longest(contrast) + 120 * chance.random())
    made: list[list[Group]] = [[]]
    for contrast in ordered:
        if made[-1] and _windows(made[-1]) + _windows(contrast) > BATCH:
            made.append([])
        made[-1] += contrast
    chance.shuffle(made)
    return made


def _windows(groups: Sequence[Group]) -> int:
    return sum(map(len, groups))


def _longest(contrast: Contrast) -> int:
    items = (item for group in contrast for item in group)
    return max(sum(len(unit.text) for unit in item.window.units) for item in items)
