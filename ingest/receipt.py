"""What a file put into the index, in one line: the fingerprint that the index keeps with it.

    Receipt(key="9f…-p1-c900", chunks=12, sources=("a-1", "b-2"), elsewhere=()).fingerprint()
    # "9f…-p1-c900 12 a-1,b-2 -"

The index stores fingerprints and hands them back; only this module looks inside. The key says
whether a file must be read again: the checksum of its bytes, the parsers' version and the
splitter's settings. The sources tell where a source already stands, so that the same text in
two files is indexed once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ingest.parsers.table import PARSER_VERSION

_NONE = "-"
_PARTS = 4


@dataclass(frozen=True, slots=True)
class Receipt:
    """One file's entry."""

    key: str
    chunks: int = 0
    sources: tuple[str, ...] = ()  #: ids of its sources in the index
    elsewhere: tuple[str, ...] = ()  #: ids of its sources that another file already gave

    def fingerprint(self) -> str:
        """The line that the index keeps."""
        return f"{self.key} {self.chunks} {_join(self.sources)} {_join(self.elsewhere)}"

    @classmethod
    def read(cls, fingerprint: str) -> Receipt:
        """The receipt behind a fingerprint; one of another form has a key that matches nothing."""
        parts = fingerprint.split(" ")
        if len(parts) != _PARTS or not parts[1].isdigit():
            return cls(key="")
        return cls(parts[0], int(parts[1]), _split(parts[2]), _split(parts[3]))


def key(sha256: str, *, max_chars: int) -> str:
    """What must be the same for a file to count as unchanged."""
    return f"{sha256}-p{PARSER_VERSION}-c{max_chars}"


def _join(ids: Iterable[str]) -> str:
    return ",".join(ids) or _NONE


def _split(part: str) -> tuple[str, ...]:
    return () if part == _NONE else tuple(part.split(","))
