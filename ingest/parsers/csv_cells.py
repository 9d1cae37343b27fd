r"""CSV with the place of every cell (RFC 4180; comma, semicolon or tab).

    rows = [*scan('a,"b"\r\n', ",")]
    rows[0][1]      # Cell(3, 4, quoted=True): the place is that of the text in the quotes

Python's ``csv`` reads the same cells (the tests compare) but does not say where they stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_QUOTED = re.compile(r'"([^"]*(?:""[^"]*)*)"?')


@dataclass(frozen=True, slots=True)
class Cell:
    """``[start, end)`` without the quotes around it; quotes inside are still doubled."""

    start: int
    end: int
    quoted: bool

    def value(self, text: str) -> str:
        """What the cell holds."""
        printed = text[self.start : self.end]
        return printed.replace('""', '"') if self.quoted else printed


def scan(text: str, delimiter: str) -> Iterator[tuple[Cell, ...]]:
    """Every row that has any cell."""
    plain = re.compile(rf"[^{re.escape(delimiter)}\r\n]*")
    row: list[Cell] = []
    position = 1 if text.startswith("\ufeff") else 0
    while position < len(text):
        quoted = _QUOTED.match(text, position)
        if quoted:
            row.append(Cell(*quoted.span(1), quoted=True))
            rest = plain.match(text, quoted.end())  # what stands behind the closing quote is lost
            position = rest.end() if rest else quoted.end()
        else:
            bare = plain.match(text, position)
            stop = bare.end() if bare else position
            row.append(Cell(position, stop, quoted=False))
            position = stop
        if text[position : position + 1] == delimiter:
            position += 1
            if position < len(text):
                continue
            row.append(Cell(position, position, quoted=False))
        if len(row) > 1 or row[0].start < row[0].end or row[0].quoted:
            yield tuple(row)
        row = []
        position += 2 if text[position : position + 2] == "\r\n" else 1


def doubled_quotes(text: str, cell: Cell) -> Iterator[tuple[int, int]]:
    """The places of the second of each pair of quotes inside a cell: not to be searched."""
    if cell.quoted:
        for match in re.compile('""').finditer(text, cell.start, cell.end):
            yield match.start() + 1, match.end()
