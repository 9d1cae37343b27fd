"""An ingest that is stopped goes on where it stopped, and nothing is embedded twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ingest.journal import Journal
from ingest.pipeline import Options
from ragbot.errors import IndexWriteFailed, Interrupted
from tests.test_ingest_support import Desk, desk, workers

__all__ = ["desk", "workers"]  # fixtures

FILES = 300  # more than the chunks that are embedded together


@pytest.fixture
def many(desk: Desk, tmp_path: Path) -> Desk:
    """Files of one chunk each, and a journal on disk."""
    for n in range(FILES):
        desk.write(f"{n:03}.txt", f"Text number {n} about care.")
    desk.journal = lambda: Journal.open(tmp_path / ".work.db", scope="letters")
    return desk


def after_two_batches(desk: Desk, *, keep: bool = False) -> Options:
    return Options(stop=lambda: len(desk.embeddings.batches) >= 2, keep=keep)


def test_a_stopped_ingest_leaves_the_index_and_is_gone_on_with(many: Desk, tmp_path: Path) -> None:
    with pytest.raises(Interrupted, match="the index is as it was"):
        many.ingest(options=after_two_batches(many))
    first = set(many.embeddings.texts)
    assert len(first) == 128
    assert many.index.files == {}
    report = many.ingest()
    assert report.count("added") == FILES
    assert report.embedded == FILES - 128
    assert not first & set(many.embeddings.texts)
    assert not list(tmp_path.glob(".work.db*"))  # published: nothing is left over
    for stored in many.index.files.values():  # vectors from the journal are those of their texts
        texts = [chunk.embedding_text for chunk in stored.chunks]
        assert stored.vectors.tolist() == [many.embeddings.embed_query(text) for text in texts]


def test_files_that_were_parsed_are_not_parsed_again(many: Desk) -> None:
    with pytest.raises(Interrupted):
        many.ingest(options=after_two_batches(many))
    with many.journal() as journal:
        kept = journal._connection.execute("SELECT count(*) FROM work").fetchone()[0]
    assert kept >= 128
    marked = many.folder / "000.txt"
    with many.journal() as journal:  # what is kept for a file is what goes into the index
        (key,) = journal._connection.execute(
            "SELECT key FROM work WHERE key LIKE '%library/000.txt'"
        ).fetchone()
        data = journal.work(key)
        assert data
        journal.keep_work(key, data.replace(b"about care", b"about CARE"))
    many.ingest()
    assert "about CARE" in many.index.files["library/000.txt"].file.text
    assert "about care" in marked.read_text()


def test_with_keep_what_is_done_is_published(many: Desk) -> None:
    report = many.ingest(options=after_two_batches(many, keep=True))
    assert report.generation == "g1"
    assert report.count("added") == len(many.index.files) == 128
    assert report.left == FILES - 128
    report = many.ingest()
    assert (report.count("unchanged"), report.count("added")) == (128, FILES - 128)
    assert report.embedded == FILES - 128
    assert len(many.index.sources()) == len(set(many.index.sources())) == FILES


def test_a_rename_that_was_not_reached_loses_nothing(many: Desk) -> None:
    many.ingest()
    for n in range(FILES):  # other words too, so that all of it must be embedded
        (many.folder / f"{n:03}.txt").rename(many.folder / f"r{n:03}.txt")
    before = many.index.sources()
    many.ingest(options=Options(stop=lambda: bool(many.embeddings.batches), keep=True))
    assert sorted(set(many.index.sources())) == before
    many.ingest()
    assert many.index.sources() == before


def test_a_dry_run_says_what_would_happen_and_writes_nothing(many: Desk, tmp_path: Path) -> None:
    many.write("b.bin", "")
    report = many.ingest(options=Options(dry_run=True))
    assert (report.count("added"), report.count("failed")) == (FILES, 1)
    assert report.embedded == FILES
    assert report.dry_run
    assert report.generation is None
    assert many.index.generations == 0
    assert many.embeddings.batches == []
    assert not list(tmp_path.glob(".work.db*"))


def test_the_same_text_is_embedded_once(desk: Desk) -> None:
    listing = "2001 ◽ \nAuthor(s): \nBo Ek\n\nAimTo ask nurses.ResultsThey said yes.\n"
    desk.write("a.txt", listing)
    desk.write("b.txt", listing.replace("\nAim", "\n\n\nAim"))
    desk.ingest()
    texts = desk.embeddings.texts
    assert len(texts) == len(set(texts))


def test_a_journal_keeps_vectors_exactly_and_only_for_its_scope(tmp_path: Path) -> None:
    path = tmp_path / "index" / "j.db"
    rows = {"a text": np.array([0.1, -2.5, 3e-7], np.float32), "\ud800": np.zeros(3, np.float32)}
    with Journal.open(path, scope="one") as journal:
        journal.keep_vectors(rows)
    with Journal.open(path, scope="one") as journal:
        found = journal.vectors(["a text", "\ud800", "unknown"])
        assert {text: row.tolist() for text, row in found.items()} == {
            text: row.tolist() for text, row in rows.items()
        }
    with Journal.open(path, scope="two") as journal:
        assert journal.vectors(["a text"]) == {}


def test_a_damaged_journal_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "j.db"
    path.write_bytes(b"SQLite format 3\x00" + b"\xff" * 5000)
    with Journal.open(path, scope="one") as journal:
        assert journal.work("k") is None
        journal.keep_work("k", b"data")
    with Journal.open(path, scope="one") as journal:
        assert journal.work("k") == b"data"


def test_a_journal_that_cannot_be_written_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(IndexWriteFailed, match="journal cannot be written"):
        Journal.open(tmp_path / "file" / "j.db", scope="one")
