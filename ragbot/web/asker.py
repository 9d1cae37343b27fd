"""Who asks: the signed-in user where there is one, the address, and the request's id.

    asker = asker_of(scope)        # Asker(user=None, address="10.1.2.3", request_id="5f0c…")

The address is the socket's peer, or what a trusted proxy says it is (``RAGBOT_TRUSTED_PROXIES``):
a header alone convinces nobody. It does not sign anybody in: that is ``auth``'s.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope

from ragbot.web.auth import user_of
from ragbot.web.auth.addresses import client_of


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody who asks something once."""

    user: str | None = None  #: the signed-in user's name; None where nobody signs in
    address: str = ""  #: of the client, without its port
    request_id: str = ""


NOBODY = Asker()  #: no request at all: a test, a program in the same process


def asker_of(scope: Scope) -> Asker:
    """Who sent the request with this ASGI scope."""
    return Asker(
        user=user_of(scope) or None,
        address=client_of(scope),
        request_id=str(scope.get("state", {}).get("request_id", "")),
    )
