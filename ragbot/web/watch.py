"""The outermost layer: every request gets an id, is timed, counted and logged, and must come.

    app.add_middleware(Watch, metrics=metrics)

The id is the proxy's ``X-Request-ID`` where that is one, else new; the response carries it. What is
logged and counted is the *route* (``/source/{source_id}``), never the address as asked: it may hold
a question (``?q=``). A body that does not come in time is refused (408), so that slow senders do
not pile up; headers that do not come are ``serve``'s to refuse.
"""

from __future__ import annotations

import asyncio
import json
import logging
import time

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragbot.web import logs
from ragbot.web.detached import detached
from ragbot.web.metrics import Metrics
from ragbot.web.security import GRADIO_MARK

log = logging.getLogger("ragbot.requests")

BODY_SECONDS = 20.0  #: that a whole request body may take
TOO_SLOW = "The request did not arrive in time."
BROKEN = "Something went wrong. The server’s log says what."
QUIET = frozenset({"/healthz", "/readyz", "/metrics", "chat", "other"})  #: seldom of use


class TooSlow(HTTPException):
    """A request's body did not come in time. An ``HTTPException``: see ``BodyTooLarge``."""

    def __init__(self) -> None:
        super().__init__(408, TOO_SLOW)


class Unbroken:
    """Turns a bug in a route into a plain answer, inside the headers and the request's id.

    Starlette's own handler for this stands outside all middleware.
    """

    def __init__(self, app: ASGIApp) -> None:
        """``app``: the routes."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        begun = scope["type"] != "http"

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noticed)
        except HTTPException:
            raise
        except Exception:
            if begun:
                raise
            logging.getLogger(__name__).exception("A request failed.")
            await _refuse(send, 500, BROKEN)


class Watch:
    """Names, times, counts and logs each request."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        metrics: Metrics,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        """Stand before ``app``.

        Args:
            app: all else.
            metrics: what counts.
            body_seconds: see ``BODY_SECONDS``.
        """
        self._app = app
        self._metrics = metrics
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        name = logs.request_id(Headers(scope=scope).get("x-request-id", ""))
        scope.setdefault("state", {})["request_id"] = name
        token, began = logs.REQUEST_ID.set(name), time.perf_counter()
        status, first = 500, None  # a request that is cut off counts as failed

        async def named(message: Message) -> None:
            nonlocal status, first
            if message["type"] == "http.response.start":
                status, first = message["status"], time.perf_counter()
                MutableHeaders(scope=message)["X-Request-ID"] = name
            await send(message)

        try:
            await self._app(scope, self._in_time(receive), named)
        except TooSlow:
            if first is not None:
                raise
            await _refuse(named, 408, TOO_SLOW)
        finally:
            logs.REQUEST_ID.reset(token)
            self._note(scope, status, (first or time.perf_counter()) - began)

    def _in_time(self, receive: Receive) -> Receive:
        """The same, until the body is there; then without a limit: it waits for the client."""
        whole, deadline = False, time.monotonic() + self._body_seconds

        async def receiving() -> Message:
            nonlocal whole
            if whole:
                return await receive()
            try:
                left = max(0.0, deadline - time.monotonic())
                message = await detached(_within(left, receive))
            except TimeoutError as error:
                raise TooSlow from error
            whole = message["type"] != "http.request" or not message.get("more_body", False)
            return message

        return receiving

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = self._label(scope)
        self._metrics.request(route, scope["method"], status, seconds)
        quiet = route in QUIET and (status < 500 or status == 503)
        facts = {
            "request_id": scope["state"]["request_id"],
            "method": scope["method"][:16],
            "route": route,
            "status": status,
            "ms": round(1000 * seconds, 1),
        }
        log.log(logging.DEBUG if quiet else logging.INFO, "request", extra=facts)

    @staticmethod
    def _label(scope: Scope) -> str:
        if scope.get(GRADIO_MARK):
            return "chat"
        return str(getattr(scope.get("route"), "path", "")) or "other"


async def _within(seconds: float, receive: Receive) -> Message:
    async with asyncio.timeout(seconds):
        return await receive()


async def _refuse(send: Send, status: int, error: str) -> None:
    body = json.dumps({"error": error, "details": []}).encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-store")]
    headers += [(b"connection", b"close")] if status == 408 else []
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
