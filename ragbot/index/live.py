"""The current generation, opened once and reopened when an ingest publishes the next.

    live = LiveIndex(IndexDirectory(Path("index")), embedder)   # or a ServerIndex
    with live.use() as generation:
        generation.lexical.search("asthma", 5)

A request keeps the generation it began with; an old one is closed when its last user leaves.
What it does not do: watch files in the background: CURRENT is read at the start of each use.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from ragbot.errors import IndexCorrupt
from ragbot.index.generation import Generation
from ragbot.index.manifest import EmbedderInfo
from ragbot.index.port import Index

__all__ = ["Generation", "LiveIndex"]

ATTEMPTS = 3  #: to open what CURRENT names, while ingests may replace it


@dataclass(slots=True)
class _Opened:
    generation: Generation
    users: int = 0
    retired: bool = False

    def close_if_unused(self) -> None:
        if self.retired and not self.users:
            self.generation.close()


class LiveIndex:
    """Always the current generation of an index. Safe from several threads."""

    def __init__(self, directory: Index, embedder: EmbedderInfo | None) -> None:
        """``embedder``: what questions are embedded with; None: any will do."""
        self._directory = directory
        self._embedder = embedder
        self._lock = threading.Lock()
        self._opened: _Opened | None = None

    @contextmanager
    def use(self) -> Iterator[Generation]:
        """The current generation, open for as long as the block runs.

        Raises:
            NoIndex: nothing has been built yet.
            IndexMismatch: it was made with another embedder or format.
            IndexCorrupt: it is damaged.
        """
        with self._lock:
            opened = self._current()
            opened.users += 1
        try:
            yield opened.generation
        finally:
            with self._lock:
                opened.users -= 1
                opened.close_if_unused()

    def close(self) -> None:
        """Close what is open, as soon as its last user leaves. It can be used again."""
        with self._lock:
            self._retire()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _current(self) -> _Opened:
        name = self._directory.require_current()
        if self._opened is None or self._opened.generation.name != name:
            generation = self._open(name)
            self._retire()
            self._opened = _Opened(generation)
        return self._opened

    def _open(self, name: str) -> Generation:
        for _ in range(ATTEMPTS):
            try:
                return self._open_named(name)
            except IndexCorrupt:
                newer = self._directory.require_current()
                if newer == name:
                    raise
                name = newer  # an ingest replaced it, and may have cleared it, meanwhile
        return self._open_named(name)

    def _open_named(self, name: str) -> Generation:
        generation = self._directory.open(name)
        try:
            if self._embedder is not None:
                generation.manifest.require_embedder(self._embedder)
        except BaseException:
            generation.close()
            raise
        return generation

    def _retire(self) -> None:
        if self._opened is not None:
            self._opened.retired = True
            self._opened.close_if_unused()
            self._opened = None
