"""An OpenID provider that signs everybody in as ``amy``, insists on PKCE, and lies when told to.

    provider.lie = {"claims": {"nonce": "another"}}

A provider from PyPI shows that the sign-in works; this one shows what it does not believe.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

SECRET = "the client's secret with thirty-two characters"
WELL_KNOWN = "/.well-known/openid-configuration"


class LyingProvider:
    """Starlette app and its memory; ``issuer`` is set when its port is known."""

    def __init__(self) -> None:
        self.issuer = ""
        self.lie: dict[str, Any] = {}
        self.asked: list[dict[str, str]] = []  #: queries of the authorization endpoint
        self.redeemed: list[dict[str, str]] = []  #: forms that a token was given for
        self._codes: dict[str, dict[str, str]] = {}
        self._key = ECKey.generate_key("P-256", {"kid": "one"})
        self.app = Starlette(
            routes=[
                Route(WELL_KNOWN, self._describe),
                Route("/jwks", self._keys),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    def turn_key(self) -> None:
        """Sign with another key from now on, as providers do every few months."""
        self._key = ECKey.generate_key("P-256", {"kid": secrets.token_hex(4)})

    async def _describe(self, _: Request) -> Response:
        if self.lie.get("down"):
            return Response("<h1>Bad gateway</h1>", 502)
        described = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "id_token_signing_alg_values_supported": ["none", "HS256", "ES256"],
        }
        return JSONResponse(described | self.lie.get("description", {}))

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.asked.append(query)
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        answer = {"code": code, "state": query["state"]} | self.lie.get("answer", {})
        return RedirectResponse(f"{query['redirect_uri']}?{urlencode(answer)}")

    async def _token(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        code = form.get("code", "")
        query = self._codes.get(code) if self.lie.get("replays") else self._codes.pop(code, None)
        challenge = _base64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        honest = (
            query is not None
            and query["code_challenge_method"] == "S256"
            and query["code_challenge"] == challenge.decode()
            and query["redirect_uri"] == form["redirect_uri"]
        )
        if not honest or query is None or self.lie.get("refuses"):
            return JSONResponse({"error": "invalid_grant\nforged log line"}, 400)
        self.redeemed.append(form)
        token = {"access_token": "a", "token_type": "Bearer", "expires_in": 60}
        return JSONResponse(token | {"id_token": self._id_token(query)} | self.lie.get("token", {}))

    def _id_token(self, query: dict[str, str]) -> str:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": "amy",
            "aud": query["client_id"],
            "nonce": query["nonce"],
            "iat": now,
            "exp": now + 60,
        } | self.lie.get("claims", {})
        claims = {name: value for name, value in claims.items() if value is not None}
        signed = self.lie.get("signed", "ES256")
        if signed == "none":
            return _jwt({"alg": "none"}, claims, lambda _: b"")
        if signed in {"secret", "public key"}:
            key = SECRET.encode() if signed == "secret" else self._key.as_pem(private=False)
            header = {"alg": "HS256", "kid": str(self._key.kid)}
            return _jwt(header, claims, lambda text: hmac.digest(key, text, "sha256"))
        key_used = ECKey.generate_key("P-256") if signed == "another key" else self._key
        header = {"alg": "ES256", "kid": str(self._key.kid)}
        return jwt.encode(header, claims, key_used)


def _jwt(header: dict[str, str], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """By hand, since no library signs like that."""
    text = b".".join(_base64(json.dumps(part).encode()) for part in (header, claims))
    return (text + b"." + _base64(sign(text))).decode()


def _base64(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")
