"""Ids of generations: they sort by age.

next_name([])                # "20260102T030405678Z-1a2b3c"
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

NAME = re.compile(r"\d{8}T\d{9}Z-[0-9a-f]{6}")
KEPT = 3  #: newest generations that a publish leaves


def next_name(taken: Sequence[str]) -> str:
    """A new id that sorts after all of ``taken`` (sorted), even if the clock was set back."""
    moment = datetime.now(UTC)
    if taken:
        newest = datetime.strptime(taken[-1].split("Z")[0], "%Y%m%dT%H%M%S%f")
        moment = max(moment, newest.replace(tzinfo=UTC) + timedelta(milliseconds=1))
    stamp = moment.strftime("%Y%m%dT%H%M%S%f")[:-3]
    return f"{stamp}Z-{secrets.token_hex(3)}"


def kept(names: Sequence[str], current: str | None) -> set[str]:
    """Of ``names`` (sorted), those that a publish leaves: the newest, and the current one."""
    return {*names[-KEPT:], *(name for name in names if name == current)}
