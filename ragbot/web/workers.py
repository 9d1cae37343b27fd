"""The threads that compute: so many at once, so many waiting, and the rest is turned away.

    workers = Workers(running=1, waiting=64)
    future = workers.submit(lambda: engine.ask(question))        # or Busy
    workers.abandon(future)                                      # nobody waits for it any more

Python cannot stop a thread. Work that nobody waits for is taken out of the queue where it still
waits; where it runs already it runs to its end, holds its place until then, and is counted in
``overrun``, so that an operator sees it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from ragbot.errors import Busy

T = TypeVar("T")


class Workers:
    """A thread pool with a bounded queue that can say how full it is."""

    def __init__(self, *, running: int, waiting: int) -> None:
        """``running``: at once. ``waiting``: behind them."""
        self._room = running + waiting
        self._pool = ThreadPoolExecutor(running, thread_name_prefix="ragbot-engine")
        self._lock = threading.Lock()
        self._held = self._running = self._overrun = 0

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Run ``work`` when its turn comes.

        Raises:
            Busy: too many wait already, or the server is stopping.
        """
        with self._lock:
            if self._held >= self._room:
                raise Busy
            self._held += 1
        try:
            future = self._pool.submit(self._run, work)
        except RuntimeError as error:  # the pool is closed
            self._release()
            raise Busy(stopping=True) from error
        future.add_done_callback(lambda _: self._release())
        return future

    def abandon(self, future: Future[T]) -> None:
        """Nobody waits for it: out of the queue, or noted as running on for nobody."""
        if future.cancel() or future.done():
            return
        with self._lock:
            self._overrun += 1
        future.add_done_callback(lambda _: self._caught_up())

    def close(self) -> None:
        """Take no more; what is running finishes, what is waiting is turned away."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    @property
    def running(self) -> int:
        """How many are computed now."""
        return self._running

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return max(0, self._held - self._running)

    @property
    def overrun(self) -> int:
        """How many of those computed nobody waits for any more."""
        return self._overrun

    def _run(self, work: Callable[[], T]) -> T:
        with self._lock:
            self._running += 1
        try:
            return work()
        finally:
            with self._lock:
                self._running -= 1

    def _release(self) -> None:
        with self._lock:
            self._held -= 1

    def _caught_up(self) -> None:
        with self._lock:
            self._overrun -= 1
