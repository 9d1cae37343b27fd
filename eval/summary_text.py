"""A run's figures as Markdown: one table a split, the notes that keep them honest. Pure.

    text = summary_markdown(figures, manifest)

Numbers are ``mean (low–high)``; n and failures stand beside them. It computes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.catalogue import CATALOGUE

MAIN = (
    "right_source",
    "all_sources",
    "quote_recall",
    "citation_precision",
    "citation_precision_pooled",
    "in_right_source_pooled",
    "quoted_gold_share",
    "fact_recall",
    "complete",
    "fully_right",
    "quote_exact",
    "citation_recall",
    "sentence_supported",
    "model_written",
    "attribution_error",
    "forbidden_claim",
    "refusal_recall",
    "false_refusal",
    "auroc",
    "refusal_recall_at_3",
    "aurc",
    "passage_recall_5",
    "passage_recall_20",
    "passage_rr",
    "passage_ndcg_10",
    "words",
    "judge_nuggets",
    "judge_grounded",
)
SHORT = (
    "right_source",
    "quote_recall",
    "citation_precision",
    "in_right_source_pooled",
    "fact_recall",
    "complete",
    "fully_right",
    "quote_exact",
    "attribution_error",
    "forbidden_claim",
    "refusal_recall",
    "false_refusal",
    "auroc",
    "passage_recall_5",
    "passage_ndcg_10",
)
BY_TYPE = ("right_source", "quote_recall", "citation_precision", "fact_recall", "fully_right")
SPLITS = {"test": "Test split", "dev": "Dev split", "all": "Both splits"}


def summary_markdown(figures: Mapping[str, Any], manifest: Mapping[str, Any]) -> str:
    """``summary.md``."""
    systems: Mapping[str, Any] = figures["systems"]
    parts = ["# Evaluation", "", *_head(systems, manifest)]
    for split, title in SPLITS.items():
        present = {name: system[split] for name, system in systems.items() if split in system}
        if present:
            parts += ["", f"## {title}", "", *_table(present)]
    for name, system in systems.items():
        parts += ["", f"## {name}, by type (test split / dev split)", "", *_types(system["types"])]
    parts += ["", "## Latency, ms", "", *_latency(systems)]
    for name, system in systems.items():
        if system["spread"]:
            parts += ["", f"## {name}: spread over repeats", "", *_spread(system["spread"])]
    parts += ["", "## How to read this", "", *_notes()]
    return "\n".join(parts) + "\n"


def headline(figures: Mapping[str, Any]) -> str:
    """The figures that matter most, for a terminal: means by split and system, aligned."""
    systems: Mapping[str, Any] = figures["systems"]
    columns = [
        (f"{name} {split}", system[split])
        for split in ("test", "dev")
        for name, system in systems.items()
        if split in system
    ]
    rows = [["", *(title for title, _ in columns)]]
    rows += [
        [key[2:], *(str(block[key]) for _, block in columns)] for key in ("n_cases", "n_failed")
    ]
    for metric in SHORT:
        found = [block["metrics"].get(metric) for _, block in columns]
        if any(found):
            means = [f"{f['mean']:.3f}" if f and f["mean"] is not None else "–" for f in found]
            rows.append([CATALOGUE[metric].title + _arrow(metric), *means])
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    return "\n".join(lines)


def cell(figure: Mapping[str, Any] | None, name: str) -> str:
    """A figure for a table cell: "0.71 (0.64–0.78)", "–" where it was not scored."""
    if figure is None or figure["mean"] is None:
        return "–"
    if name == "words":
        return f"{figure['median']:.0f} median"
    return f"{figure['mean']:.3f} ({figure['low']:.3f}–{figure['high']:.3f})"


def counts(figure: Mapping[str, Any] | None) -> str:
    """How many questions stand behind a figure, and how many failed or lack what it needs."""
    if figure is None:
        return ""
    text = f"n={figure['n']}"
    if figure["failed"]:
        text += f", {figure['failed']} failed"
    if figure.get("without_support"):
        text += f", {figure['without_support']} without the number"
    return text


def _head(systems: Mapping[str, Any], manifest: Mapping[str, Any]) -> list[str]:
    inputs = manifest.get("inputs", {})
    cases = inputs.get("cases", {})
    lines = [
        f"Cases: {cases.get('file', '?')}, {cases.get('count', '?')} questions"
        f" (SHA-256 {str(cases.get('sha256', ''))[:12]}).",
        f"Index: {inputs.get('index', {}).get('generation', '?')}."
        f" Code: {str(inputs.get('code_sha256', ''))[:12]}. Seed: {inputs.get('seed', '?')}.",
    ]
    for name, system in systems.items():
        block = system["all"]
        lines.append(
            f"{name}: {block['n_cases']} asked, {block['n_answered']} answered,"
            f" {block['n_failed']} failed."
            + (
                f" {block['n_without_gold']} have no gold: their sources, passages and citations"
                " are not scored."
                if block["n_without_gold"]
                else ""
            )
        )
    return [line + "  " for line in lines]


def _table(systems: Mapping[str, Any]) -> list[str]:
    rows = [["Figure", *(title for name in systems for title in (name, ""))]]
    for metric in MAIN:
        found = [block["metrics"].get(metric) for block in systems.values()]
        if any(found):
            cells = [text for f in found for text in (cell(f, metric), counts(f))]
            rows.append([CATALOGUE[metric].title + _arrow(metric), *cells])
    return markdown_table(rows)


def _types(types: Mapping[str, Any]) -> list[str]:
    names = list(dict.fromkeys(name for split in types.values() for name in split))
    rows = [["Type", "n", *(CATALOGUE[m].title for m in BY_TYPE), "Refused"]]
    for name in names:
        blocks = [types.get(split, {}).get(name) for split in ("test", "dev")]
        row = [name, " / ".join(str(b["n_cases"]) if b else "0" for b in blocks)]
        row += [" / ".join(_short(b, metric) for b in blocks) for metric in BY_TYPE]
        row.append(" / ".join(_refused(b) for b in blocks))
        rows.append(row)
    return markdown_table(rows)


def _refused(block: Mapping[str, Any] | None) -> str:
    first = _short(block, "refusal_recall")
    return first if first != "–" else _short(block, "false_refusal")


def _short(block: Mapping[str, Any] | None, metric: str) -> str:
    figure = block["metrics"].get(metric) if block else None
    return f"{figure['mean']:.2f}" if figure and figure["mean"] is not None else "–"


def _latency(systems: Mapping[str, Any]) -> list[str]:
    stages = list(dict.fromkeys(stage for s in systems.values() for stage in s["latency_ms"]))
    rows = [["System", *(f"{stage} p50 / p95" for stage in stages)]]
    for name, system in systems.items():
        found = [system["latency_ms"].get(stage) for stage in stages]
        rows.append([name, *(f"{f['p50']:.0f} / {f['p95']:.0f}" if f else "–" for f in found)])
    return markdown_table(rows)


def _spread(spread: Mapping[str, Any]) -> list[str]:
    rows = [["Figure", "Mean", "SD", "Lowest", "Highest", "Repeats"]]
    for metric, figure in spread.items():
        numbers = [f"{figure[key]:.4f}" for key in ("mean", "sd", "low", "high")]
        rows.append([CATALOGUE[metric].title, *numbers, str(figure["repeats"])])
    return markdown_table(rows)


def _notes() -> list[str]:
    return [
        "Means with 95% bootstrap intervals over questions. ↓: lower is better. n: questions"
        " scored; a failed question is counted apart, and is neither 0 nor left out unsaid."
        " –: nothing to score it on. What each figure means stands in report.html and in"
        " eval/catalogue.py.",
    ]


def _arrow(metric: str) -> str:
    return " ↓" if CATALOGUE[metric].better == "low" else ""


def markdown_table(rows: Sequence[Sequence[str]]) -> list[str]:
    """A table; the first row is its head."""
    head, *body = [[cell.replace("|", "\\|") for cell in row] for row in rows]
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return lines + ["| " + " | ".join(row) + " |" for row in body]
