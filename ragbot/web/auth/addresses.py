"""Addresses and networks: who a connection really comes from, and whom its headers may speak for.

    app.add_middleware(BehindProxies, trusted=networks("10.0.0.0/8 ::1", setting="…"))

Uvicorn's own reading of ``X-Forwarded-For`` replaces ``scope["client"]``, so the peer at the socket
would be lost. Here it is kept first, and the same uvicorn code is used after that: ``peer_of`` is
who connected, ``client_of`` who asked. ``serve`` turns uvicorn's outer copy off.
"""

from __future__ import annotations

import re
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from ragbot.errors import ConfigError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

PEER = "ragbot.peer"  #: key of the scope: the address at the other end of the socket, as text


def networks(text: str, *, setting: str) -> tuple[Network, ...]:
    """The addresses and networks of a setting, separated by spaces or commas.

    Raises:
        ConfigError: one is neither, or is everybody.
    """
    found = []
    for part in filter(None, re.split(r"[\s,]+", text)):
        try:
            network = ip_network(part)
        except ValueError as error:
            raise ConfigError(
                f"{setting}: {part!r} is no address or network.",
                hint="Write for example 127.0.0.1 or 10.0.0.0/8.",
            ) from error
        if network.prefixlen == 0:
            raise ConfigError(f"{setting}: {part} is every address there is.")
        found.append(network)
    return tuple(found)


def within(address: str, trusted: tuple[Network, ...]) -> bool:
    """Whether a textual address lies in one of the networks; anything odd does not."""
    try:
        parsed = _plain(ip_address(address))
    except ValueError:
        return False
    return any(parsed in network for network in trusted)


def _plain(address: Address) -> Address:
    """``::ffff:10.0.0.1``, as a socket that listens on both families says it, is 10.0.0.1."""
    return getattr(address, "ipv4_mapped", None) or address


def peer_of(scope: Scope) -> str:
    """Who is at the other end of the socket; "" where there is no address."""
    return str(scope[PEER]) if PEER in scope else client_of(scope)


def client_of(scope: Scope) -> str:
    """Who asked: the peer, or whom a trusted proxy says it forwards for."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def neighbourhood(address: str) -> str:
    """What is counted by address counts by this: IPv6 by the /64 that one customer has."""
    try:
        parsed = _plain(ip_address(address))
    except ValueError:
        return address[:64]
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)


class BehindProxies:
    """Keeps the socket's peer, then believes ``X-Forwarded-*`` of trusted proxies."""

    def __init__(self, app: ASGIApp, *, trusted: tuple[Network, ...]) -> None:
        """``trusted``: the proxies' networks."""
        names = [str(network) for network in trusted]
        self._app = ProxyHeadersMiddleware(cast("Any", app), trusted_hosts=names)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "lifespan":
            scope[PEER] = client_of(scope)
        await self._app(cast("Any", scope), cast("Any", receive), cast("Any", send))
