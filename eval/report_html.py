"""The few HTML pieces that the report is made of: escaping, tables, marked text. Pure.

table_html("Latency", ["System", "p50"], [["ragbot", number("28", "")]])
marked_html("abcdef", (100, 106), [(102, 104)])     # ab<mark>cd</mark>ef
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from eval.textmatch import Span, merge

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Number:
    """A cell aligned to the right, with a small remark under it."""

    text: str
    remark: str


Cell = str | Number


def number(text: str, remark: str) -> Number:
    """A number for a table."""
    return Number(text, remark)


def esc(text: object) -> str:
    """Text or an attribute's value; control and direction characters become spaces."""
    return html.escape(_CONTROL.sub(" ", str(text)), quote=True)


def table_html(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """A table with a caption, column heads and row heads; it scrolls by itself when too wide."""
    top = "".join(f"<th scope='col'>{esc(title)}</th>" for title in head)
    body = "".join(
        "<tr>" + "".join(_cell(cell, head=place == 0) for place, cell in enumerate(row)) + "</tr>\n"
        for row in rows
    )
    return (
        f"<div class='scroll' role='region' tabindex='0' aria-label='{esc(caption)}'>"
        f"<table><caption>{esc(caption)}</caption><thead><tr>{top}</tr></thead>"
        f"<tbody>\n{body}</tbody></table></div>"
    )


def facts_html(facts: Mapping[str, object]) -> str:
    """Names and values."""
    rows = "".join(f"<dt>{esc(name)}</dt><dd>{esc(value)}</dd>" for name, value in facts.items())
    return f"<dl class='facts'>{rows}</dl>"


def marked_html(text: str, span: Span, marks: Sequence[Span]) -> str:
    """``text``, which is ``[start, end)`` of a file, with what lies in ``marks`` marked."""
    parts, at = [], span[0]
    for start, end in merge(marks):
        start, end = max(start, span[0]), min(end, span[1])
        if start >= end:
            continue
        parts.append(esc(text[at - span[0] : start - span[0]]))
        parts.append(f"<mark>{esc(text[start - span[0] : end - span[0]])}</mark>")
        at = end
    return "".join([*parts, esc(text[at - span[0] :])])


def _cell(cell: Cell, *, head: bool) -> str:
    if isinstance(cell, Number):
        remark = f"<small>{esc(cell.remark)}</small>" if cell.remark else ""
        return f"<td class='number'>{esc(cell.text)}{remark}</td>"
    return f"<th scope='row'>{esc(cell)}</th>" if head else f"<td>{esc(cell)}</td>"
