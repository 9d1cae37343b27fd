"""What only a trusted proxy may say about a request is taken out when anybody else says it.

    app.add_middleware(OnlyFromProxies, trusted=networks(settings.trusted_proxies, setting="…"))

Gradio builds the addresses in its page from ``X-Forwarded-Host`` and ``-Proto``, whoever sends
them. ``X-Forwarded-For`` stays: it is read by ``auth.addresses``, which knows whom to believe, and
its presence tells that a request did not come directly. The ``Host`` header is the client's own
word, and stays, too: which names are served is the proxy's business.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from ragbot.web.auth.addresses import Network, peer_of, within

ONLY_PROXIES = frozenset(
    f"x-{name}".encode()
    for name in (
        *("forwarded-host", "forwarded-proto", "forwarded-port", "forwarded-prefix"),
        *("forwarded-server", "forwarded-scheme", "original-url", "rewrite-url", "script-name"),
    )
)


class OnlyFromProxies:
    """Takes the headers out."""

    def __init__(self, app: ASGIApp, *, trusted: tuple[Network, ...]) -> None:
        """``trusted``: the proxies' networks."""
        self._app = app
        self._trusted = trusted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http" and not within(peer_of(scope), self._trusted):
            scope["headers"] = [
                (name, value) for name, value in scope["headers"] if name not in ONLY_PROXIES
            ]
        await self._app(scope, receive, send)
