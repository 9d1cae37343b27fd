"""What an ingest did, file by file. Pure values.

report.rows[0]     # Row("seeds/a.txt", "added", documents=11, chunks=64, …)
report.to_json()   # for ``ragbot ingest --json``
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Outcome = Literal["added", "unchanged", "updated", "removed", "failed"]


@dataclass(frozen=True, slots=True)
class Row:
    """One file."""

    path: str
    outcome: Outcome
    documents: int = 0  #: sources of it in the index afterwards
    chunks: int = 0
    reason: str = ""  #: why it failed, or is as it is; with what to do
    notes: tuple[str, ...] = ()  #: what a person should know about a file that was taken
    seconds: float = 0.0  #: reading, parsing and splitting; embedding is counted for all together

    def to_json(self) -> dict[str, Any]:
        """The row as ``--json`` prints it."""
        return {
            "path": self.path,
            "outcome": self.outcome,
            "documents": self.documents,
            "chunks": self.chunks,
            "reason": self.reason,
            "notes": list(self.notes),
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True, slots=True)
class IngestReport:
    """All files, in order of their paths."""

    rows: tuple[Row, ...]
    generation: str | None  #: id of the generation that was published; None: nothing changed
    embedded: int  #: chunks that had to be embedded; the vectors of the others were at hand
    seconds: float

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
        }
