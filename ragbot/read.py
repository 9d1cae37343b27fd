"""Passages → evidence: which sentences answer, and whether the passages answer at all.

    reading = reader.read("How many GPs took part?", passages)
    reading.support, reading.evidence[0].text

``Reader`` is the port; LangChain has none for this. No reader sees where in a source a sentence
stands: in some collections the position alone gives the answer away, and in life it does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from langchain_core.embeddings import Embeddings

from ragbot.adapters.reader_model import Unit, Window, WindowScores
from ragbot.types import Evidence, Passage, Reading

WINDOW_CHARS = 1000  #: about 230 tokens: with question and header the network's limit


class Reader(Protocol):
    """Scores the sentences of passages against a question."""

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """Every sentence of every passage, best first, and the support for the whole question."""
        ...


class Scorer(Protocol):
    """The trained network, see ragbot/adapters/reader_model.py."""

    def score(self, question: str, windows: Sequence[Window]) -> list[WindowScores]:
        """Logits for every window, in order."""
        ...


class TrainedReader:
    """The network's logits, turned into probabilities that were fitted on development data."""

    def __init__(self, *, scorer: Scorer, calibration: Calibration) -> None:
        """``calibration``: how logits become probabilities."""
        self._scorer = scorer
        self._calibration = calibration

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """See ``Reader``. Passages of one source are read together, in the source's order."""
        pages = [page for group in _by_source(passages) for page in _pages(group)]
        windows = [_window(page) for page in pages]
        scores = self._scorer.score(question, windows) if windows else []
        evidence = [
            item
            for page, score in zip(pages, scores, strict=True)
            for item in self._evidence(page, score)
        ]
        evidence.sort(key=lambda e: (-e.score, e.passage.chunk.path, e.start))
        return Reading(tuple(evidence), self._support(scores))

    def _evidence(self, page: Sequence[Passage], score: WindowScores) -> Iterator[Evidence]:
        spans = [(passage, span) for passage in page for span in passage.chunk.sentences]
        for (passage, (start, end)), logit in zip(spans, score.sentences, strict=True):
            probability = self._calibration.sentence(logit, score.window)
            yield Evidence(passage, start, end, passage.slice(start, end), probability)

    def _support(self, scores: Sequence[WindowScores]) -> float:
        if not scores:
            return 0.0
        return max(self._calibration.support(max(s.sentences), s.window) for s in scores)


@dataclass(frozen=True, slots=True)
class Calibration:
    """Logits → probabilities: logistic regressions (Platt 1999) fitted on development data."""

    sentence_weights: tuple[float, float, float] = (1.0, 0.5, 0.0)  #: sentence, window, constant
    support_weights: tuple[float, float, float] = (
        0.5,
        1.0,
        0.0,
    )  #: best sentence, window, constant

    def sentence(self, sentence: float, window: float) -> float:
        """Probability in [0, 1] that a sentence belongs in the answer."""
        return _logistic(self.sentence_weights, sentence, window)

    def support(self, best: float, window: float) -> float:
        """Probability in [0, 1] that the window answers the question."""
        return _logistic(self.support_weights, best, window)


def _logistic(weights: tuple[float, float, float], first: float, second: float) -> float:
    logit = weights[0] * first + weights[1] * second + weights[2]
    return 1 / (1 + math.exp(-min(max(logit, -50.0), 50.0)))


def _by_source(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    groups: dict[str, list[Passage]] = {}
    for passage in passages:
        groups.setdefault(passage.document.source_id, []).append(passage)
    for group in groups.values():
        yield sorted(group, key=lambda passage: passage.chunk.start)


def _pages(group: Sequence[Passage]) -> Iterator[list[Passage]]:
    """Cut one source's passages into stretches that the network reads at once."""
    page: list[Passage] = []
    size = 0
    for passage in group:
        length = len(passage.text)
        if page and size + length > WINDOW_CHARS:
            yield page
            page, size = [], 0
        page.append(passage)
        size += length
    if page:
        yield page


def _window(page: Sequence[Passage]) -> Window:
    units = []
    for passage in page:
        heading = passage.chunk.section
        for start, end in passage.chunk.sentences:
            units.append(Unit(heading, passage.slice(start, end)))
            heading = None
    return Window(page[0].document.title or page[0].document.label, tuple(units))


class SimilarityReader:
    """Cosine of question and sentence: the simplest reader, and the baseline for better ones."""

    def __init__(self, *, embeddings: Embeddings) -> None:
        """``embeddings`` must give vectors of unit length."""
        self._embeddings = embeddings

    def read(self, question: str, passages: Sequence[Passage]) -> Reading:
        """See ``Reader``; scores are cosines clipped to [0, 1], support is the best of them."""
        units = [(passage, span) for passage in passages for span in passage.chunk.sentences]
        if not units:
            return Reading((), 0.0)
        texts = [passage.slice(*span) for passage, span in units]
        vectors = np.asarray(self._embeddings.embed_documents(texts), dtype=np.float32)
        query = np.asarray(self._embeddings.embed_query(question), dtype=np.float32)
        scores = np.clip(vectors @ query, 0.0, 1.0)
        evidence = [
            Evidence(passage, start, end, text, float(score))
            for (passage, (start, end)), text, score in zip(units, texts, scores, strict=True)
        ]
        evidence.sort(key=lambda e: (-e.score, e.passage.chunk.path, e.start))
        return Reading(tuple(evidence), evidence[0].score)
