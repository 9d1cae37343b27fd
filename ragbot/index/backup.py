"""A generation as one file, from and to a folder or a server.

    backup(index, "20260102T030405678Z-1a2b3c", Path("library.tar.gz"))
    restore(other, Path("library.tar.gz"))       # another generation, current there

The archive is a gzipped tar that begins with ``backup.json``: the size and SHA-256 of every file
that follows. Nothing else is taken out of it, no name leaves the folder, and what comes out is
verified as any generation is before it becomes current. An index on a server is written as a folder
would be, so that an archive fits both.

What it does not do: encrypt, or keep more than one generation.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
import tarfile
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from ragbot.adapters.chroma_files import copy_store
from ragbot.errors import IndexCorrupt, IndexWriteFailed
from ragbot.index.draft import Draft
from ragbot.index.files import sha256_of, write_failures
from ragbot.index.generation import Generation
from ragbot.index.generations import IndexDirectory
from ragbot.index.port import Index
from ragbot.index.vectors import VECTORS
from ragbot.index.verify import problems_of

CONTENTS = "backup.json"
FORMAT = 1
LARGEST_LIST = 64_000_000  #: bytes of ``backup.json``
SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:/[A-Za-z0-9._-]*[A-Za-z0-9])*")
BLOCK = 1 << 20


def backup(index: Index, name: str, file: Path) -> None:
    """Write a generation to ``file``, which is replaced once it is whole.

    Raises:
        NoIndex, IndexCorrupt: there is no such generation, or it is damaged.
        IndexWriteFailed: the file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="ragbot-backup-") as place:
        folder = _as_folder(index, name, Path(place))
        partial = file.with_name(f"{file.name}.partial")
        try:
            with write_failures(f"write {file}"):
                _pack(folder, partial)
                partial.replace(file)
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)


def restore(index: Index, file: Path, *, timeout: float = 0.0) -> str:
    """Make what is in ``file`` the current generation of ``index``; returns its new id.

    ``timeout``: seconds to wait for an ingest that is at work.

    Raises:
        IndexCorrupt: the file is no backup, or damaged.
        IndexLocked, IndexWriteFailed: the index cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="ragbot-restore-") as place:
        folder = _unpack(file, Path(place))
        if isinstance(index, IndexDirectory):
            return index.adopt(folder, timeout=timeout)
        problems = problems_of(folder)
        if problems:
            raise IndexCorrupt(f"The backup {file} is damaged: {'; '.join(problems)}.")
        with Generation.open(folder) as generation:
            embedder, settings = generation.manifest.embedder, generation.manifest.settings
            with index.begin(embedder, rebuild=True, timeout=timeout) as draft:
                _fill(draft, generation)
                return draft.publish(settings=settings)


def _fill(draft: Draft, generation: Generation) -> None:
    """Put everything that ``generation`` holds."""
    library = generation.library
    for stored in library.files():
        chunks = library.chunks_at(stored.path)
        vectors = generation.vectors.get_vectors([chunk.chunk_id for chunk in chunks])
        dimension = generation.manifest.embedder.dimension
        rows = [vectors[chunk.chunk_id] for chunk in chunks]
        block = np.stack(rows) if rows else np.empty((0, dimension), np.float32)
        draft.put(library.file(stored.path), chunks, block, stored.fingerprint)


def _as_folder(index: Index, name: str, place: Path) -> Path:
    """The generation as a folder that nobody changes."""
    if isinstance(index, IndexDirectory):
        source, copy = index.folder(name), place / name
        copy.mkdir()
        with write_failures(f"copy {source}"):
            for path in source.iterdir():
                if path.is_file():
                    shutil.copyfile(path, copy / path.name)
                elif path.name != VECTORS:
                    shutil.copytree(path, copy / path.name, ignore=shutil.ignore_patterns("*.lock"))
            copy_store(source / VECTORS, copy / VECTORS)
        problems = problems_of(copy)
        if problems:
            raise IndexCorrupt(f"The generation {name} is damaged: {'; '.join(problems)}.")
        return copy
    local = IndexDirectory(place / "index")
    with index.open(name) as generation, local.begin(generation.manifest.embedder) as draft:
        _fill(draft, generation)
        return local.folder(draft.publish(settings=generation.manifest.settings))


def _pack(folder: Path, target: Path) -> None:
    paths = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }
    files = {
        name: {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
        for name, path in paths.items()
    }
    facts = json.dumps({"format": FORMAT, "generation": folder.name, "files": files})
    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        first = tarfile.TarInfo(CONTENTS)
        first.size = len(facts.encode("utf-8"))
        archive.addfile(first, io.BytesIO(facts.encode("utf-8")))
        for name, path in paths.items():
            archive.add(path, arcname=name, recursive=False)


def _unpack(file: Path, place: Path) -> Path:
    """The folder with what the archive lists, each file compared with its checksum."""
    with _reading(file), tarfile.open(file, "r|gz") as archive:
        facts = _contents(archive, file)
        folder = place / str(facts["generation"])
        left = dict(facts["files"])
        if sum(int(one["bytes"]) for one in left.values()) > shutil.disk_usage(place).free:
            raise IndexWriteFailed(f"There is no room to unpack {file} in {place}.")
        while member := archive.next():
            wanted = left.pop(member.name, None)
            if wanted is None or not member.isreg() or member.size != wanted["bytes"]:
                raise IndexCorrupt(f"{file} holds {member.name[:80]!r}, which it does not list.")
            target = folder / member.name
            target.parent.mkdir(parents=True, exist_ok=True)
            if _write(archive, member, target) != wanted["sha256"]:
                raise IndexCorrupt(f"{member.name} in {file} does not match its checksum.")
        if left:
            raise IndexCorrupt(f"{file} is not whole: {len(left)} files are missing.")
    return folder


def _contents(archive: tarfile.TarFile, file: Path) -> dict[str, Any]:
    first = archive.next()
    reader = archive.extractfile(first) if first and first.name == CONTENTS else None
    if first is None or reader is None or first.size > LARGEST_LIST:
        raise IndexCorrupt(f"{file} is no backup of ragbot's.")
    facts: dict[str, Any] = json.loads(reader.read())
    names = [str(facts["generation"]), *facts["files"]]
    if facts["format"] != FORMAT or not all(SAFE.fullmatch(name) for name in names):
        raise IndexCorrupt(f"{file} is a backup that this version cannot read.")
    return facts


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, target: Path) -> str:
    """Write a member out; returns its SHA-256."""
    reader, digest = archive.extractfile(member), hashlib.sha256()
    if reader is None:
        raise IndexCorrupt(f"{member.name[:80]!r} is no file.")
    try:
        with target.open("xb") as out:
            while block := reader.read(BLOCK):
                digest.update(block)
                out.write(block)
    except FileExistsError as error:
        raise IndexCorrupt(f"{member.name[:80]!r} stands in the archive twice.") from error
    return digest.hexdigest()


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise IndexCorrupt(f"There is no backup {file}.") from error
    except (tarfile.TarError, EOFError, zlib.error, ValueError, KeyError, TypeError) as error:
        raise IndexCorrupt(f"{file} is no whole backup: {error}.") from error
    except OSError as error:  # gzip says so of bytes that are none
        if error.errno is None:
            raise IndexCorrupt(f"{file} is no whole backup: {error}.") from error
        raise IndexWriteFailed(f"Could not read or unpack {file}: {error}.") from error
