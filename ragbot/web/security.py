"""Headers and limits that hold for every response, as plain ASGI middleware.

    app.add_middleware(Guard, policy=Policy.from_settings(settings))

It sets who may frame the pages, what they may load, and how large a request may be; it takes away
the CORS permission that Gradio hands to every origin. It does not know who a user is: sign-in and
rate limits come before it, not into it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Self

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragbot.config import Settings
from ragbot.errors import ConfigError

TOO_LARGE = "The request is too large."
MAX_BODY = 2 * 1024 * 1024  #: bytes; holds a long conversation, and no upload

_ORIGIN = re.compile(
    r"https?://(?:\*\.)?[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
    r"(?::\d{1,5})?"
)

#: Our own pages: no inline script or style, nothing from elsewhere.
STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors {ancestors}"
)

#: The chat. Gradio writes its configuration into inline scripts and styles, and its HTML component
#: compiles templates with ``Function``: hence the two "unsafe" words. Everything is still local.
GRADIO = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval';"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:;"
    " connect-src 'self'; base-uri 'self'; form-action 'self'; object-src 'none';"
    " frame-ancestors {ancestors}"
)

_FIXED = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": (
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-write=(self)"
    ),
}

_CORS = tuple(
    f"access-control-allow-{what}" for what in ("origin", "credentials", "methods", "headers")
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the operator allows."""

    ancestors: tuple[str, ...]  #: sources of ``frame-ancestors``; the first is ``'self'``
    max_body: int = MAX_BODY  #: bytes

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The policy that the settings ask for.

        Raises:
            ConfigError: an entry of ``frame_ancestors`` is not an origin.
        """
        origins = [part for part in re.split(r"[\s,]+", settings.frame_ancestors) if part]
        for origin in origins:
            if not _ORIGIN.fullmatch(origin.lower()):
                raise ConfigError(
                    f"RAGBOT_FRAME_ANCESTORS: {origin!r} is not an origin.",
                    hint="Write scheme and host only, e.g. https://intranet.example.nhs.uk.",
                )
        return cls(("'self'", *(origin.lower() for origin in origins)))

    def headers(self, *, content_policy: str) -> dict[str, str]:
        """All headers of a response that keeps to ``content_policy``."""
        ancestors = " ".join(self.ancestors)
        headers = _FIXED | {"Content-Security-Policy": content_policy.format(ancestors=ancestors)}
        if self.ancestors == ("'self'",):
            headers["X-Frame-Options"] = "SAMEORIGIN"  # for browsers that know no frame-ancestors
        return headers


#: Set in a request's scope by what serves Gradio; every other response gets the strict policy.
GRADIO_MARK = "ragbot.gradio"


class BodyTooLarge(HTTPException):
    """A request turned out longer than allowed while it was being read.

    An ``HTTPException``, because FastAPI turns any other error met in a body into "bad request".
    """

    def __init__(self) -> None:
        super().__init__(413, TOO_LARGE)


class Guard:
    """Sets the headers, bounds request bodies, and keeps other sites' scripts out."""

    def __init__(self, app: ASGIApp, *, policy: Policy) -> None:
        """``policy``: what the operator allows."""
        self._app = app
        self._policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = self._with_headers(scope, send)
        headers = Headers(scope=scope)
        if _is_cross_site_write(scope["method"], headers):
            await _refuse(send, 403, "Requests from other sites are not accepted.")
        elif _declared_length(headers) > self._policy.max_body:
            await _refuse(send, 413, TOO_LARGE)
        else:
            await self._serve_bounded(scope, receive, send)

    async def _serve_bounded(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request whose body may be longer than it said, or did not say."""
        seen, begun = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._policy.max_body:
                raise BodyTooLarge
            return message

        async def noticed(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, counted, noticed)
        except BodyTooLarge:
            if begun:
                raise
            await _refuse(send, 413, TOO_LARGE)

    def _with_headers(self, scope: Scope, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name in _CORS:
                    del headers[name]
                policy = GRADIO if scope.get(GRADIO_MARK) else STRICT
                headers.update(self._policy.headers(content_policy=policy))
            await send(message)

        return sending


def _declared_length(headers: Headers) -> int:
    declared = headers.get("content-length", "0")
    return int(declared) if declared.isascii() and declared.isdigit() else 0


def _is_cross_site_write(method: str, headers: Headers) -> bool:
    """A browser says where a request comes from; other clients send no such header."""
    return method not in {"GET", "HEAD"} and headers.get("sec-fetch-site") == "cross-site"


async def _refuse(send: Send, status: int, error: str) -> None:
    body = json.dumps({"error": error, "details": []}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
