"""kill -9 at random moments of an ingest leaves the old generation or the new one, whole."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ragbot.index.live import LiveIndex
from tests.test_index_support import EMBEDDER, index_at, vector_of

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="NOT TESTED: no fork, no SIGKILL")

TRIES = 40
FILES = 6

# Imports once and forks for each try, so that a try costs an ingest and not the imports.
INGESTS = """
import os, signal, sys, time
sys.path.insert(0, sys.argv[2])
import chromadb, tantivy
from pathlib import Path
from tests.test_index_support import EMBEDDER, IndexDirectory, parsed

def die_at(number):
    seen = []
    def hook(event, args):
        if event in ("os.rename", "shutil.rmtree"):
            if len(seen) == number:
                os.kill(os.getpid(), signal.SIGKILL)
            seen.append(event)
    sys.addaudithook(hook)

def ingest(state):
    with IndexDirectory(Path(sys.argv[1])).begin(EMBEDDER, timeout=5) as draft:
        for n in range(int(sys.argv[3])):
            sentences = [f"state{state} file{n} sentence{i}" for i in range(15)]
            draft.put(*parsed(f"seeds/{n}.txt", sentences), f"fp{state}")
        draft.publish()

print("ready", flush=True)
for line in sys.stdin:
    state, seconds, step = line.split()
    child = os.fork()
    if not child:
        status = 1
        try:
            if int(step) >= 0:
                die_at(int(step))
            ingest(int(state))
            status = 0
        finally:
            os._exit(status)
    if float(seconds) >= 0:
        time.sleep(float(seconds))
        os.kill(child, signal.SIGKILL)  # not yet waited for, so the id is still its own
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Ingests:
    """The warm process that forks one ingest for each state."""

    def __init__(self, directory):
        here = Path(__file__).parent.parent
        command = [sys.executable, "-c", INGESTS, str(directory.path), str(here), str(FILES)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout.readline() == "ready\n"

    def run(self, state, *, kill_after=-1.0, kill_before_step=-1):
        """The wait status of an ingest of ``state``; -1: not killed.

        ``kill_after``: seconds. ``kill_before_step``: before which renaming or removal, from 0.
        """
        self._process.stdin.write(f"{state} {kill_after} {kill_before_step}\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()


def state_of(directory):
    """The one state that the library, the vectors and the words all show."""
    with LiveIndex(directory, EMBEDDER) as live, live.use() as generation:
        states = {entry.fingerprint for entry in generation.library.files()}
        assert len(states) == 1
        state = states.pop().removeprefix("fp")
        found = generation.lexical.search(f"state{state}", 1000)
        assert len(found) == FILES * 15
        for chunk_id, _ in found[:: FILES * 3]:
            chunk = generation.library.chunk(chunk_id)
            text = generation.library.text(chunk.path)[chunk.start : chunk.end]
            assert text == chunk.body
            assert text.startswith(f"state{state} ")
            nearest = generation.vectors.search(vector_of(chunk.embedding_text), 1)[0]
            assert nearest == (chunk_id, pytest.approx(1.0, abs=1e-5))
        return int(state)


@pytest.fixture
def directory(tmp_path):
    return index_at(tmp_path)


@pytest.fixture
def ingests(directory):
    warm = Ingests(directory)
    yield warm
    warm.close()


def whole(directory):
    """The state that a whole index shows."""
    for name in directory.names():
        assert directory.verify(name) == []
    return state_of(directory)


@pytest.mark.slow
def test_killed_before_each_step_of_publishing(directory, ingests):
    """Every renaming and removal: the holder's name, the manifest, the folder, CURRENT, pruning."""
    for state in range(4):  # so that there is something to prune
        assert ingests.run(state) == 0
    current, outcomes = 3, []
    for step in range(20):
        state = 100 + step
        status = ingests.run(state, kill_before_step=step)
        seen = whole(directory)
        assert seen in (current, state)
        if not status:
            assert seen == state
            break
        assert os.WTERMSIG(status) == signal.SIGKILL
        outcomes.append("new" if seen == state else "old")
        current = seen
    else:
        pytest.fail(f"no end of steps: {outcomes}")
    assert outcomes == sorted(outcomes, reverse=True)  # old, old, … and from CURRENT on new, new, …
    assert {"old", "new"} == set(outcomes)
    assert len(directory.names()) <= 5
    assert ingests.run(1000) == 0
    assert whole(directory) == 1000
    assert len(directory.names()) == 3
    assert not [*directory.path.glob(".draft-*"), *directory.path.glob(".trash-*")]


@pytest.mark.slow
def test_killed_at_random_moments(directory, ingests):
    assert ingests.run(0) == 0
    took = []
    for state in (1, 2, 3):
        began = time.monotonic()
        assert ingests.run(state) == 0
        took.append(time.monotonic() - began)
    usual = min(took)  # on a busy machine one of them may well be slow
    current, killed, left_half = 3, 0, 0
    moments = random.Random(20260102)
    for state in range(4, 4 + 3 * TRIES):
        if killed >= 30 and left_half >= 10:
            break  # how many land depends on how busy the machine is
        status = ingests.run(state, kill_after=moments.uniform(0, 1.1 * usual))
        killed += os.WIFSIGNALED(status)
        left_half += bool(list(directory.path.glob(".draft-*")))
        seen = whole(directory)
        assert seen in (current, state)
        current = seen
    assert killed >= 30
    assert left_half >= 10
    assert ingests.run(1000) == 0  # and the next ingest simply works
    assert whole(directory) == 1000
    assert list(directory.path.glob(".draft-*")) == []
