"""A comparison in words: the verdict, a table, and why questions were lost. Pure.

    print(comparison_markdown(compare(a, b)))

It says for each lost question how the two answers ended and what was asked; the answers themselves
are in the two runs' reports.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from eval.catalogue import CATALOGUE
from eval.compare import Comparison, Difference
from eval.summary_text import markdown_table

EXAMPLES = 8  #: questions named for each figure


def comparison_markdown(result: Comparison) -> str:
    """Everything, the verdict first."""
    lines = [result.verdict, "", f"A: {result.a.name}  ", f"B: {result.b.name}  "]
    if result.changed_inputs:
        lines.append(f"Inputs that differ: {', '.join(result.changed_inputs)}  ")
    for name, keys in (("A", result.only_a), ("B", result.only_b)):
        if keys:
            lines.append(f"Only in {name}, so not compared: {len(keys)} questions  ")
    if result.newly_failed:
        lines.append(f"Newly failed: {', '.join(result.newly_failed[:EXAMPLES])}  ")
    lines += ["", *_table(result), ""]
    for difference in result.differences:
        lines += _changes(difference, result)
    lines.append(
        f"Margin {result.margin:g}. Interval: 95%, paired bootstrap over questions. p: paired"
        " permutation test. ↓: lower is better."
    )
    return "\n".join(lines)


def _table(result: Comparison) -> list[str]:
    rows = [["Figure", "n", "A", "B", "B − A", "95% interval", "p", "Better", "Worse", ""]]
    for d in result.differences:
        arrow = " ↓" if CATALOGUE[d.metric].better == "low" else ""
        rows.append(
            [
                CATALOGUE[d.metric].title + arrow,
                str(d.n),
                f"{d.a:.3f}",
                f"{d.b:.3f}",
                f"{d.change:+.3f}",
                f"{d.low:+.3f} to {d.high:+.3f}",
                f"{d.p:.4f}",
                str(len(d.better)),
                str(len(d.worse)),
                "REGRESSED" if d.regressed else "",
            ]
        )
    return markdown_table(rows)


def _changes(difference: Difference, result: Comparison) -> list[str]:
    lines = []
    for title, keys in (("worse", difference.worse), ("better", difference.better)):
        if keys:
            lines.append(f"{CATALOGUE[difference.metric].title}, {title} on {len(keys)}:")
            lines += [f"- {_one(key, difference.metric, result)}" for key in keys[:EXAMPLES]]
            if len(keys) > EXAMPLES:
                lines.append(f"- … and {len(keys) - EXAMPLES} more")
            lines.append("")
    return lines


def _one(key: str, metric: str, result: Comparison) -> str:
    before = result.a.rows[key]["values"][metric]
    after = result.b.rows[key]["values"][metric]
    first, second = result.a.answers.get(key, {}), result.b.answers.get(key, {})
    question = str((second or first).get("question", result.b.rows[key]["type"]))[:70]
    return f"{key} {before:.2f} → {after:.2f} ({_ended(first)} → {_ended(second)}): {question}"


def _ended(answer: Mapping[str, Any]) -> str:
    status = str(answer.get("status", "answer not kept"))  # a committed baseline has only scores
    citations = answer.get("citations", [])
    labels = list(dict.fromkeys(str(citation["label"]) for citation in citations))
    return f"{status}: {', '.join(labels)[:60]}" if labels else status
