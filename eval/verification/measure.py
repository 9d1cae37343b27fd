"""Runs a verifier over items and claims and counts. Pure but for the verifier.

outcome = judge(items, verifier)
shares(outcome, half="dev")["negation"]        # Share(right=148, of=150)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from eval.training.statements import Statement
from eval.verification.items import Item
from eval.verification.labelled import Claim
from eval.verification.passages import abstract_passages
from ragbot.claims.overlap import coverage
from ragbot.claims.words import analyse
from ragbot.support import Signals
from ragbot.types import Passage
from ragbot.verify import Verdict, Verifier


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many."""

    right: int
    of: int

    @property
    def share(self) -> float:
        """In [0, 1]; 0 of nothing."""
        return self.right / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """An item with what became of it."""

    item: Item
    verdict: Verdict
    milliseconds: float

    @property
    def right(self) -> bool:
        """A true sentence kept, or a false one caught."""
        return self.verdict.supported == self.item.true


def judge(items: Sequence[Item], verifier: Verifier, *, timed: bool = True) -> list[Judged]:
    """Verify every item. With ``timed`` once before the clock runs: embedding does not count."""
    judged = []
    for item in items:
        if timed:
            verifier.verify(item.sentence, item.cited, item.passages, question="")
        began = time.perf_counter()
        verdict = verifier.verify(item.sentence, item.cited, item.passages, question="")
        judged.append(Judged(item, verdict, 1000 * (time.perf_counter() - began)))
    return judged


def shares(
    judged: Sequence[Judged], *, half: str | None = None, origin: str | None = None
) -> dict[str, Share]:
    """True sentences kept and false ones caught, by kind; "corrupted" and "true" are the sums."""
    found: dict[str, Share] = {}
    for one in judged:
        if half not in (None, one.item.half) or origin not in (None, one.item.origin):
            continue
        for name in (one.item.kind, "true" if one.item.true else "corrupted"):
            before = found.get(name, Share(0, 0))
            found[name] = Share(before.right + one.right, before.of + 1)
    return found


def overlap_baseline(items: Sequence[Item]) -> list[float]:
    """Word overlap of each sentence with the best sentence of what it cites."""
    found = []
    for item in items:
        cited = [item.passages[n - 1] for n in item.cited]
        quotes = [analyse(p.slice(*span)) for p in cited for span in p.chunk.sentences]
        text = analyse(item.sentence)
        found.append(max(coverage(text, [quote], ()) for quote in quotes))
    return found


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """A claim with all that is measured of it."""

    claim: Claim
    verdict: Verdict
    signals: Signals
    overlap: float  #: the baseline: share of its words that the abstracts hold


def read_claims(claims: Sequence[Claim], verifier: Verifier) -> list[ClaimRow]:
    """Verify every claim against its abstracts; all of their passages are cited."""
    rows = []
    for claim in claims:
        passages = abstract_passages(claim.abstracts)
        cited = range(1, len(passages) + 1)
        verdict = verifier.verify(claim.text, cited, passages, question="")
        signals = verifier.signals(claim.text, cited, passages)
        rows.append(ClaimRow(claim, verdict, signals, _covered(claim.text, passages)))
    return rows


@dataclass(frozen=True, slots=True)
class StatementRow:
    """A statement with what became of it, held against its whole document."""

    statement: Statement
    verdict: Verdict
    overlap: float  #: the baseline: share of its words that the document's best sentence holds

    @property
    def right(self) -> bool:
        """A true one kept, or a false one caught."""
        return self.verdict.supported == self.statement.supported


def read_statements(statements: Iterable[Statement], verifier: Verifier) -> list[StatementRow]:
    """Verify every statement; all passages of its document are cited."""
    rows = []
    for statement in statements:
        premise = statement.premise
        passages = abstract_passages([(premise.document, premise.title, premise.text)])
        cited = range(1, len(passages) + 1)
        verdict = verifier.verify(statement.text, cited, passages, question="")
        text = analyse(statement.text)
        sentences = [analyse(p.slice(*span)) for p in passages for span in p.chunk.sentences]
        overlap = max(coverage(text, [sentence], ()) for sentence in sentences)
        rows.append(StatementRow(statement, verdict, overlap))
    return rows


def balanced_accuracy(rows: Sequence[ClaimRow], said: Callable[[ClaimRow], bool]) -> float:
    """The mean of the shares right among the supported and among the unsupported."""
    parts = []
    for truth in (True, False):
        chosen = [row for row in rows if row.claim.supported is truth]
        parts.append(sum(said(row) is truth for row in chosen) / len(chosen) if chosen else 0.0)
    return sum(parts) / 2


def best_threshold(scores: Sequence[float], truths: Sequence[bool]) -> float:
    """The bound that gives the best balanced accuracy."""

    def accuracy(bound: float) -> float:
        kept = [score >= bound for score in scores]
        right = sum(k for k, t in zip(kept, truths, strict=True) if t) / max(1, sum(truths))
        wrong = sum(k for k, t in zip(kept, truths, strict=True) if not t)
        return right - wrong / max(1, len(truths) - sum(truths))

    return max(sorted(set(scores)), key=accuracy)


def _covered(text: str, passages: Sequence[Passage]) -> float:
    return coverage(analyse(text), [analyse(passage.text) for passage in passages], ())
