"""Parsing, splitting and embedding on a Ray cluster, ahead of the ingest itself.

    fill(paths, journal, known={}, load=partial(load_embeddings, threads=1))

Ray Data maps files to chunks and chunks to vectors on whatever cluster ``RAY_ADDRESS`` names, or on
this machine; the results go into the ingest's journal. The ingest that follows decides and writes
as ever, and finds everything done: so the index is the same as without Ray, and a cluster that dies
half-way costs only what it had not sent back. Every machine must see the files under the same paths
and have ragbot installed. docs/scale.md works out what that gives for very large libraries.

What it does not do: decide what a file adds, or write the index; one machine does that.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ingest.discover import FoundFile, discover
from ingest.journal import Journal
from ingest.receipt import Receipt, key
from ingest.split import MAX_CHARS
from ingest.work import Order, Parsed, loads
from ragbot.errors import ConfigError, WorkerProblem

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

    from ingest.workers import Limits

FILES_AT_ONCE = 32  #: embedded in one go
PARSE_CPUS, EMBED_CPUS = 0.25, 0.75  #: of a core for each actor: one of each fits on one core


def fill(
    paths: Sequence[Path],
    journal: Journal,
    *,
    known: Mapping[str, str],
    load: Callable[[], Embeddings],
    limits: Limits,
    max_chars: int = MAX_CHARS,
    ocr: bool = False,
    skip: Sequence[Path] = (),
) -> int:
    """Parse and embed what is new among ``paths`` into ``journal``; returns how many files.

    ``known``: the index's fingerprints by path. ``load`` makes the embedder on another machine, so
    it must be importable there. ``skip``: files and folders to leave out.

    Raises:
        ConfigError: Ray is not installed.
        WorkerProblem: the cluster failed.
    """
    files = [
        file
        for file in discover(paths, skip=skip).files
        if _is_wanted(file, journal, known, max_chars=max_chars, ocr=ocr)
    ]
    if files:
        rows = [_row(file, max_chars=max_chars, ocr=ocr) for file in files]
        _run(rows, journal, load=load, limits=limits)
    return len(files)


def _is_wanted(
    file: FoundFile, journal: Journal, known: Mapping[str, str], *, max_chars: int, ocr: bool
) -> bool:
    wanted = key(file.sha256, max_chars=max_chars, ocr=ocr)
    indexed = file.path in known and Receipt.read(known[file.path]).key == wanted
    return not indexed and journal.work(f"{wanted} {file.path}") is None


def _row(file: FoundFile, *, max_chars: int, ocr: bool) -> dict[str, Any]:
    wanted = key(file.sha256, max_chars=max_chars, ocr=ocr)
    return {
        "key": f"{wanted} {file.path}",
        "path": file.path,
        "disk": str(file.disk.absolute()),
        "max_chars": max_chars,
        "ocr": ocr,
    }


def _run(
    rows: Sequence[dict[str, Any]],
    journal: Journal,
    *,
    load: Callable[[], Embeddings],
    limits: Limits,
) -> None:
    ray = _ray()
    pool = ray.data.ActorPoolStrategy(min_size=1)
    try:
        if not ray.is_initialized():
            ray.init(include_dashboard=False, log_to_driver=False, logging_level="error")
        ray.data.DataContext.get_current().enable_progress_bars = False
        done = (
            ray.data.from_items(list(rows))
            .map(_Parse, fn_constructor_args=(limits,), compute=pool, num_cpus=PARSE_CPUS)
            .map_batches(
                _Embed,
                fn_constructor_args=(load,),
                compute=pool,
                num_cpus=EMBED_CPUS,
                batch_size=FILES_AT_ONCE,
            )
        )
        for row in done.iter_rows():
            _keep(row, journal)
    except (ray.exceptions.RayError, RuntimeError) as error:
        raise WorkerProblem(f"The Ray cluster failed: {error}.") from error


def _keep(row: Mapping[str, Any], journal: Journal) -> None:
    """A file that was refused is left to the ingest, which says why."""
    texts: list[str] = json.loads(row["texts"])
    if not row["work"]:
        return
    journal.keep_work(str(row["key"]), bytes(row["work"]))
    vectors = np.frombuffer(row["vectors"], dtype=np.float32).reshape(len(texts), -1)
    journal.keep_vectors(dict(zip(texts, vectors, strict=True)))


class _Parse:
    """A Ray actor: one file after another, each under the limits that it has everywhere."""

    def __init__(self, limits: Limits) -> None:
        from ingest.workers import Workers

        self._workers = Workers(jobs=1, limits=limits)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        order = Order(row["path"], Path(row["disk"]), int(row["max_chars"]), bool(row["ocr"]))
        data = self._workers.submit(order).result()
        done = loads(data)
        if not isinstance(done, Parsed):
            return {"key": row["key"], "work": b"", "texts": "[]"}
        texts = list(dict.fromkeys(chunk.embedding_text for chunk in done.chunks))
        return {"key": row["key"], "work": data, "texts": json.dumps(texts)}


class _Embed:
    """A Ray actor with a loaded model."""

    def __init__(self, load: Callable[[], Embeddings]) -> None:
        self._embeddings = load()

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        texts: list[list[str]] = [json.loads(one) for one in batch["texts"]]
        flat = [text for own in texts for text in own]
        made = self._embeddings.embed_documents(flat) if flat else []
        rows = iter(np.asarray(made, dtype=np.float32))
        vectors = [b"".join(next(rows).tobytes() for _ in own) for own in texts]
        return {**batch, "vectors": np.array(vectors, dtype=object)}


def _ray() -> Any:  # noqa: ANN401 (an extra)
    # The newer one waits for an actor of its own and gives up where a busy machine is slow to
    # start it (Ray 2.55); this one asks the cluster itself.
    os.environ.setdefault("RAY_DATA_CLUSTER_AUTOSCALER", "V1")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ConfigError(
            "`--engine ray` needs Ray, which is not installed.",
            hint="Run: pip install 'ragbot[ray]'",
        ) from error
    return ray
