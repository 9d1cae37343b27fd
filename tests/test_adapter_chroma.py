"""Chroma: what the contract suite cannot ask of every store."""

import os
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from chromadb.errors import InternalError

from ragbot.adapters.chroma import ChromaVectors
from ragbot.adapters.chroma_files import compact, copy_store
from ragbot.errors import IndexCorrupt, IndexProblem, IndexWriteFailed
from tests.browser.waiting import until


def rows(count, dimension=8, seed=0):
    drawn = np.random.default_rng(seed).normal(size=(count, dimension)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def filled(folder, count=50):
    with ChromaVectors.create(folder) as store:
        store.put([f"c{i:03}" for i in range(count)], ["s1"] * count, rows(count))


def open_files(folder):
    handles = Path("/proc/self/fd")
    if not handles.is_dir():
        pytest.skip("NOT TESTED: no /proc on this system")
    targets = []
    for handle in handles.iterdir():
        try:
            targets.append(str(handle.readlink()))
        except OSError:
            continue
    return [target for target in targets if target.startswith(str(folder))]


def graph_files(folder):
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and "sqlite" not in path.name
    }


def test_importing_the_adapter_does_not_import_chroma():
    code = "import sys, ragbot.adapters.chroma; print([m for m in sys.modules if 'chromadb' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_closing_gives_every_file_back(tmp_path):
    store = ChromaVectors.create(tmp_path / "store")
    store.put(["a"], ["s"], rows(1))
    assert open_files(tmp_path)
    store.close()
    store.close()
    until(lambda: open_files(tmp_path) == [])  # Chroma's threads take some milliseconds over it
    with pytest.raises(IndexCorrupt, match="closed"):
        store.search(rows(1)[0], 1)


def test_readers_leave_the_graph_files_alone(tmp_path):
    filled(tmp_path / "store", 1200)
    before = graph_files(tmp_path)
    assert len(before) == 5  # header, level 0, links, lengths, metadata: all synchronised
    for _ in range(2):
        with ChromaVectors.open(tmp_path / "store") as store:
            store.search(rows(1)[0], 5)
            store.get_vectors(store.ids())
    assert graph_files(tmp_path) == before


def test_no_text_is_stored_and_the_disk_shows_it(tmp_path):
    filled(tmp_path / "store", 3000)
    with closing(sqlite3.connect(tmp_path / "store" / "chroma.sqlite3")) as database:
        assert database.execute(
            "SELECT count(*) FROM embedding_metadata WHERE key = 'chroma:document'"
        ).fetchone() == (0,)


def test_many_threads_search_one_store(tmp_path):
    filled(tmp_path / "store", 200)
    wrong = []
    with ChromaVectors.open(tmp_path / "store") as store:

        def ask(seed):
            for i in range(seed, 200, 8):
                if store.search(rows(200)[i], 1)[0][0] != f"c{i:03}":
                    wrong.append(i)

        threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_copy_of_an_open_store_answers_the_same(tmp_path):
    filled(tmp_path / "store", 300)
    with ChromaVectors.open(tmp_path / "store") as store:
        copy_store(tmp_path / "store", tmp_path / "copy")
        with ChromaVectors.open(tmp_path / "copy") as copy:
            for query in rows(5, seed=3):
                assert copy.search(query, 10) == store.search(query, 10)
            copy.delete(["c001"])
        assert store.count() == 300


def test_a_copy_of_nothing_is_corrupt(tmp_path):
    (tmp_path / "store").mkdir()
    with pytest.raises(IndexCorrupt, match=r"chroma\.sqlite3"):
        copy_store(tmp_path / "store", tmp_path / "copy")


def test_compacting_keeps_what_is_there_and_shrinks_the_graph(tmp_path):
    filled(tmp_path / "store", 2000)
    with ChromaVectors.open(tmp_path / "store") as store:
        store.delete([f"c{i:03}" for i in range(1900)])
        kept = store.get_vectors(store.ids())
    before = sum(len(data) for _, data in graph_files(tmp_path).values())
    compact(tmp_path / "store")
    with ChromaVectors.open(tmp_path / "store") as store:
        again = store.get_vectors(store.ids())
        assert store.source_ids(["c1900"]) == {"c1900": "s1"}
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert again.keys() == kept.keys()
    for key, row in kept.items():
        np.testing.assert_allclose(again[key], row, atol=2e-7)
    assert sum(len(data) for _, data in graph_files(tmp_path).values()) < before / 2


def test_unit_vectors_survive_many_rewrites_within_rounding(tmp_path):
    first = rows(20, dimension=384)
    current = first
    for generation in range(6):
        with ChromaVectors.create(tmp_path / str(generation)) as store:
            ids = [str(i) for i in range(20)]
            store.put(ids, ids, current)
            stored = store.get_vectors(ids)
            current = np.stack([stored[i] for i in ids])
    np.testing.assert_allclose(current, first, atol=5e-7)


def test_a_database_that_is_none_is_corrupt(tmp_path):
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / "chroma.sqlite3").write_bytes(b"not a database at all" * 100)
    with pytest.raises(IndexProblem, match="Chroma could not open"):
        ChromaVectors.open(tmp_path / "store")


def test_a_store_that_could_not_be_opened_can_be_opened_once_it_is_mended(tmp_path):
    filled(tmp_path / "store")
    whole = (tmp_path / "store" / "chroma.sqlite3").read_bytes()
    for broken in (b"not a database at all" * 100, whole[:5000]):
        (tmp_path / "store" / "chroma.sqlite3").write_bytes(broken)
        for _ in range(2):
            with pytest.raises(IndexProblem, match="Chroma could not open"):
                ChromaVectors.open(tmp_path / "store")
    (tmp_path / "store" / "chroma.sqlite3").write_bytes(whole)
    with ChromaVectors.open(tmp_path / "store") as store:
        assert store.count() == 50


def test_a_folder_that_cannot_be_made_is_a_write_failure(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexWriteFailed):
        ChromaVectors.create(tmp_path / "file" / "store")


def test_counts_that_do_not_fit_together_are_refused(tmp_path):
    with (
        ChromaVectors.create(tmp_path / "store") as store,
        pytest.raises(ValueError, match="2 ids"),
    ):
        store.put(["a", "b"], ["s", "s"], rows(1))


def test_nothing_answers_at_the_url():
    with pytest.raises(IndexProblem, match=r"127\.0\.0\.1:9"):
        ChromaVectors.connect("http://127.0.0.1:9", collection="generation-1")


def test_telemetry_is_off(tmp_path):
    with ChromaVectors.create(tmp_path / "store") as store:
        assert store._client.get_settings().anonymized_telemetry is False
    assert os.environ.get("ANONYMIZED_TELEMETRY") is None  # not by way of this machine


def test_a_search_that_fails_within_chroma_is_tried_again() -> None:
    class Moody:
        def __init__(self, failures: int) -> None:
            self.failures = failures

        def query(self, **_: object) -> dict[str, list[list[object]]]:
            self.failures -= 1
            if self.failures >= 0:
                raise InternalError("Failed to get segments")
            return {"ids": [["c1"]], "distances": [[0.25]]}

    vector = np.ones(4, np.float32)
    assert ChromaVectors(client=None, collection=Moody(2)).search(vector, 1) == [("c1", 0.75)]
    with pytest.raises(IndexCorrupt, match="Failed to get segments"):
        ChromaVectors(client=None, collection=Moody(99)).search(vector, 1)
