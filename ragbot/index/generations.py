"""The index directory: its generations, which one is current, and how the next one is begun.

    index/
      CURRENT                          20260102T030405678Z-1a2b3c
      20260102T030405678Z-1a2b3c/      library.db  chroma/  lexical/  manifest.json
      20260101T…/                      an older one, for `ragbot index rollback`
      .draft-…/                        being built; swept away by the next ingest if that died

CURRENT is replaced atomically, and only by a generation that has been verified. So a reader, and a
process killed at any moment, leaves or finds the old generation or the new one.

What it does not do: follow CURRENT for questions (``live``).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from ragbot.errors import IndexCorrupt, NoIndex
from ragbot.index.draft import Draft
from ragbot.index.files import flush_folder, flush_tree, write_atomically, write_failures
from ragbot.index.generation import Generation
from ragbot.index.lock import IngestLock
from ragbot.index.manifest import (
    MANIFEST,
    EmbedderInfo,
    EmbedderRecord,
    Manifest,
    load_manifest,
)
from ragbot.index.names import KEPT, NAME, kept, next_name
from ragbot.index.vectors import FolderVectors
from ragbot.index.verify import part_problems, problems_of

__all__ = ["KEPT", "Draft", "EmbedderInfo", "EmbedderRecord", "IndexDirectory", "Manifest"]

CURRENT = "CURRENT"
DRAFT, TRASH = ".draft-", ".trash-"


class IndexDirectory:
    """The generations in one folder."""

    def __init__(self, path: Path) -> None:
        """``path``: the index folder; it need not exist yet."""
        self.path = path

    def current(self) -> str | None:
        """The id of the live generation, None where nothing has been built yet.

        Raises:
            IndexCorrupt: CURRENT does not hold a generation's id.
        """
        try:
            name = (self.path / CURRENT).read_text(encoding="utf-8").strip()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, UnicodeDecodeError) as error:
            raise IndexCorrupt(f"{self.path / CURRENT} cannot be read: {error}.") from error
        if not NAME.fullmatch(name):
            raise IndexCorrupt(
                f"{self.path / CURRENT} holds {name[:60]!r}, which is no generation.",
                hint=self._way_back(),
            )
        return name

    def require_current(self) -> str:
        """The id of the live generation.

        Raises:
            NoIndex: nothing has been built yet.
            IndexCorrupt: CURRENT does not hold a generation's id.
        """
        name = self.current()
        if name is None:
            raise NoIndex(f"There is no index in {self.path}.", hint="Run `ragbot ingest`.")
        return name

    def names(self) -> list[str]:
        """The ids of all generations, oldest first."""
        if not self.path.is_dir():
            return []
        return sorted(p.name for p in self.path.iterdir() if p.is_dir() and NAME.fullmatch(p.name))

    def folder(self, name: str) -> Path:
        """Where a generation lies.

        Raises:
            NoIndex: there is none of that name.
        """
        if name not in self.names():
            there = ", ".join(self.names()) or "none"
            raise NoIndex(
                f"There is no generation {name[:60]!r} in {self.path}.", hint=f"There are: {there}."
            )
        return self.path / name

    def open(self, name: str) -> Generation:
        """A generation, for reading.

        Raises:
            IndexCorrupt: it is not there, or damaged.
            IndexMismatch: another version of ragbot wrote it.
        """
        if name not in self.names():
            raise IndexCorrupt(f"The generation {name[:60]!r} is not there.", hint=self._way_back())
        return Generation.open(self.path / name)

    def manifest(self, name: str) -> Manifest:
        """What a generation holds.

        Raises:
            NoIndex: there is none of that name.
            IndexCorrupt: its manifest cannot be read.
            IndexMismatch: another version of ragbot wrote it.
        """
        return load_manifest(self.folder(name))

    def verify(self, name: str) -> list[str]:
        """What is wrong with a generation, and with CURRENT; empty if nothing.

        Raises:
            NoIndex: there is none of that name.
        """
        folder = self.folder(name)
        return [*self._current_problems(), *problems_of(folder)]

    def rollback(self, name: str, *, timeout: float = 0.0) -> None:
        """Make an earlier (or later) generation the current one, if it verifies.

        ``timeout``: seconds to wait for an ingest that is at work; below 0: without end.

        Raises:
            NoIndex: there is none of that name.
            IndexCorrupt: it is damaged.
            IndexLocked: an ingest is at work.
            IndexWriteFailed: CURRENT cannot be written.
        """
        folder = self.folder(name)
        with write_failures("roll back"), IngestLock(self.path).acquire(timeout=timeout):
            problems = problems_of(folder)
            if problems:
                raise IndexCorrupt(
                    f"The generation {name} is damaged: {'; '.join(problems)}.",
                    hint=self._way_back(),
                )
            self._point_to(name)

    def begin(
        self, embedder: EmbedderInfo, *, rebuild: bool = False, timeout: float = 0.0
    ) -> Draft:
        """A draft of the next generation, under the ingest lock, copied from the current one.

        ``rebuild``: start empty. ``timeout``: seconds to wait for another ingest; below 0: without
        end.

        Raises:
            IndexLocked: another ingest is at work; the message names it.
            IndexMismatch: the current generation was made with another embedder or format.
            IndexCorrupt: the current generation is damaged: it is not built upon.
            IndexWriteFailed: disk full or no permission.
        """
        with write_failures(f"create {self.path}"):
            self.path.mkdir(parents=True, exist_ok=True)
            lock = IngestLock(self.path).acquire(timeout=timeout)
        try:
            self._sweep()
            parent = None if rebuild else self._parent(embedder)
            name = next_name(self.names())
            return Draft(
                folder=self.path / f"{DRAFT}{name}",
                generation=name,
                embedder=EmbedderRecord.of(embedder),
                parent=parent,
                keeper=FolderVectors(),
                publish=self._publish,
                release=lock.release,
            )
        except BaseException:
            lock.release()
            raise

    def adopt(self, folder: Path, *, timeout: float = 0.0) -> str:
        """Make a generation that lies somewhere else the current one; returns its new id.

        ``folder`` is moved.

        Raises:
            IndexCorrupt: it is damaged.
            IndexLocked: an ingest is at work.
            IndexWriteFailed: disk full or no permission.
        """
        with write_failures(f"create {self.path}"):
            self.path.mkdir(parents=True, exist_ok=True)
        with (
            write_failures(f"restore {folder.name}"),
            IngestLock(self.path).acquire(timeout=timeout),
        ):
            self._sweep()
            name = next_name(self.names())
            draft = self.path / f"{DRAFT}{name}"
            shutil.move(folder, draft)
            manifest = replace(load_manifest(draft), generation=name, parent=None)
            write_atomically(draft / MANIFEST, manifest.to_json())
            problems = problems_of(draft, name=name)
            if problems:
                shutil.rmtree(draft, ignore_errors=True)
                raise IndexCorrupt(f"What was restored does not verify: {'; '.join(problems)}.")
            flush_tree(draft)
            self._publish(draft, name, ())
        return name

    def _parent(self, embedder: EmbedderInfo) -> tuple[Path, Manifest] | None:
        name = self.current()
        if name is None:
            return None
        if name not in self.names():
            raise IndexCorrupt(
                f"CURRENT names {name}, which is not in {self.path}.", hint=self._way_back()
            )
        manifest = self.manifest(name)
        manifest.require_embedder(embedder)
        problems = part_problems(self.path / name, manifest)
        if problems:  # a copy of it would get checksums of its own, and pass for whole
            raise IndexCorrupt(
                f"The index {name} is damaged: {'; '.join(problems)}.", hint=self._way_back()
            )
        return self.path / name, manifest

    def _publish(self, folder: Path, name: str, _touched: Collection[str]) -> None:
        published = folder.rename(self.path / name)
        try:
            flush_folder(self.path)
            self._point_to(name)
        except BaseException:
            shutil.rmtree(published, ignore_errors=True)
            raise
        with suppress(OSError):  # it is published: what cannot be cleared now is cleared next time
            self._prune()

    def _point_to(self, name: str) -> None:
        write_atomically(self.path / CURRENT, f"{name}\n")

    def _prune(self) -> None:
        """Remove what is neither current nor among the newest; readers keep their open files."""
        names = self.names()
        keep = kept(names, self.current())
        for name in names:
            if name not in keep:
                trash = self.path / f"{TRASH}{name}"
                (self.path / name).rename(trash)  # first, so that no half generation has a name
                shutil.rmtree(trash, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what a killed ingest left. The lock is held, so nobody is at work on it."""
        for prefix in (DRAFT, TRASH):
            for leftover in self.path.glob(f"{prefix}*"):
                shutil.rmtree(leftover, ignore_errors=True)

    def _current_problems(self) -> list[str]:
        try:
            name = self.require_current()
        except (IndexCorrupt, NoIndex) as error:
            return [error.message]
        return [] if name in self.names() else [f"CURRENT names {name}, which is not there"]

    def _way_back(self) -> str:
        there = ", ".join(self.names()) or "none"
        return (
            f"Run `ragbot index rollback NAME` (there are: {there}) or `ragbot ingest --rebuild`."
        )
