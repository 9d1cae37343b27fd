"""An index in memory, an embedder that counts, and a desk to ingest at: real files and workers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from ingest.journal import Journal
from ingest.pipeline import IngestReport, Options, ingest
from ingest.ports import Vector
from ingest.workers import Workers
from ragbot.errors import IndexWriteFailed
from ragbot.types import Chunk, ParsedFile


class Letters(Embeddings):
    """A vector from the text's bytes; counts what it is asked."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        self.batches.append(texts)
        return [self.embed_query(text) for text in texts]

    def embed_query(self, text: str) -> list[float]:
        return [float(byte) for byte in hashlib.sha256(text.encode()).digest()[:4]]

    @property
    def texts(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


@dataclass
class Stored:
    file: ParsedFile
    chunks: tuple[Chunk, ...]
    vectors: Vector
    fingerprint: str


@dataclass
class MemoryDraft:
    files: dict[str, Stored]
    generation: str
    vectors: dict[str, Vector]
    published: bool = False
    full_disk: bool = False

    def known(self) -> Mapping[str, str]:
        return {path: stored.fingerprint for path, stored in self.files.items()}

    def put(
        self, file: ParsedFile, chunks: Sequence[Chunk], vectors: Vector, fingerprint: str
    ) -> None:
        assert vectors.dtype == np.float32
        assert vectors.shape == ((len(chunks), 4) if chunks else (0, 0))
        assert {chunk.source_id for chunk in chunks} == {d.source_id for d in file.documents}
        if self.full_disk:
            raise IndexWriteFailed("The disk is full.")
        self.files[file.path] = Stored(file, tuple(chunks), vectors, fingerprint)

    def stored(self, path: str) -> ParsedFile | None:
        return self.files[path].file if path in self.files else None

    def remove(self, path: str) -> None:
        del self.files[path]

    def vectors_for(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        return {chunk_id: self.vectors[chunk_id] for chunk_id in ids if chunk_id in self.vectors}

    def publish(self) -> str:
        self.published = True
        return self.generation


@dataclass
class MemoryIndex:
    """An index: the files of the live generation."""

    files: dict[str, Stored] = field(default_factory=dict)
    generations: int = 0
    full_disk: bool = False

    @contextmanager
    def begin(self) -> Iterator[MemoryDraft]:
        vectors = {
            chunk.chunk_id: row
            for stored in self.files.values()
            for chunk, row in zip(stored.chunks, stored.vectors, strict=True)
        }
        name = f"g{self.generations + 1}"
        draft = MemoryDraft(dict(self.files), name, vectors, full_disk=self.full_disk)
        yield draft
        if draft.published:
            self.files, self.generations = draft.files, self.generations + 1

    def sources(self) -> list[str]:
        return sorted(d.source_id for s in self.files.values() for d in s.file.documents)


@dataclass
class Desk:
    """A library folder and an index beside it."""

    folder: Path
    workers: Workers
    index: MemoryIndex = field(default_factory=MemoryIndex)
    embeddings: Letters = field(default_factory=Letters)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    journal: Callable[[], Journal] = Journal.open

    def ingest(
        self,
        *paths: Path,
        prune: bool = False,
        max_chars: int = 900,
        options: Options | None = None,
    ) -> IngestReport:
        self.embeddings = Letters()
        return ingest(
            paths or [self.folder],
            writer=self.index,
            embeddings=self.embeddings,
            workers=self.workers,
            journal=self.journal,
            options=options or Options(prune=prune, max_chars=max_chars),
        )


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    """One real pool for all of them."""
    with Workers(jobs=2) as pool:
        yield pool


@pytest.fixture
def desk(tmp_path: Path, workers: Workers) -> Desk:
    folder = tmp_path / "library"
    folder.mkdir()
    return Desk(folder, workers)


def outcomes(report: IngestReport) -> dict[str, str]:
    return {row.path: row.outcome for row in report.rows}
