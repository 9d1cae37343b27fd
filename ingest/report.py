"""What an ingest did, file by file. Pure values.

report.rows[0]     # Row("seeds/a.txt", "added", documents=11, chunks=64, …)
report.to_json()   # for ``ragbot ingest --json`` and ``--report out.json``
report.to_csv()    # for ``--report out.csv``
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["added", "unchanged", "updated", "removed", "missing", "failed"]
_COLUMNS = ("file", "outcome", "documents", "chunks", "pages", "reason", "notes", "seconds")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  #: how a cell begins that a spreadsheet would run


@dataclass(frozen=True, slots=True)
class Row:
    """One file."""

    path: str
    outcome: Outcome
    documents: int = 0  #: sources of it in the index afterwards
    chunks: int = 0
    reason: str = ""  #: why it failed, or is as it is; with what to do
    notes: tuple[str, ...] = ()  #: what a person should know about a file that was taken
    seconds: float = 0.0  #: reading, parsing and splitting it, in its worker
    pages: int = 0  #: 0 where the format has none, or the file was not read this time

    def to_json(self) -> dict[str, Any]:
        """The row as ``--json`` prints it."""
        return {
            "path": self.path,
            "outcome": self.outcome,
            "documents": self.documents,
            "chunks": self.chunks,
            "pages": self.pages,
            "reason": self.reason,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All files, in order of their paths."""

    rows: tuple[Row, ...]
    generation: str | None  #: id of the generation that was published; None: nothing changed
    embedded: int  #: texts that had to be embedded; the vectors of the others were at hand
    seconds: float
    left: int = 0  #: files that were not reached, because the ingest was stopped
    dry_run: bool = False  #: this is what would happen; nothing was written

    def count(self, outcome: Outcome) -> int:
        """How many files ended like that."""
        return sum(1 for row in self.rows if row.outcome == outcome)

    def to_json(self) -> dict[str, Any]:
        """The report as ``--json`` prints it."""
        return {
            "files": [row.to_json() for row in self.rows],
            "generation": self.generation,
            "embedded": self.embedded,
            "seconds": round(self.seconds, 3),
            "left": self.left,
            "dry_run": self.dry_run,
        }

    def to_csv(self) -> str:
        """The table for a spreadsheet; file names that look like formulas are made harmless."""
        out = io.StringIO()
        table = csv.writer(out, lineterminator="\r\n")
        table.writerow(_COLUMNS)
        for r in self.rows:
            notes = " ".join(r.notes)
            cells = (r.path, r.outcome, r.documents, r.chunks, r.pages, r.reason, notes)
            table.writerow([*(_cell(str(cell)) for cell in cells), f"{r.seconds:.3f}"])
        return out.getvalue()


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
