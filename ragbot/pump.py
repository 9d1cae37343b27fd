"""A blocking stream, read in a thread of its own, so that whoever waits for it can stop waiting.

    with Pump(lambda stop: model.stream(system, human, stop=stop)) as pieces:
        pieces.next(timeout=0.1)    # a piece; None at the end; TimeoutError while there is none

Leaving the block tells the stream to stop. A thread that hangs in a read of the network ends with
that read's own time-out; nobody waits for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, Self, TypeVar

T = TypeVar("T")


class Pump(Generic[T]):
    """Reads ahead as far as the stream gives; read by one thread."""

    def __init__(self, start: Callable[[threading.Event], Iterator[T]]) -> None:
        """``start``: opens the stream; it is given the event that tells it to stop."""
        self._start = start
        self._stop = threading.Event()
        self._arrived: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, name="ragbot-pump", daemon=True).start()

    def next(self, timeout: float) -> T | None:
        """The next piece, None after the last one.

        Raises:
            TimeoutError: none has come within ``timeout`` seconds.
            Exception: whatever the stream raised.
        """
        try:
            piece, error = self._arrived.get(timeout=max(timeout, 0.001))
        except queue.Empty:
            raise TimeoutError from None
        if error is not None:
            raise error
        return piece

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()

    def _run(self) -> None:
        failure: Exception | None = None
        try:
            for piece in self._start(self._stop):
                self._arrived.put((piece, None))
                if self._stop.is_set():
                    break
        except Exception as error:  # noqa: BLE001 - raised again where it is waited for
            failure = error
        self._arrived.put((None, failure))
