"""Waiting for something to come true, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def until(true: Callable[[], T], *, seconds: float = 60) -> T:
    """The first truthy value of ``true``."""
    end = time.monotonic() + seconds
    while not (value := true()):
        if time.monotonic() > end:
            raise AssertionError(f"Not within {seconds} s.")
        time.sleep(0.05)
    return value
