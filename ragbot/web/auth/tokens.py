"""Signed statements that a browser keeps for us: who is signed in, and a sign-in under way.

    tokens = Tokens(secret)
    text = tokens.sign("session", {"sub": "amy"}, seconds=3600)
    tokens.read("session", text)         # {"sub": "amy", "jti": "…", "exp": …}, or None

They are JWTs (HS256, by joserfc). Each is for one purpose, has an end and an id, and can be taken
back: the ids taken back are kept in memory, bounded, until the token would have ended anyway.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Mapping
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from ragbot.web.auth.expiring import Counts

LONGEST = 3800  #: characters; a browser keeps 4096 of name, value and attributes
_HEADER = {"alg": "HS256", "typ": "JWT"}


class Tokens:
    """Signs, reads and takes back."""

    def __init__(
        self, secret: str = "", *, longest_life: float, clock: Callable[[], float] = time.time
    ) -> None:
        """Use ``secret``, or one that ends with this process.

        Args:
            secret: at least 32 characters, or "".
            longest_life: seconds that any of them lives.
            clock: seconds since 1970.
        """
        seed = secret.encode() if secret else secrets.token_bytes(32)
        self._key = OctKey.import_key(hashlib.sha256(b"ragbot tokens:" + seed).digest())
        self._clock = clock
        self._taken_back = Counts(seconds=longest_life, most=50_000, clock=clock)

    def sign(self, purpose: str, claims: Mapping[str, Any], *, seconds: float) -> str:
        """A new token, with an id of its own.

        Raises:
            ValueError: it would not fit into a cookie.
        """
        own = {
            "aud": purpose,
            "jti": secrets.token_urlsafe(16),
            "exp": int(self._clock() + seconds),
        }
        text = jwt.encode(_HEADER, {**claims, **own}, self._key, algorithms=["HS256"])
        if len(text) > LONGEST:
            raise ValueError("The token is too long for a cookie.")
        return text

    def read(self, purpose: str, text: str) -> dict[str, Any] | None:
        """Its claims; None where it is not ours, for something else, ended, or taken back."""
        if not 0 < len(text) <= LONGEST:
            return None
        rules = jwt.JWTClaimsRegistry(
            now=int(self._clock()),
            aud={"essential": True, "value": purpose},
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            claims = jwt.decode(text, self._key, algorithms=["HS256"]).claims
            rules.validate(claims)
        except (JoseError, ValueError):
            return None
        return None if self._taken_back[str(claims["jti"])] else claims

    def take_back(self, claims: Mapping[str, Any]) -> bool:
        """Let it be good for nothing more; False where it had been taken back before."""
        return self._taken_back.add(str(claims["jti"])) == 1
