"""Progress on stderr with the time left: a bar on a terminal, a line now and then elsewhere.

    with progress_on_stderr() as progress:
        progress("ragbot", 12, 340)

Nothing here goes to stdout.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

EVERY = 15.0  #: seconds between lines where there is no terminal
Report = Callable[[str, int, int], None]


@contextmanager
def progress_on_stderr() -> Iterator[Report]:
    """A function to call with (what, done, total)."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(console)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=console,
    ) as bar:
        tasks: dict[str, Any] = {}

        def report(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report


def _lines(console: Console) -> Report:
    began: dict[str, tuple[float, int]] = {}
    last = 0.0

    def report(what: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        first, at = began.setdefault(what, (now, done))
        if done < total and now - last < EVERY:
            return
        last = now
        left = ""
        if done > at and done < total:
            seconds = (now - first) / (done - at) * (total - done)
            left = f", about {seconds:.0f} s left"
        console.print(f"{what}: {done} of {total}{left}", highlight=False)

    return report
