"""Files that are parsed and planned, and wait for their vectors; embedded and written together.

    window = Window(scribe=scribe, embedder=embedder, dry_run=False)
    window.add("library/a.txt", plan, replaces=None)
    for path in window.flush(): ...        # each file as soon as all of it has been handed over

Texts of like length from many files go through the embedder together. Leaving ``flush`` half-way
leaves the rest waiting. It neither parses nor decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ingest.embed import Embedder
from ingest.holdings import Plan
from ingest.ports import Vector
from ingest.scribe import Scribe
from ragbot.types import ParsedFile

MOST = 2048  #: chunks that are sorted and embedded together
ENOUGH = 256  #: chunks that are worth embedding while the next file is still being parsed


@dataclass(frozen=True, slots=True)
class _Waiting:
    plan: Plan
    replaces: str | None


class Window:
    """What waits, by path."""

    def __init__(self, *, scribe: Scribe, embedder: Embedder, dry_run: bool) -> None:
        """``dry_run``: count what would be embedded; embed and write nothing."""
        self._scribe = scribe
        self._embedder = embedder
        self._dry_run = dry_run
        self._waiting: dict[str, _Waiting] = {}
        self._would = 0
        self.done = 0  #: chunks that have a vector

    @property
    def chunks(self) -> int:
        """Chunks that wait."""
        return sum(len(waiting.plan.chunks) for waiting in self._waiting.values())

    @property
    def embedded(self) -> int:
        """Texts that had to be embedded, or would have to be."""
        return self._embedder.count + self._would

    def full(self, *, idle: bool) -> bool:
        """Whether to embed now; ``idle``: there is nothing else to do."""
        return self.chunks >= (ENOUGH if idle else MOST)

    def add(self, path: str, plan: Plan, *, replaces: str | None) -> None:
        """Let a file wait. ``replaces``: the name under which the index has it so far."""
        self._waiting[path] = _Waiting(plan, replaces)

    def stored(self, path: str) -> ParsedFile | None:
        """A file of the library with its own sources, also one that still waits."""
        waiting = self._waiting.get(path)
        return waiting.plan.file if waiting else self._scribe.stored(path)

    def flush(self) -> Iterator[str]:
        """Embed what waits; the path of each file when it has been handed to the scribe.

        An empty path stands between batches, so that whoever iterates can stop there.
        """
        vectors = self._at_hand()
        texts = [c.embedding_text for w in self._waiting.values() for c in w.plan.chunks]
        missing = [text for text in texts if text not in vectors]
        if self._dry_run:
            self._would += len(set(missing))
            vectors |= dict.fromkeys(missing, np.zeros(0, np.float32))
            missing = []
        yield from self._write(vectors)
        for made in self._embedder.embed(missing):
            vectors |= made
            yield from self._write(vectors)
            yield ""

    def _at_hand(self) -> dict[str, Vector]:
        """Vectors that the current generation has, by text."""
        chunks = {c.chunk_id: c for w in self._waiting.values() for c in w.plan.chunks}
        known = self._scribe.vectors_for(list(chunks)) if chunks else {}
        return {chunks[chunk_id].embedding_text: row for chunk_id, row in known.items()}

    def _write(self, vectors: dict[str, Vector]) -> Iterator[str]:
        for path, waiting in list(self._waiting.items()):
            plan = waiting.plan
            if not all(chunk.embedding_text in vectors for chunk in plan.chunks):
                continue
            if not self._dry_run:
                rows = [vectors[chunk.embedding_text] for chunk in plan.chunks]
                stacked = np.stack(rows) if rows else np.zeros((0, 0), np.float32)
                self._scribe.put(plan.file, plan.chunks, stacked, plan.receipt.fingerprint())
                if waiting.replaces:
                    self._scribe.remove(waiting.replaces)
            del self._waiting[path]
            self.done += len(plan.chunks)
            yield path
