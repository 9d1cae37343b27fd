"""One ingest at a time: an exclusive lock that can say who holds it.

    with IngestLock(Path("index")).acquire(timeout=0): ...

The lock is the operating system's, so it goes with a process that is killed; the file beside it
only names the holder. What it does not do: keep readers out; they need no lock.
"""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from ragbot.errors import IndexLocked
from ragbot.index.files import write_atomically


class IngestLock:
    """The lock of one index directory."""

    def __init__(self, directory: Path) -> None:
        """``directory``: the index directory; it exists."""
        from filelock import FileLock

        self._lock = FileLock(directory / ".ingest.lock", thread_local=False)
        self._holder = directory / ".ingest.holder.json"

    def acquire(self, *, timeout: float) -> Self:
        """Take the lock, waiting up to ``timeout`` seconds; below 0: without end.

        Raises:
            IndexLocked: somebody else has it; the message names them.
        """
        from filelock import Timeout

        try:
            self._lock.acquire(timeout=timeout)
        except Timeout as error:
            raise IndexLocked(
                f"Another ingest is writing this index: {self._who()}.",
                hint="Wait until it is done and run `ragbot ingest` again.",
            ) from error
        facts = {
            "pid": os.getpid(),
            "host": socket.gethostname(),
            "started": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        try:
            write_atomically(self._holder, json.dumps(facts))
        except BaseException:
            self.release()
            raise
        return self

    def release(self) -> None:
        """Give the lock back. A second call does nothing."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _who(self) -> str:
        try:
            facts = json.loads(self._holder.read_text(encoding="utf-8"))
            return f"process {facts['pid']} on {facts['host']}, since {facts['started']}"
        except (OSError, ValueError, KeyError, TypeError):
            return "a process that has not given its name yet"
