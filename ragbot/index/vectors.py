"""Where a generation's vectors are: in its own folder, or on a server (``server_vectors``).

    keeper = FolderVectors()
    vectors = keeper.begin(draft_folder, parent)       # a copy of the parent's, to be changed
    keeper.finish(draft_folder, vectors, deleted=0)    # closed and small
    keeper.open(folder, manifest, library)             # to be searched

Everything else of a generation, its texts and its words, lies in a folder in both cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ragbot.adapters.chroma import ChromaVectors
from ragbot.adapters.chroma_files import compact, copy_store, trim

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ragbot.index.library import Library
    from ragbot.index.manifest import Manifest

    Vectors = NDArray[np.float32]

VECTORS = "chroma"
REWRITE_AT = 0.25  #: dead nodes for each living one at which the vector graph is written afresh


class VectorStore(Protocol):
    """The vectors of one generation; see ``ChromaVectors`` for what each method does."""

    def put(self, ids: Sequence[str], source_ids: Sequence[str], vectors: Vectors) -> None:
        """Store one vector for each id."""

    def delete(self, ids: Sequence[str]) -> None:
        """Take ids out; unknown ones are ignored."""

    def search(self, vector: Vectors, k: int) -> list[tuple[str, float]]:
        """The ``k`` nearest as (id, cosine), best first."""

    def get_vectors(self, ids: Sequence[str]) -> dict[str, Vectors]:
        """The stored unit vectors of these ids."""

    def source_ids(self, ids: Sequence[str]) -> dict[str, str]:
        """The source of each of these ids."""

    def ids(self) -> list[str]:
        """Every id, sorted."""

    def count(self) -> int:
        """How many there are."""

    def close(self) -> None:
        """Give back what is held."""


@dataclass(frozen=True, slots=True)
class Finished:
    """What the manifest says of a draft's vectors."""

    deleted: int  #: dead nodes that are left in the graph
    collection: str | None = None  #: on a server


class VectorKeeper(Protocol):
    """Makes, finishes and opens the vectors of generations."""

    def begin(self, folder: Path, parent: tuple[Path, Manifest] | None) -> VectorStore:
        """The vectors of the draft in ``folder``, which begin as its parent's."""

    def finish(self, folder: Path, vectors: VectorStore, *, deleted: int) -> Finished:
        """Close a draft's vectors; ``deleted`` of them are dead in the graph."""

    def open(self, folder: Path, manifest: Manifest, library: Library) -> VectorStore:
        """The vectors of a generation, for searching."""


class FolderVectors:
    """``chroma/`` in the generation's own folder."""

    def begin(self, folder: Path, parent: tuple[Path, Manifest] | None) -> ChromaVectors:
        """See ``VectorKeeper``."""
        store = folder / VECTORS
        if parent is None:
            return ChromaVectors.create(store)
        copy_store(parent[0] / VECTORS, store)
        return ChromaVectors.open(store)

    def finish(self, folder: Path, vectors: VectorStore, *, deleted: int) -> Finished:
        """See ``VectorKeeper``; rewrites the graph where too much of it is dead."""
        living = vectors.count()
        vectors.close()
        if deleted > REWRITE_AT * living:
            compact(folder / VECTORS)
            deleted = 0
        trim(folder / VECTORS)
        return Finished(deleted)

    def open(self, folder: Path, manifest: Manifest, library: Library) -> ChromaVectors:  # noqa: ARG002 - the port
        """See ``VectorKeeper``."""
        return ChromaVectors.open(folder / VECTORS)
