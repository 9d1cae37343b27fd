"""One published generation, opened for reading.

    with Generation.open(Path("index/20260102T030405678Z-1a2b3c")) as generation:
        generation.lexical.search("asthma", 5)

What it does not do: follow CURRENT (``live``), or check contents (``verify``): opening compares
only names and sizes, enough to keep Chroma from a truncated file (it can crash on one).
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from ragbot.adapters.lexical import LexicalIndex
from ragbot.errors import IndexCorrupt
from ragbot.index.library import Library
from ragbot.index.manifest import DAMAGED, Manifest, load_manifest
from ragbot.index.texts import LEXICAL, LIBRARY
from ragbot.index.vectors import VECTORS, FolderVectors, VectorKeeper, VectorStore

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Generation:
    """A generation and its three open parts, safe for readers in several threads."""

    name: str
    manifest: Manifest
    library: Library
    vectors: VectorStore
    lexical: LexicalIndex
    _resources: ExitStack = field(repr=False, compare=False)

    @classmethod
    def open(cls, folder: Path, *, keeper: VectorKeeper | None = None) -> Self:
        """The generation in ``folder``. ``keeper``: where its vectors are; None: in the folder.

        Raises:
            IndexCorrupt: a part is missing, has another size, or cannot be read.
            IndexMismatch: another version of ragbot wrote it.
        """
        manifest = load_manifest(folder)
        missing = missing_parts(folder, manifest)
        if missing:
            raise IndexCorrupt(
                f"The index {folder.name} is damaged: {'; '.join(missing)}.", hint=DAMAGED
            )
        with ExitStack() as opened:
            library = opened.enter_context(Library.open(folder / LIBRARY))
            place = _writable(folder, opened)
            vectors = (keeper or FolderVectors()).open(place, manifest, library)
            opened.callback(vectors.close)
            lexical = opened.enter_context(LexicalIndex.open(place / LEXICAL))
            _require_counts(manifest, vectors=vectors.count(), lexical=lexical.count())
            return cls(manifest.generation, manifest, library, vectors, lexical, opened.pop_all())

    def close(self) -> None:
        """Give the files back. A second call does nothing."""
        self._resources.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
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


def _writable(folder: Path, opened: ExitStack) -> Path:
    """The folder, or a copy where this user may not write: Chroma and tantivy lock even to read."""
    parts = [part for part in (folder / VECTORS, folder / LEXICAL) if part.is_dir()]
    if all(os.access(part, os.W_OK) for part in parts):
        return folder
    copy = Path(tempfile.mkdtemp(prefix="ragbot-index-"))
    opened.callback(shutil.rmtree, copy, ignore_errors=True)
    log.warning("%s is read-only: a copy of its search files is opened in %s.", folder, copy)
    for part in parts:
        shutil.copytree(part, copy / part.name, copy_function=shutil.copyfile)
        (copy / part.name).chmod(0o700)
    return copy


def _require_counts(manifest: Manifest, *, vectors: int, lexical: int) -> None:
    expected = manifest.counts["chunks"]
    if not vectors == lexical == expected:
        raise IndexCorrupt(
            f"The index {manifest.generation} should hold {expected} chunks, but Chroma has "
            f"{vectors} and the lexical index {lexical}.",
            hint=DAMAGED,
        )
