"""A pool of worker processes that parse files: each file fails alone, and its worker is replaced.

    with Workers(jobs=2) as workers:
        workers.submit(Order("a.pdf", path, max_chars=900)).result()    # bytes for ``work.loads``

A worker is a fresh Python that imports the parsers only, not a fork: a fork of a process with torch
threads can hang, and ``multiprocessing`` would run the caller's main module again. A pool of the
standard library has no time limit for a task and breaks as a whole when one process dies; pebble
can do both but is under the LGPL. Workers start when there is work for them, serve many files, and
end when they take too long, need too much memory, send too much, or crash.
"""

from __future__ import annotations

import json
import os
import pickle
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO, Self, cast

from ingest.work import Order, Refused, dumps
from ingest.worker import MORE, READY, read_frame, write_frame
from ragbot.errors import WorkerProblem

MOST_JOBS = 8  #: by default; more workers than that only wait for the embedder
_START = (
    "import json, sys; sys.path[:] = json.loads(sys.argv.pop(1)); "
    "from ingest.worker import main; main()"
)
_START_SECONDS = 60.0
_AHEAD = 8  #: files for each worker that are parsed before they are asked for
_TICK = 0.25  #: seconds
_SLOW = "{path} took longer than {seconds:g} seconds to parse and was left out."
_LARGE = "{path} gives more than {limit:,} bytes of results. Split it."
_DIED = "{path} brought its parser down ({how}) and was left out."
_ALLOW = "If you trust it, allow more with {setting}."


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may take."""

    seconds: float = 60.0
    megabytes: int = 2048  #: address space of the worker
    result_bytes: int = 256_000_000  #: of what it sends back


class Workers:
    """A pool; safe to use from one thread, and over several ingests."""

    def __init__(self, *, jobs: int = 0, limits: Limits | None = None) -> None:
        """``jobs``: worker processes at most; 0: one for each core, ``MOST_JOBS`` at most."""
        self.jobs = jobs or min(cores(), MOST_JOBS)
        self._limits = limits or Limits()
        self._idle: deque[_Worker] = deque()
        self._all: set[_Worker] = set()
        self._lock = threading.Lock()
        self._closed = False
        self._threads = ThreadPoolExecutor(self.jobs, thread_name_prefix="ragbot-worker")

    def submit(self, order: Order) -> Future[bytes]:
        """Have a file parsed: the result as bytes, a refusal too.

        The future raises ``WorkerProblem`` where no worker can be started at all.
        """
        return self._threads.submit(self._handle, order)

    def close(self) -> None:
        """End every worker, at work or not. A second call does nothing."""
        with self._lock:
            self._closed = True
            for worker in self._all:
                worker.kill()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._all:
            worker.reap()
        self._all.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _handle(self, order: Order) -> bytes:
        worker = self._take()
        try:
            answer = worker.ask(order)
        finally:
            if worker.usable:
                self._idle.append(worker)
            else:
                worker.kill()
                worker.reap()
                with self._lock:
                    self._all.discard(worker)
        return answer

    def _take(self) -> _Worker:
        with suppress(IndexError):
            return self._idle.pop()
        with self._lock:
            if self._closed:
                raise WorkerProblem("The pool of workers is closed.")
            worker = _Worker(self._limits)
            self._all.add(worker)
        return worker


class _Worker:
    """One process, used by one thread at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._ready = False
        self.usable = True
        command = [sys.executable, "-c", _START, json.dumps([p or os.getcwd() for p in sys.path])]  # noqa: PTH109
        try:
            self._process = subprocess.Popen(  # noqa: S603 (ourselves)
                [*command, str(limits.seconds), str(limits.megabytes)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for the ingest, and a kill takes children along
            )
        except OSError as error:
            raise _no_start(str(error)) from error
        self._pipes = cast("tuple[BinaryIO, BinaryIO]", (self._process.stdin, self._process.stdout))

    def ask(self, order: Order) -> bytes:
        """The result for one file; after a refusal by a limit the worker is not usable."""
        self._wait_until_ready()
        most = self._limits.result_bytes
        with _Clock(self._limits.seconds, self.kill) as clock:
            try:
                write_frame(self._pipes[0], pickle.dumps(order))
                answer = read_frame(self._pipes[1], most=most)
            except OverflowError:
                return self._refuse(_LARGE.format(path=order.path, limit=most))
            except OSError:  # it died before it took the order
                answer = None
        if answer is None:
            return self._refuse(self._why(order, slow=clock.rang))
        self.usable = self.usable and answer.startswith(MORE)
        return answer[1:]

    def kill(self) -> None:
        """End it, with whatever it started."""
        self.usable = False
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.kill()

    def reap(self) -> None:
        """Wait for its end and close the pipes."""
        self._process.wait()
        for stream in self._pipes:
            with suppress(OSError):
                stream.close()

    def _wait_until_ready(self) -> None:
        if self._ready:
            return
        with _Clock(_START_SECONDS, self.kill):
            self._ready = read_frame(self._pipes[1], most=len(READY)) == READY
        if not self._ready:
            self.kill()
            raise _no_start(f"it ended with status {self._process.wait()}")

    def _refuse(self, reason: str) -> bytes:
        self.usable = False
        return dumps(Refused(reason))

    def _why(self, order: Order, *, slow: bool) -> str:
        if slow:
            reason = _SLOW.format(path=order.path, seconds=self._limits.seconds)
            return f"{reason} {_ALLOW.format(setting='RAGBOT_FILE_SECONDS')}"
        status = self._process.wait()
        how = signal.Signals(-status).name if status < 0 else f"exit status {status}"
        reason = _DIED.format(path=order.path, how=how)
        return f"{reason} {_ALLOW.format(setting='RAGBOT_FILE_MEMORY_MB')}"


class _Clock:
    """Does something when time is up, unless it was left before."""

    def __init__(self, seconds: float, action: Callable[[], None]) -> None:
        self.rang = False
        self._action = action
        self._timer = threading.Timer(seconds, self._ring)
        self._timer.daemon = True

    def _ring(self) -> None:
        self.rang = True
        self._action()

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


class ReadAhead:
    """Results in the order of the orders, while the workers are some files ahead."""

    def __init__(self, workers: Workers, orders: Iterable[tuple[Order, bytes | None]]) -> None:
        """``orders``: what is already known of a file comes with it and is not worked on again."""
        self._workers = workers
        self._orders = iter(orders)
        self._waiting: deque[tuple[Order, Future[bytes] | bytes]] = deque()

    @property
    def ready(self) -> bool:
        """Whether the next result is there, so that taking it does not wait."""
        self._fill()
        if not self._waiting:
            return False
        _, result = self._waiting[0]
        return isinstance(result, bytes) or result.done()

    def __iter__(self) -> Iterator[tuple[Order, bytes] | None]:
        """The results; None now and then, while the next one is not there yet."""
        while self._fill():
            order, result = self._waiting[0]
            if isinstance(result, bytes) or result.done() or wait([result], timeout=_TICK).done:
                self._waiting.popleft()
                yield order, result if isinstance(result, bytes) else result.result()
            else:
                yield None

    def _fill(self) -> bool:
        while len(self._waiting) < _AHEAD * self._workers.jobs:
            following = next(self._orders, None)
            if following is None:
                break
            order, known = following
            self._waiting.append((order, known or self._workers.submit(order)))
        return bool(self._waiting)


def cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _no_start(why: str) -> WorkerProblem:
    return WorkerProblem(
        f"A process for parsing files could not be started: {why}.",
        hint="Try `python -c 'import ingest.worker'`, and see that there is memory left.",
    )
