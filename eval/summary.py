"""From scored replies to figures: per system, per split, per type, each with its interval.

    summary = summarise(scored, timings, seed=7)
    summary["systems"]["ragbot"]["test"]["metrics"]["quote_recall"]
    # {"mean": 0.71, "low": 0.64, "high": 0.78, "n": 131, "failed": 0}

``n`` counts the questions a figure was scored on, ``failed`` those it should have been scored on if
the system had not failed; a failure is neither 0 nor forgotten. It decides nothing and writes no
files. With repeats a mean is over the cases' own means; pooled and set figures are of the first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from eval import stats
from eval.case import Case
from eval.catalogue import PER_CASE, Scope
from eval.metrics import Scored
from eval.stats import Estimate, Floats
from eval.store import Key, key_of

FALSE_REFUSALS = 0.03
STAGES_LAST = ("total", "wall")
Figures = dict[str, Any]


def summarise(
    scored: Sequence[Scored], timings: Mapping[Key, Mapping[str, float]], *, seed: int
) -> Figures:
    """Figures of every system, in the order in which they ran."""
    systems: dict[str, list[Scored]] = {}
    for item in scored:
        systems.setdefault(item.reply.system, []).append(item)
    return {
        "seed": seed,
        "systems": {
            name: {
                **_blocks(items, seed),
                "latency_ms": _latency(items, timings),
                "spread": _spread(items),
            }
            for name, items in systems.items()
        },
    }


def _blocks(items: Sequence[Scored], seed: int) -> Figures:
    splits = {"all": list(items)}
    for split in ("dev", "test"):
        splits[split] = [item for item in items if item.case.split == split]
    types = list(dict.fromkeys(item.case.type for item in items))
    return {
        **{name: block(part, seed=seed) for name, part in splits.items() if part},
        "types": {
            split: {
                name: block(chosen, seed=seed, resamples=500, sets=False)
                for name in types
                if (chosen := [item for item in part if item.case.type == name])
            }
            for split, part in splits.items()
        },
    }


def block(
    items: Sequence[Scored], *, seed: int, resamples: int = stats.RESAMPLES, sets: bool = True
) -> Figures:
    """The figures of one set of questions. ``sets``: also AUROC and the like, which need many."""
    metrics: Figures = {}
    for metric in PER_CASE:
        values = by_case(items, metric.name)
        failed = sum(1 for i in items if i.reply.failed and in_scope(i.case, metric.scope))
        if values:
            estimate = stats.mean_interval(values, seed=seed, resamples=resamples)
            metrics[metric.name] = {**_figures(estimate), "failed": failed}
            if metric.name == "words":
                metrics[metric.name]["median"] = stats.percentile(values, 0.5)
        elif failed:
            metrics[metric.name] = {"mean": None, "low": None, "high": None, "n": 0}
            metrics[metric.name]["failed"] = failed
    once = [item for item in items if item.reply.repeat == 1]
    metrics |= _pooled(once, seed)
    if sets:
        metrics |= _set_figures(once, seed)
    return {
        "n_cases": len(items),
        "n_failed": sum(1 for item in items if item.reply.failed),
        "n_without_gold": sum(1 for item in items if item.case.gold is None),
        "n_answered": sum(1 for item in items if item.answered),
        "metrics": metrics,
    }


def by_case(items: Sequence[Scored], name: str) -> list[float]:
    """One value a case: the mean of its repeats, which are no independent questions."""
    values: dict[str, list[float]] = {}
    for item in items:
        if name in item.values:
            values.setdefault(item.case.id, []).append(item.values[name])
    return [sum(repeats) / len(repeats) for repeats in values.values()]


def in_scope(case: Case, scope: Scope) -> bool:
    """Whether a figure of this scope could be scored on the case."""
    match scope:
        case "answerable":
            return bool(case.answerable)
        case "unanswerable":
            return case.answerable is False
        case "any":
            return True


def risk_curve(items: Sequence[Scored]) -> tuple[list[float], list[float]]:
    """Coverage (of all questions that carry the number) and risk, for a plot."""
    rows = _support_rows(items)
    answered = rows[rows[:, 2] == 1]
    if not len(answered):
        return [], []
    coverage, risk = stats.risk_coverage(answered[:, 0], answered[:, 3], total=len(rows))
    return [float(x) for x in coverage], [float(x) for x in risk]


def _pooled(items: Sequence[Scored], seed: int) -> Figures:
    counted = [i for i in items if i.case.gold and not i.reply.failed and i.precise]
    failed = sum(1 for i in items if i.reply.failed and i.case.answerable)
    found = {}
    wholes = [len(item.precise) for item in counted]
    for name, parts in (
        ("citation_precision_pooled", [sum(item.precise) for item in counted]),
        ("in_right_source_pooled", [sum(item.in_right_source) for item in counted]),
    ):
        estimate = stats.ratio_interval(parts, wholes, seed=seed, resamples=500)
        if estimate:
            found[name] = {**_figures(estimate), "failed": failed, "citations": sum(wholes)}
    return found


def _set_figures(items: Sequence[Scored], seed: int) -> Figures:
    rows = _support_rows(items)
    known = [i for i in items if i.case.answerable is not None]
    failed = sum(1 for item in known if item.reply.failed)
    left_out = len(known) - failed - len(rows)
    found = {}
    for name, figure in _SET_FIGURES.items():
        estimate = stats.set_interval(rows, figure, seed=seed)
        if estimate:
            found[name] = {**_figures(estimate), "failed": failed, "without_support": left_out}
    return found


def _support_rows(items: Sequence[Scored]) -> Floats:
    """One row a question that carries the number: support, answerable, answered, loss."""
    rows = []
    for item in items:
        if item.support is not None and item.case.answerable is not None and not item.reply.failed:
            loss = 1.0 - item.values.get("quote_recall", 0.0)
            rows.append((item.support, item.case.answerable, item.answered, loss))
    return np.asarray(rows, dtype=np.float64).reshape(-1, 4)


def _auroc(rows: Floats) -> float | None:
    return stats.auroc(rows[rows[:, 1] == 1, 0], rows[rows[:, 1] == 0, 0])


def _refusals(rows: Floats) -> float | None:
    known, unknown = rows[rows[:, 1] == 1, 0], rows[rows[:, 1] == 0, 0]
    return stats.recall_at_false_refusals(known, unknown, share=FALSE_REFUSALS)


def _aurc(rows: Floats) -> float | None:
    answered = rows[rows[:, 2] == 1]
    return stats.aurc(answered[:, 0], answered[:, 3])


_SET_FIGURES: dict[str, Callable[[Floats], float | None]] = {
    "auroc": _auroc,
    "refusal_recall_at_3": _refusals,
    "aurc": _aurc,
}


def _latency(items: Sequence[Scored], timings: Mapping[Key, Mapping[str, float]]) -> Figures:
    stages: dict[str, list[float]] = {}
    for item in items:
        for stage, milliseconds in timings.get(key_of(item.reply), {}).items():
            stages.setdefault(stage, []).append(milliseconds)
    names = sorted(stages, key=lambda s: (s in STAGES_LAST, s))
    return {
        stage: {
            "p50": round(stats.percentile(stages[stage], 0.5), 2),
            "p95": round(stats.percentile(stages[stage], 0.95), 2),
            "n": len(stages[stage]),
        }
        for stage in names
    }


def _spread(items: Sequence[Scored]) -> Figures:
    """Of the repeats' means: mean, lowest, highest, standard deviation. Empty for one repeat."""
    repeats = sorted({item.reply.repeat for item in items})
    if len(repeats) < 2:
        return {}
    found = {}
    for metric in PER_CASE:
        means = []
        for repeat in repeats:
            values = [
                item.values[metric.name]
                for item in items
                if item.reply.repeat == repeat and metric.name in item.values
            ]
            if values:
                means.append(sum(values) / len(values))
        if means:
            found[metric.name] = {
                "mean": round(float(np.mean(means)), 6),
                "low": round(min(means), 6),
                "high": round(max(means), 6),
                "sd": round(float(np.std(means, ddof=1)), 6) if len(means) > 1 else 0.0,
                "repeats": len(means),
            }
    return found


def _figures(estimate: Estimate) -> Figures:
    return {
        "mean": round(estimate.mean, 6),
        "low": round(estimate.low, 6),
        "high": round(estimate.high, 6),
        "n": estimate.n,
    }
