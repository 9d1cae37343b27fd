"""Waiting for something to come true, with an end.

    until(lambda: "Done" in one(browser, "h1").text)

An element that the page replaces while it is being read is not there yet: that is waited for too.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException

T = TypeVar("T")


def replaced(error: WebDriverException) -> bool:
    """Whether the page replaced what was read; in the middle of a reload chromedriver says so
    as an unknown error, "Node with given id does not belong to the document"."""
    stale = isinstance(error, StaleElementReferenceException)
    return stale or "does not belong to the document" in (error.msg or "")


def until(true: Callable[[], T], *, seconds: float = 60) -> T:
    """The first truthy value of ``true``."""
    end = time.monotonic() + seconds
    while True:
        try:
            if value := true():
                return value
        except WebDriverException as error:
            if not replaced(error):
                raise
            # the page has replaced what was looked at: look again, until the time is up
        if time.monotonic() > end:
            raise AssertionError(f"Not within {seconds} s.")
        time.sleep(0.05)
