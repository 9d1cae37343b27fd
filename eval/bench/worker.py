"""One task of one contender in a process of its own, so that memory and start-up are its own.

    python -m eval.bench.worker ragbot search FOLDER --chunks 10000     # {"p50_ms": 9.1, …}

Prints one JSON object. Tasks: ``ingest`` (files → index), ``start`` (open that and search once),
``build`` (an index of made chunks), ``search`` (that, warm), ``add`` (one document to it). What it
does not do: compare; ``speed`` does.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from eval.bench.corpus import QUESTIONS, make_files
from eval.bench.synthetic import EMBEDDED, Maker
from eval.bench.systems import SYSTEMS, System
from eval.stats import percentile

SETTLE = 3  #: queries before the clock starts


def main() -> None:
    """Run one task."""
    parser = argparse.ArgumentParser()
    parser.add_argument("system", choices=SYSTEMS)
    parser.add_argument("task", choices=TASKS)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--documents", type=int, default=0)
    parser.add_argument("--chunks", type=int, default=0)
    parser.add_argument("--queries", type=int, default=50)
    parser.add_argument("--embedded", type=int, default=EMBEDDED, help="chunks with real vectors")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    with _Peak() as peak:
        found = TASKS[options.task](SYSTEMS[options.system](), options)
    print(json.dumps({**found, "memory_mb": peak.megabytes}))


def _ingest(system: System, options: argparse.Namespace) -> dict[str, float]:
    files = make_files(options.folder / "files", count=options.documents, seed=0)
    system.warm()
    seconds = _seconds(lambda: system.ingest(files, options.folder / "index"))
    return {"seconds": seconds, "mb": _megabytes(options.folder / "index")}


def _build(system: System, options: argparse.Namespace) -> dict[str, float]:
    maker = Maker.fresh(seed=0, embedded=options.embedded, kept=options.folder.parent / "base.npy")
    index = options.folder / f"index-{options.chunks}"
    built = _seconds(lambda: system.build(index, maker, options.chunks))
    return {"built_s": built, "mb": _megabytes(index)}


def _search(system: System, options: argparse.Namespace) -> dict[str, float]:
    search = system.open(options.folder / f"index-{options.chunks}")
    questions = [f"{QUESTIONS[n % len(QUESTIONS)]} ({n})" for n in range(options.queries + SETTLE)]
    times = [_seconds(lambda q=question: search(q)) for question in questions][SETTLE:]  # type: ignore[misc]
    return {"p50_ms": 1000 * percentile(times, 0.5), "p95_ms": 1000 * percentile(times, 0.95)}


def _start(system: System, options: argparse.Namespace) -> dict[str, float]:
    system.open(options.folder / "index")(QUESTIONS[0])
    return {}


def _add(system: System, options: argparse.Namespace) -> dict[str, float]:
    (file,) = make_files(options.folder / "one-more", count=1, seed=time.time_ns())
    system.warm()
    index = options.folder / f"index-{options.chunks}"
    return {"seconds": _seconds(lambda: system.add(index, file))}


TASKS: dict[str, Callable[[System, argparse.Namespace], dict[str, float]]] = {
    "ingest": _ingest,
    "build": _build,
    "search": _search,
    "start": _start,
    "add": _add,
}


class _Peak:
    """The most memory that this process had resident, in MB, looked at ten times a second.

    Not ``ru_maxrss``: a child inherits its parent's.
    """

    def __init__(self) -> None:
        self.megabytes = 0.0
        self._done = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Peak:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._watch.join()

    def _look(self) -> None:
        import psutil

        process = psutil.Process(os.getpid())
        while True:
            self.megabytes = max(self.megabytes, process.memory_info().rss / 1e6)
            if self._done.wait(0.1):
                return


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _megabytes(folder: Path) -> float:
    """What lies in ``folder``; files that are linked together count once."""
    files = {p.stat().st_ino: p.stat().st_size for p in folder.rglob("*") if p.is_file()}
    return sum(files.values()) / 1e6


if __name__ == "__main__":
    main()
