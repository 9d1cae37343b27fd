"""Statistics over questions, with numpy alone. Seeded, so that a report can be made again.

    mean_interval([1, 0, 1, 1], seed=7)          # → Estimate(mean=0.75, low=0.25, high=1.0, n=4)
    auroc([0.9, 0.4], [0.3])                     # → 1.0

Intervals are 95% percentile bootstraps over questions (Efron & Tibshirani, 1993): questions are
drawn, not runs, so an interval says how far another question set of the same kind might differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its interval."""

    mean: float
    low: float
    high: float
    n: int  #: questions it is made from


def mean_interval(values: Sequence[float], *, seed: int, resamples: int = RESAMPLES) -> Estimate:
    """The mean and its bootstrap interval; ``values`` must not be empty."""
    data = np.asarray(values, dtype=np.float64)
    draws = np.random.default_rng(seed).integers(0, len(data), size=(resamples, len(data)))
    return _estimate(float(data.mean()), data[draws].mean(axis=1), len(data))


def ratio_interval(
    parts: Sequence[float], wholes: Sequence[float], *, seed: int, resamples: int = RESAMPLES
) -> Estimate | None:
    """Sum of ``parts`` over sum of ``wholes`` (a micro-average); None where there is no whole."""
    top, bottom = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    if not bottom.sum():
        return None
    draws = np.random.default_rng(seed).integers(0, len(top), size=(resamples, len(top)))
    sums = bottom[draws].sum(axis=1)
    ratios = top[draws].sum(axis=1)[sums > 0] / sums[sums > 0]
    return _estimate(float(top.sum() / bottom.sum()), ratios, len(top))


def set_interval(
    rows: Floats,
    figure: Callable[[Floats], float | None],
    *,
    seed: int,
    resamples: int = RESAMPLES // 4,
) -> Estimate | None:
    """``figure`` of a set of questions, one row each; draws on which it has no value are left out.

    Fewer draws than for a mean: such figures sort, and their intervals are wide anyway.
    """
    value = figure(rows) if len(rows) else None
    if value is None:
        return None
    random = np.random.default_rng(seed)
    drawn = [figure(rows[random.integers(0, len(rows), len(rows))]) for _ in range(resamples)]
    return _estimate(value, np.array([v for v in drawn if v is not None]), len(rows))


def auroc(positives: Sequence[float] | Floats, negatives: Sequence[float] | Floats) -> float | None:
    """Probability that a positive scores above a negative, ties counting half (Mann–Whitney)."""
    high, low = np.asarray(positives, dtype=np.float64), np.sort(np.asarray(negatives))
    if not len(high) or not len(low):
        return None
    below = np.searchsorted(low, high, side="left")
    ties = np.searchsorted(low, high, side="right") - below
    return float((below + ties / 2).mean() / len(low))


def recall_at_false_refusals(
    answerable: Sequence[float] | Floats, unanswerable: Sequence[float] | Floats, *, share: float
) -> float | None:
    """Share of unanswerable ones below the highest threshold that costs at most ``share``.

    ``share``: of the answerable ones, how many may be refused with them. A question is refused
    where its number is *below* the threshold.
    """
    known, unknown = np.sort(np.asarray(answerable)), np.asarray(unanswerable)
    if not len(known) or not len(unknown):
        return None
    threshold = known[int(np.floor(share * len(known) + 1e-9))] if share < 1 else np.inf
    return float((unknown < threshold).mean())


def risk_coverage(
    support: Sequence[float] | Floats, loss: Sequence[float] | Floats, *, total: int
) -> tuple[Floats, Floats]:
    """Coverage and mean loss as ever less supported answers are let through.

    Answers with equal support come in together, so the order of ties cannot flatter. ``total``:
    questions that coverage is a share of, answered or not.
    """
    numbers, losses = np.asarray(support, dtype=np.float64), np.asarray(loss, dtype=np.float64)
    order = np.argsort(-numbers, kind="stable")
    numbers, losses = numbers[order], losses[order]
    count = np.arange(1, len(numbers) + 1)
    last_of_tie = np.append(numbers[1:] != numbers[:-1], True) if len(numbers) else count > 0
    risk = np.cumsum(losses) / count
    ends = np.flatnonzero(last_of_tie)
    level = risk[ends][np.searchsorted(ends, np.arange(len(numbers)))]
    return count / total, level


def aurc(support: Sequence[float] | Floats, loss: Sequence[float] | Floats) -> float | None:
    """Mean risk over the risk–coverage curve of the answered questions."""
    if not len(support):
        return None
    return float(risk_coverage(support, loss, total=len(support))[1].mean())


def percentile(values: Sequence[float], share: float) -> float:
    """The ``share`` quantile, interpolated; ``values`` must not be empty."""
    return float(np.quantile(np.asarray(values, dtype=np.float64), share))


def _estimate(mean: float, drawn: Floats, n: int) -> Estimate:
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail]) if len(drawn) else (mean, mean)
    return Estimate(mean, float(low), float(high), n)
