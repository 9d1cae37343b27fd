"""The verifier's figures as Markdown. Pure.

lines = corruption_table("The three sources", judged)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from eval.summary_text import markdown_table
from eval.training.statements import SUPPORTED
from eval.verification.corrupt import KINDS
from eval.verification.items import TRUE
from eval.verification.measure import (
    ClaimRow,
    Judged,
    Share,
    StatementRow,
    balanced_accuracy,
    best_threshold,
    overlap_baseline,
    shares,
)

FITTED_ON = (
    "SciFact, BioASQ and PubMedQA, part train; the dev half of eval/verification's sentences over"
    " the bundled sources"
)
HALVES = ("dev", "held-out")


def corruption_table(title: str, judged: Sequence[Judged]) -> list[str]:
    """True sentences kept and corrupted ones caught, by kind and half, beside word overlap."""
    bounds = overlap_bound(judged)
    found = {half: shares(judged, half=half) for half in HALVES}
    plain = {half: _overlap_shares(judged, half, bounds) for half in HALVES}
    head = ["Sentences", *(f"{half}{what}" for half in HALVES for what in ("", ", word overlap"))]
    rows = [head]
    for name in (*TRUE, "true", *KINDS, "corrupted"):
        if any(name in by_kind for by_kind in found.values()):
            cells = [_cell(x.get(name)) for half in HALVES for x in (found[half], plain[half])]
            rows.append([f"{name}: {'kept' if name in (*TRUE, 'true') else 'caught'}", *cells])
    times = sorted(one.milliseconds for one in judged)
    p50, p95 = times[len(times) // 2], times[int(0.95 * len(times))]
    return [
        f"\n## {title}: {len(judged)} sentences",
        "",
        *markdown_table(rows),
        "",
        f"{p50:.1f} ms a sentence at the median, {p95:.1f} at the 95th percentile, vectors known.",
    ]


def labelled_table(parts: Mapping[str, tuple[Sequence[ClaimRow], Sequence[ClaimRow]]]) -> list[str]:
    """Balanced accuracy on the test part; the overlap's bound is fitted on the train part."""
    rows = [["Claims (test part)", "n", "Verifier", "Its score alone", "Word overlap"]]
    for name, (train, test) in parts.items():
        truths = [row.claim.supported for row in train]
        word = best_threshold([row.overlap for row in train], truths)
        score = best_threshold([row.verdict.score for row in train], truths)
        rows.append(
            [
                name,
                str(len(test)),
                f"{balanced_accuracy(test, lambda row: row.verdict.supported):.3f}",
                f"{balanced_accuracy(test, lambda row, b=score: row.verdict.score >= b):.3f}",  # type: ignore[misc]
                f"{balanced_accuracy(test, lambda row, b=word: row.overlap >= b):.3f}",  # type: ignore[misc]
            ]
        )
        rows += [
            [f"– {label}: kept", str(len(of)), f"{kept / len(of):.3f}", "", ""]
            for label, of, kept in _by_label(test)
        ]
    return ["\n## Labelled claims: balanced accuracy", "", *markdown_table(rows)]


def statement_table(rows: Sequence[StatementRow]) -> list[str]:
    """Statements of the part "test": true ones kept and false ones caught, by kind."""
    true = sorted(row.overlap for row in rows if row.statement.supported)
    lost = sum(not row.right for row in rows if row.statement.supported)
    false = [row.overlap for row in rows if not row.statement.supported]
    bound = true[min(lost, len(true) - 1)]
    caught = _cell(Share(sum(overlap < bound for overlap in false), len(false)))
    by_kind: dict[str, list[bool]] = {}
    for row in rows:
        kinds = (row.statement.kind, *(() if row.statement.supported else ("all false ones",)))
        for kind in kinds:
            by_kind.setdefault(kind, []).append(row.right)
    table = [["Statements", "Right"]]
    for kind, right in sorted(
        by_kind.items(), key=lambda item: (item[0] != SUPPORTED, -len(item[1]))
    ):
        name = f"{kind}: {'kept' if kind == SUPPORTED else 'caught'}"
        table.append([name, _cell(Share(sum(right), len(right)))])
    return [
        f"\n## Statements written to be hard: {len(rows)}, of documents kept back",
        "",
        *markdown_table(table),
        "",
        f"Word overlap at the bound that keeps as many true ones: {caught} caught.",
    ]


def overlap_bound(judged: Sequence[Judged]) -> float:
    """The overlap that loses 5% of the true dev sentences: the baseline at the product's target."""
    true = [one.item for one in judged if one.item.true and one.item.half == "dev"]
    scores = sorted(overlap_baseline(true))
    return scores[int(0.05 * len(scores))] if scores else 0.0


def _overlap_shares(judged: Sequence[Judged], half: str, bound: float) -> dict[str, Share]:
    chosen = [one.item for one in judged if one.item.half == half]
    found: dict[str, Share] = {}
    for item, score in zip(chosen, overlap_baseline(chosen), strict=True):
        right = (score >= bound) == item.true
        for name in (item.kind, "true" if item.true else "corrupted"):
            before = found.get(name, Share(0, 0))
            found[name] = Share(before.right + right, before.of + 1)
    return found


def _by_label(rows: Sequence[ClaimRow]) -> list[tuple[str, list[ClaimRow], int]]:
    labels = sorted({row.claim.label for row in rows})
    grouped = [(label, [row for row in rows if row.claim.label == label]) for label in labels]
    return [(label, of, sum(row.verdict.supported for row in of)) for label, of in grouped]


def _cell(share: Share | None) -> str:
    return f"{share.right}/{share.of} ({share.share:.1%})" if share else "–"
