"""Passages → evidence: which sentences answer, and whether the passages answer at all.

    reading = reader.read("How many GPs took part?", passages)
    reading.support, reading.evidence[0].text

``Reader`` is the port; LangChain has none for this. No reader sees where in a source a sentence
stands: in some collections the position alone gives the answer away, and in life it does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain
from typing import Protocol, Self, TypeVar

from ragbot.adapters.reader_model import Unit, Window, WindowScores
from ragbot.errors import ModelProblem
from ragbot.longforms import LongForms
from ragbot.outline import NO_OUTLINE, Outline
from ragbot.types import Evidence, Passage, Reading

UNREAD = -20.0  #: logit of a sentence that did not fit into its window
WINDOW_CHARS = 1000  #: about 230 tokens: with question and header the network's limit


class Written(Protocol):
    """A piece of text: a passage, a sentence."""

    @property
    def text(self) -> str:
        """Its words."""
        ...


T = TypeVar("T", bound=Written)


class Reader(Protocol):
    """Scores the sentences of passages against a question."""

    def read(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        focus: frozenset[str] = frozenset(),
        outline: Outline = NO_OUTLINE,
    ) -> Reading:
        """Every sentence of every passage, best first, and the support for the whole question.

        ``focus``: ids of the sources that the question names. ``outline``: that of the abstracts
        among their sources.
        """
        ...


class Scorer(Protocol):
    """The trained network, see ragbot/adapters/reader_model.py."""

    def score(self, question: str, windows: Sequence[Window]) -> list[WindowScores]:
        """Logits for every window, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Signals:
    """What is known of a sentence, or of the best of a question: the features of a regression."""

    logit: float  #: the network's, for the sentence
    window: float  #: the network's, for the window it stands in
    cosine: float  #: of question and sentence, the sentence encoder's
    retrieved: float  #: fused score of its passage
    source: float  #: the best fused score of its source
    similarity: float  #: cosine of question and passage
    named: float  #: 1 where the question names its source, else 0
    opening: float  #: 1 where it is background or aim of an abstract, else 0
    overall: float  #: mean logit of all that is read: how its like is answered, whatever is read


@dataclass(frozen=True, slots=True)
class Regression:
    """A logistic regression over signals (Platt 1999), fitted on development data."""

    logit: float
    window: float
    cosine: float
    retrieved: float
    source: float
    similarity: float
    named: float
    opening: float
    overall: float
    constant: float

    def probability(self, signals: Signals) -> float:
        """In [0, 1]."""
        total = self.constant
        for signal in fields(signals):
            total += getattr(self, signal.name) * getattr(signals, signal.name)
        return 1 / (1 + math.exp(-min(max(total, -50.0), 50.0)))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How signals become probabilities."""

    sentence: Regression  #: that a sentence belongs in the answer
    support: Regression  #: that the passages answer, from the reader's best scores
    topic: Regression  #: that they are about it at all, from the best likenesses

    @classmethod
    def from_card(cls, card: Mapping[str, Mapping[str, float]]) -> Self:
        """From the card that lies beside the weights.

        Raises:
            ModelProblem: the card lacks them.
        """
        try:
            return cls(**{field.name: Regression(**card[field.name]) for field in fields(cls)})
        except (KeyError, TypeError) as error:
            raise ModelProblem(f"The reader's card lacks its calibration ({error}).") from error


class SentenceEncoder(Protocol):
    """The second network, see ragbot/adapters/sentence_model.py."""

    def similarities(self, question: str, windows: Sequence[Window]) -> list[tuple[float, ...]]:
        """For every window the cosine of each of its sentences with the question, in order."""
        ...


class TrainedReader:
    """The two networks' scores beside the retriever's."""

    def __init__(
        self,
        *,
        scorer: Scorer,
        sentences: SentenceEncoder,
        calibration: Calibration,
        long_forms: LongForms,
    ) -> None:
        """``scorer`` reads the question with the passages, ``sentences`` each by itself.

        Both read the ``long_forms`` of what has them.
        """
        self._scorer = scorer
        self._sentences = sentences
        self._calibration = calibration
        self._long_forms = long_forms

    def read(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        focus: frozenset[str] = frozenset(),
        outline: Outline = NO_OUTLINE,
    ) -> Reading:
        """See ``Reader``. Passages of one source are read together, in the source's order."""
        pages = pages_of(passages)
        if not pages:
            return Reading((), 0.0)
        scored = list(self.signals(question, pages, focus=focus, outline=outline))
        evidence = [
            Evidence(
                passage,
                start,
                end,
                passage.slice(start, end),
                self._calibration.sentence.probability(signals),
            )
            for passage, (start, end), signals in scored
        ]
        evidence.sort(key=lambda e: (-e.score, e.passage.chunk.path, e.start))
        best = best_of([signals for _, _, signals in scored])
        about = self._calibration.topic.probability(best)
        return Reading(tuple(evidence), about * self._calibration.support.probability(best))

    def signals(
        self,
        question: str,
        pages: Sequence[Sequence[Passage]],
        *,
        focus: frozenset[str] = frozenset(),
        outline: Outline = NO_OUTLINE,
    ) -> Iterator[tuple[Passage, tuple[int, int], Signals]]:
        """Every sentence with its range and its signals; see ``Reader`` for the arguments."""
        forms = self._long_forms.told(_contexts(pages))
        question = forms.question(question)
        spans = [[(p, span) for p in page for span in p.chunk.sentences] for page in pages]
        read = [_spelt(page, forms, outline) for page in pages]
        near = self._sentences.similarities(
            question, [Window(header, units) for header, page in read for units in page]
        )
        cosines = iter([cosine for window in near for cosine in window])
        windows = [Window(header, tuple(chain.from_iterable(page))) for header, page in read]
        scores = self._scorer.score(question, windows)
        logits = [logit for score in scores for logit in score.sentences if logit > UNREAD]
        overall = sum(logits) / max(1, len(logits))
        best: dict[str, float] = {}
        for passage in (passage for page in pages for passage in page):
            key = passage.chunk.source_id
            best[key] = max(best.get(key, passage.score), passage.score)
        for page, score in zip(spans, scores, strict=True):
            for (passage, span), logit in zip(page, score.sentences, strict=True):
                yield (
                    passage,
                    span,
                    Signals(
                        logit=max(logit, UNREAD),
                        window=score.window,
                        cosine=next(cosines),
                        retrieved=passage.score,
                        source=best[passage.chunk.source_id],
                        similarity=passage.similarity,
                        named=float(passage.chunk.source_id in focus),
                        opening=float((passage.chunk.source_id, span[0]) in outline.openings),
                        overall=overall,
                    ),
                )


def pages_of(passages: Sequence[Passage]) -> list[list[Passage]]:
    """Passages as the network reads them: by source, in its order, a window's worth at a time."""
    return [page for group in _by_source(passages) for page in stretches(group, WINDOW_CHARS)]


def best_of(signals: Sequence[Signals]) -> Signals:
    """The highest of each signal, wherever it stands; in the sources that are named, if any are.

    That some sentence opens an abstract says nothing of a question.
    """
    signals = [s for s in signals if s.named] or signals
    best = Signals(*(max(getattr(s, f.name) for s in signals) for f in fields(Signals)))
    return replace(best, opening=0.0)


def _by_source(passages: Sequence[Passage]) -> Iterator[list[Passage]]:
    groups: dict[str, list[Passage]] = {}
    for passage in passages:
        groups.setdefault(passage.document.source_id, []).append(passage)
    for group in groups.values():
        yield sorted(group, key=lambda passage: passage.chunk.start)


def stretches(items: Iterable[T], most: int) -> Iterator[list[T]]:
    """All in order, as many at a time as have ``most`` characters together; one at least."""
    stretch: list[T] = []
    size = 0
    for item in items:
        length = len(item.text)
        if stretch and size + length > most:
            yield stretch
            stretch, size = [], 0
        stretch.append(item)
        size += length
    if stretch:
        yield stretch


def _contexts(pages: Sequence[Sequence[Passage]]) -> list[str]:
    """Those of all passages, best passage first."""
    passages = sorted(
        (p for page in pages for p in page), key=lambda p: (-p.score, p.chunk.chunk_id)
    )
    return [passage.chunk.context for passage in passages]


def _spelt(
    page: Sequence[Passage], forms: LongForms, outline: Outline
) -> tuple[str, list[tuple[Unit, ...]]]:
    """The header of a page, and the sentences of each passage; both as the networks read them."""
    document = page[0].document
    header = document.title or outline.aims.get(document.source_id) or document.label
    return forms.text(header), [tuple(_units(passage, forms)) for passage in page]


def _units(passage: Passage, forms: LongForms) -> Iterator[Unit]:
    heading = forms.text(passage.chunk.section or "") or None
    for start, end in passage.chunk.sentences:
        yield Unit(heading, forms.text(passage.slice(start, end)))
        heading = None
