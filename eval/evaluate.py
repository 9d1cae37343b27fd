"""From the answers in a folder to its figures: score, summarise, write.

    evaluate(cases, library, RunFiles(out), seed=7)

It asks nothing: the same answers can be scored again at any time, with other metrics or cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from eval.case import Case
from eval.library import Library
from eval.metrics import Reply, Scored, score
from eval.passages import passage_metrics
from eval.store import METRICS, SCORES, SUMMARY, RunFiles
from eval.summary import summarise
from eval.summary_text import summary_markdown


def evaluate(
    cases: Sequence[Case],
    library: Library,
    files: RunFiles,
    *,
    seed: int,
    manifest: Mapping[str, Any],
    judged: Mapping[tuple[str, int, str], Mapping[str, float]] | None = None,
) -> tuple[list[Scored], dict[str, Any]]:
    """Score every reply in ``files`` and write metrics.json, scores.jsonl and summary.md.

    ``judged``: a judge's figures by (system, repeat, case id), if one was asked.
    """
    scored = score_all(cases, list(files.replies().values()), library, judged=judged)
    figures = summarise(scored, files.timings(), seed=seed)
    files.write_json(METRICS, figures)
    files.write_rows(SCORES, [_row(item) for item in scored])
    files.write(SUMMARY, summary_markdown(figures, manifest))
    return scored, figures


def score_all(
    cases: Sequence[Case],
    replies: Sequence[Reply],
    library: Library,
    *,
    judged: Mapping[tuple[str, int, str], Mapping[str, float]] | None = None,
) -> list[Scored]:
    """Every reply whose case is known, with all its figures, in order."""
    by_id = {case.id: case for case in cases}
    known = [(by_id[reply.case_id], reply) for reply in replies if reply.case_id in by_id]
    found = passage_metrics(known, library)
    scored = []
    for (case, reply), passage_values in zip(known, found, strict=True):
        item = score(case, reply, library)
        extra = (judged or {}).get((reply.system, reply.repeat, case.id), {})
        scored.append(replace(item, values={**item.values, **passage_values, **extra}))
    return scored


def _row(item: Scored) -> dict[str, Any]:
    return {
        "id": item.case.id,
        "system": item.reply.system,
        "repeat": item.reply.repeat,
        "type": item.case.type,
        "split": item.case.split,
        "answerable": item.case.answerable,
        "failed": item.reply.failed,
        "values": {name: round(value, 6) for name, value in item.values.items()},
    }
