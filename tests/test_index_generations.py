"""Publishing, carrying vectors over, rolling back, pruning: on real stores."""

import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from ragbot.errors import IndexCorrupt, IndexMismatch, IndexWriteFailed, NoIndex
from ragbot.index.generation import Generation
from ragbot.index.generations import EmbedderRecord, IndexDirectory
from ragbot.index.manifest import SCHEMA
from ragbot.index.names import next_name
from ragbot.index.vectors import REWRITE_AT
from tests.test_index_support import DIMENSION, EMBEDDER, SENTENCES, add, index_at, parsed

ROOT = Path(__file__).parent.parent


def opened(directory, name=None):
    return Generation.open(directory.folder(name or directory.require_current()))


def test_the_first_generation(tmp_path):
    directory = index_at(tmp_path)
    assert (directory.current(), directory.names()) == (None, [])
    name = add(directory, "seeds/a.txt", "seeds/b.txt")
    assert re.fullmatch(r"\d{8}T\d{9}Z-[0-9a-f]{6}", name)
    assert (directory.current(), directory.names()) == (name, [name])
    assert directory.verify(name) == []
    manifest = directory.manifest(name)
    assert (manifest.generation, manifest.parent, manifest.schema) == (name, None, SCHEMA)
    assert manifest.embedder == EMBEDDER
    assert {k: manifest.counts[k] for k in ("files", "documents", "chunks")} == {
        "files": 2,
        "documents": 2,
        "chunks": 2 * len(SENTENCES),
    }
    file, chunks, vectors = parsed("seeds/a.txt")
    assert manifest.files["seeds/a.txt"].sha256 == file.sha256
    assert manifest.files["seeds/a.txt"].fingerprint == "fp-seeds/a.txt"
    assert manifest.packages.keys() >= {"chromadb", "tantivy"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", manifest.created)
    with opened(directory) as generation:
        assert generation.name == name
        assert generation.library.file("seeds/a.txt") == file
        for chunk, vector in zip(chunks, vectors, strict=True):
            found = generation.vectors.search(vector, 1)
            assert found == [(chunk.chunk_id, pytest.approx(1.0, abs=1e-5))]
        assert generation.lexical.search("salbutamol", 9)[0][0] == chunks[0].chunk_id


def test_nothing_of_a_draft_is_left_after_publishing(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    visible = sorted(p.name for p in directory.path.iterdir() if not p.name.startswith(".ingest"))
    assert visible == sorted([name, "CURRENT"])
    assert (directory.path / "CURRENT").read_text() == f"{name}\n"
    assert sorted(p.name for p in directory.folder(name).iterdir()) == [
        "chroma",
        "lexical",
        "library.db",
        "manifest.json",
    ]


def test_leaving_without_publishing_discards(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    with directory.begin(EMBEDDER) as draft:
        draft.put(*parsed("seeds/b.txt"), "fp")
    with pytest.raises(RuntimeError, match="boom"), directory.begin(EMBEDDER) as draft:
        draft.remove("seeds/a.txt")
        raise RuntimeError("boom")
    assert directory.names() == [name]
    assert list(directory.path.glob(".draft*")) == []
    with opened(directory) as generation:
        assert [f.path for f in generation.library.files()] == ["seeds/a.txt"]
    with pytest.raises(ValueError, match="published or discarded"):
        draft.publish()
    for use in (draft.known, lambda: draft.remove("x"), lambda: draft.put(*parsed("x"), "fp")):
        with pytest.raises(ValueError, match="published or discarded"):
            use()


def test_known_tells_the_fingerprints_of_the_draft(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt", "seeds/b.txt")
    with directory.begin(EMBEDDER) as draft:
        assert draft.known() == {"seeds/a.txt": "fp-seeds/a.txt", "seeds/b.txt": "fp-seeds/b.txt"}
        draft.remove("seeds/b.txt")
        draft.put(*parsed("seeds/a.txt"), "new")
        assert draft.known() == {"seeds/a.txt": "new"}


def test_an_incremental_publish_copies_the_vectors_of_unchanged_files(tmp_path):
    directory = index_at(tmp_path)
    first = add(directory, "seeds/a.txt", "seeds/b.txt")
    with opened(directory) as generation:
        before = generation.vectors.get_vectors(generation.vectors.ids())
    second = add(directory, "seeds/c.txt")  # a and b are neither parsed nor embedded again
    assert directory.manifest(second).parent == first
    with opened(directory) as generation:
        after = generation.vectors.get_vectors(generation.vectors.ids())
        assert len(after) == 3 * len(SENTENCES)
        assert all((after[key] == row).all() for key, row in before.items())
        assert [f.path for f in generation.library.files()] == [f"seeds/{n}.txt" for n in "abc"]
        assert generation.lexical.count() == 3 * len(SENTENCES)
    assert directory.verify(second) == []
    assert directory.verify(first) == []


def test_vectors_for_gives_what_need_not_be_embedded_again(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt")
    _, chunks, vectors = parsed("seeds/a.txt")
    later, later_chunks, later_vectors = parsed("seeds/b.txt")
    with directory.begin(EMBEDDER) as draft:
        draft.put(later, later_chunks, later_vectors, "fp")
        ids = [c.chunk_id for c in (*chunks, *later_chunks)]
        found = draft.vectors_for([*ids, "unknown"])
        assert found.keys() == set(ids)
        for chunk_id, row in zip(ids, [*vectors, *later_vectors], strict=True):
            assert found[chunk_id].dtype == np.float32
            np.testing.assert_allclose(found[chunk_id], row, atol=1e-6)
        assert draft.vectors_for([]) == {}


def test_a_moved_file_keeps_its_vectors(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt")
    file, chunks, vectors = parsed("seeds/moved.txt", source_id="src-seeds-a-txt")
    with directory.begin(EMBEDDER) as draft:
        draft.remove("seeds/a.txt")
        found = draft.vectors_for([c.chunk_id for c in chunks])
        rows = np.stack([found[c.chunk_id] for c in chunks])
        draft.put(file, chunks, rows, "fp")
        name = draft.publish()
    assert directory.manifest(name).deleted_vectors == 0
    with opened(directory) as generation:
        assert generation.library.document("src-seeds-a-txt").path == "seeds/moved.txt"
        assert generation.vectors.search(vectors[1], 1)[0][0] == chunks[1].chunk_id


def test_an_updated_file_replaces_its_chunks_and_vectors(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt", "seeds/b.txt")
    file, chunks, vectors = parsed("seeds/a.txt", ["A wholly new sentence.", *SENTENCES[1:]])
    turned = vectors.copy()
    turned[2] = -turned[2]  # the same chunk, embedded differently
    with directory.begin(EMBEDDER) as draft:
        draft.put(file, chunks, turned, "fp2")
        draft.publish()
    with opened(directory) as generation:
        kept = [c.chunk_id for c in (*chunks, *parsed("seeds/b.txt")[1])]
        assert generation.vectors.ids() == generation.lexical.ids() == sorted(kept)
        assert generation.library.chunk_ids() == sorted(kept)
        assert generation.vectors.search(-vectors[2], 1)[0][0] == chunks[2].chunk_id
        assert [key for key, _ in generation.lexical.search("wholly", 5)] == [chunks[0].chunk_id]
        words = [key for key, _ in generation.lexical.search("salbutamol", 5)]
        assert words == [parsed("seeds/b.txt")[1][0].chunk_id]
    assert directory.verify(directory.current()) == []


def test_a_removed_file_is_gone_everywhere(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt", "seeds/b.txt")
    with directory.begin(EMBEDDER) as draft:
        draft.remove("seeds/a.txt")
        draft.remove("seeds/never.txt")
        name = draft.publish()
    assert list(directory.manifest(name).files) == ["seeds/b.txt"]
    ids = sorted(c.chunk_id for c in parsed("seeds/b.txt")[1])
    with opened(directory) as generation:
        assert generation.vectors.ids() == generation.lexical.ids() == ids
        assert generation.library.chunk_ids() == ids
    assert b"Salbutamol" in (directory.folder(name) / "library.db").read_bytes()


def test_the_last_file_can_be_removed(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt")
    with directory.begin(EMBEDDER) as draft:
        draft.remove("seeds/a.txt")
        name = draft.publish()
    assert directory.verify(name) == []
    with opened(directory) as generation:
        assert generation.lexical.search("salbutamol", 3) == []
        assert generation.vectors.search(np.ones(DIMENSION, np.float32), 3) == []


def test_a_file_without_chunks_is_kept(tmp_path):
    directory = index_at(tmp_path)
    file, _, _ = parsed("seeds/a.txt")
    with directory.begin(EMBEDDER) as draft:
        draft.put(file, [], np.empty((0, DIMENSION), np.float32), "fp")
        draft.put(replace(file, path="seeds/b.txt"), [], np.array([], np.float32), "fp")
        name = draft.publish()
    assert directory.verify(name) == []
    assert directory.manifest(name).counts["chunks"] == 0


def test_publishing_no_change_keeps_the_generation(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    with directory.begin(EMBEDDER) as draft:
        assert draft.publish() == name
    assert directory.names() == [name]
    with directory.begin(EMBEDDER) as draft:
        assert draft.publish(settings={"chunk_words": 120}) != name
    assert directory.manifest(directory.current()).settings == {"chunk_words": 120}


def test_an_empty_first_generation_can_be_published(tmp_path):
    directory = index_at(tmp_path)
    with directory.begin(EMBEDDER) as draft:
        name = draft.publish()
    assert directory.verify(name) == []


def test_the_graph_is_rewritten_when_much_was_deleted(tmp_path):
    directory = index_at(tmp_path)
    add(directory, *[f"seeds/{n}.txt" for n in range(10)])
    seen = []
    for n in range(5):
        with directory.begin(EMBEDDER) as draft:
            draft.remove(f"seeds/{n}.txt")
            name = draft.publish()
        manifest = directory.manifest(name)
        seen.append(manifest.deleted_vectors)
        assert manifest.deleted_vectors <= REWRITE_AT * manifest.counts["chunks"]
        assert directory.verify(name) == []
    assert seen == [4, 8, 0, 4, 0]


def test_rolling_back_and_forth(tmp_path):
    directory = index_at(tmp_path)
    first = add(directory, "seeds/a.txt")
    second = add(directory, "seeds/b.txt")
    directory.rollback(first)
    assert directory.current() == first
    with opened(directory) as generation:
        assert [f.path for f in generation.library.files()] == ["seeds/a.txt"]
    third = add(directory, "seeds/c.txt")  # goes on from where it was rolled back to
    assert directory.manifest(third).parent == first
    assert sorted(directory.manifest(third).files) == ["seeds/a.txt", "seeds/c.txt"]
    directory.rollback(second)
    assert directory.current() == second


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../index",
        "/etc",
        "CURRENT",
        "20990101T000000000Z-abcdef",
        "a\x00b",
        "x" * 999,
    ],
)
def test_a_bad_name_is_refused_and_says_what_there_is(tmp_path, name):
    directory = index_at(tmp_path)
    good = add(directory, "seeds/a.txt")
    for use in (directory.rollback, directory.verify, directory.manifest, directory.folder):
        with pytest.raises(NoIndex) as caught:
            use(name)
        assert good in str(caught.value)
    assert directory.current() == good


def test_a_damaged_generation_cannot_be_rolled_back_to(tmp_path):
    directory = index_at(tmp_path)
    first, second = add(directory, "seeds/a.txt"), add(directory, "seeds/b.txt")
    (directory.folder(first) / "library.db").unlink()
    with pytest.raises(IndexCorrupt, match=r"library\.db is missing"):
        directory.rollback(first)
    assert directory.current() == second


def test_three_generations_are_kept_and_the_current_one_always(tmp_path):
    directory = index_at(tmp_path)
    names = [add(directory, f"seeds/{n}.txt") for n in range(5)]
    assert names == sorted(names)
    assert directory.names() == names[-3:]
    directory.rollback(names[2])
    with directory.begin(EMBEDDER) as draft:
        draft.put(*parsed("seeds/new.txt"), "fp")
        newest = draft.publish()
    assert directory.names() == [*names[-2:], newest]
    assert list(directory.path.glob(".trash*")) == []


def test_ids_sort_by_time_even_when_the_clock_was_set_back(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    future = directory.path / f"20991231T235959999Z-{name[-6:]}"
    directory.folder(name).rename(future)
    assert next_name(directory.names()) > future.name


@pytest.mark.parametrize(
    ("other", "shown"),
    [
        (replace(EMBEDDER, name="large"), "large"),
        (replace(EMBEDDER, weights_sha256="cd" * 32), "cdcdcd"),
        (EmbedderRecord("tiny", 8, "ab" * 32), "8 dimensions"),
    ],
)
def test_another_embedder_is_refused_with_the_command_to_run(tmp_path, other, shown):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    with pytest.raises(IndexMismatch, match=shown) as caught:
        directory.begin(other)
    assert "tiny" in caught.value.message
    assert "ragbot ingest --rebuild" in caught.value.hint
    assert directory.current() == name
    add(directory, "seeds/b.txt")  # the lock was given back


def test_rebuild_starts_empty_with_another_embedder(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt")
    other = EmbedderRecord("small", 4, "cd" * 32)
    file, chunks, vectors = parsed("seeds/b.txt")
    with directory.begin(other, rebuild=True) as draft:
        assert draft.known() == {}
        assert draft.vectors_for([c.chunk_id for c in parsed("seeds/a.txt")[1]]) == {}
        draft.put(file, chunks, vectors[:, :4], "fp")
        name = draft.publish()
    manifest = directory.manifest(name)
    assert (manifest.parent, manifest.embedder) == (None, other)
    assert directory.verify(name) == []


def test_rebuild_gets_past_a_damaged_index(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    (directory.folder(name) / "manifest.json").write_text("{")
    with pytest.raises(IndexCorrupt, match="manifest") as caught:
        directory.begin(EMBEDDER)
    assert "ragbot ingest --rebuild" in caught.value.hint
    with directory.begin(EMBEDDER, rebuild=True) as draft:
        draft.put(*parsed("seeds/a.txt"), "fp")
        assert directory.verify(draft.publish()) == []


@pytest.mark.parametrize("part", ["library.db", "data_level0.bin"])
@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_nothing_is_built_upon_a_damaged_generation(tmp_path, part, damage):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    path = next(directory.folder(name).rglob(part))
    data = path.read_bytes()
    if damage == "gone":
        path.unlink()
    else:  # one changed bit keeps every size and count
        path.write_bytes(data[:-1] if damage == "cut" else data[:-1] + bytes([data[-1] ^ 1]))
    with pytest.raises(IndexCorrupt, match=part) as caught:
        directory.begin(EMBEDDER)
    assert "ragbot ingest --rebuild" in caught.value.hint
    assert directory.current() == name
    with directory.begin(EMBEDDER, rebuild=True) as draft:  # the lock was given back
        draft.put(*parsed("seeds/a.txt"), "fp")
        assert directory.verify(draft.publish()) == []


@pytest.mark.parametrize("content", ["", "nonsense\n", "../../etc\n", "\udcff"])
def test_a_bad_current_is_corrupt_and_says_how_to_go_on(tmp_path, content):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    (directory.path / "CURRENT").write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(IndexCorrupt):
        directory.current()
    with pytest.raises(IndexCorrupt):
        directory.begin(EMBEDDER)
    assert any("CURRENT" in problem for problem in directory.verify(name))
    directory.rollback(name)
    assert directory.verify(name) == []


def test_a_current_that_names_nothing(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    (directory.path / "CURRENT").write_text("20990101T000000000Z-abcdef\n")
    assert directory.verify(name) == [
        "CURRENT names 20990101T000000000Z-abcdef, which is not there"
    ]
    with pytest.raises(IndexCorrupt, match="20990101"):
        directory.begin(EMBEDDER)


def test_no_index_says_what_to_run(tmp_path):
    with pytest.raises(NoIndex, match="ragbot ingest"):
        index_at(tmp_path).require_current()
    (tmp_path / "file").write_text("")
    assert IndexDirectory(tmp_path / "file").names() == []
    assert IndexDirectory(tmp_path / "file").current() is None


def bad_puts():
    file, chunks, vectors = parsed("seeds/a.txt")
    yield "too few vectors", file, chunks, vectors[:-1]
    yield "another dimension", file, chunks, vectors[:, :-1]
    yield "flat vectors", file, chunks, vectors.ravel()
    yield "another path", file, [replace(chunks[0], path="b"), *chunks[1:]], vectors
    yield "no direction", file, chunks, vectors * 0
    yield "not finite", file, chunks, vectors * np.float32("nan")
    yield "past the end", file, [replace(chunks[0], end=10**6), *chunks[1:]], vectors
    yield "empty", file, [replace(chunks[0], end=chunks[0].start), *chunks[1:]], vectors
    yield "path no UTF-8", replace(file, path="\udcff"), [], vectors[:0]


@pytest.mark.parametrize(
    ("file", "chunks", "vectors"), [pytest.param(*rest, id=name) for name, *rest in bad_puts()]
)
def test_what_does_not_fit_is_refused_and_the_draft_goes_on(tmp_path, file, chunks, vectors):
    directory = index_at(tmp_path)
    with directory.begin(EMBEDDER) as draft:
        with pytest.raises(ValueError):
            draft.put(file, chunks, vectors, "fp")
        draft.put(*parsed("seeds/good.txt"), "fp")
        assert directory.verify(draft.publish()) == []


def test_many_files_go_to_chroma_in_few_batches(tmp_path):
    directory = index_at(tmp_path)
    with directory.begin(EMBEDDER) as draft:
        for n in range(6):
            sentences = [f"Sentence {i} of file {n}." for i in range(1000)]
            draft.put(*parsed(f"seeds/{n}.txt", sentences), "fp")
        name = draft.publish()
    assert directory.manifest(name).counts["chunks"] == 6000
    assert directory.verify(name) == []


def test_history_does_not_show_in_the_word_scores(tmp_path):
    """The same library, built at once and in steps with removals, answers with equal scores."""
    at_once, in_steps = index_at(tmp_path / "one"), index_at(tmp_path / "two")
    add(at_once, "seeds/a.txt", "seeds/b.txt")
    add(in_steps, "seeds/b.txt", "seeds/junk.txt")
    with in_steps.begin(EMBEDDER) as draft:
        draft.remove("seeds/junk.txt")
        draft.put(*parsed("seeds/a.txt"), "fp-seeds/a.txt")
        draft.publish()
    with opened(at_once) as one, opened(in_steps) as two:
        for question in ("salbutamol", "blood pressure reviews", "label of src"):
            assert one.lexical.search(question, 10) == two.lexical.search(question, 10)
        assert one.library.vocabulary() == two.library.vocabulary()
        assert one.library.documents() == two.library.documents()


def test_the_manifest_is_one_readable_json_document(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/ü.txt")
    facts = json.loads((directory.folder(name) / "manifest.json").read_text(encoding="utf-8"))
    assert facts["files"]["seeds/ü.txt"]["fingerprint"] == "fp-seeds/ü.txt"
    assert facts["parts"]["library.db"].keys() == {"bytes", "sha256"}


UNPRIVILEGED = """
import os, sys
sys.path.insert(0, sys.argv[2])
import chromadb, tantivy
from pathlib import Path
from ragbot.errors import IndexProblem
from ragbot.index.generation import Generation
from tests.test_index_support import EMBEDDER, IndexDirectory
if os.geteuid() == 0:
    os.setuid(65534)
directory = IndexDirectory(Path(sys.argv[1]))

def read():
    with Generation.open(directory.folder(directory.current())) as opened:
        ids = opened.library.chunk_ids()
        vector = opened.vectors.get_vectors(ids)[ids[0]]
        print(opened.vectors.search(vector, 1)[0][0] == ids[0], len(opened.lexical.ids()), len(ids))

for use in (
    lambda: directory.begin(EMBEDDER),
    lambda: directory.rollback(directory.current()),
    read,
):
    try:
        use()
        print("done")
    except IndexProblem as error:
        print(type(error).__name__, error)
"""


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED: POSIX permissions")
def test_a_user_who_may_only_read_can_ask_and_not_write():
    """Not under tmp_path, which other users cannot enter."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="ragbot-") as place:
        directory = index_at(Path(place))
        add(directory, "seeds/a.txt")
        for path in [Path(place), *Path(place).rglob("*")]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        command = [sys.executable, "-c", UNPRIVILEGED, str(directory.path), str(ROOT)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for path in [Path(place), *Path(place).rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        begin, rollback, found, read = done.stdout.splitlines()
        assert begin.startswith("IndexWriteFailed") and "Permission denied" in begin
        assert rollback.startswith("IndexWriteFailed") and "Permission denied" in rollback
        shown, in_words, chunks = found.split()
        assert (shown, in_words, read) == ("True", chunks, "done")
        assert "read-only: a copy of its search files is opened" in done.stderr


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED: POSIX permissions")
@pytest.mark.parametrize("umask", [0o022, 0o002, 0o077])
def test_the_files_have_the_permissions_of_the_umask(tmp_path, umask):
    before = os.umask(umask)
    try:
        directory = index_at(tmp_path)
        name = add(directory, "seeds/a.txt")
    finally:
        os.umask(before)
    files = [path for path in directory.folder(name).rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o666 & ~umask}


def test_an_index_path_that_is_a_file_is_a_write_failure(tmp_path):
    (tmp_path / "index").write_text("in the way")
    with pytest.raises(IndexWriteFailed, match="index"):
        index_at(tmp_path).begin(EMBEDDER)
