"""The proxy signs users in, and names them in a header: the usual single sign-on of an intranet.

    HeaderSignIn(name="X-Remote-User", trusted=networks("10.1.2.3", setting="…"))

The header is believed only if the peer at the socket is a trusted proxy; whatever else sends it is
turned away, whatever ``X-Forwarded-For`` claims. The proxy must set the header itself on every
request, so that a user's own copy never passes it.
"""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import Response

from ragbot.errors import ConfigError
from ragbot.web.auth.addresses import Network, peer_of, within
from ragbot.web.auth.answers import refusal
from ragbot.web.auth.names import is_user_name, normal

_TOKEN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_TAKEN = frozenset({"authorization", "cookie", "host", "origin", "referer", "user-agent", "accept"})


class HeaderSignIn:
    """Lets in whom a trusted proxy names."""

    def __init__(self, *, name: str, trusted: tuple[Network, ...]) -> None:
        """Believe the header ``name`` from ``trusted`` peers.

        Raises:
            ConfigError: the header's name is none, or every browser sends it.
        """
        if not _TOKEN.fullmatch(name) or name.lower() in _TAKEN:
            raise ConfigError(
                f"RAGBOT_AUTH_HEADER: {name!r} cannot be it.", hint="For example: X-Remote-User."
            )
        self._name = name.lower()
        self._trusted = trusted

    async def identify(self, request: Request) -> str | Response:
        """The user's name, or a refusal."""
        if not within(peer_of(request.scope), self._trusted):
            return refusal(request, 403, "Open ragbot through your intranet’s address.")
        user = _one_name(request.headers.getlist(self._name))
        if user is None:
            return refusal(
                request,
                403,
                "The sign-in before ragbot did not say who you are. Sign in again.",
            )
        return user


def _one_name(values: list[str]) -> str | None:
    """The name, if there is exactly one and it is one: two could be the user's and the proxy's."""
    if len(values) != 1:
        return None
    try:
        name = normal(values[0].encode("latin-1").decode("utf-8"))
    except UnicodeDecodeError:
        return None
    return name if is_user_name(name) else None
