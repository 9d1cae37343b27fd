"""Plots as inline SVG: no library, no script, readable in print and by a screen reader. Pure.

    line_plot([Series("ragbot", [0, 0.5], [0.1, 0.2])], title="…", x="Coverage", y="Risk")

Lines differ by dash and marker as well as by colour, and each plot carries a title and a
description. The numbers themselves belong in a table beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

COLOURS = ("#0b5cad", "#a63603", "#00695c", "#6a3d9a", "#444444")  #: each 5:1 or more on white
DASHES = ("", "6 3", "2 3", "8 3 2 3", "1 2")
WIDTH, HEIGHT = 640, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 16, 48  #: margins around the plot
ROW = 26  #: height of one row of a dot plot
LABELS = 150  #: room for its row names


@dataclass(frozen=True, slots=True)
class Series:
    """One line: equally long ``x`` and ``y`` in [0, 1]."""

    name: str
    x: Sequence[float]
    y: Sequence[float]


def line_plot(series: Sequence[Series], *, key: str, title: str, x: str, y: str) -> str:
    """Lines over the unit square. ``key``: unique in the page, for the title's id."""
    width, height = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM
    parts = [_open(key, title, f"{y} against {x} for {_names(series)}.", HEIGHT + _legend(series))]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        at_x, at_y = LEFT + tick * width, TOP + (1 - tick) * height
        parts.append(_grid(at_x, TOP, at_x, TOP + height) + _grid(LEFT, at_y, LEFT + width, at_y))
        parts.append(_text(at_x, TOP + height + 18, f"{tick:g}", anchor="middle"))
        parts.append(_text(LEFT - 8, at_y + 4, f"{tick:g}", anchor="end"))
    parts.append(_text(LEFT + width / 2, TOP + height + 38, x, anchor="middle"))
    parts.append(_text(14, TOP + height / 2, y, anchor="middle", turned=True))
    for place, line in enumerate(series):
        points = " ".join(
            f"{LEFT + a * width:.1f},{TOP + (1 - b) * height:.1f}"
            for a, b in zip(line.x, line.y, strict=True)
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{_colour(place)}" stroke-width="2"'
            f' stroke-dasharray="{DASHES[place % len(DASHES)]}"/>'
        )
    parts += _legend_rows(series, HEIGHT)
    return "".join([*parts, "</svg>"])


def dot_plot(rows: Mapping[str, Mapping[str, float]], *, key: str, title: str) -> str:
    """For each row (a question type) a dot per system, on a scale from 0 to 1."""
    systems = [Series(name, (), ()) for name in dict.fromkeys(n for r in rows.values() for n in r)]
    width, height = WIDTH - LABELS - 2 * RIGHT, ROW * len(rows)
    bottom = TOP + height
    described = f"{title}, from 0 to 1, for {_names(systems)}."
    parts = [_open(key, title, described, bottom + BOTTOM - 18 + _legend(systems))]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        at = LABELS + tick * width
        parts.append(_grid(at, TOP, at, bottom))
        parts.append(_text(at, bottom + 18, f"{tick:g}", anchor="middle"))
    for number, (name, values) in enumerate(rows.items()):
        at = TOP + (number + 0.5) * ROW
        parts.append(_text(LABELS - 10, at + 4, name, anchor="end"))
        parts.append(_grid(LABELS, at, LABELS + width, at))
        for place, system in enumerate(systems):
            if system.name in values:
                parts.append(_marker(LABELS + values[system.name] * width, at, place))
    parts += _legend_rows(systems, bottom + BOTTOM - 18, dots=True)
    return "".join([*parts, "</svg>"])


def _open(key: str, title: str, description: str, height: float) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-labelledby="{key}-t {key}-d"'
        f' class="plot"><title id="{key}-t">{escape(title)}</title>'
        f'<desc id="{key}-d">{escape(description)}</desc>'
    )


def _names(series: Sequence[Series]) -> str:
    return ", ".join(line.name for line in series)


def _legend(series: Sequence[Series]) -> int:
    return 20 * len(series)


def _legend_rows(series: Sequence[Series], top: float, *, dots: bool = False) -> list[str]:
    rows = []
    for place, line in enumerate(series):
        at = top + 20 * place + 8
        sample = (
            _marker(LEFT + 14, at, place)
            if dots
            else f'<line x1="{LEFT}" y1="{at}" x2="{LEFT + 28}" y2="{at}" stroke-width="2"'
            f' stroke="{_colour(place)}" stroke-dasharray="{DASHES[place % len(DASHES)]}"/>'
        )
        rows.append(sample + _text(LEFT + 36, at + 4, line.name))
    return rows


def _marker(x: float, y: float, place: int) -> str:
    """A circle, square, diamond or triangle, by the series' place."""
    colour = _colour(place)
    match place % 4:
        case 0:
            return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}"/>'
        case 1:
            return f'<rect x="{x - 5:.1f}" y="{y - 5:.1f}" width="10" height="10" fill="{colour}"/>'
        case 2:
            points = f"{x:.1f},{y - 6:.1f} {x + 6:.1f},{y:.1f} {x:.1f},{y + 6:.1f} {x - 6:.1f},{y}"
        case _:
            points = f"{x:.1f},{y - 6:.1f} {x + 6:.1f},{y + 5:.1f} {x - 6:.1f},{y + 5:.1f}"
    return f'<polygon points="{points}" fill="{colour}"/>'


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#d0d0d0"'
        ' stroke-width="1"/>'
    )


def _text(x: float, y: float, text: str, *, anchor: str = "start", turned: bool = False) -> str:
    turn = f' transform="rotate(-90 {x:.1f} {y:.1f})"' if turned else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="13" fill="#1b1b1b"'
        f"{turn}>{escape(text)}</text>"
    )


def _colour(place: int) -> str:
    return COLOURS[place % len(COLOURS)]
