"""What the pipeline needs from the outside, as protocols: an index to write to, someone to tell.

    with writer.begin() as draft:
        draft.put(file, chunks, vectors, fingerprint)
        draft.publish()

``ragbot.index`` implements them; the tests have one that keeps everything in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ragbot.types import Chunk, ParsedFile

Vector = NDArray[np.float32]
Progress = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, path): "files" that are done with, of all; "pages" read so far;
"chunks" that have a vector, of those known so far. ``path``: the file at hand, or ""."""


class Draft(Protocol):
    """A generation being made. It starts as a copy of the current one; nobody sees it yet."""

    def known(self) -> Mapping[str, str]:
        """Fingerprint by path of the files in it."""
        ...

    def stored(self, path: str, /) -> ParsedFile | None:
        """A file with its text and its own sources; None if it is not there."""
        ...

    def put(
        self, file: ParsedFile, chunks: Sequence[Chunk], vectors: Vector, fingerprint: str, /
    ) -> None:
        """Add a file, or replace the one of the same path. ``vectors``: float32 [n, dim]."""
        ...

    def remove(self, path: str, /) -> None:
        """Drop a file with its sources."""
        ...

    def vectors_for(self, ids: Sequence[str], /) -> Mapping[str, Vector]:
        """The vectors of those chunks that the current generation has."""
        ...

    def publish(self) -> str:
        """Verify, make it the current generation, and say its id."""
        ...


class Writer(Protocol):
    """Where generations are made."""

    def begin(self) -> AbstractContextManager[Draft]:
        """A new draft; left without ``publish``, it is discarded."""
        ...
