"""Ranges of a text → nested HTML spans, with the text between them untouched.

    annotate("Aim. To ask.", start=0, end=12, spans=[Span(5, 12, id="c5-12")], marked=(8, 11))
    # 'Aim. <span id="c5-12">To <mark id="c8-11">ask</mark>.</span>'

Offsets are those of the canonical text. It inserts no character of its own, so a script in the
page can count characters in the same way. It does not know what the ranges mean.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ragbot.render import escape
from ragbot.web.page import exact


@dataclass(frozen=True, slots=True)
class Span:
    """A range to wrap; ranges may nest. One that crosses another, or is empty, is an anchor."""

    start: int
    end: int
    id: str
    css: str = ""  #: class names
    title: str = ""  #: shown by the style sheet, not part of the text


def annotate(
    text: str,
    *,
    start: int,
    end: int,
    spans: Iterable[Span],
    marked: tuple[int, int] | None = None,
) -> str:
    """HTML of ``text[start:end]`` with ``spans`` wrapped and ``marked`` in ``<mark>``."""
    kept, crossing = _nested(_inside(spans, start, end))
    mark = _Mark.of(marked, {span.id for span in kept})
    opening: dict[int, list[str]] = {}
    closing: dict[int, int] = {}
    for span in crossing:
        if span.id == mark.id:
            continue  # the mark carries it
        opening.setdefault(span.start, []).append(_tag(span) + "</span>")
    for span in kept:
        opening.setdefault(span.start, []).append(_tag(span))
        closing[span.end] = closing.get(span.end, 0) + 1
    cuts = {start, end, *opening, *closing}
    if marked:
        cuts |= {offset for offset in marked if start <= offset <= end}
    return "".join(_pieces(text, sorted(cuts), opening, closing, mark))


@dataclass(slots=True)
class _Mark:
    """The marked range, and the id its first piece still has to carry."""

    start: int
    end: int
    id: str

    @classmethod
    def of(cls, marked: tuple[int, int] | None, taken: set[str]) -> _Mark:
        if marked is None:
            return cls(0, 0, "")
        name = f"c{marked[0]}-{marked[1]}"
        return cls(*marked, "" if name in taken else name)

    def wrap(self, html: str, left: int, right: int) -> str:
        if not html or not (self.start <= left and right <= self.end):
            return html
        name, self.id = self.id, ""
        return f'<mark id="{name}">{html}</mark>' if name else f"<mark>{html}</mark>"


def _pieces(
    text: str,
    cuts: Sequence[int],
    opening: dict[int, list[str]],
    closing: dict[int, int],
    mark: _Mark,
) -> Iterable[str]:
    for place, left in enumerate(cuts):
        yield "</span>" * closing.get(left, 0)
        yield from opening.get(left, ())
        if place + 1 < len(cuts):
            right = cuts[place + 1]
            yield mark.wrap(exact(text[left:right]), left, right)


def _tag(span: Span) -> str:
    css = f' class="{escape(span.css)}"' if span.css else ""
    title = f' data-title="{escape(span.title)}"' if span.title else ""
    return f'<span id="{escape(span.id)}"{css}{title}>'


def _inside(spans: Iterable[Span], start: int, end: int) -> list[Span]:
    """The spans within the text, outermost first, each id once."""
    first: dict[str, Span] = {}
    for span in spans:
        if start <= span.start <= span.end <= end:
            first.setdefault(span.id, span)
    return sorted(first.values(), key=lambda span: (span.start, -span.end))


def _nested(spans: Sequence[Span]) -> tuple[list[Span], list[Span]]:
    """Split into spans that nest properly and those that cross one of them."""
    kept: list[Span] = []
    crossing: list[Span] = []
    around: list[Span] = []
    for span in spans:
        while around and around[-1].end <= span.start:
            around.pop()
        if span.start == span.end or (around and span.end > around[-1].end):
            crossing.append(span)
            continue
        kept.append(span)
        around.append(span)
    return kept, crossing
