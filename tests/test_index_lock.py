"""One ingest at a time, and what dead ones leave is cleared."""

import os
import socket
import subprocess
import sys
import threading
import time

import pytest

from ragbot.errors import IndexLocked
from tests.test_index_support import EMBEDDER, add, index_at, parsed

HOLD = """
import sys, time
from pathlib import Path
from ragbot.index.generations import EmbedderRecord, IndexDirectory
with IndexDirectory(Path(sys.argv[1])).begin(EmbedderRecord("tiny", 16, "ab" * 32)) as draft:
    print("held", flush=True)
    sys.stdin.read()
"""


def holder(directory):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(directory.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "held\n"
    return process


def end(process):
    process.stdin.close()
    process.stdout.close()
    process.wait()


def test_a_second_draft_is_refused_and_names_the_first(tmp_path):
    directory = index_at(tmp_path)
    with directory.begin(EMBEDDER) as first:
        first.put(*parsed("seeds/a.txt"), "fp")
        with pytest.raises(IndexLocked) as caught:
            directory.begin(EMBEDDER)
        assert f"process {os.getpid()} on {socket.gethostname()}, since 20" in caught.value.message
        assert caught.value.hint
        name = first.publish()
    assert directory.verify(name) == []


def test_another_process_is_named_and_freed_by_its_death(tmp_path):
    directory = index_at(tmp_path)
    add(directory, "seeds/a.txt")
    process = holder(directory)
    try:
        with pytest.raises(IndexLocked, match=f"process {process.pid} on"):
            directory.begin(EMBEDDER)
        with pytest.raises(IndexLocked, match=f"process {process.pid} on"):
            directory.rollback(directory.current())
        assert len(list(directory.path.glob(".draft-*"))) == 1
    finally:
        process.kill()
        end(process)
    assert len(list(directory.path.glob(".draft-*"))) == 1
    add(directory, "seeds/b.txt")
    assert list(directory.path.glob(".draft-*")) == []


def test_waiting_for_the_other_ingest(tmp_path):
    directory = index_at(tmp_path)
    first = directory.begin(EMBEDDER)
    first.put(*parsed("seeds/a.txt"), "fp")
    with pytest.raises(IndexLocked):
        directory.begin(EMBEDDER, timeout=0.2)
    publisher = threading.Thread(target=lambda: (time.sleep(0.3), first.publish()))
    publisher.start()
    with directory.begin(EMBEDDER, timeout=30) as second:
        assert second.known() == {"seeds/a.txt": "fp"}
        second.put(*parsed("seeds/b.txt"), "fp")
        name = second.publish()
    publisher.join()
    assert sorted(directory.manifest(name).files) == ["seeds/a.txt", "seeds/b.txt"]


def test_the_lock_is_given_back_after_each_ending(tmp_path):
    directory = index_at(tmp_path)
    with directory.begin(EMBEDDER):
        pass
    with pytest.raises(RuntimeError), directory.begin(EMBEDDER):
        raise RuntimeError
    add(directory, "seeds/a.txt")
    with directory.begin(EMBEDDER) as draft:
        draft.publish()
        add(directory, "seeds/b.txt")  # published: the lock is free before the block ends
    add(directory, "seeds/c.txt")


def test_two_drafts_one_after_the_other_build_on_each_other(tmp_path):
    directory = index_at(tmp_path)
    first = add(directory, "seeds/a.txt")
    second = add(directory, "seeds/b.txt")
    assert first < second
    assert sorted(directory.manifest(second).files) == ["seeds/a.txt", "seeds/b.txt"]


def test_leftovers_are_cleared_at_the_next_begin(tmp_path):
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    for leftover in (".draft-20200101T000000000Z-aaaaaa", ".trash-20200101T000000000Z-bbbbbb"):
        (directory.path / leftover / "chroma").mkdir(parents=True)
        (directory.path / leftover / "chroma" / "half.bin").write_bytes(b"half")
    (directory.path / "CURRENT.tmp").write_text("half")
    (directory.path / "a note of the operator.txt").write_text("mine")
    assert directory.names() == [name]
    with directory.begin(EMBEDDER):
        pass
    assert list(directory.path.glob(".trash-*")) == list(directory.path.glob(".draft-*")) == []
    assert (directory.path / "a note of the operator.txt").exists()
    assert directory.current() == name


def test_a_holder_without_a_name_still_locks(tmp_path):
    directory = index_at(tmp_path)
    with directory.begin(EMBEDDER):
        (directory.path / ".ingest.holder.json").write_text("{")
        with pytest.raises(IndexLocked, match="not given its name"):
            directory.begin(EMBEDDER)
