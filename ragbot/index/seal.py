"""Write the manifest of a finished draft: its counts, its checksums and what it was made with.

    seal(folder, generation="20260102T030405678Z-1a2b3c", parent=None, embedder=…, files=…)

The stores are closed by now: every file but Chroma's SQLite file and the locks stays as it is from
here on, also while readers have it open. What it does not do: verify, or publish.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ragbot.index.files import sha256_of, write_atomically
from ragbot.index.library import Library
from ragbot.index.manifest import MANIFEST, EmbedderRecord, FileEntry, Manifest, Part
from ragbot.index.texts import LIBRARY

PACKAGES = ("ragbot", "chromadb", "tantivy", "numpy", "sentence-transformers", "torch")


def seal(
    folder: Path,
    *,
    generation: str,
    parent: str | None,
    embedder: EmbedderRecord,
    files: Mapping[str, FileEntry],
    settings: Mapping[str, Any],
    deleted_vectors: int,
    collection: str | None = None,
) -> None:
    """Write ``manifest.json`` for what lies in ``folder``; the fields are those of ``Manifest``."""
    with Library.open(folder / LIBRARY) as library:
        counts = library.counts()
    manifest = Manifest(
        generation=generation,
        parent=parent,
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        embedder=embedder,
        counts=counts,
        files=files,
        parts=parts_of(folder),
        packages=_versions(),
        settings=settings,
        deleted_vectors=deleted_vectors,
        collection=collection,
    )
    write_atomically(folder / MANIFEST, manifest.to_json())
    _share(folder)


def parts_of(folder: Path) -> dict[str, Part]:
    """Every file that readers leave alone, with its size and checksum."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        # Chroma writes to its SQLite file when it opens it, tantivy to its locks.
        changing = "chroma.sqlite3" in name or path.suffix == ".lock" or name == MANIFEST
        if path.is_file() and not changing:
            found[name] = Part(path.stat().st_size, sha256_of(path))
    return found


def _share(folder: Path) -> None:
    """Give every file the permissions that the umask asks for, as Python gave the manifest.

    tantivy makes some private, and SQLite none writable for a group.
    """
    mode = (folder / MANIFEST).stat().st_mode & 0o777
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:  # a checkout that is not installed, or an optional extra
            continue
    return found
