"""A reader sees the next generation without a restart and keeps the one it is using."""

import subprocess
import sys
import threading
from dataclasses import replace

import pytest

from ragbot.errors import IndexCorrupt, IndexMismatch, NoIndex
from ragbot.index.live import LiveIndex
from tests.browser.waiting import until
from tests.test_index_support import EMBEDDER, add, index_at, parsed

READER = """
import sys
from pathlib import Path
from ragbot.index.generations import IndexDirectory
from ragbot.index.live import LiveIndex
import numpy as np
live = LiveIndex(IndexDirectory(Path(sys.argv[1])), None)
for line in sys.stdin:
    with live.use() as generation:
        found = generation.vectors.search(np.array([float(x) for x in line.split()], np.float32), 1)
        print(generation.name, generation.library.chunk(found[0][0]).path, flush=True)
"""


@pytest.fixture
def directory(tmp_path):
    made = index_at(tmp_path)
    add(made, "seeds/a.txt")
    return made


@pytest.fixture
def live(directory):
    with LiveIndex(directory, EMBEDDER) as opened:
        yield opened


def paths(generation):
    return [file.path for file in generation.library.files()]


def test_a_new_generation_is_seen_and_an_unchanged_one_stays_open(directory, live):
    with live.use() as first, live.use() as again:
        assert first is again
    add(directory, "seeds/b.txt")
    with live.use() as second:
        assert second.name == directory.current() != first.name
        assert paths(second) == ["seeds/a.txt", "seeds/b.txt"]
        _, chunks, vectors = parsed("seeds/b.txt")
        assert second.vectors.search(vectors[0], 1)[0][0] == chunks[0].chunk_id


def test_a_request_keeps_the_generation_it_began_with(directory, live):
    _, chunks, vectors = parsed("seeds/a.txt")
    with live.use() as old:
        for n in range(4):  # so that the old folder is pruned while it is in use
            add(directory, f"seeds/{n}.txt")
            with live.use() as new:
                assert new.name == directory.current()
        assert old.name not in directory.names()
        assert paths(old) == ["seeds/a.txt"]
        assert old.vectors.search(vectors[1], 1)[0][0] == chunks[1].chunk_id
        assert old.lexical.search("salbutamol", 5)[0][0] == chunks[0].chunk_id
    with pytest.raises(IndexCorrupt):
        paths(old)  # closed when its last user left


def test_an_old_generation_is_closed_only_when_its_last_user_leaves(directory, live):
    outer, inner = live.use(), live.use()
    first = outer.__enter__()
    assert inner.__enter__() is first
    add(directory, "seeds/b.txt")
    with live.use():
        pass
    outer.__exit__(None, None, None)
    assert paths(first) == ["seeds/a.txt"]
    inner.__exit__(None, None, None)
    with pytest.raises(IndexCorrupt):
        paths(first)


def test_an_unused_old_generation_is_closed_at_once(directory, live):
    with live.use() as first:
        pass
    add(directory, "seeds/b.txt")
    with live.use(), pytest.raises(IndexCorrupt):
        paths(first)


def test_rolling_back_is_seen_too(directory, live):
    first = directory.current()
    add(directory, "seeds/b.txt")
    with live.use() as generation:
        assert generation.name != first
    directory.rollback(first)
    with live.use() as generation:
        assert (generation.name, paths(generation)) == (first, ["seeds/a.txt"])


def test_a_reader_in_another_process_sees_it(directory):
    process = subprocess.Popen(
        [sys.executable, "-c", READER, str(directory.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def ask(vector):
        process.stdin.write(" ".join(str(float(x)) for x in vector) + "\n")
        process.stdin.flush()
        return process.stdout.readline().split()

    try:
        wanted = parsed("seeds/b.txt")[2][0]
        assert ask(wanted) == [directory.current(), "seeds/a.txt"]
        second = add(directory, "seeds/b.txt")
        assert ask(wanted) == [second, "seeds/b.txt"]
        third = add(directory, "seeds/c.txt")
        assert ask(parsed("seeds/c.txt")[2][2]) == [third, "seeds/c.txt"]
    finally:
        process.stdin.close()
        process.stdout.close()
        process.wait()


def test_threads_read_whole_generations_while_ingests_publish(directory, live):
    stop, wrong, seen = threading.Event(), [], set()

    def read():
        while not stop.is_set():
            with live.use() as generation:
                chunks = generation.manifest.counts["chunks"]
                held = (
                    generation.vectors.count(),
                    generation.lexical.count(),
                    len(generation.library.chunk_ids()),
                )
                seen.add(generation.name)
                if held != (chunks, chunks, chunks):
                    wrong.append((generation.name, held))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    for n in range(6):
        add(directory, f"seeds/{n}.txt")
    until(lambda: directory.current() in seen)
    stop.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(seen) > 1


def test_no_index(tmp_path):
    with pytest.raises(NoIndex, match="ragbot ingest"), LiveIndex(index_at(tmp_path), None).use():
        pass


def test_an_index_that_appears_later(tmp_path):
    directory = index_at(tmp_path)
    with LiveIndex(directory, EMBEDDER) as live:
        with pytest.raises(NoIndex), live.use():
            pass
        name = add(directory, "seeds/a.txt")
        with live.use() as generation:
            assert generation.name == name


def test_another_embedder(directory):
    other = replace(EMBEDDER, weights_sha256="cd" * 32)
    live = LiveIndex(directory, other)
    with pytest.raises(IndexMismatch, match="weights cdcdcd") as caught, live.use():
        pass
    assert "ragbot ingest --rebuild" in caught.value.hint
    with LiveIndex(directory, None) as any_embedder, any_embedder.use() as generation:
        assert generation.manifest.embedder == EMBEDDER


def test_a_damaged_current_generation(directory, live):
    name = directory.current()
    (directory.folder(name) / "library.db").unlink()
    with pytest.raises(IndexCorrupt, match=r"library\.db is missing") as caught, live.use():
        pass
    assert "ragbot index rollback" in caught.value.hint


def test_a_current_generation_that_is_not_there(directory, live):
    (directory.path / "CURRENT").write_text("20990101T000000000Z-abcdef\n")
    with pytest.raises(IndexCorrupt, match="20990101T000000000Z-abcdef"), live.use():
        pass


def test_a_bad_new_generation_does_not_close_the_one_in_use(directory, live):
    with live.use() as first:
        name = add(directory, "seeds/b.txt")
        (directory.folder(name) / "library.db").unlink()
        with pytest.raises(IndexCorrupt), live.use():
            pass
        assert paths(first) == ["seeds/a.txt"]
        directory.rollback(first.name)
        with live.use() as again:
            assert again is first


def test_closing(directory, live):
    with live.use() as generation:
        live.close()
        assert paths(generation) == ["seeds/a.txt"]
    with pytest.raises(IndexCorrupt):
        paths(generation)
    with live.use() as reopened:
        assert paths(reopened) == ["seeds/a.txt"]
