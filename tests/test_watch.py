"""``ragbot watch``: changes become generations, errors do not end it, a signal does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.pipeline import IngestReport, Options
from ingest.watch import watch
from ragbot.errors import IndexLocked, RagbotError
from tests.browser.waiting import until
from tests.test_ingest_support import Desk, desk, workers

__all__ = ["desk", "workers"]  # fixtures

ROOT = Path(__file__).parent.parent
LISTING = "2001 ◽ \nAuthor(s): \nBo Ek\n\nAimTo ask nurses.ResultsThey said yes.\n"


class Watching:
    """A watch in a thread, and what it told."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.told: list[IngestReport | RagbotError] = []
        self.failures: list[RagbotError] = []
        self.stop = threading.Event()
        self.gate = threading.Event()  #: an ingest begins when it is set
        self.gate.set()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        watch(
            [self.desk.folder],
            run=self._run,
            tell=self.told.append,
            stop=self.stop,
            skip=[self.desk.folder / "index"],
            again_after=0.5,
        )

    def _run(self) -> IngestReport:
        self.gate.wait()
        if self.failures:
            raise self.failures.pop()
        return self.desk.ingest(options=Options(prune=True, stop=self.stop.is_set))

    def until_quiet(self) -> int:
        """How many ingests there were, once 1.5 seconds have passed without another."""
        count = -1
        while len(self.told) != count:
            count = len(self.told)
            time.sleep(1.5)
        return count

    def close(self) -> None:
        self.stop.set()
        self.gate.set()
        self._thread.join(60)
        assert not self._thread.is_alive()


@pytest.fixture
def watching(desk: Desk) -> Iterator[Watching]:
    desk.write("a.txt", LISTING)
    running = Watching(desk)
    try:
        until(lambda: len(running.told) == 1)
        yield running
    finally:
        running.close()


def test_what_changes_is_published(watching: Watching) -> None:
    desk = watching.desk
    assert list(desk.index.files) == ["library/a.txt"]  # at once, before anything changes
    desk.write("b.txt", "A text about care. It is short.")
    until(lambda: "library/b.txt" in desk.index.files)
    (desk.folder / "b.txt").write_text("Other words now. They are few.", encoding="utf-8")
    until(lambda: "Other words" in desk.index.files["library/b.txt"].file.text)
    (desk.folder / "a.txt").unlink()
    until(lambda: list(desk.index.files) == ["library/b.txt"])


def test_many_changes_at_once_are_few_ingests_and_the_index_is_not_watched(
    watching: Watching,
) -> None:
    watching.gate.clear()  # however slowly they are written, they are there together
    for n in range(40):
        watching.desk.write(f"{n}.txt", f"Text number {n} about care.")
    watching.gate.set()
    until(lambda: len(watching.desk.index.files) == 41)
    count = watching.until_quiet()
    assert count <= 4
    watching.desk.write("index/g2/part", "not a source")
    assert watching.until_quiet() == count


def test_errors_are_told_and_survived(watching: Watching) -> None:
    watching.failures.append(IndexLocked("Another ingest is writing this index."))
    watching.desk.write("b.txt", "A text about care. It is short.")
    until(lambda: "library/b.txt" in watching.desk.index.files)  # tried again by itself
    assert [type(event) for event in watching.told].count(IndexLocked) == 1
    watching.desk.write("c.txt", "")
    assert "c.txt is empty" in until(lambda: failed(watching))[0]
    watching.desk.write("d.txt", "One more text about care.")
    until(lambda: "library/d.txt" in watching.desk.index.files)


def failed(watching: Watching) -> list[str]:
    event = watching.told[-1]
    rows = event.rows if isinstance(event, IngestReport) else ()
    return [row.reason for row in rows if row.outcome == "failed"]


@pytest.mark.skipif(not hasattr(signal, "SIGTERM"), reason="NOT TESTED: no SIGTERM here")
def test_the_command_stops_cleanly_on_sigterm(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    command = [sys.executable, "-m", "ragbot.cli", "watch", str(folder)]
    with subprocess.Popen(
        command,
        env={**os.environ, "RAGBOT_INDEX_DIR": str(tmp_path / "index")},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        assert running.stderr
        assert "watching" in running.stderr.readline()
        (folder / "empty.txt").write_text("")  # a file that fails needs no model
        assert running.stdout
        assert running.stdout.readline().strip() == "failed: library/empty.txt is empty."
        running.send_signal(signal.SIGTERM)
        _, errors = running.communicate(timeout=60)
        assert running.returncode == 0
        assert errors.splitlines()[-1] == "ragbot: stopped watching."
