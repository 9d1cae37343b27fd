r"""Lines of a text with their places.

    lines("a\r\nb")    # (Line(0, 1, "a"), Line(3, 4, "b"))

Only ``\n``, ``\r\n`` and ``\r`` end a line: ``str.splitlines`` would also cut at form feeds and
Unicode separators, which stand inside lines of real files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.clean import is_blank, one_line, trim

_LINE = re.compile(r"[^\r\n]*")
_END = re.compile(r"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class Line:
    """``[start, end)`` without the line's end; ``text`` is cleaned for looking at."""

    start: int
    end: int
    text: str

    @property
    def blank(self) -> bool:
        """Nothing in it."""
        return not self.text


def lines(text: str, start: int = 0, end: int | None = None, *, also: str = "") -> tuple[Line, ...]:
    """The lines of ``text[start:end]``, without white space and ``also`` at their ends."""
    stop = len(text) if end is None else end
    found: list[Line] = []
    position = start
    while position <= stop:
        match = _LINE.match(text, position, stop)
        line_end = match.end() if match else stop
        first, last = trim(text, position, line_end, also)
        blank = is_blank(text[first:last])
        found.append(Line(first, last, "" if blank else one_line(text[first:last])))
        ending = _END.match(text, line_end, stop)
        if ending is None:
            break
        position = ending.end()
    return tuple(found)


def paragraphs(found: Sequence[Line]) -> list[list[Line]]:
    """Runs of lines that are not blank."""
    runs: list[list[Line]] = [[]]
    for line in found:
        if line.blank:
            runs.append([])
        else:
            runs[-1].append(line)
    return [run for run in runs if run]
