"""A draft that writes nothing: what an ingest would start from, for ``ragbot ingest --dry-run``.

    with Preview(IndexDirectory(Path("index")), embedder).begin() as draft:
        draft.known()                            # as a real draft would have it
        draft.put(file, chunks, vectors, "…")    # does nothing

It takes no lock and makes no folder; whoever publishes it gets an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import numpy as np

from ragbot.index.library import Library
from ragbot.index.live import LiveIndex
from ragbot.index.manifest import EmbedderInfo
from ragbot.index.port import Index
from ragbot.types import Chunk, ParsedFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Preview:
    """Where drafts that write nothing are begun."""

    def __init__(self, index: Index, embedder: EmbedderInfo, *, rebuild: bool) -> None:
        """``rebuild``: as if there were no index yet."""
        self._index = index
        self._embedder = embedder
        self._rebuild = rebuild

    @contextmanager
    def begin(self) -> Iterator[PreviewDraft]:
        """A draft over the current generation, if there is one.

        Raises:
            IndexMismatch: it was made with another embedder or format.
            IndexCorrupt: it cannot be read.
        """
        if self._rebuild or self._index.current() is None:
            yield PreviewDraft(None)
            return
        with LiveIndex(self._index, self._embedder) as live, live.use() as generation:
            yield PreviewDraft(generation.library)


class PreviewDraft:
    """See the module."""

    def __init__(self, library: Library | None) -> None:
        """``library``: of the current generation."""
        self._library = library
        self._ids = frozenset(library.chunk_ids() if library else ())

    def known(self) -> Mapping[str, str]:
        """The fingerprint of every file, by path."""
        return {f.path: f.fingerprint for f in self._library.files()} if self._library else {}

    def stored(self, path: str) -> ParsedFile | None:
        """A file of the current generation; None if it is not there."""
        try:
            return self._library.file(path) if self._library else None
        except KeyError:
            return None

    def put(
        self, file: ParsedFile, chunks: Sequence[Chunk], vectors: Vectors, fingerprint: str
    ) -> None:
        """Write nothing."""

    def remove(self, path: str) -> None:
        """Remove nothing."""

    def vectors_for(self, ids: Sequence[str]) -> Mapping[str, Vectors]:
        """An empty vector for every chunk that has one: enough to count the others."""
        return {i: np.zeros(0, np.float32) for i in ids if i in self._ids}

    def publish(self) -> str:
        """Not to be had.

        Raises:
            ValueError: always.
        """
        raise ValueError("a preview cannot be published")
