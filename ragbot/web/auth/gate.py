"""The one gate before every route: plain ASGI, because Starlette's base class breaks streaming.

    app.add_middleware(Gate, scheme=BasicSignIn(…), own_origin="", metrics_from=())

Everything is closed but what ``OPEN`` names, exactly as the router will see it: an odd spelling of
a path (``//``, ``%2e%2e``, other letters) is therefore a closed one, whatever a route makes of it.
Further in, ``request.state.user`` (or ``user_of(scope)``) is the user's name.
"""

from __future__ import annotations

import re
from typing import Protocol

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragbot.web.auth.addresses import Network, peer_of, within
from ragbot.web.auth.answers import path_below, refusal
from ragbot.web.auth.origin import is_foreign_write

#: Who lives, the sign-in itself, what a reader may know before signing in (the accessibility
#: statement must be open to anybody), and our own styles and scripts, which hold no secrets: the
#: sign-in page needs them, and so does a page of another site that puts the chat into a frame.
OPEN = re.compile(
    r"/healthz|/readyz|/favicon\.ico|/embed\.js|/accessibility|/privacy"
    r"|/auth/(?:login|callback|redeem)"
    r"|/static/ragbot/[a-z0-9_-]+\.(?:css|js|svg|woff2)"
)
METRICS = "/metrics"  #: open to named addresses as well


class Scheme(Protocol):
    """A way to sign in."""

    async def identify(self, request: Request) -> str | Response:
        """The user's name, or what to answer instead."""
        ...


def user_of(scope: Scope) -> str:
    """The signed-in user's name; "" where nobody signs in or an address is open."""
    return str(scope.get("state", {}).get("user", ""))


def can_sign_out(scope: Scope) -> bool:
    """Whether the user has a session that can be ended, at ``/auth/account``."""
    return bool(scope.get("state", {}).get("can_sign_out"))


class Gate:
    """Lets in whom the scheme knows."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        scheme: Scheme,
        own_origin: str,
        metrics_from: tuple[Network, ...],
    ) -> None:
        """Stand before ``app``.

        Args:
            app: all routes.
            scheme: how users sign in.
            own_origin: the origin users see, or "" to go by the ``Host`` header.
            metrics_from: who may read the metrics without a sign-in.
        """
        self._app = app
        self._scheme = scheme
        self._own_origin = own_origin
        self._metrics_from = metrics_from

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        request.state.user = ""
        if is_foreign_write(request, own=self._own_origin):
            words = "Requests from other sites are not accepted."
            await refusal(request, 403, words)(scope, receive, send)
        elif self._is_open(request):
            await self._app(scope, receive, send)
        else:
            found = await self._scheme.identify(request)
            if isinstance(found, Response):
                await found(scope, receive, send)
            else:
                request.state.user = found
                await self._app(scope, receive, _for_one_user(send))

    def _is_open(self, request: Request) -> bool:
        path = path_below(request)
        if path == METRICS:  # asked directly: a proxy's address would speak for everybody behind it
            direct = not {"x-forwarded-for", "forwarded", "via"} & set(request.headers)
            return direct and within(peer_of(request.scope), self._metrics_from)
        return OPEN.fullmatch(path) is not None


def _for_one_user(send: Send) -> Send:
    """Caches that many people share must not keep what one of them was shown."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).setdefault("Cache-Control", "private")
        await send(message)

    return sending
