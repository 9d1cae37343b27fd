"""``ragbot ingest`` and ``ragbot watch``. Thin: they parse, call wiring, and print.

    ragbot ingest ~/papers --jobs 4 --report outcomes.csv
    ragbot watch ~/papers --prune

The table of outcomes goes to stdout, the bar to stderr. Ctrl-C leaves the index as it was, or
publishes what is done with ``--keep``; either way a rerun goes on where it stopped.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated

import typer

from ragbot.config import load_settings
from ragbot.errors import Interrupted, RagbotError
from ragbot.progress import progress_bar

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport

INTERRUPTED = 130  #: exit code, as shells have it for Ctrl-C
_GO_ON = "Run it again to go on where it stopped."

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Index folder [RAGBOT_INDEX_DIR, default: index]")
]
JobsOption = Annotated[
    int, typer.Option("--jobs", "-j", min=0, help="Processes that parse; 0: one a core, 8 at most")
]
PruneOption = Annotated[bool, typer.Option("--prune", help="Drop sources whose files are gone.")]


class Engine(StrEnum):
    """What parses and embeds."""

    LOCAL = "local"
    RAY = "ray"


def ingest(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders; none: seeds/")
    ] = None,
    index: IndexOption = None,
    prune: PruneOption = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Start afresh, e.g. for another model.")
    ] = False,
    jobs: JobsOption = 0,
    engine: Annotated[
        Engine, typer.Option("--engine", help="Where to parse and embed: here, or on Ray.")
    ] = Engine.LOCAL,
    keep: Annotated[
        bool, typer.Option("--keep", help="On Ctrl-C, publish what is done so far.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option("--report", help="Write the outcomes to a .json or .csv file.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read files into the index."""
    _check_report(report)
    from ingest.pipeline import Options
    from ragbot.wiring import open_ingest

    settings = load_settings(index_dir=index)
    stop = threading.Event()
    options = Options(prune=prune, dry_run=dry_run, keep=keep, stop=stop.is_set)
    try:
        with progress_bar() as progress, _stopping(stop, signal.SIGINT, enabled=keep):
            run = open_ingest(
                settings, jobs=jobs, rebuild=rebuild, engine=engine, progress=progress
            )
            done = run(paths or [], options)
    except KeyboardInterrupt:
        sys.stderr.write(f"ragbot: interrupted; the index is as it was. {_GO_ON}\n")
        raise typer.Exit(INTERRUPTED) from None
    _print(done, as_json=as_json)
    if report:
        _write(done, report)
    raise typer.Exit(_exit_code(done))


def watch(
    paths: Annotated[list[Path], typer.Argument(help="Folders (or files) to keep in step with")],
    index: IndexOption = None,
    prune: PruneOption = False,
    jobs: JobsOption = 0,
) -> None:
    """Ingest folders, and again whenever something in them changes."""
    for path in paths:
        if not path.exists():
            raise typer.BadParameter(f"{path} does not exist", param_hint="PATHS")
    from ingest.pipeline import Options
    from ingest.watch import watch as run_watch
    from ragbot.wiring import open_ingest

    settings = load_settings(index_dir=index)
    stop = threading.Event()
    options = Options(prune=prune, stop=stop.is_set)
    with progress_bar() as progress, _stopping(stop, signal.SIGINT, signal.SIGTERM):
        run = open_ingest(settings, jobs=jobs, progress=progress)
        sys.stderr.write(f"ragbot: watching {', '.join(map(str, paths))}; stop with Ctrl-C.\n")
        run_watch(
            paths, run=lambda: run(paths, options), tell=_tell, stop=stop, skip=[settings.index_dir]
        )
    sys.stderr.write("ragbot: stopped watching.\n")


@contextmanager
def _stopping(stop: threading.Event, *signals: int, enabled: bool = True) -> Iterator[None]:
    """The first signal asks to stop, a second one interrupts."""

    def ask(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        sys.stderr.write("ragbot: stopping …\n")

    before = {number: signal.signal(number, ask) for number in signals if enabled}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(event: IngestReport | RagbotError) -> None:
    """One line for an ingest that changed something, one for each failure."""
    if isinstance(event, RagbotError):
        if not isinstance(event, Interrupted):
            sys.stderr.write(f"ragbot: {event}\n")
        return
    for row in event.rows:
        if row.outcome == "failed":
            typer.echo(f"failed: {row.reason}")
    if event.generation:
        counts = ((event.count(o), o) for o in ("added", "updated", "removed", "unchanged"))
        listed = ", ".join(f"{count} {outcome}" for count, outcome in counts if count)
        typer.echo(f"{event.generation}: {listed} ({event.seconds:.1f} s)")


def _exit_code(report: IngestReport) -> int:
    failed = report.count("failed")
    if report.left:
        return INTERRUPTED
    if not failed:
        return 0
    return 2 if failed == len(report.rows) else 1


def _check_report(report: Path | None) -> None:
    """Before the work, not after it."""
    if report is None:
        return
    if report.suffix.lower() not in (".json", ".csv"):
        raise typer.BadParameter("the name must end in .json or .csv", param_hint="--report")
    if not report.parent.is_dir():
        raise typer.BadParameter(f"{report.parent} is no folder", param_hint="--report")


def _write(report: IngestReport, path: Path) -> None:
    in_csv = path.suffix.lower() == ".csv"
    text = "\ufeff" + report.to_csv() if in_csv else _json(report) + "\n"  # the mark is for Excel
    try:
        path.write_text(text, encoding="utf-8", errors="backslashreplace", newline="")
    except OSError as error:
        raise RagbotError(f"{path} cannot be written: {error.strerror}.") from error


def _json(report: IngestReport) -> str:
    text = json.dumps(report.to_json(), ensure_ascii=False, indent=2)
    return text.encode("utf-8", "backslashreplace").decode()  # a lone surrogate stays JSON


def _print(report: IngestReport, *, as_json: bool) -> None:
    if as_json:
        typer.echo(_json(report))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("File", "Outcome", "Documents", "Chunks", "Reason", box=None, pad_edge=False)
    for row in report.rows:
        remarks = dict.fromkeys(part for part in (row.reason, *row.notes) if part)
        cells = (row.path, row.outcome, str(row.documents), str(row.chunks), "; ".join(remarks))
        table.add_row(*(Text(cell, overflow="fold") for cell in cells))
    Console().print(table)
    if report.dry_run:
        typer.echo(f"Nothing was written. Texts that would be embedded: {report.embedded}.")
    if report.left:
        typer.echo(f"Stopped: {report.left} files were not reached. {_GO_ON}")
