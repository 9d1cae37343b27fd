"""Files → an index: find, parse, split, embed, write, publish, all at the same time.

    report = ingest([Path("seeds")], writer=writer, embeddings=embeddings)
    report.generation, [row.outcome for row in report.rows]

Worker processes parse (``workers``), this thread decides and embeds, a third writes (``scribe``);
the queues between them are bounded, so that memory does not grow with the library. One failing file
never stops the others: it is a row of the report. Unchanged files are neither parsed nor embedded,
and where nothing changed nothing is published. It does not know how an index is stored: that is
behind ``Writer``.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.discover import Found, FoundFile, discover
from ingest.embed import Embedder
from ingest.gone import gone_files
from ingest.holdings import Holdings
from ingest.journal import Journal
from ingest.ports import Draft, Progress, Writer
from ingest.receipt import Receipt, key
from ingest.report import IngestReport, Outcome, Row
from ingest.scribe import Scribe
from ingest.split import MAX_CHARS
from ingest.window import Window
from ingest.work import Order, Parsed, Refused, loads
from ingest.workers import ReadAhead, Workers
from ragbot.errors import Interrupted

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

__all__ = ["Draft", "IngestReport", "Options", "Progress", "Row", "Writer", "ingest"]

_STALE = "What was indexed before still stands."
_GONE = "The file is gone; its sources still stand. Ingest with --prune to drop them."
_GONE_BUT_SHARED = (
    "The file is gone, and {path} relies on its text. Ingest that file's folder together with "
    "this one, with --prune."
)
_RENAMED = "Renamed: it was {path}."


@dataclass(frozen=True, slots=True)
class Options:
    """How an ingest goes about it."""

    prune: bool = False  #: drop sources whose files are gone from the ingested folders
    dry_run: bool = False  #: report what would happen and write nothing
    keep: bool = False  #: when stopped, publish what is done
    max_chars: int = MAX_CHARS  #: of a chunk
    ocr: bool = False  #: read scanned pages by text recognition, where it is installed
    stop: Callable[[], bool] = lambda: False  #: asked between steps


class _Stopped(Exception):
    """Somebody asked to stop."""


def ingest(
    paths: Sequence[Path],
    *,
    writer: Writer,
    embeddings: Embeddings,
    workers: Workers | None = None,
    journal: Callable[[], Journal] = Journal.open,
    progress: Progress | None = None,
    options: Options | None = None,
    skip: Sequence[Path] = (),
) -> IngestReport:
    """Read ``paths`` into a new generation of the index.

    ``workers``: by default a pool for this ingest. ``journal`` opens the one in which work outlives
    an interrupted ingest, by default one in memory. ``skip`` names files and folders
    below ``paths`` to leave out.

    Raises:
        IndexProblem: the index cannot be written; the generation before it still stands.
        ModelProblem: the embedder fails or does not give vectors.
        Interrupted: it was stopped and nothing is to be kept; the index is as it was.
    """
    began = time.perf_counter()
    options = options or Options()
    with ExitStack() as stack:
        found = discover(paths, skip=skip)
        draft = stack.enter_context(writer.begin())
        receipts = {path: Receipt.read(line) for path, line in draft.known().items()}
        run = _Run(
            found=found,
            scribe=stack.enter_context(Scribe(draft)),
            workers=workers or stack.enter_context(Workers()),
            journal=stack.enter_context(Journal.open() if options.dry_run else journal()),
            progress=progress or _silent,
            options=options,
        )
        left = run.all(receipts, embeddings)
        run.scribe.finish()
        generation = draft.publish() if run.changed and not options.dry_run else None
        if not left and not options.dry_run:
            run.journal.clear()
    problems = [Row(p.path, "failed", reason=str(p.error)) for p in found.problems]
    rows = tuple(sorted([*run.rows.values(), *problems], key=lambda row: row.path))
    seconds = time.perf_counter() - began
    return IngestReport(rows, generation, run.embedded, seconds, left, options.dry_run)


def _missing(path: str, receipt: Receipt, reason: str) -> Row:
    return Row(path, "missing", len(receipt.sources), receipt.chunks, reason)


def _silent(_stage: str, _done: int, _total: int, _path: str) -> None:
    """Progress for nobody."""


@dataclass(slots=True)
class _Run:
    """One ingest at work."""

    found: Found
    scribe: Scribe
    workers: Workers
    journal: Journal
    progress: Progress
    options: Options
    rows: dict[str, Row] = field(default_factory=dict)  #: by path; of files that were there
    changed: bool = False
    _planned: dict[str, Row] = field(default_factory=dict)  #: of files that wait for vectors
    _ended: set[str] = field(default_factory=set)  #: files that need nothing more
    _renamed: dict[str, str] = field(default_factory=dict)  #: new path → old path
    _known: Set[str] = frozenset()  #: paths that the index had at the beginning
    _pages: int = 0
    _holdings: Holdings = field(init=False)
    _window: Window = field(init=False)

    @property
    def embedded(self) -> int:
        """Texts that had to be embedded."""
        return self._window.embedded

    def all(self, receipts: dict[str, Receipt], embeddings: Embeddings) -> int:
        """Take every file; the number of those that were not reached."""
        embedder = Embedder(embeddings, journal=self.journal)
        dry_run = self.options.dry_run
        self._window = Window(scribe=self.scribe, embedder=embedder, dry_run=dry_run)
        self._holdings = Holdings(
            receipts,
            stored=self._window.stored,
            readable=frozenset(file.path for file in self.found.files),
        )
        self._known = frozenset(receipts)
        self._gone()
        try:
            self._take(self.found.files)
            self._take_over()
            self._flush()
        except _Stopped:
            if not self.options.keep:
                raise Interrupted("The ingest was stopped; the index is as it was.") from None
        return sum(1 for file in self.found.files if file.path not in self.rows)

    def _take(self, files: Sequence[FoundFile]) -> None:
        """Parse what is new or changed among ``files`` and plan it; embed when it is enough."""
        results = ReadAhead(self.workers, self._orders(files))
        for result in results:
            self._halt()
            if result:
                self._receive(result[0].path, result[1])
            if self._window.full(idle=not results.ready):
                self._flush()

    def _take_over(self) -> None:
        """Read files again that left a source to another, which does not give it any more."""
        tried: set[str] = set()
        while left := [file for file in self.found.files if self._lost(file, tried)]:
            tried.update(file.path for file in left)
            self._take(left)

    def _lost(self, file: FoundFile, tried: set[str]) -> bool:
        receipt = self._holdings.receipts.get(file.path)
        gives_way = receipt is not None and not self._holdings.stands(receipt)
        return gives_way and file.path not in tried

    def _orders(self, files: Sequence[FoundFile]) -> Iterator[tuple[Order, bytes | None]]:
        """Files to be parsed, with what an interrupted ingest has parsed already."""
        for file in files:
            receipt = self._holdings.receipts.get(file.path)
            wanted = self._key(file.sha256)
            if receipt and receipt.key == wanted and self._holdings.stands(receipt):
                self._end(Row(file.path, "unchanged", len(receipt.sources), receipt.chunks))
            else:
                order = Order(file.path, file.disk, self.options.max_chars, self.options.ocr)
                yield order, self.journal.work(f"{wanted} {file.path}")

    def _receive(self, path: str, data: bytes) -> None:
        """A worker's result for one file."""
        try:
            done = loads(data)
        except pickle.UnpicklingError as error:
            done = Refused(f"What the parser gave for {path} cannot be read: {error}.")
        if isinstance(done, Refused):
            self._refuse(path, done)
            return
        if not self.options.dry_run:
            wanted = self._key(done.file.sha256)
            self.journal.keep_work(f"{wanted} {path}", data)
        self._pages += len(done.file.page_starts)
        self.progress("pages", self._pages, self._pages, path)
        self._plan(path, done)

    def _refuse(self, path: str, done: Refused) -> None:
        old = self._renamed.get(path)
        if old:
            self.rows[old] = _missing(old, self._holdings.receipts[old], _GONE)
        receipt = self._holdings.receipts.get(path)
        if receipt is None:
            self._end(Row(path, "failed", reason=done.reason, seconds=done.seconds))
            return
        counts = (len(receipt.sources), receipt.chunks)
        self._end(Row(path, "failed", *counts, done.reason, (_STALE,), done.seconds))

    def _plan(self, path: str, done: Parsed) -> None:
        """What a parsed file adds to the library, queued for embedding."""
        before = self._holdings.receipts.get(path)
        old = self._renamed.get(path)
        wanted = self._key(done.file.sha256)
        plan = self._holdings.take(path, done, key=wanted, before=old)
        notes = (*([_RENAMED.format(path=old)] if old else []), *plan.notes)
        own, pages = len(plan.receipt.sources), len(done.file.page_starts)
        if own:
            outcome: Outcome = "unchanged" if old else "updated" if path in self._known else "added"
            row = Row(path, outcome, own, len(plan.chunks), "", notes, done.seconds, pages)
        else:
            outcome = "removed" if before and before.sources and not old else "unchanged"
            row = Row(path, outcome, reason=" ".join(notes), seconds=done.seconds, pages=pages)
        if plan.receipt == before:
            self._end(replace(row, outcome="unchanged"))
            return
        self._planned[path] = row
        self._window.add(path, plan, replaces=old)

    def _gone(self) -> None:
        """Deal with indexed files that lie under an ingested folder and are no longer there."""
        for gone in list(gone_files(self.found, self._holdings)):
            relying = gone.relying if self.options.prune else None
            if gone.renamed:
                self._renamed[gone.renamed] = gone.path
            elif self.options.prune and not relying:
                self._holdings.drop(gone.path)
                self._remove(gone.path)
                self.rows[gone.path] = Row(gone.path, "removed", reason="The file is gone.")
            else:
                reason = _GONE_BUT_SHARED.format(path=relying) if relying else _GONE
                self.rows[gone.path] = _missing(gone.path, gone.receipt, reason)

    def _flush(self) -> None:
        """Embed what waits, and have each file written as soon as all of it is there."""
        total = self._window.done + self._window.chunks
        self.journal.commit()
        for path in self._window.flush():
            self.progress("chunks", self._window.done, total, path)
            if path:
                self.changed = True
                self._end(self._planned.pop(path))
            else:
                self._halt()

    def _remove(self, path: str) -> None:
        self.changed = True
        if not self.options.dry_run:
            self.scribe.remove(path)

    def _end(self, row: Row) -> None:
        self.rows[row.path] = row
        self._ended.add(row.path)
        self.progress("files", len(self._ended), len(self.found.files), row.path)

    def _key(self, sha256: str) -> str:
        return key(sha256, max_chars=self.options.max_chars, ocr=self.options.ocr)

    def _halt(self) -> None:
        if self.options.stop():
            raise _Stopped
