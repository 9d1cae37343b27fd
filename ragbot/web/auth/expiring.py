"""Counts that are forgotten after a time, and never more of them than a bound.

    failures = Counts(seconds=300, most=10_000)
    failures.add("10.0.0.1")             # 1, then 2, …
    failures["10.0.0.1"]                 # 0 again after five minutes without one

In memory and for one process: a restart forgets. When it is full, the oldest goes.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable


class Counts:
    """Key → how often, within a window that begins with the first."""

    def __init__(
        self, *, seconds: float, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Count nothing yet.

        Args:
            seconds: how long a count lives from its first ``add``.
            most: keys kept at once.
            clock: seconds that never go back.
        """
        self._seconds = seconds
        self._most = most
        self._clock = clock
        self._kept: OrderedDict[str, tuple[int, float]] = OrderedDict()

    def __getitem__(self, key: str) -> int:
        """How often; 0 for what is not kept or no longer."""
        return self._live(key)[0]

    def __len__(self) -> int:
        """How many keys are kept."""
        return len(self._kept)

    def add(self, key: str, by: int = 1) -> int:
        """Count, and say how often by now; ``by`` may be -1 to take one back."""
        count, ends = self._live(key)
        self._kept[key] = (count + by, ends)
        if count + by <= 0:
            del self._kept[key]
        while len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return count + by

    def remaining(self, key: str) -> float:
        """Seconds until ``key`` is forgotten."""
        return self._live(key)[1] - self._clock()

    def _live(self, key: str) -> tuple[int, float]:
        now = self._clock()
        count, ends = self._kept.get(key, (0, now + self._seconds))
        if ends <= now:
            del self._kept[key]
            return 0, now + self._seconds
        return count, ends
