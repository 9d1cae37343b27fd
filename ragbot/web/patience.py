"""Uvicorn's server with an end to waiting: for headers that do not come, for open tabs at a stop.

    config = uvicorn.Config(app, http=PatientProtocol, …)
    Stoppable(config, on_stop=slot.hang_up).run(sockets=[listening])

Uvicorn waits for a request's first bytes for ever, and every open chat page holds a connection (its
heartbeat) that would hold up a stop until the grace is over. Bodies are ``watch``'s. A client that
reads slowly holds its own connection and one answer, nothing else.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEADER_SECONDS = 15.0  #: from a connection, or a request's first byte, to the end of its headers
MAX_CONNECTIONS = 2000  #: open at once; more get 503


class PatientProtocol(HttpToolsProtocol):
    """Closes a connection whose headers do not come in time."""

    header_seconds = HEADER_SECONDS
    _hurry: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A connection is open; its first request is awaited."""
        super().connection_made(transport)
        self._expect_headers()

    def on_message_begin(self) -> None:
        """The first byte of a request has come."""
        super().on_message_begin()
        self._expect_headers()

    def on_headers_complete(self) -> None:
        """They are there."""
        self._relax()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._relax()
        super().connection_lost(exc)

    def _expect_headers(self) -> None:
        self._relax()
        self._hurry = self.loop.call_later(self.header_seconds, self._give_up)

    def _relax(self) -> None:
        if self._hurry is not None:
            self._hurry.cancel()
            self._hurry = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()


class Stoppable(uvicorn.Server):
    """Says that it is about to stop, before it waits for open connections."""

    def __init__(self, config: uvicorn.Config, *, on_stop: Callable[[], None]) -> None:
        """``on_stop``: called once, in the event loop."""
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn."""
        self._on_stop()
        await super().shutdown(sockets)
