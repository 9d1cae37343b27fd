"""How far an ingest is, on stderr: a bar on a terminal, nothing elsewhere.

    with progress_bar() as progress:
        run_ingest(settings, [Path("papers")], progress=progress)
    # 120/2000 files ━━╺━━ 340 pages · 1,024/2,048 chunks · 12.3 files/s · 0:02:32 left  papers/x

Nothing here goes to stdout.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Progress = Callable[[str, int, int, str], None]
_PATH_CHARS = 40
_SPEED_SECONDS = 120.0  #: files come in bursts, when their chunks have been embedded together


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A function to call with (stage, done, total, path); see ``ingest.ports``."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Task, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Rate(TextColumn):
        """Files a second."""

        def render(self, task: Task) -> Text:
            return Text(f"· {task.speed:.1f} files/s ·" if task.speed else "·")

    console = Console(stderr=True)
    with Bar(
        MofNCompleteColumn(),
        TextColumn("files"),
        BarColumn(bar_width=20),
        TextColumn("{task.fields[pages]:,} pages · {task.fields[chunks]} chunks"),
        Rate(""),
        TimeRemainingColumn(),
        TextColumn("left  {task.fields[path]}", markup=False),
        console=console,
        transient=True,
        disable=not console.is_terminal,
        speed_estimate_period=_SPEED_SECONDS,
    ) as bar:
        task = bar.add_task("", total=None, visible=False, pages=0, chunks="0", path="")

        def report(stage: str, done: int, total: int, path: str) -> None:
            if stage == "files":
                bar.update(task, completed=done, total=total, visible=True)
            elif stage == "pages":
                bar.update(task, pages=done)
            else:
                bar.update(task, chunks=f"{done:,}/{total:,}")
            if path:
                shown = "".join(char if char.isprintable() else "�" for char in path)
                bar.update(task, path=shown[-_PATH_CHARS:])

        yield report
