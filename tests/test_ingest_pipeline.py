"""Files into an index that is kept in memory; the real one has its own tests."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.pipeline import ingest
from ingest.receipt import Entry, Receipt
from ragbot.errors import IndexWriteFailed, ModelProblem
from tests.test_ingest_support import Desk, Letters, desk, outcomes, workers

__all__ = ["desk", "workers"]  # fixtures

LISTING = "2001 ◽ \nAuthor(s): \nBo Ek\n\nAimTo ask nurses.ResultsThey said yes.\n"
SECOND = "1999 ◽ \nAuthor(s): \nAnn Lee\n\nAimTo ask cooks.ResultsThey said no.\n"


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


def test_the_seeds(desk: Desk) -> None:
    seeds = Path(__file__).parents[1] / "seeds"
    report = desk.ingest(seeds)
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
    assert outcomes(report) == {"library/a.txt": "unchanged", "library/b.txt": "missing"}
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
    note = (
        "1 of its sources already came from library/a.txt and are not indexed twice (the same id)."
    )
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


def test_a_renamed_file_is_not_a_new_document(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.ingest()
    before = desk.index.sources()
    (desk.folder / "a.txt").rename(desk.folder / "b.txt")
    report = desk.ingest()
    assert outcomes(report) == {"library/b.txt": "unchanged"}
    assert report.rows[0].notes == ("Renamed: it was library/a.txt.",)
    assert report.embedded == 0
    assert desk.index.sources() == before
    assert list(desk.index.files) == [
        "library/b.txt"
    ]  # so that citations name a file that is there
    assert {c.path for c in desk.index.files["library/b.txt"].chunks} == {"library/b.txt"}


def test_a_copy_that_outlives_its_first_file_keeps_the_source(desk: Desk) -> None:
    desk.write("a.txt", LISTING)
    desk.write("b.txt", LISTING)
    desk.ingest()
    before = desk.index.sources()
    (desk.folder / "a.txt").unlink()
    assert outcomes(desk.ingest()) == {"library/a.txt": "missing", "library/b.txt": "unchanged"}
    report = desk.ingest(prune=True)
    assert outcomes(report) == {"library/a.txt": "removed", "library/b.txt": "updated"}
    assert desk.index.sources() == before
    assert list(desk.index.files) == ["library/b.txt"]


def test_a_source_that_a_file_elsewhere_relies_on_is_not_pruned(desk: Desk) -> None:
    first = desk.write("a.txt", LISTING)
    other = desk.write("../other/x.txt", LISTING).parent
    desk.ingest(desk.folder, other)
    first.unlink()
    report = desk.ingest(prune=True)
    assert outcomes(report) == {"library/a.txt": "missing"}
    assert "other/x.txt relies on its text" in report.rows[0].reason
    report = desk.ingest(desk.folder, other, prune=True)
    assert outcomes(report) == {"library/a.txt": "removed", "other/x.txt": "updated"}
    assert len(desk.index.sources()) == 1


def test_a_source_and_its_copies_go_together(desk: Desk) -> None:
    copies = [desk.write("a.txt", LISTING), desk.write("b.txt", LISTING)]
    desk.ingest()
    for copy in copies:
        copy.unlink()
    desk.write("c.txt", SECOND)
    report = desk.ingest(prune=True)
    assert outcomes(report) == {
        "library/a.txt": "removed",
        "library/b.txt": "removed",
        "library/c.txt": "added",
    }
    assert list(desk.index.files) == ["library/c.txt"]


def test_two_copies_that_become_one_under_a_new_name_stay_one_source(desk: Desk) -> None:
    first, second = desk.write("a.txt", LISTING), desk.write("b.txt", LISTING)
    desk.ingest()
    before = desk.index.sources()
    first.rename(desk.folder / "c.txt")
    second.unlink()
    report = desk.ingest(prune=True)
    assert report.embedded == 0
    assert desk.index.sources() == before
    assert list(desk.index.files) == ["library/c.txt"]


def test_what_relies_on_a_file_that_is_gone_and_cannot_be_read_keeps_it(desk: Desk) -> None:
    first, second = desk.write("a.txt", LISTING), desk.write("b.txt", LISTING)
    desk.ingest()
    first.unlink()
    second.unlink()
    second.symlink_to(desk.folder / "nowhere")
    report = desk.ingest(prune=True)
    assert outcomes(report) == {"library/a.txt": "missing", "library/b.txt": "failed"}
    assert len(desk.index.sources()) == 1


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
        ingest([desk.folder], writer=desk.index, embeddings=Broken(vectors), workers=desk.workers)
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
        workers=desk.workers,
        progress=lambda *step: told.append(step),
    )
    assert told == [
        ("pages", 0, 0, "library/a.txt"),
        ("chunks", 2, 2, "library/a.txt"),
        ("files", 1, 1, "library/a.txt"),
        ("chunks", 2, 2, ""),
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
    entries = (
        Entry("a-1", own="a-1", here=True, marks=("12345678", "abcdefgh")),
        Entry("b-2", own="c-3", here=False),
    )
    receipt = Receipt("key-p1-c900", 3, entries)
    assert Receipt.read(receipt.fingerprint()) == receipt
    assert (receipt.sources, receipt.elsewhere) == (("a-1",), ("b-2",))
    assert Receipt.read(Receipt("k").fingerprint()) == Receipt("k")
    for stranger in ("something else", "key 3 a-1,b-2 -", "[]", "[1]", '["k",1,[["a"]]]', "null"):
        assert Receipt.read(stranger) == Receipt("")
