"""Many passages → the few that are read: each scored against the question.

    reranked("How many GPs took part?", passages, k=8, reranker=load_cross_encoder("/models/…"))

``Reranker`` is the port, for a model of the operator's (ragbot/adapters/cross_encoder.py). Without
one the reader chooses by its own sentence encoder (ragbot/read.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ragbot.types import Passage

FETCHED = 48
"""Passages that are scored where fewer are read."""


class Reranker(Protocol):
    """Scores passages against a question."""

    def scores(self, question: str, passages: Sequence[Passage]) -> Sequence[float]:
        """A score for each passage, in order; higher is better."""
        ...


def reranked(
    question: str,
    passages: Sequence[Passage],
    *,
    k: int,
    reranker: Reranker,
    focus: frozenset[str] = frozenset(),
) -> tuple[Passage, ...]:
    """The ``k`` best passages, best first, ranks anew; those of ``focus`` before all others.

    ``score`` stays the retriever's.
    """
    scores = reranker.scores(question, passages)
    order = sorted(
        range(len(passages)),
        key=lambda i: (passages[i].chunk.source_id not in focus, -scores[i], passages[i].rank),
    )
    return tuple(replace(passages[i], rank=n) for n, i in enumerate(order[:k], start=1))
