"""A model's sentence → supported by quotes that we find and check ourselves, or out.

    verdict = verifier.verify("Nine GPs were interviewed.", [2], passages, question="How many GPs?")
    verdict.supported, verdict.quotes[0].text      # True, 'Nine GPs who … were interviewed.'

In layers: the best sentences of the cited passages become the quotes, exact ranges of the stored
text; checks compare what sentence and quotes claim (``ragbot.claims``); a regression over overlap
and likeness decides whether the quotes say enough. Some checks are often wrong where the sentence
has words of its own: there a small network that reads both may overrule one or two of them, or
doubt what has passed. Where one is configured, a second checker has the last word, and it can only
say no. The marker is a hint: what the cited passages do not support, or other passages support much
better, rests on those others (``repaired``). It is a filter, not a proof: an inference is lost, a
subtle error may pass. Figures: eval/verification/RESULTS.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from langchain_core.embeddings import Embeddings

from ragbot.claims import attribution, direction, names, negation, numbers, people, strength
from ragbot.claims.overlap import Overlap, coverage, facts, substitutions
from ragbot.claims.words import Premise, Text, analyse
from ragbot.support import Parameters, Signals
from ragbot.types import Evidence, Passage, SourceDocument

MUCH_BETTER = 0.1  #: in support, which is a probability
CHECKS: Mapping[str, Callable[[Text, Premise], bool]] = {
    "number": numbers.agree,
    "name": names.agree,
    "negation": negation.agree,
    "direction": direction.agree,
    "quantity": strength.quantity,
    "modality": strength.modality,
    "causation": strength.causation,
    "people": people.agree,
}
"""By the name of the failure. Besides: attribution, wording, subject, support, entailment."""
OFTEN_WRONG = frozenset(("negation", "subject", "people", "modality", "support"))
"""What the network may overrule: where it is sure, most dev sentences that fail there are true.

When this was chosen 65 of 87 let through were; of the three sources' own, most of them made false
by rule, 7 of 24. A number, a name, a direction, a cause, a quantity, or who said it, it may not
overrule.
"""
OVERRULED = 2  #: failures at most that are overruled at once


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one sentence."""

    supported: bool
    quotes: tuple[Evidence, ...]  #: best first; exact ranges, ``score`` is the support
    cited: tuple[int, ...]  #: 1-based numbers of the passages that the quotes come from
    repaired: bool  #: the quotes are from other passages than the sentence cited
    failures: tuple[str, ...]  #: names of the checks that failed; empty if supported
    score: float = 0.0  #: probability in [0, 1] that the quotes support the sentence


class Network(Protocol):
    """What reads a sentence beside its quotes."""

    def entailed(self, sentence: str, premise: str, *, title: str) -> float:
        """A logit that the premise, of a source with that title, supports the sentence."""
        ...


class Entailment(Protocol):
    """A second checker: an NLI model or another language model."""

    def entails(self, premise: str, sentence: str) -> bool:
        """Whether the premise alone supports the sentence."""
        ...


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence of a passage that may become a quote."""

    number: int  #: 1-based, of its passage
    passage: Passage
    start: int
    end: int
    text: str


class Verifier:
    """Checks sentences against passages. Safe from several threads if its embedder is."""

    def __init__(
        self,
        *,
        embeddings: Embeddings,
        network: Network,
        parameters: Parameters,
        entailment: Entailment | None = None,
    ) -> None:
        """``embeddings`` must give vectors of unit length; one that remembers them saves time."""
        self._embeddings = embeddings
        self._network = network
        self._parameters = parameters
        self._entailment = entailment

    def verify(
        self, sentence: str, cited: Sequence[int], passages: Sequence[Passage], *, question: str
    ) -> Verdict:
        """Whether the passages support the sentence, the cited ones first.

        ``cited``: 1-based numbers of ``passages``; unknown ones are ignored. ``question`` is read
        for nothing that could support the sentence: a question is no source.
        """
        del question
        units = list(_units(passages))
        if not units or not sentence.strip():
            return Verdict(False, (), (), False, ("support",))
        text = analyse(sentence.strip())
        wanted = {n for n in cited if 0 < n <= len(passages)}
        tried: list[Verdict] = []
        for found in self._in_turn(text, units, passages, wanted):
            verdict = self._confirmed(text, found)
            if verdict.supported:
                return verdict
            tried.append(verdict)
        return tried[0]

    def signals(self, sentence: str, cited: Sequence[int], passages: Sequence[Passage]) -> Signals:
        """What the score is made of where only the cited passages count: for its calibration."""
        units = list(_units(passages))
        text = analyse(sentence.strip())
        likeness = self._likeness(text, units)
        pool = [i for i, unit in enumerate(units) if unit.number in cited]
        chosen = [units[i] for i in self._choose(text, pool, likeness, units)]
        documents = _documents(unit.passage for unit in chosen)
        overlap = self._overlap(text, _premise(chosen, passages, documents), documents)
        return self._signals(text, chosen, overlap)

    def _in_turn(
        self,
        text: Text,
        units: Sequence[Unit],
        passages: Sequence[Passage],
        wanted: set[int],
    ) -> Iterator[Verdict]:
        """A verdict for each pool; the cited passages' own waits for one that is much better."""
        likeness = self._likeness(text, units)
        own: Verdict | None = None
        for pool, repaired in self._pools(text, units, likeness, wanted):
            verdict = self._judge(text, pool, likeness, units, passages, repaired=repaired)
            if verdict.supported and not repaired and verdict.score + MUCH_BETTER < 1:
                own = verdict
            elif own is None:
                yield verdict
            elif verdict.supported:
                if verdict.score > own.score + MUCH_BETTER:
                    yield verdict
                break
        if own:
            yield own

    def _pools(
        self,
        text: Text,
        units: Sequence[Unit],
        likeness: Sequence[float],
        wanted: set[int],
    ) -> Iterator[tuple[list[int], bool]]:
        """Which units to try, in turn: the cited passages' own, then the likeliest sources'."""
        own = [i for i, unit in enumerate(units) if unit.number in wanted]
        if own:
            yield own, False
        best: dict[str, float] = {}
        for i, unit in enumerate(units):
            key = unit.passage.document.source_id
            overlap = coverage(text, [analyse(unit.text)], ())
            best[key] = max(best.get(key, 0.0), overlap + likeness[i])
        for source in sorted(best, key=lambda key: -best[key])[:3]:
            pool = [i for i, unit in enumerate(units) if unit.passage.document.source_id == source]
            if set(pool) != set(own):
                yield pool, True

    def _judge(
        self,
        text: Text,
        pool: Sequence[int],
        likeness: Sequence[float],
        units: Sequence[Unit],
        passages: Sequence[Passage],
        *,
        repaired: bool,
    ) -> Verdict:
        chosen = [units[i] for i in self._choose(text, pool, likeness, units)]
        documents = _documents(unit.passage for unit in chosen)
        premise = _premise(chosen, passages, documents)
        overlap = self._overlap(text, premise, documents)
        score = self._parameters.probability(self._signals(text, chosen, overlap))
        claim = attribution.body(text, documents)
        failures = [name for name, check in CHECKS.items() if not check(claim, premise)]
        others = _documents(p for p in passages if p.document not in documents)
        if not attribution.agree(text, premise, documents, others):
            failures.append("attribution")
        if overlap.swap < self._parameters.min_swap:
            failures.append("wording")
        if overlap.subject < self._parameters.min_subject:
            failures.append("subject")
        least = self._parameters.min_repair if repaired else self._parameters.min_support
        if score < least:
            failures.append("support")
        failures = self._weighed(failures, text, chosen, overlap, repaired=repaired)
        quotes = tuple(Evidence(u.passage, u.start, u.end, u.text, score) for u in chosen)
        numbers_cited = tuple(dict.fromkeys(unit.number for unit in chosen))
        return Verdict(not failures, quotes, numbers_cited, repaired, tuple(failures), score)

    def _weighed(
        self,
        failures: list[str],
        text: Text,
        chosen: Sequence[Unit],
        overlap: Overlap,
        *,
        repaired: bool,
    ) -> list[str]:
        """The failures that stand once the network has read sentence and quotes."""
        open_to_it = OFTEN_WRONG - ({"support"} if repaired else frozenset())
        if (
            overlap.order >= self._parameters.max_order
            or len(failures) > OVERRULED
            or not open_to_it.issuperset(failures)
            or len(_documents(unit.passage for unit in chosen)) > 1  # it reads one source's words
        ):
            return failures
        together = " ".join(unit.text for unit in chosen)
        title = chosen[0].passage.document.title or ""
        logit = self._network.entailed(text.raw, together, title=title)
        if failures:
            return [] if logit >= self._parameters.min_overruling else failures
        return ["support"] if logit < self._parameters.min_entailed else []

    def _choose(
        self, text: Text, pool: Sequence[int], likeness: Sequence[float], units: Sequence[Unit]
    ) -> list[int]:
        """The unit most like the sentence, then those that add what it lacks."""
        read = {i: analyse(units[i].text) for i in pool}
        chosen = [max(pool, key=lambda i: (coverage(text, [read[i]], ()) + likeness[i], -i))]
        while len(chosen) < self._parameters.max_quotes:
            have = [read[i] for i in chosen]
            covered = coverage(text, have, ())
            rest = [i for i in pool if i not in chosen]
            if not rest:
                break
            gains = {i: coverage(text, [*have, read[i]], ()) - covered for i in rest}
            best = max(rest, key=lambda i: (gains[i] + 0.1 * likeness[i], -i))
            needed = any(gains[best] and fact in read[best].stems for fact in facts(text, have))
            if gains[best] < self._parameters.min_gain and not needed:
                break
            chosen.append(best)
        return chosen

    def _overlap(
        self, text: Text, premise: Premise, documents: Sequence[SourceDocument]
    ) -> Overlap:
        """Words of the sentence beside words of the quotes, near ones found by the embedder."""
        known = names.spelt_out(text, premise)
        return substitutions(
            text,
            premise,
            content=attribution.content(text, documents),
            known=known,
            embed=self._vectors,
            near=self._parameters.min_near,
        )

    def _signals(self, text: Text, chosen: Sequence[Unit], overlap: Overlap) -> Signals:
        together = " ".join(unit.text for unit in chosen)
        vectors = self._vectors([text.raw, chosen[0].text, together])
        return Signals(
            recall=overlap.recall,
            cosine=max(0.0, float(vectors[0] @ vectors[2])),
            best=max(0.0, float(vectors[0] @ vectors[1])),
            order=overlap.order,
        )

    def _confirmed(self, text: Text, verdict: Verdict) -> Verdict:
        """The second checker is asked about what has passed, and only takes away."""
        if not verdict.supported or self._entailment is None:
            return verdict
        premise = " ".join(quote.text for quote in verdict.quotes)
        if self._entailment.entails(premise, text.raw):
            return verdict
        return replace(verdict, supported=False, failures=("entailment",))

    def _likeness(self, text: Text, units: Sequence[Unit]) -> list[float]:
        vectors = self._vectors([text.raw, *(unit.text for unit in units)])
        return [float(x) for x in vectors[1:] @ vectors[0]]

    def _vectors(self, texts: Sequence[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.asarray(self._embeddings.embed_documents(list(texts)), dtype=np.float32)


def _units(passages: Sequence[Passage]) -> Iterator[Unit]:
    for number, passage in enumerate(passages, start=1):
        for start, end in passage.chunk.sentences:
            yield Unit(number, passage, start, end, passage.slice(start, end))


def _documents(passages: Iterator[Passage]) -> list[SourceDocument]:
    return list({p.document.source_id: p.document for p in passages}.values())


def _premise(
    chosen: Sequence[Unit], passages: Sequence[Passage], documents: Sequence[SourceDocument]
) -> Premise:
    """The quotes, and behind them the rest of their sources as far as it was found."""
    sources = {document.source_id for document in documents}
    around = [p for p in passages if p.document.source_id in sources]
    background = [text for p in around for text in (p.text, p.chunk.context)]
    return Premise.of(
        [unit.text for unit in chosen],
        [*background, *(attribution.own_words(document) for document in documents)],
    )
