"""``report.html``: one file that explains a run on screen, on paper and to a screen reader. Pure.

    html = report_html(scored, figures, manifest, library)

Figures first, then plots with their numbers, what every figure means, and each question with its
gold and cited passages side by side. It asks for nothing from outside: styles and the small filter
script are inline, and a content security policy forbids the rest. Everything from cases, sources
and answers is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.case import Split
from eval.catalogue import CATALOGUE
from eval.library import Library
from eval.metrics import Scored
from eval.report_cases import case_html, filters_html
from eval.report_html import Cell, esc, facts_html, number, table_html
from eval.summary import risk_curve
from eval.summary_text import BY_TYPE, MAIN, SPLITS, cell, counts
from eval.svg import Series, dot_plot, line_plot

ASSETS = Path(__file__).resolve().parent / "assets"
POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


def report_html(
    scored: Sequence[Scored],
    figures: Mapping[str, Any],
    manifest: Mapping[str, Any],
    library: Library,
) -> str:
    """The whole page."""
    systems: Mapping[str, Any] = figures["systems"]
    style = (ASSETS / "report.css").read_text(encoding="utf-8")
    script = (ASSETS / "report.js").read_text(encoding="utf-8")
    body = [
        "<main id='main'>",
        "<h1>Evaluation report</h1>",
        _run_facts(manifest, systems),
        *_figures(systems),
        *_plots(scored, systems),
        *_latency(systems),
        *_spread(systems),
        *_agreement(manifest),
        *_definitions(figures),
        *_cases(scored, library),
        "</main>",
    ]
    return (
        "<!doctype html>\n<html lang='en-GB'>\n<head>\n<meta charset='utf-8'>\n"
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        "<meta name='viewport' content='width=device-width, initial-scale=1'>\n"
        f"<title>Evaluation report: {esc(_title(manifest))}</title>\n<style>\n{style}</style>\n"
        "</head>\n<body>\n<a class='skip' href='#questions'>Skip to the questions</a>\n"
        + "\n".join(body)
        + f"\n<script>\n{script}</script>\n</body>\n</html>\n"
    )


def _title(manifest: Mapping[str, Any]) -> str:
    return str(manifest.get("inputs", {}).get("cases", {}).get("file", "a run"))


def _run_facts(manifest: Mapping[str, Any], systems: Mapping[str, Any]) -> str:
    inputs = manifest.get("inputs", {})
    cases, index = inputs.get("cases", {}), inputs.get("index", {})
    facts = {
        "Cases": f"{cases.get('file')}, {cases.get('count')} questions",
        "Case file’s SHA-256": cases.get("sha256"),
        "Index generation": index.get("generation"),
        "Embedder": index.get("embedder"),
        "Code’s SHA-256": inputs.get("code_sha256"),
        "Language model": inputs.get("settings", {}).get("llm") or "none: extractive",
        "Seed, repeats": f"{inputs.get('seed')}, {inputs.get('repeats')}",
        "Packages": ", ".join(f"{k} {v}" for k, v in inputs.get("packages", {}).items()),
    }
    for name, system in systems.items():
        block = system["all"]
        facts[f"System {name}"] = (
            f"{block['n_cases']} asked, {block['n_answered']} answered, {block['n_failed']} failed,"
            f" {block['n_without_gold']} without gold and so not scored on sources and passages"
        )
    return facts_html({name: value for name, value in facts.items() if value})


def _figures(systems: Mapping[str, Any]) -> list[str]:
    parts = [
        "<h2>Figures</h2>",
        "<p>Means with 95% bootstrap intervals over questions. n: questions scored. A failed"
        " question is counted apart: it is neither 0 nor left out unsaid. “–”: nothing to score"
        " it on.</p>",
    ]
    for split, title in SPLITS.items():
        present = {name: system[split] for name, system in systems.items() if split in system}
        if present:
            parts.append(_figure_table(present, f"{title}, {_asked(present)} questions"))
    return parts


def _asked(present: Mapping[str, Any]) -> int:
    return int(next(iter(present.values()))["n_cases"])


def _figure_table(present: Mapping[str, Any], caption: str) -> str:
    rows: list[list[Cell]] = []
    for metric in MAIN:
        found = [block["metrics"].get(metric) for block in present.values()]
        if any(found):
            low = " (lower is better)" if CATALOGUE[metric].better == "low" else ""
            cells = [number(cell(f, metric), counts(f)) for f in found]
            rows.append([CATALOGUE[metric].title + low, *cells])
    return table_html(caption, ["Figure", *present], rows)


def _plots(scored: Sequence[Scored], systems: Mapping[str, Any]) -> list[str]:
    series = []
    for name in systems:
        once = [i for i in scored if i.reply.system == name and i.reply.repeat == 1]
        coverage, risk = risk_curve(once)
        if coverage:
            series.append(Series(name, coverage, risk))
    parts = ["<h2>Plots</h2>"]
    if series:
        title = "Risk–coverage: mean loss as less supported answers are let through"
        x, y = "Coverage: share of questions answered", "Risk: mean of 1 − needed passages quoted"
        parts += ["<h3>Risk and coverage</h3>"]
        parts += [line_plot(series, key="risk", title=title, x=x, y=y), _risk_table(series)]
    parts += ["<h3>Scores by type of question</h3>"]
    for metric in BY_TYPE:
        values = _by_type(systems, metric)
        if values:
            title = CATALOGUE[metric].title
            parts.append(dot_plot(values, key=f"type-{metric}", title=f"{title}, by type"))
    return [*parts, *_type_tables(systems)]


def _risk_table(series: Sequence[Series]) -> str:
    rows: list[list[Cell]] = []
    for share in (0.2, 0.4, 0.6, 0.8, 1.0):
        row: list[Cell] = [f"{share:.0%}"]
        for line in series:
            at = [risk for c, risk in zip(line.x, line.y, strict=True) if c <= share + 1e-9]
            reached = max(line.x) >= share - 1e-9
            row.append(number(f"{at[-1]:.3f}" if at and reached else "–", ""))
        rows.append(row)
    return table_html("Risk at a coverage", ["Coverage", *(s.name for s in series)], rows)


def _by_type(systems: Mapping[str, Any], metric: str) -> dict[str, dict[str, float]]:
    values: dict[str, dict[str, float]] = {}
    for name, system in systems.items():
        for kind, block in system["types"]["all"].items():
            figure = block["metrics"].get(metric)
            if figure and figure["mean"] is not None:
                values.setdefault(kind, {})[name] = figure["mean"]
    return values


def _type_tables(systems: Mapping[str, Any]) -> list[str]:
    columns = (*BY_TYPE, "refusal_recall", "false_refusal")
    parts = []
    for name, system in systems.items():
        rows = [
            [kind, number(str(block["n_cases"]), ""), *_type_cells(block, columns)]
            for kind, block in system["types"]["all"].items()
        ]
        head = ["Type", "Questions", *(CATALOGUE[metric].title for metric in columns)]
        parts.append(table_html(f"{name}: both splits, by type", head, rows))
    return parts


def _type_cells(block: Mapping[str, Any], columns: Sequence[str]) -> list[Cell]:
    figures = [block["metrics"].get(metric) for metric in columns]
    return [number(cell(f, metric), counts(f)) for f, metric in zip(figures, columns, strict=True)]


def _latency(systems: Mapping[str, Any]) -> list[str]:
    stages = list(dict.fromkeys(stage for s in systems.values() for stage in s["latency_ms"]))
    rows: list[list[Cell]] = []
    for name, system in systems.items():
        found = [system["latency_ms"].get(stage) for stage in stages]
        cells = [number(f"{f['p50']:.0f} / {f['p95']:.0f}" if f else "–", "") for f in found]
        rows.append([name, *cells])
    head = ["System", *(f"{stage} p50 / p95" for stage in stages)]
    return ["<h2>Latency</h2>", table_html("Milliseconds a question, by stage", head, rows)]


def _spread(systems: Mapping[str, Any]) -> list[str]:
    parts = []
    for name, system in systems.items():
        rows: list[list[Cell]] = [
            [
                CATALOGUE[m].title,
                *(number(f"{f[k]:.4f}", "") for k in ("mean", "sd", "low", "high")),
            ]
            for m, f in system["spread"].items()
        ]
        if rows:
            head = ["Figure", "Mean", "Standard deviation", "Lowest mean", "Highest mean"]
            parts.append(table_html(f"{name}: spread over repeats", head, rows))
    return ["<h2>Spread over repeats</h2>", *parts] if parts else []


def _agreement(manifest: Mapping[str, Any]) -> list[str]:
    judge = manifest.get("judge")
    if not judge:
        return []
    rows: list[list[Cell]] = [
        [name, number(str(row["n"]), ""), number(row["agreement"], ""), number(row["kappa"], "")]
        for name, row in judge["agreement"].items()
    ]
    head = ["Judged", "n", "Agreement", "Cohen’s kappa"]
    return [
        "<h2>Judge</h2>",
        f"<p>{esc(judge['model'])} with {esc(judge['prompt'])}; {judge['failed']} of its"
        f" {judge['asked']} judgements failed and are left out.</p>",
        table_html("The judge against the rule-based scores", head, rows),
    ]


def _definitions(figures: Mapping[str, Any]) -> list[str]:
    used = {m for s in figures["systems"].values() for m in s["all"]["metrics"]}
    rows: list[list[Cell]] = [
        [metric.title, metric.definition, metric.origin]
        for metric in CATALOGUE.values()
        if metric.name in used
    ]
    table = table_html("Definitions", ["Figure", "What it is", "From"], rows)
    return ["<h2>What the figures mean</h2>", table]


def _cases(scored: Sequence[Scored], library: Library) -> list[str]:
    grouped: dict[str, list[Scored]] = {}
    for item in scored:
        if item.reply.repeat == 1:
            grouped.setdefault(item.case.id, []).append(item)
    splits: tuple[Split, ...] = ("dev", "test")
    first = [items[0] for items in grouped.values()]
    present = [split for split in splits if any(item.case.split == split for item in first)]
    return [
        "<h2 id='questions'>Questions</h2>",
        filters_html(first, present),
        *(case_html(items, library) for items in grouped.values()),
    ]
