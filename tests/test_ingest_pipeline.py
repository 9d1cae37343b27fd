"""Files into an index that is kept in memory; the real one has its own tests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from langchain_core.embeddings import Embeddings

from ingest.pipeline import IngestReport, ingest
from ingest.ports import Vector
from ingest.receipt import Receipt
from ragbot.errors import IndexWriteFailed, ModelProblem
from ragbot.types import Chunk, ParsedFile

LISTING = "2001 ◽ \nAuthor(s): \nBo Ek\n\nAimTo ask nurses.ResultsThey said yes.\n"
SECOND = "1999 ◽ \nAuthor(s): \nAnn Lee\n\nAimTo ask cooks.ResultsThey said no.\n"


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
        assert vectors.shape == (len(chunks), 4)
        assert {chunk.source_id for chunk in chunks} == {d.source_id for d in file.documents}
        if self.full_disk:
            raise IndexWriteFailed("The disk is full.")
        self.files[file.path] = Stored(file, tuple(chunks), vectors, fingerprint)

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
    index: MemoryIndex = field(default_factory=MemoryIndex)
    embeddings: Letters = field(default_factory=Letters)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
        return path

    def ingest(self, *paths: Path, prune: bool = False, max_chars: int = 900) -> IngestReport:
        self.embeddings = Letters()
        return ingest(
            paths or [self.folder],
            writer=self.index,
            embeddings=self.embeddings,
            prune=prune,
            max_chars=max_chars,
        )


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    folder = tmp_path / "library"
    folder.mkdir()
    return Desk(folder)


def outcomes(report: IngestReport) -> dict[str, str]:
    return {row.path: row.outcome for row in report.rows}


def test_files_become_sources_chunks_and_vectors(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.write("sub/b.txt", "A text about care. It is short.")
    report = desk.ingest()
    assert outcomes(report) == {"library/a.txt": "added", "library/sub/b.txt": "added"}
    assert [(row.documents, row.chunks) for row in report.rows] == [(1, 2), (1, 1)]
    assert report.generation == "g1"
    assert report.embedded == 3
    stored = desk.index.files["library/a.txt"]
    texts = [chunk.embedding_text for chunk in stored.chunks]
    assert stored.vectors.tolist() == [desk.embeddings.embed_query(text) for text in texts]
    assert desk.embeddings.texts == sorted(desk.embeddings.texts, key=len)


def test_the_seeds(tmp_path: Path) -> None:
    seeds = Path(__file__).parents[1] / "seeds"
    report = Desk(tmp_path).ingest(seeds)
    rows = [row for row in report.rows if row.path.endswith(".txt")]
    assert [(row.outcome, row.documents) for row in rows] == [
        ("added", 3),
        ("added", 11),
        ("added", 1),
    ]
    assert all(row.path.startswith("seeds/") for row in rows)


def test_unchanged_files_are_neither_parsed_nor_embedded_nor_published(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.ingest()
    report = desk.ingest()
    assert outcomes(report) == {"library/a.txt": "unchanged"}
    assert [(row.documents, row.chunks) for row in report.rows] == [(1, 2)]
    assert report.generation is None
    assert report.embedded == 0
    assert desk.embeddings.batches == []
    assert desk.index.generations == 1


def test_of_a_changed_file_only_new_chunks_are_embedded(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.ingest()
    desk.write("a.txt", SECOND + "\n\n" + LISTING)
    report = desk.ingest()
    assert outcomes(report) == {"library/a.txt": "updated"}
    assert [(row.documents, row.chunks) for row in report.rows] == [(2, 4)]
    assert report.embedded == 2
    assert all("Lee" in text for text in desk.embeddings.texts)


def test_other_settings_make_every_file_new(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.ingest()
    report = desk.ingest(max_chars=500)
    assert outcomes(report) == {"library/a.txt": "updated"}
    assert report.generation == "g2"
    assert report.embedded == 0


def test_a_failing_file_never_stops_the_others(desk: Desk) -> None:
    desk.write("a.txt", "")
    desk.write("b.txt", LISTING)
    (desk.folder / "c.bin").write_bytes(bytes(range(256)))
    missing = desk.folder.parent / "missing"
    report = desk.ingest(desk.folder, missing)
    assert outcomes(report) == {
        str(missing): "failed",
        "library/a.txt": "failed",
        "library/b.txt": "added",
        "library/c.bin": "failed",
    }
    reasons = {row.path: row.reason for row in report.rows if row.outcome == "failed"}
    assert reasons["library/a.txt"] == "library/a.txt is empty."
    assert reasons["library/c.bin"] == (
        "library/c.bin is binary, or in an encoding that cannot be told. "
        "Save it as plain text (UTF-8) or PDF."
    )
    assert reasons[str(missing)] == f"{missing} does not exist. Check the path."
    assert report.count("failed") == 3
    assert desk.index.generations == 1


def test_what_was_indexed_stands_when_its_file_breaks(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.ingest()
    before = desk.index.sources()
    desk.write("a.txt", "")
    report = desk.ingest()
    (row,) = report.rows
    assert (row.outcome, row.documents, row.chunks) == ("failed", 1, 2)
    assert row.notes == ("What was indexed before still stands.",)
    assert report.generation is None
    assert desk.index.sources() == before


def test_files_that_are_gone_are_removed_only_on_request(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    gone = desk.write("b.txt", SECOND)
    desk.ingest()
    gone.unlink()
    report = desk.ingest()
    assert outcomes(report) == {"library/a.txt": "unchanged", "library/b.txt": "unchanged"}
    assert report.rows[1].reason == (
        "The file is gone; its sources still stand. Ingest with --prune to drop them."
    )
    assert report.generation is None
    report = desk.ingest(prune=True)
    assert outcomes(report) == {"library/a.txt": "unchanged", "library/b.txt": "removed"}
    assert report.generation == "g2"
    assert list(desk.index.files) == ["library/a.txt"]


def test_pruning_leaves_other_folders_alone(desk: Desk) -> None:
    other = desk.folder.parent / "other"
    desk.write("../other/x.txt", SECOND)
    desk.write("a.txt", LISTING)
    desk.ingest(desk.folder, other)
    report = desk.ingest(desk.folder, prune=True)
    assert outcomes(report) == {"library/a.txt": "unchanged"}
    single = desk.ingest(desk.folder / "a.txt", prune=True)
    assert outcomes(single) == {"library/a.txt": "unchanged"}
    assert sorted(desk.index.files) == ["library/a.txt", "other/x.txt"]


def test_the_same_source_in_two_files_is_indexed_once(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.write("b.txt", SECOND + "\n\n" + LISTING)
    desk.write("c.txt", LISTING)
    report = desk.ingest()
    assert outcomes(report) == {
        "library/a.txt": "added",
        "library/b.txt": "added",
        "library/c.txt": "unchanged",
    }
    note = "1 of its sources already came from library/a.txt and are not indexed twice."
    assert report.rows[1].notes == (note,)
    assert report.rows[1].documents == 1
    assert report.rows[2].reason == note
    assert len(desk.index.sources()) == len(set(desk.index.sources())) == 2
    again = desk.ingest()
    assert set(outcomes(again).values()) == {"unchanged"}
    assert again.generation is None


def test_a_shared_source_moves_when_its_first_file_goes(desk: Desk) -> None:
    first = desk.write("a.txt", LISTING)
    desk.write("b.txt", SECOND + "\n\n" + LISTING)
    desk.ingest()
    before = desk.index.sources()
    first.unlink()
    report = desk.ingest(prune=True)
    assert outcomes(report) == {"library/a.txt": "removed", "library/b.txt": "updated"}
    assert desk.index.sources() == before
    assert report.embedded == 0


def test_a_shared_source_moves_when_its_first_file_changes(desk: Desk) -> None:
    desk.write("z.txt", LISTING)
    desk.ingest()
    desk.write("a.txt", LISTING + "\n\n" + SECOND)
    desk.ingest()
    before = desk.index.sources()
    desk.write("z.txt", "Something else now.")
    report = desk.ingest()
    assert outcomes(report) == {"library/a.txt": "updated", "library/z.txt": "updated"}
    assert set(before) < set(desk.index.sources())


def test_a_source_twice_in_one_file_is_indexed_once(desk: Desk) -> None:
    desk.write("a.txt", LISTING + "\n\n" + LISTING)
    (row,) = desk.ingest().rows
    assert (row.documents, row.chunks) == (1, 2)
    assert row.notes == ("Sources that stand in it twice: 1.",)


def test_a_renamed_file_without_pruning_keeps_what_stands(desk: Desk) -> None:
    desk.write("a.txt", LISTING).rename(desk.folder / "b.txt")
    desk.write("a.txt", LISTING)
    desk.ingest()
    (desk.folder / "a.txt").unlink()
    report = desk.ingest()
    assert outcomes(report) == {"library/a.txt": "unchanged", "library/b.txt": "unchanged"}
    report = desk.ingest(prune=True)
    assert outcomes(report) == {"library/a.txt": "removed", "library/b.txt": "added"}
    assert list(desk.index.files) == ["library/b.txt"]


def test_nothing_is_published_when_writing_fails(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.index.full_disk = True
    with pytest.raises(IndexWriteFailed):
        desk.ingest()
    assert desk.index.files == {}


class Broken(Letters):
    def __init__(self, vectors: list[list[float]]) -> None:
        super().__init__()
        self._vectors = vectors

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return self._vectors


@pytest.mark.parametrize(
    ("vectors", "message"),
    [([], "0 vectors for 2 texts"), ([[float("nan")] * 4] * 2, "not finite")],
)
def test_an_embedder_that_gives_no_vectors(
    desk: Desk, vectors: list[list[float]], message: str
) -> None:
    desk.write("a.txt", LISTING)
    with pytest.raises(ModelProblem, match=message):
        ingest([desk.folder], writer=desk.index, embeddings=Broken(vectors))
    assert desk.index.generations == 0


def test_many_files_are_embedded_in_batches_across_files(desk: Desk) -> None:
    for n in range(150):
        desk.write(f"{n:03}.txt", f"Text number {n} about care.")
    report = desk.ingest()
    assert report.count("added") == 150
    assert [len(batch) for batch in desk.embeddings.batches] == [64, 64, 22]


def test_progress_is_told(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    told: list[tuple[str, int, int, str]] = []
    ingest(
        [desk.folder],
        writer=desk.index,
        embeddings=Letters(),
        progress=lambda *step: told.append(step),
    )
    assert told == [
        ("read", 0, 1, "library/a.txt"),
        ("read", 1, 1, ""),
        ("embed", 0, 2, "library/a.txt"),
        ("embed", 2, 2, ""),
        ("write", 1, 1, "library/a.txt"),
    ]


def test_the_report_as_json(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    report = json.loads(json.dumps(desk.ingest().to_json()))
    assert report["generation"] == "g1"
    assert report["embedded"] == 2
    (row,) = report["files"]
    assert row["path"] == "library/a.txt"
    assert row["outcome"] == "added"
    assert (row["documents"], row["chunks"], row["notes"]) == (1, 2, [])
    assert row["seconds"] >= 0


def test_receipts_come_back_and_strangers_match_nothing() -> None:
    receipt = Receipt("key-p1-c900", 3, ("a-1", "b-2"), ("c-3",))
    assert Receipt.read(receipt.fingerprint()) == receipt
    assert Receipt.read(Receipt("k").fingerprint()) == Receipt("k")
    assert Receipt.read("something else") == Receipt("")
