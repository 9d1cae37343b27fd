"""One published generation, opened for reading.

    with Generation.open(Path("index/20260102T030405678Z-1a2b3c")) as generation:
        generation.lexical.search("asthma", 5)

What it does not do: follow CURRENT (``live``), or check contents (``verify``): opening compares
only names and sizes, enough to keep Chroma from a truncated file (it can crash on one).
"""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from ragbot.adapters.chroma import ChromaVectors
from ragbot.adapters.lexical import LexicalIndex
from ragbot.errors import IndexCorrupt, IndexWriteFailed
from ragbot.index.library import Library
from ragbot.index.manifest import DAMAGED, Manifest, load_manifest

if TYPE_CHECKING:
    from types import TracebackType

LIBRARY = "library.db"
VECTORS = "chroma"
LEXICAL = "lexical"


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation and its three open parts, safe for readers in several threads."""

    name: str
    manifest: Manifest
    library: Library
    vectors: ChromaVectors
    lexical: LexicalIndex
    _resources: ExitStack = field(repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """The generation in ``folder``.

        Raises:
            IndexCorrupt: a part is missing, has another size, or cannot be read.
            IndexMismatch: another version of ragbot wrote it.
            IndexWriteFailed: this user may not write there.
        """
        manifest = load_manifest(folder)
        _require_writable(folder)
        missing = missing_parts(folder, manifest)
        if missing:
            raise IndexCorrupt(
                f"The index {folder.name} is damaged: {'; '.join(missing)}.", hint=DAMAGED
            )
        with ExitStack() as opened:
            library = opened.enter_context(Library.open(folder / LIBRARY))
            vectors = opened.enter_context(ChromaVectors.open(folder / VECTORS))
            lexical = opened.enter_context(LexicalIndex.open(folder / LEXICAL))
            _require_counts(manifest, vectors=vectors.count(), lexical=lexical.count())
            return cls(manifest.generation, manifest, library, vectors, lexical, opened.pop_all())

    def close(self) -> None:
        """Give the files back. A second call does nothing."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def missing_parts(folder: Path, manifest: Manifest) -> list[str]:
    """What is not there or has another size than the manifest says; empty if nothing."""
    found = []
    for name, part in manifest.parts.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{name} is missing")
        elif path.stat().st_size != part.bytes:
            found.append(f"{name} has {path.stat().st_size} bytes instead of {part.bytes}")
    return found


def _require_writable(folder: Path) -> None:
    """Chroma and tantivy take locks inside their folders, even to read."""
    for part in (folder / VECTORS, folder / LEXICAL):
        if part.is_dir() and not os.access(part, os.W_OK):
            raise IndexWriteFailed(
                f"This user may not write in {part}, where locks are taken even to read.",
                hint="Give the user who runs ragbot write access to the index folder.",
            )


def _require_counts(manifest: Manifest, *, vectors: int, lexical: int) -> None:
    expected = manifest.counts["chunks"]
    if not vectors == lexical == expected:
        raise IndexCorrupt(
            f"The index {manifest.generation} should hold {expected} chunks, but Chroma has "
            f"{vectors} and the lexical index {lexical}.",
            hint=DAMAGED,
        )
