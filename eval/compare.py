"""Two runs, question by question: what got better, what worse, and whether it means anything.

    result = compare(load_run(Path("runs/a")), load_run(Path("runs/b")), margin=0.02, seed=0)
    result.verdict       # "Worse: Key facts present −0.041 …"
    result.regressed     # True: beyond the margin

Each figure is compared over the questions on which both runs have it. Interval: paired bootstrap of
the differences. p: two-sided paired permutation test by flipping signs (Smucker, Allan &
Carterette, 2007). A regression is a mean that is worse by more than the margin *and* whose interval
excludes no change, or one worse by more than three margins whatever the interval says: a gate must
neither fire on noise nor wave through a collapse on a few questions. No correction is made for
looking at several figures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from eval.catalogue import CATALOGUE
from eval.errors import EvalError
from eval.manifest import differences
from eval.stats import LEVEL, RESAMPLES, Floats
from eval.store import ANSWERS, MANIFEST, SCORES, RunFiles

GATED = (
    "right_source",
    "quote_recall",
    "citation_precision",
    "fact_recall",
    "complete",
    "quote_exact",
    "attribution_error",
    "forbidden_claim",
    "refusal_recall",
    "false_refusal",
    "passage_recall_5",
    "passage_ndcg_10",
)
PERMUTATIONS = 5000
COLLAPSE = 3  #: margins that count as a regression even where the interval is wide


@dataclass(frozen=True, slots=True)
class Run:
    """One run's figures by question."""

    name: str
    manifest: Mapping[str, Any]
    rows: Mapping[str, Mapping[str, Any]]  #: case id → type, split, failed, values
    answers: Mapping[str, Mapping[str, Any]]  #: case id → answer


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure in both runs; for a figure whose "better" is "low", a fall is good."""

    metric: str
    a: float
    b: float
    low: float  #: 95% interval of the change
    high: float
    p: float
    n: int  #: questions that both runs have it on
    better: tuple[str, ...]  #: case ids
    worse: tuple[str, ...]
    regressed: bool

    @property
    def change(self) -> float:
        """B minus A."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class Comparison:
    """Everything that a report of two runs says."""

    a: Run
    b: Run
    differences: tuple[Difference, ...]
    only_a: tuple[str, ...]  #: case ids that run B lacks
    only_b: tuple[str, ...]
    newly_failed: tuple[str, ...]
    changed_inputs: tuple[str, ...]
    margin: float

    @property
    def regressed(self) -> bool:
        """Whether a gate should close: something got worse, or newly fails."""
        return bool(self.newly_failed) or any(d.regressed for d in self.differences)

    @property
    def verdict(self) -> str:
        """One line."""
        if self.newly_failed:
            return f"Worse: {len(self.newly_failed)} questions fail that did not fail before."
        worse = [d for d in self.differences if d.regressed]
        if worse:
            return "Worse: " + "; ".join(_said(d) for d in worse) + "."
        better = [d for d in self.differences if _gain(d.metric, d.low, d.high) > 0]
        if better:
            return "Better: " + "; ".join(_said(d) for d in better) + "."
        return "No difference that could be told from chance, or none beyond the margin."


def load_run(folder: Path, system: str = "ragbot") -> Run:
    """One system's figures from a run's folder; of repeats, the mean.

    Raises:
        EvalError: it is no finished run, or has no such system.
    """
    files = RunFiles(folder)
    manifest, rows = files.read_json(MANIFEST), files.read_rows(SCORES)
    if manifest is None or not rows or not manifest.get("complete"):
        raise EvalError(f"{folder} holds no finished run.", hint="Run `ragbot eval … --out` first.")
    mine = [row for row in rows if row["system"] == system]
    if not mine:
        known = ", ".join(sorted({row["system"] for row in rows}))
        raise EvalError(f"{folder} has no system {system}.", hint=f"It has: {known}.")
    answers = {
        row["id"]: row["answer"] or {}
        for row in files.read_rows(ANSWERS)
        if row["system"] == system and row["repeat"] == 1
    }
    return Run(str(folder), manifest, _mean_rows(mine), answers)


def compare(
    a: Run,
    b: Run,
    *,
    margin: float = 0.02,
    metrics: Sequence[str] = GATED,
    split: str | None = None,
    seed: int = 0,
) -> Comparison:
    """Run B against run A.

    Raises:
        EvalError: no question in common, or an unknown figure.
    """
    unknown = [name for name in metrics if name not in CATALOGUE]
    if unknown:
        raise EvalError(f"There is no figure {', '.join(unknown)}.", hint=_known())
    in_a, in_b = _in_split(a, split), _in_split(b, split)
    common = [key for key in in_a if key in in_b]
    if not common:
        raise EvalError(f"{a.name} and {b.name} have no question in common.")
    found = [_difference(name, a, b, common, margin=margin, seed=seed) for name in metrics]
    return Comparison(
        a,
        b,
        tuple(difference for difference in found if difference is not None),
        tuple(key for key in in_a if key not in in_b),
        tuple(key for key in in_b if key not in in_a),
        tuple(k for k in common if b.rows[k]["failed"] and not a.rows[k]["failed"]),
        tuple(differences(a.manifest, b.manifest)),
        margin,
    )


def _mean_rows(rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    by_case: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_case.setdefault(row["id"], []).append(row)
    merged = {}
    for key, repeats in by_case.items():
        values: dict[str, list[float]] = {}
        for row in repeats:
            for name, value in row["values"].items():
                values.setdefault(name, []).append(value)
        means = {name: sum(found) / len(found) for name, found in values.items()}
        failed = any(row["failed"] for row in repeats)
        merged[key] = {**repeats[0], "values": means, "failed": failed}
    return merged


def _in_split(run: Run, split: str | None) -> list[str]:
    return [key for key, row in run.rows.items() if split is None or row["split"] == split]


def _difference(
    name: str, a: Run, b: Run, common: Sequence[str], *, margin: float, seed: int
) -> Difference | None:
    keys = [k for k in common if name in a.rows[k]["values"] and name in b.rows[k]["values"]]
    if not keys:
        return None
    first = np.array([a.rows[key]["values"][name] for key in keys])
    second = np.array([b.rows[key]["values"][name] for key in keys])
    change = second - first
    low, high = _interval(change, seed)
    gain = change if CATALOGUE[name].better != "low" else -change
    loss = -float(gain.mean())
    sure = _gain(name, low, high) < 0
    return Difference(
        metric=name,
        a=float(first.mean()),
        b=float(second.mean()),
        low=low,
        high=high,
        p=_permutation(change, seed),
        n=len(keys),
        better=tuple(key for key, value in zip(keys, gain, strict=True) if value > 1e-9),
        worse=tuple(key for key, value in zip(keys, gain, strict=True) if value < -1e-9),
        regressed=(loss > margin + 1e-9 and sure) or loss > COLLAPSE * margin + 1e-9,
    )


def _interval(change: Floats, seed: int) -> tuple[float, float]:
    draws = np.random.default_rng(seed).integers(0, len(change), size=(RESAMPLES, len(change)))
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(change[draws].mean(axis=1), [tail, 1 - tail])
    return float(low), float(high)


def _permutation(change: Floats, seed: int) -> float:
    """Share of sign flips whose mean is at least as far from 0; never 0 (Phipson & Smyth, 2010)."""
    signs = np.random.default_rng(seed).choice((-1.0, 1.0), size=(PERMUTATIONS, len(change)))
    flipped = np.abs((signs * change).mean(axis=1))
    reached = int((flipped >= abs(float(change.mean())) - 1e-12).sum())
    return (reached + 1) / (PERMUTATIONS + 1)


def _gain(metric: str, low: float, high: float) -> int:
    """1: surely better, -1: surely worse, 0: the interval holds no change."""
    sign = -1 if CATALOGUE[metric].better == "low" else 1
    return sign * ((low > 0) - (high < 0))


def _said(difference: Difference) -> str:
    return f"{CATALOGUE[difference.metric].title} {difference.change:+.3f}".replace("-", "−")


def _known() -> str:
    return "Known: " + ", ".join(CATALOGUE) + "."
