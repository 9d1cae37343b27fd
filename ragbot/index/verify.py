"""Is a generation whole? Every check gives sentences, not exceptions.

    problems_of(Path("index/20260102T030405678Z-1a2b3c"))   # [] or ["library.db has changed …", …]

Files are compared with their checksums before a vendor opens them: Chroma answers wrongly, without
an error, from some damaged files, and crashes on others. What it does not do: repair.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from ragbot.errors import IndexCorrupt, IndexProblem
from ragbot.index.files import sha256_of
from ragbot.index.generation import Generation, missing_parts
from ragbot.index.library import Library
from ragbot.index.manifest import Manifest, load_manifest
from ragbot.index.vectors import VectorKeeper
from ragbot.types import Chunk

SHOWN = 5  #: examples named in one sentence
ROWS = 2000  #: vectors read at once


def problems_of(
    folder: Path,
    *,
    name: str | None = None,
    changed: Collection[str] | None = None,
    keeper: VectorKeeper | None = None,
) -> list[str]:
    """What is wrong with the generation in ``folder``; empty if nothing.

    ``name``: the id it should have, if that is not the folder's name. ``changed``: only these files
    are looked at chunk by chunk; the rest was copied from a generation whose checksums were right.
    ``keeper``: where its vectors are; None: in the folder.
    """
    try:
        manifest = load_manifest(folder)
    except IndexProblem as error:
        return [error.message]
    problems = [*_identity(manifest, name or folder.name), *part_problems(folder, manifest)]
    if problems:
        return problems
    try:
        with Generation.open(folder, keeper=keeper) as generation:
            if changed is not None:
                return [*_library(generation, changed), *_vectors(generation, changed)]
            return [*_library(generation), *_ids(generation), *_vectors(generation)]
    except IndexProblem as error:
        return [error.message]


def part_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Which files are missing or not those that were written; no vendor opens anything."""
    return [*missing_parts(folder, manifest), *_changed_parts(folder, manifest)]


def _identity(manifest: Manifest, name: str) -> Iterator[str]:
    if manifest.generation != name:
        yield f"the manifest is that of {manifest.generation}, not of {name}"


def _changed_parts(folder: Path, manifest: Manifest) -> Iterator[str]:
    for name, part in manifest.parts.items():
        path = folder / name
        if path.is_file() and sha256_of(path) != part.sha256:
            yield f"{name} has changed since it was written (checksum)"


def _library(generation: Generation, changed: Collection[str] | None = None) -> Iterator[str]:
    library, manifest = generation.library, generation.manifest
    whole = changed is None
    yield from (f"library.db: {problem}" for problem in library.integrity_problems(whole=whole))
    counts = library.counts()
    if counts != dict(manifest.counts):
        yield f"the manifest counts {dict(manifest.counts)}, library.db holds {counts}"
    stored = {file.path: file.sha256 for file in library.files()}
    if stored != {path: entry.sha256 for path, entry in manifest.files.items()}:
        yield "the manifest lists other files, or other checksums of files, than library.db"
    paths = stored.keys() if changed is None else sorted(changed)
    altered = [problem for path in paths for problem in _altered(library, path)]
    yield from altered
    if altered:
        return
    chunks = (chunk for path in paths for chunk in library.chunks_at(path))
    bad = [c.chunk_id for c in chunks if not _fits(c, library.text(c.path))]
    yield from _named("chunks lie outside their text", bad)


def _ids(generation: Generation) -> Iterator[str]:
    expected = set(generation.library.chunk_ids())
    held = {"Chroma": generation.vectors.ids(), "the lexical index": generation.lexical.ids()}
    for name, found in held.items():
        yield from _named(f"chunks are missing from {name}", sorted(expected - set(found)))
        yield from _named(f"unknown chunks are in {name}", sorted(set(found) - expected))
        if len(found) != len(set(found)):
            yield f"{name} holds {len(found) - len(set(found))} chunks twice"


def _vectors(generation: Generation, changed: Collection[str] | None = None) -> Iterator[str]:
    dimension = generation.manifest.embedder.dimension
    if changed is None:
        ids = generation.vectors.ids()
    else:
        chunks = (chunk for path in changed for chunk in generation.library.chunks_at(path))
        ids = sorted({chunk.chunk_id for chunk in chunks})
    bad: list[str] = []
    for at in range(0, len(ids), ROWS):
        part = generation.vectors.get_vectors(ids[at : at + ROWS])
        bad += [i for i in ids[at : at + ROWS] if i not in part]
        bad += [
            i
            for i, vector in part.items()
            if vector.shape != (dimension,) or not 0.99 < float(np.linalg.norm(vector)) < 1.01
        ]
    yield from _named("chunks have no usable vector", bad)


def _fits(chunk: Chunk, text: str) -> bool:
    """Whether the chunk is a stretch of ``text`` and its sentences lie in it, in order."""
    edges = [chunk.start, *(edge for sentence in chunk.sentences for edge in sentence), chunk.end]
    in_order = all(a <= b for a, b in pairwise(edges))
    return in_order and 0 <= chunk.start < chunk.end <= len(text)


def _altered(library: Library, path: str) -> Iterator[str]:
    try:
        library.text(path)
    except IndexCorrupt as error:
        yield error.message


def _named(what: str, ids: list[str]) -> Iterator[str]:
    if ids:
        shown = ", ".join(ids[:SHOWN]) + (", …" if len(ids) > SHOWN else "")
        yield f"{len(ids)} {what}: {shown}"
