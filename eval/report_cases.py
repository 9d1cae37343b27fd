"""Each question of the report: its answer, gold and cited passages side by side. Pure.

    html = case_html([scored_by_ragbot, scored_by_textbook], library)

The first system is shown in full and decides the filters; the others are folded in below it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.case import GoldRange, Split
from eval.catalogue import CATALOGUE, COVERED
from eval.library import Library
from eval.metrics import Scored
from eval.report_html import esc, marked_html
from eval.textmatch import Span, covered
from eval.verdict import TITLES, verdict

SHOWN = ("quote_recall", "citation_precision", "fact_recall", "passage_recall_5", "passage_rr")


def filters_html(items: Sequence[Scored], splits: Sequence[Split]) -> str:
    """The filter form; the script shows it, so that without a script nothing looks broken."""
    verdicts = [key for key in TITLES if any(verdict(item) == key for item in items)]
    types = list(dict.fromkeys(item.case.type for item in items))
    outcome = {"not-right": "Everything but right", **{key: TITLES[key] for key in verdicts}}
    return (
        "<form class='filters' hidden aria-label='Filter the questions'>"
        + _select("verdict", "Outcome", outcome)
        + _select("type", "Type", {name: name for name in types})
        + _select("split", "Split", {name: name for name in splits})
        + "<div><label for='f-words'>Words</label><input id='f-words' name='words' type='search'>"
        "</div><button type='reset'>Show all</button>"
        "<button type='button' id='open-all'>Open or close those shown</button></form>"
        f"<p id='shown' role='status'>{len(items)} questions.</p>"
    )


def case_html(items: Sequence[Scored], library: Library) -> str:
    """One question, foldable; ``items`` are the systems' answers to it."""
    first = items[0]
    case, outcome = first.case, verdict(first)
    tone = "good" if outcome == "right" else "bad"
    others = "".join(_other(item, library) for item in items[1:])
    return (
        f"<details class='case' id='{esc(case.id)}' data-type='{esc(case.type)}'"
        f" data-split='{case.split}' data-verdict='{outcome}'><summary>"
        f"<span class='tag {tone}'>{esc(TITLES[outcome])}</span>"
        f"<span class='tag'>{esc(case.id)}</span><span class='tag'>{esc(case.type)}</span>"
        f"<span class='tag'>{case.split}</span> {esc(case.question)}</summary><div>"
        + _history(case.history)
        + (f"<p class='where'>Note: {esc(case.note)}</p>" if case.note else "")
        + _shown(first, library)
        + others
        + "</div></details>"
    )


def _select(name: str, label: str, options: Mapping[str, str]) -> str:
    choices = "".join(f"<option value='{esc(k)}'>{esc(v)}</option>" for k, v in options.items())
    return (
        f"<div><label for='f-{name}'>{label}</label><select id='f-{name}' name='{name}'>"
        f"<option value=''>All</option>{choices}</select></div>"
    )


def _history(history: Sequence[Mapping[str, str]]) -> str:
    if not history:
        return ""
    turns = "".join(f"<li><b>{esc(t['role'])}:</b> {esc(t['content'])}</li>" for t in history)
    return f"<h3>Conversation before it</h3><ol>{turns}</ol>"


def _other(item: Scored, library: Library) -> str:
    outcome = TITLES[verdict(item)]
    return (
        f"<details><summary>{esc(item.reply.system)}: {esc(outcome)}</summary>"
        f"{_shown(item, library)}</details>"
    )


def _shown(item: Scored, library: Library) -> str:
    if item.reply.failed or item.reply.answer is None:
        return f"<p>{esc(item.reply.system)} failed: {esc(item.reply.error)}</p>"
    answer = item.reply.answer
    asked = answer["standalone_question"]
    return (
        f"<p><b>{esc(item.reply.system)}</b>: {esc(answer['status'])}{_figures(item)}</p>"
        + (
            f"<p class='where'>Understood as: {esc(asked)}</p>"
            if asked != item.case.question
            else ""
        )
        + f"<p class='answer'>{_text(answer)}</p>"
        + _remarks(item)
        + "<div class='sides'><div><h3>Needed (gold)</h3>"
        + _gold(item, library)
        + "</div><div><h3>Cited</h3>"
        + _cited(item)
        + "</div></div>"
    )


def _text(answer: Mapping[str, Any]) -> str:
    if not answer["sentences"]:
        return esc(answer["text"])
    return "\n".join(
        esc(s["text"]) + "".join(f" [{n}]" for n in s["citations"]) for s in answer["sentences"]
    )


def _figures(item: Scored) -> str:
    parts = [f"{CATALOGUE[m].title}: {item.values[m]:.2f}" for m in SHOWN if m in item.values]
    if item.support is not None:
        parts.append(f"support: {item.support:.3f}")
    return "".join(f" · {esc(part)}" for part in parts)


def _remarks(item: Scored) -> str:
    remarks = [f"Forbidden wording: “{wording}”" for wording in item.forbidden_found]
    remarks += list(item.attribution)
    for wordings, found in zip(item.case.facts, item.facts_found, strict=False):
        remarks.append(f"Key fact {'present' if found else 'MISSING'}: {' / '.join(wordings)}")
    return "<ul>" + "".join(f"<li>{esc(r)}</li>" for r in remarks) + "</ul>" if remarks else ""


def _gold(item: Scored, library: Library) -> str:
    if item.case.gold is None:
        return "<p>Not known.</p>"
    if not item.case.gold:
        return "<p>Nothing: the library does not answer this.</p>"
    cited = _spans(item.reply.answer["citations"] if item.reply.answer else ())
    parts = []
    for gold, share in zip(item.case.gold, item.gold_shares, strict=True):
        best = max(gold.ranges, key=lambda part: _share(part, cited, library))
        found = share >= COVERED
        more = f"; {len(gold.ranges) - 1} alternatives" if len(gold.ranges) > 1 else ""
        parts.append(
            f"<blockquote class='{'found' if found else 'missing'}'>"
            + marked_html(best.quote, (best.start, best.end), cited.get(best.path, []))
            + f"<div class='where'>{'Quoted' if found else 'NOT quoted'}, {share:.0%}; "
            f"{esc(best.path)} {best.start}–{best.end}{more}</div></blockquote>"
        )
    return "".join(parts)


def _cited(item: Scored) -> str:
    answer = item.reply.answer
    assert answer is not None  # noqa: S101 - the caller shows failures in another way
    shown = answer["citations"] or answer["nearest"]
    if not shown:
        return "<p>Nothing.</p>"
    gold = _gold_spans(item)
    parts = [] if answer["citations"] else ["<p>Nothing. Nearest passages, not an answer:</p>"]
    for place, citation in enumerate(shown):
        precise = bool(answer["citations"]) and item.precise[place]
        verdict_text = "overlaps gold" if precise else "beside the point"
        remark = f"{verdict_text}; " if item.case.gold and answer["citations"] else ""
        parts.append(
            f"<blockquote class='{'found' if precise else 'missing'}'>[{citation['n']}] "
            + marked_html(
                citation["quote"],
                (citation["start"], citation["end"]),
                gold.get(citation["path"], []),
            )
            + f"<div class='where'>{remark}{esc(citation['label'])}; "
            f"{esc(citation['path'])} {citation['start']}–{citation['end']}</div></blockquote>"
        )
    return "".join(parts)


def _share(part: GoldRange, cited: Mapping[str, Sequence[Span]], library: Library) -> float:
    return covered(library.texts[part.path], (part.start, part.end), cited.get(part.path, []))


def _spans(ranges: Sequence[Mapping[str, Any]]) -> dict[str, list[Span]]:
    spans: dict[str, list[Span]] = {}
    for part in ranges:
        spans.setdefault(part["path"], []).append((part["start"], part["end"]))
    return spans


def _gold_spans(item: Scored) -> dict[str, list[Span]]:
    parts = [part for gold in item.case.gold or () for part in gold.ranges]
    return _spans([{"path": p.path, "start": p.start, "end": p.end} for p in parts])
