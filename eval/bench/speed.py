"""``make bench``: how fast the product is, beside the textbook pipeline and txtai, in one run.

    python -m eval.bench.speed                    # small: minutes
    BENCH=full python -m eval.bench.speed         # searches at 100,000 chunks too

Every figure stands beside the textbook's and as a ratio to it: only ratios survive another machine,
or a busy one. Each task runs in a fresh process (``worker``), one after the other. Ingest and
``start`` embed for real; the searches at a size run over made vectors near real ones
(``synthetic``) and time, without saying anything about what is found: ``retrieval`` does that.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from eval.bench.systems import SYSTEMS
from eval.summary_text import markdown_table

BASELINE = "textbook"
SMALL = {"documents": 150, "sizes": [1_000, 10_000]}
FULL = {"documents": 600, "sizes": [1_000, 10_000, 100_000]}

Figures = dict[str, float]


@dataclass(slots=True)
class Bench:
    """The results as they come in: (task, system, chunks) → figures, or why there are none."""

    place: Path
    systems: Sequence[str]
    found: dict[tuple[str, str, int], Figures] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    def run(self, task: str, system: str, *, chunks: int = 0, **options: int) -> None:
        """Run one task in a process of its own."""
        folder = self.place / system
        folder.mkdir(exist_ok=True)
        given = {"chunks": chunks, **options}
        command = [sys.executable, "-m", "eval.bench.worker", system, task, str(folder)]
        command += [word for key, value in given.items() for word in (f"--{key}", str(value))]
        sys.stderr.write(f"bench: {task} {system} {chunks or ''}\n")
        began = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        seconds = time.perf_counter() - began
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            self.failed.append(f"{task} {system} {chunks or ''}: {last}")
            return
        figures: Figures = json.loads(done.stdout.strip().splitlines()[-1])
        self.found[task, system, chunks] = {"process_s": seconds, **figures}

    def row(
        self, name: str, task: str, figure: str, *, chunks: int = 0, scale: float = 1
    ) -> list[str]:
        """One row of the table: each system's figure, and its ratio to the baseline's."""
        values = {s: self.found.get((task, s, chunks), {}).get(figure) for s in self.systems}
        base = values.get(BASELINE)
        return [name, *(_cell(value, base, scale) for value in values.values())]


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = _parser().parse_args(args)
    systems = [s for s in SYSTEMS if s != "txtai" or find_spec("txtai")]
    if "txtai" not in systems:
        sys.stderr.write("bench: txtai is not installed; `make bench` installs it beside.\n")
    with tempfile.TemporaryDirectory(prefix="ragbot-bench-") as place:
        bench = Bench(Path(place), systems)
        for system in systems:
            bench.run("ingest", system, documents=options.documents)
            bench.run("start", system)
            for chunks in options.sizes:
                for task in ("build", "search", "add"):
                    bench.run(task, system, chunks=chunks)
    print(report(bench, documents=options.documents, sizes=options.sizes))
    if options.json:
        facts = [{"task": t, "system": s, "chunks": c, **f} for (t, s, c), f in bench.found.items()]
        options.json.write_text(json.dumps(facts, indent=1), encoding="utf-8")
    return 1 if bench.failed else 0


def report(bench: Bench, *, documents: int, sizes: Sequence[int]) -> str:
    """The tables, in Markdown."""
    rows = [
        bench.row(f"Ingest of {documents} documents, s", "ingest", "seconds"),
        bench.row("… most memory, MB", "ingest", "memory_mb"),
        bench.row("… index on disk, MB", "ingest", "mb"),
        bench.row("Start of a process to its first result, s", "start", "process_s"),
    ]
    for size in sizes:
        rows += [
            bench.row(f"{size:,} chunks: warm search, p50 ms", "search", "p50_ms", chunks=size),
            bench.row("… p95 ms", "search", "p95_ms", chunks=size),
            bench.row("… memory while searching, MB", "search", "memory_mb", chunks=size),
            bench.row("… one more document, s", "add", "seconds", chunks=size),
            bench.row("… index on disk, MB", "build", "mb", chunks=size),
        ]
    busy = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    lines = [
        f"{os.cpu_count()} cores, {busy}; in brackets the ratio to {BASELINE}; less is better.",
        "Searches at a size run over made vectors; queries are embedded for real.",
        "",
        *markdown_table([["", *bench.systems], *rows]),
        *(f"Failed: {one}" for one in bench.failed),
    ]
    return "\n".join(lines)


def _cell(value: float | None, base: float | None, scale: float) -> str:
    if value is None:
        return "–"
    ratio = f" ({value / base:.2f})" if base else ""
    return f"{value * scale:.1f}{ratio}"


def _parser() -> argparse.ArgumentParser:
    chosen: Mapping[str, Any] = FULL if os.environ.get("BENCH") == "full" else SMALL
    parser = argparse.ArgumentParser(
        prog="python -m eval.bench.speed", description="Speed beside the textbook and txtai."
    )
    parser.add_argument("--documents", type=int, default=chosen["documents"])
    parser.add_argument("--sizes", type=int, nargs="*", default=chosen["sizes"], help="in chunks")
    parser.add_argument("--json", type=Path, help="write every figure to this file too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
