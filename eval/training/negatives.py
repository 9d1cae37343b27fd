"""Passages near a question that presumably do not answer it.

    negatives = Negatives(examples)
    negatives.draw(example, chance, 2)

Nearness is MiniLM's, so they share the question's subject. That no other document answers a
question is not known but likely: it was written for its own passage, which it must find among the
first.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from eval.training.examples import Example
from ragbot.adapters.reader_model import Window
from ragbot.adapters.sentence_transformers import load_embeddings

NEIGHBOURS = 12  #: nearest passages from which negatives are drawn
FOUND = 3  #: a question finds its own passage if it is among the first so many


class Negatives:
    """For a question, near passages that are not its own."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """``examples``: all questions, of one or more sets, with their passages."""
        embeddings = load_embeddings()
        self._passages = {(e.source, e.passage_id): e for e in examples}
        self._keys: dict[str, list[tuple[str, str]]] = {}
        for key in sorted(self._passages):
            self._keys.setdefault(key[0], []).append(key)
        self._vectors = {
            source: embeddings.encode([self._text(key) for key in keys])
            for source, keys in self._keys.items()
        }
        self._answering: dict[str, set[tuple[str, str]]] = {}
        for example in examples:
            if example.answers:
                key = (example.source, example.passage_id)
                self._answering.setdefault(example.question, set()).add(key)
        questions = sorted({e.question for e in examples})
        self._questions = dict(zip(questions, embeddings.encode(questions), strict=True))

    def draw(self, example: Example, chance: random.Random, count: int = 1) -> list[Window]:
        """Up to ``count`` windows of other documents of the same set.

        None for a question that says too little to find its own passage ("how many took part?"):
        others would answer it as well.
        """
        scores = self._vectors[example.source] @ self._questions[example.question]
        near = [self._keys[example.source][i] for i in np.argsort(-scores)[:NEIGHBOURS]]
        if (example.source, example.passage_id) not in near[:FOUND]:
            return []
        own = document_of(example.passage_id)
        answering = self._answering.get(example.question, set())
        others = [key for key in near if document_of(key[1]) != own and key not in answering]
        drawn = chance.sample(others, min(count, len(others)))
        return [self._passages[key].window for key in drawn]

    def _text(self, key: tuple[str, str]) -> str:
        window = self._passages[key].window
        return f"{window.header} {' '.join(unit.text for unit in window.units)}"[:1200]


def without_answers(example: Example) -> Window | None:
    """The longest stretch of the passage that answers nothing; None below two sentences."""
    edges = [-1, *sorted(example.answers), len(example.window.units)]
    first, last = max(pairwise(edges), key=lambda pair: pair[1] - pair[0])
    units = example.window.units[first + 1 : last]
    return Window(example.window.header, units) if len(units) > 1 else None


def document_of(passage_id: str) -> str:
    """What a passage is cut from: ids of passages end in "-3" or "#3", of abstracts they do not."""
    if passage_id.startswith(("pubmedqa-", "scifact-")):
        return passage_id
    return passage_id.rsplit("#", 1)[0].rsplit("-", 1)[0]
