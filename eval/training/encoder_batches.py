"""Questions beside passages → what the sentence encoder is trained on.

    batch = of_examples(examples, negatives, chance)        # passages of many documents
    batch = of_library(library, chance)                     # every sentence of one library

A question of ``eval.training.examples`` knows one passage, so of the rest of its batch only that it
presumably does not answer; a question of an invented library knows every sentence.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from eval.training.contrasts import MOST_CHARS
from eval.training.examples import Example, crop
from eval.training.haste import as_typed
from eval.training.libraries import Library
from eval.training.negatives import Negatives
from ragbot.adapters.reader_model import Window
from ragbot.read import stretches

QUESTIONS = 24  #: a batch
NEAR = 0.3  #: share of questions that bring a near passage of another document
NEAR_CHARS = 600
TITLED = 0.8  #: share of a library's documents that bear their titles


@dataclass(frozen=True, slots=True)
class Asked:
    """A question and what is known of the windows of its batch, by their places."""

    question: str
    known: Mapping[int, Sequence[bool]]  #: windows judged: which of their sentences answer
    unknown: frozenset[int]  #: windows that may or may not answer; the others do not


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions, and windows that every one of them meets."""

    asked: list[Asked]
    windows: list[Window]


def of_examples(examples: Sequence[Example], negatives: Negatives, chance: random.Random) -> Batch:
    """Crop each passage at random, and add near ones."""
    crops = [crop(example, chance, most_chars=MOST_CHARS) for example in examples]
    passages = [(example.source, example.passage_id) for example in examples]
    asked = [
        Asked(
            as_typed(example.question, chance),
            {at: crops[at][1]},
            # another crop of the same passage may answer, too
            frozenset(n for n, other in enumerate(passages) if n != at and other == passages[at]),
        )
        for at, example in enumerate(examples)
    ]
    windows = [window for window, _ in crops]
    for example in examples:
        for other in negatives.draw(example, chance) if chance.random() < NEAR else ():
            empty = Example("", "", example.question, other, frozenset(), "train")
            windows.append(crop(empty, chance, most_chars=NEAR_CHARS)[0])
    return Batch(asked, windows)


def of_library(library: Library, chance: random.Random) -> Batch:
    """Some questions of one library beside all of its documents."""
    cuts = [
        (key, start, window)
        for key, document in library.documents.items()
        for start, window in _cuts(document, chance)
    ]
    drawn = chance.sample(library.questions, min(QUESTIONS, len(library.questions)))
    asked = [
        Asked(
            as_typed(question.text, chance),
            {
                at: [start + n in question.answers.get(key, ()) for n in range(len(window.units))]
                for at, (key, start, window) in enumerate(cuts)
            },
            frozenset(),
        )
        for question in drawn
    ]
    return Batch(asked, [window for *_, window in cuts])


def _cuts(document: Window, chance: random.Random) -> Iterator[tuple[int, Window]]:
    """A document in stretches of some length, with the place of their first sentence."""
    header = document.header if chance.random() < TITLED else ""
    most = chance.randint(MOST_CHARS // 2, MOST_CHARS)
    start = 0
    for units in stretches(document.units, most):
        yield start, Window(header, tuple(units))
        start += len(units)
