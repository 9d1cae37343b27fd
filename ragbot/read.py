"""Passages → evidence: which sentences answer, and whether the passages answer at all.

    reading = reader.read("How many GPs took part?", passages)
    reading.support, reading.evidence[0].text

``Reader`` is the port; LangChain has none for this. To read a passage together with the question is
what costs: so of all that are found only the likeliest are read, by the sentence encoder, whose
vectors are remembered, beside the retriever's scores. No reader sees where in a source a sentence
stands: in some collections the position alone gives the answer away, and in life it does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import chain, islice
from typing import Protocol, Self, TypeVar

from ragbot.adapters.reader_model import Unit, Window, WindowScores
from ragbot.errors import ModelProblem
from ragbot.longforms import LongForms
from ragbot.outline import NO_OUTLINE, Outline
from ragbot.types import Evidence, Passage, Reading, SourceDocument

UNREAD = -20.0  #: logit of a sentence that did not fit into its window
READ = 8  #: passages read together with the question
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
        reworded: str = "",
        focus: frozenset[str] = frozenset(),
        outline: Outline = NO_OUTLINE,
    ) -> Reading:
        """The sentences of what is worth reading, best first, and the support for the question.

        ``reworded``: the question in other words, if there are any: what answers it stands
        higher, and says nothing of whether the question itself is answered. ``focus``: ids of
        the sources that the question names. ``outline``: that of the abstracts among their
        sources.
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
class Candidate:
    """A passage before it is read together with the question."""

    passage: Passage
    window: Window  #: it alone, its short forms spelt out
    cosines: tuple[float, ...]  #: of the question and each of its sentences
    signals: Signals  #: of the nearest sentence; 0 what only the network tells


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

    passage: Regression  #: that a candidate holds some of the answer
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
        reworded: str = "",
        focus: frozenset[str] = frozenset(),
        outline: Outline = NO_OUTLINE,
    ) -> Reading:
        """See ``Reader``. Passages of one source are read together, in the source's order."""
        forms = self._long_forms.told(_contexts(passages))
        asked = forms.question(question)
        read = self._likeliest(self._weighed(asked, passages, forms, focus, outline))
        scored = list(self._scored(asked, read, outline))
        if not scored:
            return Reading((), 0.0)
        likely = [self._calibration.sentence.probability(signals) for *_, signals in scored]
        if reworded and reworded != question:
            other = forms.question(reworded)
            near = self._sentences.similarities(other, [c.window for c in read])
            again = [replace(c, cosines=own) for c, own in zip(read, near, strict=True)]
            likely = [
                max(score, self._calibration.sentence.probability(signals))
                for score, (*_, signals) in zip(
                    likely, self._scored(other, again, outline), strict=True
                )
            ]
        evidence = [
            Evidence(passage, start, end, passage.slice(start, end), score)
            for score, (passage, (start, end), _) in zip(likely, scored, strict=True)
        ]
        evidence.sort(key=lambda e: (-e.score, e.passage.chunk.path, e.start))
        best = best_of([signals for *_, signals in scored])
        about = self._calibration.topic.probability(best)
        return Reading(tuple(evidence), about * self._calibration.support.probability(best))

    def candidates(
        self,
        question: str,
        passages: Sequence[Passage],
        *,
        focus: frozenset[str] = frozenset(),
        outline: Outline = NO_OUTLINE,
    ) -> list[Candidate]:
        """All passages with what is known before they are read: to calibrate, see ``Reader``."""
        forms = self._long_forms.told(_contexts(passages))
        return self._weighed(forms.question(question), passages, forms, focus, outline)

    def signals(
        self, question: str, candidates: Sequence[Candidate], outline: Outline = NO_OUTLINE
    ) -> Iterator[tuple[Passage, tuple[int, int], Signals]]:
        """What is read of all ``candidates``, each sentence with its range: to calibrate."""
        forms = self._long_forms.told(_contexts([c.passage for c in candidates]))
        return self._scored(forms.question(question), self._likeliest(candidates), outline)

    def _weighed(
        self,
        asked: str,
        passages: Sequence[Passage],
        forms: LongForms,
        focus: frozenset[str],
        outline: Outline,
    ) -> list[Candidate]:
        """``asked``: the question with its short forms spelt out."""
        windows = [
            Window(_header(p.document, forms, outline), tuple(_units(p, forms))) for p in passages
        ]
        near = self._sentences.similarities(asked, windows)
        best: dict[str, float] = {}
        for passage in passages:
            key = passage.chunk.source_id
            best[key] = max(best.get(key, passage.score), passage.score)
        return [
            Candidate(
                passage,
                window,
                cosines,
                Signals(
                    logit=0.0,
                    window=0.0,
                    cosine=max(cosines, default=0.0),
                    retrieved=passage.score,
                    source=best[passage.chunk.source_id],
                    similarity=passage.similarity,
                    named=float(passage.chunk.source_id in focus),
                    opening=0.0,
                    overall=0.0,
                ),
            )
            for passage, window, cosines in zip(passages, windows, near, strict=True)
        ]

    def _likeliest(self, candidates: Iterable[Candidate]) -> list[Candidate]:
        """Those that are read: of each named source the likeliest, and the likeliest of all."""
        ordered = sorted(
            candidates, key=lambda c: -self._calibration.passage.probability(c.signals)
        )
        of_named: dict[str, Candidate] = {}
        for candidate in ordered:
            if candidate.signals.named:
                of_named.setdefault(candidate.passage.chunk.source_id, candidate)
        first = islice(of_named.values(), READ // 2)
        chosen = {c.passage.chunk.chunk_id: c for c in chain(first, ordered)}
        return list(islice(chosen.values(), READ))

    def _scored(
        self, asked: str, read: Sequence[Candidate], outline: Outline
    ) -> Iterator[tuple[Passage, tuple[int, int], Signals]]:
        """Every sentence with its range and its signals; ``asked``: see ``_weighed``."""
        known = {candidate.passage.chunk.chunk_id: candidate for candidate in read}
        pages = [
            [known[passage.chunk.chunk_id] for passage in page]
            for page in _pages([candidate.passage for candidate in read])
        ]
        windows = [
            Window(page[0].window.header, tuple(chain.from_iterable(c.window.units for c in page)))
            for page in pages
        ]
        scores = self._scorer.score(asked, windows)
        logits = [logit for score in scores for logit in score.sentences if logit > UNREAD]
        overall = sum(logits) / max(1, len(logits))
        for page, score in zip(pages, scores, strict=True):
            told = iter(score.sentences)
            for candidate in page:
                chunk = candidate.passage.chunk
                for span, cosine in zip(chunk.sentences, candidate.cosines, strict=True):
                    yield (
                        candidate.passage,
                        span,
                        replace(
                            candidate.signals,
                            logit=max(next(told), UNREAD),
                            window=score.window,
                            cosine=cosine,
                            opening=float((chunk.source_id, span[0]) in outline.openings),
                            overall=overall,
                        ),
                    )


def best_of(signals: Sequence[Signals]) -> Signals:
    """The highest of each signal, wherever it stands; in the sources that are named, if any are.

    That some sentence opens an abstract says nothing of a question.
    """
    signals = [s for s in signals if s.named] or signals
    best = Signals(*(max(getattr(s, f.name) for s in signals) for f in fields(Signals)))
    return replace(best, opening=0.0)


def _pages(passages: Sequence[Passage]) -> list[list[Passage]]:
    """Passages as the network reads them: by source, in its order, a window's worth at a time."""
    return [page for group in _by_source(passages) for page in stretches(group, WINDOW_CHARS)]


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


def _contexts(passages: Sequence[Passage]) -> list[str]:
    """Those of all passages, best passage first."""
    ordered = sorted(passages, key=lambda p: (-p.score, p.chunk.chunk_id))
    return [passage.chunk.context for passage in ordered]


def _header(document: SourceDocument, forms: LongForms, outline: Outline) -> str:
    return forms.text(document.title or outline.aims.get(document.source_id) or document.label)


def _units(passage: Passage, forms: LongForms) -> Iterator[Unit]:
    """Its sentences as the networks read them, the first with the heading."""
    heading = forms.text(passage.chunk.section or "") or None
    for start, end in passage.chunk.sentences:
        yield Unit(heading, forms.text(passage.slice(start, end)))
        heading = None
