"""The draft's own thread: what is embedded is written while the next texts are being embedded.

    with Scribe(draft) as scribe:
        scribe.put(file, chunks, rows, "fingerprint")     # returns at once, unless two wait already
        scribe.stored("seeds/a.txt")                      # after everything that was put before
        scribe.finish()

A draft is for one thread at a time, so everything goes through here, in order. An error comes out
of the next call. It does not begin or publish drafts.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Self

from ingest.ports import Draft, Vector
from ragbot.types import Chunk, ParsedFile

_MOST_WAITING = 64  #: files that wait to be written


class Scribe:
    """Writes to one draft, one thing after another."""

    def __init__(self, draft: Draft) -> None:
        """``draft``: nobody else uses it until this is left."""
        self._draft = draft
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ragbot-scribe")
        self._waiting: deque[Future[None]] = deque()

    def put(
        self, file: ParsedFile, chunks: Sequence[Chunk], vectors: Vector, fingerprint: str
    ) -> None:
        """Have a file written; waits only where too many do already."""
        self._later(self._thread.submit(self._draft.put, file, chunks, vectors, fingerprint))

    def remove(self, path: str) -> None:
        """Have a file taken out."""
        self._later(self._thread.submit(self._draft.remove, path))

    def stored(self, path: str) -> ParsedFile | None:
        """A file as it stands after everything that was asked for before."""
        return self._thread.submit(self._draft.stored, path).result()

    def vectors_for(self, ids: Sequence[str]) -> Mapping[str, Vector]:
        """The vectors that are there already."""
        return self._thread.submit(self._draft.vectors_for, ids).result()

    def finish(self) -> None:
        """Wait until everything is written."""
        while self._waiting:
            self._waiting.popleft().result()

    def _later(self, done: Future[None]) -> None:
        self._waiting.append(done)
        while self._waiting and (len(self._waiting) > _MOST_WAITING or self._waiting[0].done()):
            self._waiting.popleft().result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.shutdown(cancel_futures=True)
