"""Waiting without leaving a trace of the request that waits.

    answer = await detached(bounded(work))

A timer or a task keeps the context it was made in, and a cancelled timer stays in asyncio's heap
until its time would have come. Gradio puts the whole request, question included, into the context:
so a time limit of 90 seconds would keep every question for 90 seconds. Work that makes timers or
tasks runs here in an empty context instead.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def detached(work: Coroutine[Any, Any, T]) -> T:
    """What ``work`` returns or raises; cancelled when the caller is."""
    return await asyncio.create_task(work, context=contextvars.Context())
