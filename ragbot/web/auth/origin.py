"""Whether a request that changes something was sent by another site's page (CSRF).

    is_foreign_write(Request(scope), own="https://ragbot.example.nhs.uk")

Browsers say where a request comes from, in ``Sec-Fetch-Site`` (over HTTPS and on localhost) and in
``Origin``; a page cannot forge either. Programs send neither, and carry no cookie that a page could
ride on. A chat in a frame posts to its own origin, so no framing site needs to be allowed.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import Request

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def is_foreign_write(request: Request, *, own: str) -> bool:
    """Whether to refuse; ``own``: the origin users see, or "" to go by the ``Host`` header."""
    if request.method in SAFE:
        return False
    sites = request.headers.getlist("sec-fetch-site")
    origins = request.headers.getlist("origin")
    if len(sites) > 1 or len(origins) > 1:
        return True
    if sites:
        return sites[0] not in {"same-origin", "none"}
    return bool(origins) and not _is_own(origins[0], own, request.headers.get("host", ""))


def _is_own(origin: str, own: str, host: str) -> bool:
    if own:
        return origin.lower() == own
    return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
