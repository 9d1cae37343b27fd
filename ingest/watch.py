"""Keep an index in step with folders: ingest, wait for changes, ingest again, until told to stop.

    watch([Path("papers")], run=ingest_them, tell=show, stop=event, skip=[Path("index")])

Changes that come close together are one ingest, and those that come during an ingest cause the
next. An error is told and does not end the watching: a locked index or a full disk is tried again
after a while. It knows nothing of settings or screens. What changed is found by the ingest itself:
an event only says that something did.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ingest.report import IngestReport
from ragbot.errors import IndexProblem, Interrupted, RagbotError

AGAIN_AFTER = 30.0  #: seconds until an ingest that failed as a whole is tried again
_TOGETHER = 2000  #: milliseconds for which changes are gathered at most
_QUIET = 400  #: milliseconds without a change after which the gathering ends
_TICK = 500  #: milliseconds


def watch(
    paths: Sequence[Path],
    *,
    run: Callable[[], IngestReport],
    tell: Callable[[IngestReport | RagbotError], None],
    stop: threading.Event,
    skip: Sequence[Path] = (),
    again_after: float = AGAIN_AFTER,
) -> None:
    """Watch until ``stop`` is set.

    ``run``: one ingest; it may raise ``Interrupted`` once ``stop`` is set. ``tell``: called with
    its report, or with what went wrong. Changes below ``skip`` are nobody's business.

    Raises:
        FileNotFoundError: one of the paths does not exist.
    """
    import watchfiles

    left_out = tuple(os.path.realpath(path) for path in skip)

    def matters(_change: object, path: str) -> bool:
        real = os.path.realpath(path)
        return not any(real == out or real.startswith(out + os.sep) for out in left_out)

    due: float | None = 0.0  # the first ingest is due at once
    for changes in watchfiles.watch(
        *paths,
        watch_filter=matters,
        debounce=_TOGETHER,
        step=_QUIET,
        stop_event=stop,
        rust_timeout=_TICK,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        if not changes and (due is None or time.monotonic() < due):
            continue
        due = None
        try:
            tell(run())
        except Interrupted:
            return
        except RagbotError as error:
            tell(error)
            if isinstance(error, IndexProblem):
                due = time.monotonic() + again_after
