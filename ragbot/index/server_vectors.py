"""Vectors on a Chroma server: one collection for a line of generations, seen through each one.

    ServerVectors(store, name="20260102T…", …)    # the keeper: see ``vectors``

A chunk's id is a digest of what is embedded, so a vector never changes: generations that follow one
another share a collection, and adding a document adds a document's vectors. Each generation sees
the ids that its own library holds. Vectors that nobody sees any more stay until they are a quarter
as many as the living ones; then the living ones are copied to a new collection. A rebuild begins a
new collection too. A collection goes when no generation that is kept names it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ragbot.adapters.chroma import ROWS_AN_ADD, ChromaVectors
from ragbot.errors import IndexMismatch
from ragbot.index.library import Library
from ragbot.index.manifest import REBUILD, Manifest
from ragbot.index.texts import LIBRARY
from ragbot.index.vectors import REWRITE_AT, Finished, VectorStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ragbot.adapters.chroma_server import ServerStore

    Vectors = NDArray[np.float32]

SPARE = 16  #: hits fetched beyond those asked for, in case some are not this generation's


class SharedVectors:
    """A collection as one generation sees it: a ``VectorStore``."""

    def __init__(
        self, shared: ChromaVectors, living: Collection[str], *, collection: str, store: ServerStore
    ) -> None:
        """``shared``: closed with this. ``living``: this generation's ids.

        ``store``: whose connection ``shared`` uses; kept, since it hangs up when nobody does.
        """
        self.collection = collection
        self._store = store
        self._shared = shared
        self._living = set(living)

    def put(self, ids: Sequence[str], source_ids: Sequence[str], vectors: Vectors) -> None:
        """Store what the collection has not got yet.

        Raises:
            IndexMismatch: an id has another vector there, which older generations need.
        """
        stored = self._shared.get_vectors(ids)
        new = [n for n, chunk_id in enumerate(ids) if chunk_id not in stored]
        for chunk_id, row in zip(ids, vectors, strict=True):
            known = stored.get(chunk_id)
            if known is not None and float(known @ row) / float(np.linalg.norm(row)) < 0.99:
                raise IndexMismatch(f"The chunk {chunk_id} stands for another text.", hint=REBUILD)
        if new:
            self._shared.put([ids[n] for n in new], [source_ids[n] for n in new], vectors[new])
        self._living.update(ids)

    def delete(self, ids: Sequence[str]) -> None:
        """Ids that are not seen from here any more; older generations still see them."""
        self._living.difference_update(ids)

    def search(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """See ``VectorStore``."""
        fetch = k + SPARE
        while True:
            found = self._shared.search(vector, fetch)
            seen = [pair for pair in found if pair[0] in self._living]
            if len(seen) >= k or len(found) < fetch:
                return seen[:k]
            fetch *= 2

    def get_vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """See ``VectorStore``; also of ids that are not seen: an id's vector is always the same."""
        return self._shared.get_vectors(ids)

    def source_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """See ``VectorStore``."""
        return self._shared.source_ids(ids)

    def ids(self) -> list[str]:
        """See ``VectorStore``."""
        return [chunk_id for chunk_id in self._shared.ids() if chunk_id in self._living]

    def count(self) -> int:
        """See ``VectorStore``; where the collection holds fewer than should be seen, that many."""
        return min(len(self._living), self._shared.count())

    def dead(self) -> int:
        """How many of the collection are not seen."""
        return self._shared.count() - len(self._living)

    def close(self) -> None:
        """See ``VectorStore``."""
        self._shared.close()


class ServerVectors:
    """The ``VectorKeeper`` of a library on a server."""

    def __init__(self, store: ServerStore, *, generation: str = "") -> None:
        """``generation``: the draft's id, which a new collection is named after."""
        self._store = store
        self._new = f"{store.name}-vectors-{generation}"

    def begin(self, folder: Path, parent: tuple[Path, Manifest] | None) -> SharedVectors:  # noqa: ARG002 - the port
        """See ``VectorKeeper``."""
        if parent is None or parent[1].collection is None:
            return self._open(self._new, (), create=True)
        with Library.open(parent[0] / LIBRARY) as library:
            return self._open(parent[1].collection, library.chunk_ids())

    def finish(self, folder: Path, vectors: VectorStore, *, deleted: int) -> Finished:  # noqa: ARG002
        """See ``VectorKeeper``."""
        if not isinstance(vectors, SharedVectors):
            raise TypeError(type(vectors).__name__)
        collection, dead, living = vectors.collection, vectors.dead(), vectors.count()
        if dead > REWRITE_AT * living and collection != self._new:
            self._copy(vectors)
            collection, dead = self._new, 0
        vectors.close()
        return Finished(max(0, dead), collection)

    def open(self, folder: Path, manifest: Manifest, library: Library) -> SharedVectors:  # noqa: ARG002
        """See ``VectorKeeper``."""
        return self._open(str(manifest.collection), library.chunk_ids())

    def _open(self, name: str, living: Collection[str], *, create: bool = False) -> SharedVectors:
        shared = self._store.vectors(name, create=create)
        return SharedVectors(shared, living, collection=name, store=self._store)

    def _copy(self, vectors: SharedVectors) -> None:
        ids = vectors.ids()
        with self._store.vectors(self._new, create=True) as new:
            for at in range(0, len(ids), ROWS_AN_ADD):
                part = ids[at : at + ROWS_AN_ADD]
                rows, sources = vectors.get_vectors(part), vectors.source_ids(part)
                new.put(part, [sources[i] for i in part], np.stack([rows[i] for i in part]))
