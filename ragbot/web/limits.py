"""How many questions one user and one address may ask: the ``limits`` library, in memory.

    limits = Limits.from_settings(settings)       # "30/minute" a user, "300/minute" an address
    await limits.admit(asker)                     # or TooManyQuestions, with seconds to wait

A signed-in user counts by name and by address, anybody else by address. IPv6 counts by /64, the
least that one customer is given. The window slides by two counters a name: the library's exact
window stores each hit and starts a thread for each name at each hit. No more than ``MAX_NAMES``
counters are kept; beyond that, newcomers share one. A restart forgets all; another process counts
for itself.
"""

from __future__ import annotations

import math
import time
from typing import Self

from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter

from ragbot.config import Settings
from ragbot.errors import ConfigError, TooManyQuestions
from ragbot.web.asker import Asker
from ragbot.web.auth.addresses import neighbourhood

MAX_NAMES = 20_000
OTHERS = "others"  #: whom newcomers count as when there are too many names


class Limits:
    """Counts questions by user and by address. Belongs to one event loop."""

    def __init__(self, *, user: str, address: str, max_names: int = MAX_NAMES) -> None:
        """``user``, ``address``: as "30/minute; 500/day"; empty: no limit.

        Raises:
            ConfigError: a limit cannot be read.
        """
        self._items = {
            "user": _parse(user, setting="RAGBOT_LIMIT_USER"),
            "address": _parse(address, setting="RAGBOT_LIMIT_ADDRESS"),
        }
        self._max_names = max_names
        self._storage = MemoryStorage()
        self._limiter = SlidingWindowCounterRateLimiter(self._storage)

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The limits that the settings ask for.

        Raises:
            ConfigError: a limit cannot be read.
        """
        return cls(user=settings.limit_user, address=settings.limit_address)

    @property
    def names(self) -> int:
        """How many counters are kept now."""
        return len(self._storage.storage)

    async def admit(self, asker: Asker) -> None:
        """Count one question.

        Raises:
            TooManyQuestions: it is one too many; ``retry_after`` says when to come back.
        """
        names = {"user": asker.user or "", "address": neighbourhood(asker.address)}
        for kind, name in names.items():
            for item in self._items[kind] if name else ():
                key = name if self._has_room(item, kind, name) else OTHERS
                if not await self._limiter.hit(item, kind, key):
                    stats = await self._limiter.get_window_stats(item, kind, key)
                    wait = max(1, math.ceil(stats.reset_time - time.time()))
                    raise TooManyQuestions(kind, retry_after=wait)

    def _has_room(self, item: RateLimitItem, kind: str, name: str) -> bool:
        if self.names < self._max_names:
            return True
        keys = self._storage.sliding_window_keys(
            item.key_for(kind, name), item.get_expiry(), time.time()
        )
        return any(key in self._storage.storage for key in keys)


def _parse(text: str, *, setting: str) -> list[RateLimitItem]:
    try:
        return list(parse_many(text)) if text.strip() else []
    except ValueError as error:
        raise ConfigError(
            f"{setting}: {text!r} is no limit.", hint="Write for example 30/minute; 500/day."
        ) from error
