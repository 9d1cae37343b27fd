"""A circuit breaker: after a few failures in a row, nothing is asked for a while.

    breaker = Breaker(failures=3, rest=30)
    if breaker.allows():
        breaker.succeeded()     # or breaker.failed()

After ``rest`` seconds one caller may try; whether that works decides for all (Nygard 2007, "Release
It!"). Libraries for this (pybreaker, purgatory) wrap a call and count its exceptions. Here the
outcome of a stream is known only when it ends, and a time-out is found by someone else than who
calls: what would be left of them is this.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Breaker:
    """Closed, open for ``rest`` seconds, then half open for one trial. Thread-safe."""

    def __init__(
        self, *, failures: int = 3, rest: float = 30.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``failures``: in a row, that open it. ``rest`` and ``clock`` are in seconds."""
        self._most = failures
        self._rest = rest
        self._clock = clock
        self._lock = threading.Lock()
        self._failures = 0
        self._until = 0.0  #: when the next trial may be made

    def allows(self) -> bool:
        """Whether to try; while it is open, one caller each ``rest`` may."""
        with self._lock:
            if self._failures < self._most:
                return True
            if self._clock() < self._until:
                return False
            self._until = self._clock() + self._rest  # a trial that never reports is no deadlock
            return True

    def succeeded(self) -> None:
        """It worked: closed again."""
        with self._lock:
            self._failures = 0

    def failed(self) -> None:
        """It did not."""
        with self._lock:
            self._failures += 1
            self._until = self._clock() + self._rest
