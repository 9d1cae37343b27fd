"""The index on a real Chroma server: the same generations, for machines that share nothing else."""

import multiprocessing
import shutil
import threading
import time
from itertools import count

import numpy as np
import pytest

from ragbot.adapters import chroma_server as adapter
from ragbot.adapters.chroma_server import ServerStore
from ragbot.errors import (
    ConfigError,
    IndexCorrupt,
    IndexLocked,
    IndexMismatch,
    IndexUnreachable,
    IndexWriteFailed,
    NoIndex,
)
from ragbot.index.live import LiveIndex
from ragbot.index.manifest import EmbedderRecord
from ragbot.index.server import ServerIndex
from tests.test_index_support import EMBEDDER, SENTENCES, add, index_at, parsed, vector_of

LIBRARIES = count()


@pytest.fixture
def url(chroma_server):
    return f"{chroma_server}/library-{next(LIBRARIES)}"


@pytest.fixture
def machine(url, tmp_path):
    """Makes a machine: the address and a cache of its own."""
    numbers = count()
    return lambda: ServerIndex(url, cache=tmp_path / f"machine-{next(numbers)}")


def found(index, name=None):
    """Everything that a reader can find in a generation."""
    with index.open(name or index.require_current()) as opened:
        library, ids = opened.library, opened.library.chunk_ids()
        vectors = opened.vectors.get_vectors(ids)
        return {
            "files": [library.file(file.path) for file in library.files()],
            "fingerprints": [file.fingerprint for file in library.files()],
            "chunks": library.all_chunks(),
            "words": dict(library.vocabulary()),
            "by word": [opened.lexical.search(text, 10) for text in SENTENCES],
            "by vector": [
                [(i, round(score, 5)) for i, score in opened.vectors.search(vectors[one], 4)]
                for one in ids
            ],
        }


def test_another_machine_finds_what_an_index_in_a_folder_would(machine, tmp_path):
    paths = [f"seeds/{letter}.txt" for letter in "abc"]
    name = add(machine(), *paths)
    folder = index_at(tmp_path)
    add(folder, *paths)
    other = machine()
    assert (other.names(), other.require_current()) == ([name], name)
    assert found(other) == found(folder)
    assert other.verify(name) == []
    manifest = other.manifest(name)
    assert (manifest.generation, manifest.counts["files"]) == (name, 3)
    assert manifest.collection is not None


def test_each_generation_sees_its_own_chunks_and_only_what_is_new_is_written(machine, url):
    writer, reader = machine(), machine()
    first = add(writer, *(f"seeds/{letter}.txt" for letter in "abcdef"))
    before = found(reader, first)
    with writer.begin(EMBEDDER) as draft:
        file, chunks, vectors = parsed("seeds/g.txt", ["A new sentence about sleep."])
        assert draft.known() == {f"seeds/{x}.txt": f"fp-seeds/{x}.txt" for x in "abcdef"}
        draft.put(file, chunks, vectors, "fp")
        draft.remove("seeds/a.txt")
        second = draft.publish()
    store = ServerStore(url)
    assert len(store.vector_collections()) == 1
    with store.vectors(store.vector_collections()[0]) as shared:
        assert shared.count() == 25  # those of a.txt are still there for the first generation
    assert len(store.blob_pieces("file")) == 7
    assert found(reader, first) == before
    after = found(reader, second)
    assert [file.path for file in after["files"]] == [f"seeds/{x}.txt" for x in "bcdefg"]
    seen = {chunk_id for hits in after["by vector"] for chunk_id, _ in hits}
    assert seen == {chunk.chunk_id for chunk in after["chunks"]}
    assert reader.verify(first) == reader.verify(second) == []


def test_readers_notice_a_publish_and_a_rollback(machine, url, tmp_path):
    writer, now = machine(), [0.0]
    first = add(writer, "seeds/a.txt")
    reader = ServerIndex(url, cache=tmp_path / "reader", clock=lambda: now[0])
    with LiveIndex(reader, EMBEDDER) as live:
        with live.use() as generation:
            assert generation.name == first
        second = add(writer, "seeds/b.txt")
        with live.use() as generation:
            assert generation.name == first  # asked for less than a second ago
        now[0] += 2
        with live.use() as generation:
            assert (generation.name, generation.library.counts()["files"]) == (second, 2)
        writer.rollback(first)
        now[0] += 2
        with live.use() as generation:
            assert generation.name == first
    assert machine().require_current() == first


def test_old_generations_go_with_what_only_they_named(machine, url):
    writer = machine()
    for letter in "abcde":
        with writer.begin(EMBEDDER, rebuild=True) as draft:
            draft.put(*parsed(f"seeds/{letter}.txt"), "fp")
            last = draft.publish()
    store = ServerStore(url)
    assert len(writer.names()) == 3
    assert len(store.vector_collections()) == 3
    assert len(store.blob_pieces("file")) == len(store.blob_pieces("generation")) == 3
    assert all(machine().verify(name) == [] for name in (last, writer.names()[0]))


def test_vectors_that_nobody_sees_are_left_behind_when_they_are_many(machine, url):
    writer = machine()
    add(writer, *(f"seeds/{letter}.txt" for letter in "abcd"))
    with writer.begin(EMBEDDER) as draft:
        for letter in "abc":
            draft.remove(f"seeds/{letter}.txt")
        last = draft.publish()
    store = ServerStore(url)
    collection = machine().manifest(last).collection
    with store.vectors(collection) as shared:
        assert shared.count() == len(SENTENCES)
    assert len(store.vector_collections()) == 2
    assert machine().verify(last) == []


def test_a_draft_that_is_left_changes_nothing_and_its_leavings_are_swept(machine, url):
    writer = machine()
    first = add(writer, "seeds/a.txt")
    with writer.begin(EMBEDDER) as draft:
        draft.put(*parsed("seeds/b.txt"), "fp")
    assert machine().require_current() == first
    assert machine().verify(first) == []
    ServerStore(url).put_blob("file:left-behind", "file", b"by a crash")
    last = add(writer, "seeds/c.txt")
    assert len(ServerStore(url).blob_pieces("file")) == 2
    assert machine().verify(last) == []


def _write_and_die(url, cache, ready):
    index = ServerIndex(url, cache=cache)
    with index.begin(EMBEDDER) as draft:
        for n in range(200):
            draft.put(*parsed(f"seeds/more-{n}.txt"), "fp")
            ready.set()
        time.sleep(600)  # however late the kill comes, it comes before the publishing


def test_a_killed_writer_leaves_the_old_generation_and_a_lock_that_is_given_up(
    machine, url, tmp_path
):
    first = add(machine(), "seeds/a.txt")
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    writer = context.Process(target=_write_and_die, args=(url, tmp_path / "dying", ready))
    writer.start()
    assert ready.wait(60)
    writer.kill()
    writer.join()
    assert machine().require_current() == first
    assert machine().verify(first) == []
    other = machine()
    with pytest.raises(IndexLocked, match=f"process {writer.pid} on"):
        other.begin(EMBEDDER)
    store = ServerStore(url)
    lock = store.lock()
    silent = lock._client.get_collection(lock._name, embedding_function=None)
    silent.modify(metadata={**silent.metadata, "beat": silent.metadata["beat"] - adapter.LEASE})
    second = add(other, "seeds/b.txt")
    assert machine().require_current() == second


def test_two_writers_at_once_are_one_after_the_other(machine):
    first, second = machine(), machine()
    with first.begin(EMBEDDER) as draft:
        with pytest.raises(IndexLocked, match="Another ingest"):
            second.begin(EMBEDDER)
        waited = []
        waiting = threading.Thread(
            target=lambda: waited.append(second.begin(EMBEDDER, timeout=30).known())
        )
        waiting.start()
        draft.put(*parsed("seeds/a.txt"), "fp")
        draft.publish()
    waiting.join()
    assert waited == [{"seeds/a.txt": "fp"}]


def test_a_writer_that_lost_its_lock_publishes_nothing(machine, url):
    index = machine()
    first = add(index, "seeds/a.txt")
    with index.begin(EMBEDDER) as draft:
        draft.put(*parsed("seeds/b.txt"), "fp")
        store = ServerStore(url)
        lock = store.lock()
        taken = lock._client.get_collection(lock._name, embedding_function=None)
        taken.modify(name=f"{lock._name}-taken-over")
        with pytest.raises(IndexWriteFailed, match="lock of the index was lost"):
            draft.publish()
    assert machine().require_current() == first


def test_damage_is_found_and_not_shown(machine, url):
    index = machine()
    first = add(index, "seeds/a.txt")
    second = add(index, "seeds/b.txt")
    store = ServerStore(url)
    _, files = index._record(second)
    key, pieces = files["seeds/b.txt"]
    store.put_blob(key, "file", b"something else")
    assert "not the one that was written" in machine().verify(second)[0]
    with pytest.raises(IndexCorrupt):
        machine().open(second)
    with pytest.raises(IndexCorrupt, match="damaged"):
        machine().rollback(second)
    machine().rollback(first)
    store.drop_blobs({key: pieces})
    assert "damaged" in machine().verify(second)[0]
    with store.vectors(store.vector_collections()[0]) as shared:
        shared.delete(shared.ids()[:1])
    assert machine().verify(first) != []


def test_a_broken_cache_is_built_again(machine):
    index = machine()
    name = add(index, "seeds/a.txt")
    wanted = found(index)
    folder = index._fetch(name)
    (folder / "library.db").write_bytes(b"short")
    assert found(index) == wanted
    shutil.rmtree(index._cache)
    assert found(index) == wanted


def test_an_id_cannot_come_to_mean_another_text_while_old_generations_need_it(machine):
    index = machine()
    add(index, "seeds/a.txt")
    file, chunks, vectors = parsed("seeds/a.txt")
    other = np.stack([vector_of(f"another {n}") for n in range(len(vectors))])
    with index.begin(EMBEDDER) as draft:
        draft.put(file, chunks, other, "fp-2")
        with pytest.raises(IndexMismatch, match="--rebuild"):
            draft.publish()
    with index.begin(EMBEDDER, rebuild=True) as draft:
        draft.put(file, chunks, other, "fp-2")
        draft.publish()
    assert index.verify(index.require_current()) == []


def test_what_does_not_fit_is_said(machine, url, tmp_path):
    index = machine()
    with pytest.raises(NoIndex, match="no index at"):
        index.require_current()
    with pytest.raises(NoIndex, match="none"):
        index.verify("20260102T030405678Z-1a2b3c")
    add(index, "seeds/a.txt")
    with pytest.raises(IndexMismatch):
        index.begin(EmbedderRecord("another", 16, "cd" * 32))
    with pytest.raises(IndexUnreachable, match=r"127\.0\.0\.1:9"):
        ServerIndex("http://127.0.0.1:9", cache=tmp_path)
    for bad in ("localhost:8000", "ftp://a/b", "http://localhost/a b", "http://localhost/x"):
        with pytest.raises(ConfigError, match="RAGBOT_CHROMA_URL"):
            ServerIndex(bad, cache=tmp_path)
