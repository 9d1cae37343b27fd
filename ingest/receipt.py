"""What a file put into the index, in one line: the fingerprint that the index keeps with it.

    entry = Entry("a-1", own="a-1", marks=("x7Gh2k0A",), here=True)
    Receipt(key="9f…-p1-c900", chunks=12, entries=(entry,)).fingerprint()
    # '["9f…-p1-c900",12,[["a-1","",true,"x7Gh2k0A"]]]'

The index stores fingerprints and hands them back; only this module looks inside. The key says
whether a file must be read again: the checksum of its bytes, the parsers' version and the
splitter's settings. The entries tell which sources the file gives, by which marks they are found
again, and which of them the library has from another file. It knows no file's name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ingest.parsers.table import PARSER_VERSION
from ingest.sameness import MARK_CHARS


@dataclass(frozen=True, slots=True)
class Entry:
    """One source of a file."""

    source_id: str  #: in the library; it stays when the source moves to another file
    own: str  #: what this file alone would have it called
    here: bool  #: the library has its text from this file; else this is one more place of it
    marks: tuple[str, ...] = ()  #: see ``ingest.sameness``; only of those that are here


@dataclass(frozen=True, slots=True)
class Receipt:
    """One file's entry."""

    key: str
    chunks: int = 0
    entries: tuple[Entry, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the sources whose text comes from this file."""
        return tuple(entry.source_id for entry in self.entries if entry.here)

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """Ids of the sources whose text comes from another file."""
        return tuple(entry.source_id for entry in self.entries if not entry.here)

    @property
    def sha256(self) -> str:
        """Of the file's bytes; "" for a receipt of another form."""
        return self.key.partition("-")[0]

    def fingerprint(self) -> str:
        """The line that the index keeps."""
        rows = [
            [e.source_id, "" if e.own == e.source_id else e.own, e.here, "".join(e.marks)]
            for e in self.entries
        ]
        return json.dumps([self.key, self.chunks, rows], separators=(",", ":"))

    @classmethod
    def read(cls, fingerprint: str) -> Receipt:
        """The receipt behind a fingerprint; one of another form has a key that matches nothing."""
        try:
            found, chunks, rows = json.loads(fingerprint)
            entries = tuple(
                Entry(source, own or source, bool(here), _split(marks))
                for source, own, here, marks in rows
            )
            return cls(str(found), int(chunks), entries)
        except (ValueError, TypeError):
            return cls(key="")


def key(sha256: str, *, max_chars: int, ocr: bool = False) -> str:
    """What must be the same for a file to count as unchanged."""
    return f"{sha256}-p{PARSER_VERSION}-c{max_chars}{'-ocr' if ocr else ''}"


def _split(marks: str) -> tuple[str, ...]:
    return tuple(marks[at : at + MARK_CHARS] for at in range(0, len(marks), MARK_CHARS))
