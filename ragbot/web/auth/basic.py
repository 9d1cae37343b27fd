"""HTTP Basic: the browser asks for name and password, and sends them with every request.

    BasicSignIn(Users(path))

Meant for HTTPS or one machine: Basic sends the password itself. A verified password is remembered
as a keyed hash, so that the forty parts of a page cost one bcrypt. Wrong ones are counted by
address, and from the twentieth within five minutes that address has to wait, right password or not:
otherwise the quick check would be a quick way to guess.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import math

from starlette.requests import Request
from starlette.responses import Response

from ragbot.web.auth.addresses import client_of, neighbourhood
from ragbot.web.auth.answers import refusal
from ragbot.web.auth.expiring import Counts
from ragbot.web.auth.names import normal
from ragbot.web.auth.users import Users

CHALLENGE = {"WWW-Authenticate": 'Basic realm="ragbot", charset="UTF-8"'}
MOST_FAILURES = 20  #: from one address, within
WINDOW = 300  #: seconds
LONGEST_HEADER = 2048  #: characters


class BasicSignIn:
    """Lets in whoever sends a name and password of the file."""

    def __init__(self, users: Users, *, failures: Counts | None = None) -> None:
        """``failures``: wrong passwords by address."""
        self._users = users
        self._failures = failures or Counts(seconds=WINDOW, most=10_000)
        self._one_at_a_time = asyncio.Lock()  # guesses must not take every processor

    async def identify(self, request: Request) -> str | Response:
        """The user's name, or a challenge."""
        sent = request.headers.getlist("authorization")
        given = credentials(sent[0]) if len(sent) == 1 else None
        if given is None:
            return refusal(request, 401, "Sign in to use ragbot.", headers=CHALLENGE)
        address = neighbourhood(client_of(request.scope))
        if self._failures[address] >= MOST_FAILURES:
            return self._wait(request, address)
        if self._users.known_already(*given):
            return given[0]
        async with self._one_at_a_time:
            if self._failures[address] >= MOST_FAILURES:
                return self._wait(request, address)
            if self._users.known_already(*given) or await asyncio.to_thread(
                self._users.verify, *given
            ):
                return given[0]
            self._failures.add(address)
        return refusal(request, 401, "That name or password is wrong.", headers=CHALLENGE)

    def _wait(self, request: Request, address: str) -> Response:
        seconds = math.ceil(self._failures.remaining(address))
        return refusal(
            request,
            429,
            "Too many wrong passwords came from your address. Wait a few minutes, then try again.",
            headers={"Retry-After": str(max(1, seconds))},
        )


def credentials(header: str) -> tuple[str, str] | None:
    """Name and password of an ``Authorization`` header; None where it is not a Basic one."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic" or len(header) > LONGEST_HEADER:
        return None
    try:
        text = base64.b64decode(encoded.strip(), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    name, colon, password = text.partition(":")
    return (normal(name), password) if colon else None
