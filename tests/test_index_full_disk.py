"""A full disk loses the draft and nothing else."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ragbot.errors import IndexWriteFailed
from ragbot.index.live import LiveIndex
from tests.test_index_support import EMBEDDER, add, index_at, parsed


@pytest.fixture
def disk(tmp_path):
    """Mounts a small file system; gives a function of its size in KiB."""
    mounted = []

    def mount(kib):
        folder = tmp_path / "disk"
        folder.mkdir()
        command = ["mount", "-t", "tmpfs", "-o", f"size={kib}k", "tmpfs", str(folder)]
        done = None
        if sys.platform == "linux" and os.geteuid() == 0:
            done = subprocess.run(command, capture_output=True, text=True)
        if done is None or done.returncode:
            pytest.skip("NOT TESTED: no small tmpfs can be mounted here (it takes Linux and root)")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        # Lazily: threads of an index that has just failed may still be letting go of its files.
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


# From too small for a copy of the current generation to too small for the last step: SQLite, the
# vector graph, the lexical index and the manifest each get to be the one that fails.
@pytest.mark.parametrize("kib", [400, 700, 1500, 3000, 6000, 7500, 8500, 10000])
def test_the_old_generation_stands(disk, kib):
    directory = index_at(disk(kib))
    name = add(directory, "seeds/a.txt")
    rng = np.random.default_rng(0)
    with pytest.raises(IndexWriteFailed) as caught, directory.begin(EMBEDDER) as draft:
        for n in range(400):
            words = [" ".join(f"w{w}" for w in rng.integers(0, 9999, 40)) for _ in range(20)]
            draft.put(*parsed(f"seeds/{n}.txt", words), "fp")
        draft.publish()
    assert "The index is as it was. Free some disk space" in caught.value.hint
    assert (directory.current(), directory.names()) == (name, [name])
    assert list(directory.path.glob(".draft-*")) == []
    assert directory.verify(name) == []
    with LiveIndex(directory, EMBEDDER) as live, live.use() as generation:
        assert generation.lexical.search("salbutamol", 1)
    second = add(directory, "seeds/b.txt") if kib >= 1500 else name
    assert directory.verify(second) == []


LIMITED = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.path.insert(0, sys.argv[2])
from tests.test_index_support import EMBEDDER, IndexDirectory, parsed
from ragbot.errors import IndexWriteFailed
directory = IndexDirectory(Path(sys.argv[1]))
with directory.begin(EMBEDDER) as draft:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[3]), int(sys.argv[3])))
    try:
        for n in range(100):
            draft.put(*parsed(f"seeds/{n}.txt", [f"Word {i} in {n}." * 9 for i in range(20)]), "fp")
        draft.publish()
    except IndexWriteFailed as error:
        print("failed:", error)
"""


@pytest.mark.skipif(os.name == "nt", reason="NOT TESTED: no RLIMIT_FSIZE on Windows")
@pytest.mark.parametrize("limit", [200_000, 700_000])
def test_files_that_may_not_grow(tmp_path, limit):
    """The same without root: no file may grow past a limit (EFBIG)."""
    directory = index_at(tmp_path)
    name = add(directory, "seeds/a.txt")
    here = str(Path(__file__).parent.parent)
    command = [sys.executable, "-c", LIMITED, str(directory.path), here, str(limit)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("failed: "), done
    assert "The index is as it was." in done.stdout
    assert (directory.current(), directory.names()) == (name, [name])
    assert directory.verify(name) == []
