"""kill -9 at random moments of whole ingests, and in the end nothing is lost and nothing doubled.

A mixed folder (texts, Markdown, record exports, copies, the same article in two exports) is
ingested by processes that are killed. Whenever one gets through, files are changed, renamed,
removed and added. The sizes come from the environment:

    KILL_DOCUMENTS=2000 KILL_TIMES=20 KILL_MODEL=real pytest tests/test_ingest_kill.py
"""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragbot.index.generations import IndexDirectory
from ragbot.index.live import LiveIndex

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="NOT TESTED: no fork, no SIGKILL")

DOCUMENTS = int(os.environ.get("KILL_DOCUMENTS", "60"))
TIMES = int(os.environ.get("KILL_TIMES", "4"))
REAL = os.environ.get("KILL_MODEL") == "real"  # MiniLM itself, instead of vectors from digests
ROOT = Path(__file__).parent.parent
TOKEN = re.compile(r"tok\d+v\d+")

# Imports once and forks for each try, so that a try costs an ingest and not the imports.
INGESTS = """
import os, signal, sys, time
import chromadb, tantivy
from pathlib import Path
from langchain_core.embeddings import Embeddings
from ingest.journal import Journal
from ingest.pipeline import Options, ingest
from ragbot.index.generations import IndexDirectory
from tests.test_index_support import EMBEDDER, vector_of

index, folder = Path(sys.argv[1]), Path(sys.argv[2])

class Digests(Embeddings):
    def embed_documents(self, texts):
        return [vector_of(text).tolist() for text in texts]
    def embed_query(self, text):
        return vector_of(text).tolist()

class Writer:
    def begin(self):
        return IndexDirectory(index).begin(EMBEDDER)

def run():
    options = Options(prune=True)
    if sys.argv[3] == "real":
        from ragbot.config import load_settings
        from ragbot.wiring import open_ingest
        report = open_ingest(load_settings(index_dir=index))([folder], options)
    else:
        report = ingest(
            [folder], writer=Writer(), embeddings=Digests(), options=options,
            journal=lambda: Journal.open(index / ".work.db"),
        )
    assert not report.count("failed"), [row for row in report.rows if row.outcome == "failed"]

print("ready", flush=True)
for line in sys.stdin:
    child = os.fork()
    if not child:
        status = 1
        try:
            run()
            status = 0
        finally:
            os._exit(status)
    if float(line) >= 0:
        time.sleep(float(line))
        os.kill(child, signal.SIGKILL)  # not yet waited for, so the id is still its own
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Ingests:
    """The warm process that forks one ingest after another."""

    def __init__(self, index: Path, folder: Path) -> None:
        mode = "real" if REAL else "digests"
        command = [sys.executable, "-c", INGESTS, str(index), str(folder), mode]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        self._ask, self._answer = self._process.stdin, self._process.stdout
        assert self._answer
        assert self._answer.readline() == "ready\n"

    def run(self, *, kill_after: float = -1.0) -> bool:
        """Whether it got through; else it was killed after so many seconds."""
        assert self._ask
        assert self._answer
        self._ask.write(f"{kill_after}\n")
        self._ask.flush()
        status = int(self._answer.readline())
        assert status == 0 or os.WTERMSIG(status) == signal.SIGKILL
        return status == 0

    def close(self) -> None:
        for stream in (self._ask, self._answer):
            assert stream
            stream.close()
        self._process.wait()


class Shelf:
    """The folder: what is in it, and what it should come to."""

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder = folder
        self._chance = chance
        self._count = 0
        folder.mkdir()
        for _ in range(DOCUMENTS):
            self.add()

    def add(self) -> None:
        self._count += 1
        self.write(self._count, version=1)

    def write(self, n: int, *, version: int) -> None:
        """Document ``n``: a text, Markdown, a record, a record in two exports, or two copies."""
        token = f"tok{n}v{version}"
        words = " ".join(
            self._chance.choice(("care", "visit", "nurse", "home", "clinic", "doctor", "team"))
            + self._chance.choice(("s", "ing", "ed", "like", "less"))
            for _ in range(40)
        )
        body = f"The trial {token} asked many people. They said {words}."
        place = self.folder / f"part{n % 7}"
        place.mkdir(exist_ok=True)
        title, doi = f"A long trial with the name {token}", f"10.1000/{token}"
        ris = (
            f"TY  - JOUR\nTI  - {title}\nAU  - Ek, Bo\nPY  - 2019\nDO  - {doi}\n"
            f"AB  - {body}\nER  - \n"
        )
        nbib = (
            f"PMID- 31{n:06}\nTI  - {title}\nLID - {doi} [doi]\nAB  - {body}\nFAU - Ek, Bo\n"
            "AU  - Ek B\nDP  - 2019\n"
        )
        files = {
            0: {"a.txt": body},
            1: {"b.md": f"# On {token}\n\n{body}\n"},
            2: {"c.ris": ris},
            3: {"d.ris": ris, "d.nbib": nbib},
            4: {"e.txt": body, "e-copy.txt": body},
        }[n % 5]
        for name, text in files.items():
            (place / f"{n:04}{name}").write_text(text, encoding="utf-8")

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def stir(self, version: int) -> None:
        """Change, rename, remove and add."""
        numbers = sorted({int(path.name[:4]) for path in self.files()})
        picked = self._chance.sample(numbers, max(4, len(numbers) // 8))
        for at, n in enumerate(picked):
            own = [path for path in self.files() if path.name.startswith(f"{n:04}")]
            if at % 4 == 0:
                for path in own:
                    path.unlink()
                self.write(n, version=version)
            elif at % 4 == 1:
                self._chance.choice(own).unlink()  # of two copies, one stays
            elif at % 4 == 2:
                path = self._chance.choice(own)
                path.rename(path.with_name(f"{n:04}moved{version}{path.suffix}"))
            else:
                self.add()

    def tokens(self) -> set[str]:
        found = (TOKEN.search(path.read_text(encoding="utf-8")) for path in self.files())
        return {match.group() for match in found if match}


def tokens_in(directory: IndexDirectory) -> set[str]:
    """What the index holds: whole, and every source once with its chunks."""
    name = directory.require_current()
    assert directory.verify(name) == []
    with LiveIndex(directory, None) as live, live.use() as generation:
        library = generation.library
        found: Counter[str] = Counter()
        for document in library.documents():
            text = library.text(document.path)[document.start : document.end]
            match = TOKEN.search(text)
            assert match
            found[match.group()] += 1
            chunks = library.chunks_of(document.source_id)
            assert chunks
            for chunk in chunks:
                assert chunk.path == document.path
                assert document.start <= chunk.start < chunk.end <= document.end
        assert set(found.values()) <= {1}
        held = {chunk.chunk_id for chunk in library.all_chunks()}
        assert {key for key, _ in generation.lexical.search("trial", 10 * DOCUMENTS)} <= held
        assert set(generation.vectors.ids()) == held
        return set(found)


@pytest.fixture
def ingests(tmp_path: Path) -> Iterator[Ingests]:
    warm = Ingests(tmp_path / "index", tmp_path / "library")
    yield warm
    warm.close()


def test_killed_again_and_again_nothing_is_lost_or_doubled(
    tmp_path: Path, ingests: Ingests
) -> None:
    chance = random.Random(20261122)
    directory = IndexDirectory(tmp_path / "index")
    shelf = Shelf(tmp_path / "library", chance)
    began = time.monotonic()
    assert ingests.run()
    usual = time.monotonic() - began
    shutil.rmtree(directory.path)  # and now from nothing, with kills
    published: set[str] = set()
    killed = through = 0
    while killed < TIMES:
        got_through = ingests.run(kill_after=chance.uniform(0.05, 0.9) * usual)
        killed += not got_through
        seen = tokens_in(directory) if directory.current() else set()
        now = shelf.tokens()
        assert seen in (published, now), (sorted(now - seen), sorted(seen - now))
        published = seen
        if got_through or seen == shelf.tokens():
            through += 1
            shelf.stir(version=1 + through)
    assert ingests.run()
    assert tokens_in(directory) == shelf.tokens()
    assert not list(directory.path.glob(".draft-*"))
    assert not list(directory.path.glob(".work.db*"))
    with LiveIndex(directory, None) as live, live.use() as generation:
        places = {path for d in generation.library.documents() for path in (d.path, *d.also_at)}
    there = {f"library/{path.relative_to(shelf.folder).as_posix()}" for path in shelf.files()}
    assert places == there  # every file is a place of some source, and no file is that is gone
