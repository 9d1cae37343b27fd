"""Files → an index: find, parse, split, embed, write, publish.

    report = ingest([Path("seeds")], writer=writer, embeddings=embeddings)
    report.generation, [row.outcome for row in report.rows]

One failing file never stops the others: it is a row of the report. Unchanged files are neither
parsed nor embedded, chunks that stand already keep their vectors, and where nothing changed nothing
is published. The same source in two files is indexed once, from the file that came first. It does
not know how an index is stored: that is behind ``Writer``.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ingest.discover import Found, FoundFile, discover, read
from ingest.parsers.table import parse_file
from ingest.ports import Draft, Progress, Vector, Writer
from ingest.receipt import Receipt, key
from ingest.report import IngestReport, Outcome, Row
from ingest.split import MAX_CHARS, split_file
from ragbot.errors import EmptyFile, ModelProblem, SourceError
from ragbot.types import Chunk, ParsedFile

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

__all__ = ["Draft", "IngestReport", "Progress", "Row", "Writer", "ingest"]

BATCH = 64  #: texts handed to the embedder at once
_WAITING_CHUNKS = 2048  #: chunks that wait at most before they are embedded and written together
_SHARED = "{count} of its sources already came from {path} and are not indexed twice."
_BUG = "ragbot could not parse {path} ({error}). Please report it with the file."
_STALE = "What was indexed before still stands."
_GONE = "The file is gone; its sources still stand. Ingest with --prune to drop them."


@dataclass(slots=True)
class _Pending:
    """A file that is parsed and split, and waits for its vectors."""

    file: ParsedFile
    chunks: Sequence[Chunk]
    receipt: Receipt
    row: Row


@dataclass(slots=True)
class _Run:
    """One ingest at work."""

    draft: Draft
    embeddings: Embeddings
    progress: Progress
    max_chars: int
    rows: list[Row] = field(default_factory=list)
    pending: list[_Pending] = field(default_factory=list)
    receipts: dict[str, Receipt] = field(default_factory=dict)  #: by path, as the draft will stand
    embedded: int = 0
    written: int = 0
    changed: bool = False


def ingest(
    paths: Sequence[Path],
    *,
    writer: Writer,
    embeddings: Embeddings,
    progress: Progress | None = None,
    prune: bool = False,
    max_chars: int = MAX_CHARS,
    skip: Sequence[Path] = (),
) -> IngestReport:
    """Read ``paths`` into a new generation of the index.

    ``prune`` drops sources whose files are gone from the ingested folders; ``max_chars`` bounds a
    chunk; ``skip`` names files and folders below ``paths`` to leave out.

    Raises:
        IndexProblem: the index cannot be written; the generation before it still stands.
        ModelProblem: the embedder fails or does not give vectors.
    """
    began = time.perf_counter()
    found = discover(paths, skip=skip)
    with writer.begin() as draft:
        run = _Run(draft, embeddings, progress or _silent, max_chars)
        run.receipts = {path: Receipt.read(line) for path, line in draft.known().items()}
        run.rows += [Row(bad.path, "failed", reason=str(bad.error)) for bad in found.problems]
        _gone(run, found, prune=prune)
        # Files that left a source to another file come last: that other file may have changed.
        order = sorted(found.files, key=lambda f: (bool(_before(run, f).elsewhere), f.path))
        for done, file in enumerate(order):
            run.progress("read", done, len(order), file.path)
            _take(run, file)
            if sum(len(waiting.chunks) for waiting in run.pending) >= _WAITING_CHUNKS:
                _flush(run)
        run.progress("read", len(order), len(order), "")
        _flush(run)
        generation = draft.publish() if run.changed else None
    rows = tuple(sorted(run.rows, key=lambda row: row.path))
    return IngestReport(rows, generation, run.embedded, time.perf_counter() - began)


def _silent(_stage: str, _done: int, _total: int, _path: str) -> None:
    """Progress for nobody."""


def _before(run: _Run, file: FoundFile) -> Receipt:
    return run.receipts.get(file.path) or Receipt(key="")


def _gone(run: _Run, found: Found, *, prune: bool) -> None:
    """Deal with indexed files that lie under an ingested folder and are no longer there."""
    here = {file.path for file in found.files} | {problem.path for problem in found.problems}
    for path, receipt in sorted(run.receipts.items()):
        under = any(path.startswith(f"{folder}/") for folder in found.folders)
        blocked = any(path.startswith(f"{problem.path}/") for problem in found.problems)
        if not under or blocked or path in here:
            continue
        if prune:
            run.draft.remove(path)
            del run.receipts[path]
            run.changed = True
            run.rows.append(Row(path, "removed", reason="The file is gone."))
        else:
            run.rows.append(Row(path, "unchanged", len(receipt.sources), receipt.chunks, _GONE))


def _take(run: _Run, file: FoundFile) -> None:
    """Parse and split one file, unless it is unchanged."""
    began = time.perf_counter()
    before = _before(run, file)
    claimed = _claims(run, besides=file.path)
    unchanged = before.key == key(file.sha256, max_chars=run.max_chars)
    if unchanged and all(source in claimed for source in before.elsewhere):
        row = Row(file.path, "unchanged", len(before.sources), before.chunks)
        run.rows.append(row)
        return
    try:
        parsed, chunks = _read(run, file)
    except SourceError as error:
        run.rows.append(_failed(run, file, str(error), began))
    except Exception as error:  # noqa: BLE001 (a bug in one parser must not stop the other files)
        bug = _BUG.format(path=file.path, error=f"{type(error).__name__}: {error}")
        run.rows.append(_failed(run, file, bug, began))
    else:
        _plan(run, parsed, chunks, claimed, began)


def _read(run: _Run, file: FoundFile) -> tuple[ParsedFile, tuple[Chunk, ...]]:
    parsed = parse_file(file.path, read(file))
    chunks = split_file(parsed, max_chars=run.max_chars)
    if not chunks:
        raise EmptyFile(f"{file.path} holds nothing that could be quoted.")
    return parsed, chunks


def _failed(run: _Run, file: FoundFile, reason: str, began: float) -> Row:
    receipt = run.receipts.get(file.path)
    seconds = time.perf_counter() - began
    if receipt is None:
        return Row(file.path, "failed", reason=reason, seconds=seconds)
    counts = (len(receipt.sources), receipt.chunks)
    return Row(file.path, "failed", *counts, reason, notes=(_STALE,), seconds=seconds)


def _claims(run: _Run, *, besides: str) -> dict[str, str]:
    """Which file gives each source, ``besides`` left out."""
    return {
        source: path
        for path, receipt in run.receipts.items()
        if path != besides
        for source in receipt.sources
    }


def _plan(
    run: _Run,
    parsed: ParsedFile,
    chunks: Sequence[Chunk],
    claimed: Mapping[str, str],
    began: float,
) -> None:
    """Leave out what another file gives already, and queue the rest for embedding."""
    own = {document.source_id: document for document in parsed.documents}
    kept = tuple(document for source, document in own.items() if source not in claimed)
    elsewhere = tuple(source for source in own if source in claimed)
    ids = tuple(document.source_id for document in kept)
    rest = _once([chunk for chunk in chunks if chunk.source_id in ids])
    notes = [*parsed.notes]
    if len(own) < len(parsed.documents):
        notes.append(f"Sources that stand in it twice: {len(parsed.documents) - len(own)}.")
    shared = Counter(claimed[source] for source in elsewhere)
    notes += [_SHARED.format(count=n, path=path) for path, n in sorted(shared.items())]
    is_known = parsed.path in run.receipts
    receipt = Receipt(key(parsed.sha256, max_chars=run.max_chars), len(rest), ids, elsewhere)
    seconds = time.perf_counter() - began
    if not kept:
        _nothing_own(run, parsed.path, tuple(notes), seconds, is_known=is_known)
        return
    outcome: Outcome = "updated" if is_known else "added"
    row = Row(parsed.path, outcome, len(kept), len(rest), "", tuple(notes), seconds)
    run.receipts[parsed.path] = receipt
    run.pending.append(_Pending(replace(parsed, documents=kept), rest, receipt, row))


def _nothing_own(
    run: _Run, path: str, notes: tuple[str, ...], seconds: float, *, is_known: bool
) -> None:
    """A file all of whose sources another file gives: it needs no place in the index."""
    if is_known:
        run.draft.remove(path)
        del run.receipts[path]
        run.changed = True
    outcome: Outcome = "removed" if is_known else "unchanged"
    run.rows.append(Row(path, outcome, reason=" ".join(notes), seconds=seconds))


def _once(chunks: Sequence[Chunk]) -> tuple[Chunk, ...]:
    """Each chunk id once: a source that stands twice in a file has the same chunks twice."""
    return tuple({chunk.chunk_id: chunk for chunk in reversed(chunks)}.values())[::-1]


def _flush(run: _Run) -> None:
    """Embed and write what is waiting."""
    chunks = [chunk for waiting in run.pending for chunk in waiting.chunks]
    vectors = dict(run.draft.vectors_for([chunk.chunk_id for chunk in chunks]))
    missing = [chunk for chunk in chunks if chunk.chunk_id not in vectors]
    vectors |= _embed(run, missing)
    for done, waiting in enumerate(run.pending, 1):
        rows = np.stack([vectors[chunk.chunk_id] for chunk in waiting.chunks])
        run.draft.put(waiting.file, waiting.chunks, rows, waiting.receipt.fingerprint())
        run.rows.append(waiting.row)
        run.progress("write", run.written + done, run.written + len(run.pending), waiting.file.path)
    run.changed = run.changed or bool(run.pending)
    run.written += len(run.pending)
    run.pending = []


def _embed(run: _Run, chunks: Sequence[Chunk]) -> dict[str, Vector]:
    """Vectors by chunk id; texts of like length go together, so that little is padded."""
    ordered = sorted(chunks, key=lambda chunk: (len(chunk.embedding_text), chunk.chunk_id))
    vectors: dict[str, Vector] = {}
    for first in range(0, len(ordered), BATCH):
        batch = ordered[first : first + BATCH]
        run.progress("embed", first, len(ordered), batch[0].path)
        made = run.embeddings.embed_documents([chunk.embedding_text for chunk in batch])
        if len(made) != len(batch):
            raise ModelProblem(f"The embedder gave {len(made)} vectors for {len(batch)} texts.")
        rows = np.asarray(made, dtype=np.float32)
        if not np.isfinite(rows).all():
            raise ModelProblem("The embedder gave vectors that are not finite numbers.")
        vectors |= {chunk.chunk_id: row for chunk, row in zip(batch, rows, strict=True)}
    if ordered:
        run.progress("embed", len(ordered), len(ordered), "")
    run.embedded += len(ordered)
    return vectors
