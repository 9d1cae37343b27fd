"""The OpenID provider, as Authlib speaks to it: discovery, authorization code with PKCE, ID token.

    provider = Provider(discovery="https://login.example/.well-known/openid-configuration", …)
    url, flow = await provider.begin(redirect_uri)
    user = await provider.finish(request, flow)

Authlib checks state, nonce, signature and times. What is stricter here: the document must be the
issuer's own, an ID token must be there, signed with a public key, and made for this client. The
tokens themselves are not kept: a name is all that ragbot wants.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request

from ragbot.errors import ConfigError, RagbotError

try:
    from authlib.common.errors import AuthlibBaseError
    from authlib.integrations.starlette_client import OAuth
    from httpx2 import HTTPError
    from joserfc.errors import JoseError
except ImportError as error:
    raise ConfigError(
        "RAGBOT_AUTH=oidc needs more than the default set.", hint="Run: pip install 'ragbot[sso]'"
    ) from error

WELL_KNOWN = "/.well-known/openid-configuration"
PUBLIC_KEY = ("RS", "PS", "ES", "EdDSA", "Ed25519", "Ed448")  #: never "none", never a shared secret
SCOPES = {"email": "email", "preferred_username": "profile", "name": "profile"}
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
TIMEOUT = 10  #: seconds for one call to the provider


class ProviderUnreachable(RagbotError):
    """The provider does not answer, or not as a provider does."""


class SignInRefused(RagbotError):
    """This sign-in is not to be believed."""


class Provider:
    """One provider, for one client registered with it."""

    def __init__(self, *, discovery: str, client_id: str, client_secret: str, claim: str) -> None:
        """Nothing is fetched yet.

        Args:
            discovery: the address of its ``openid-configuration``.
            client_id: as registered with the provider.
            client_secret: "" for a public client.
            claim: the claim of the ID token that is the user's name.

        Raises:
            ConfigError: the address or the client id will not do.
        """
        self._issuer = _issuer_of(discovery)
        self._claim = claim
        self._client_id = client_id
        if not client_id:
            raise ConfigError("RAGBOT_AUTH=oidc needs RAGBOT_OIDC_CLIENT_ID.")
        scopes = dict.fromkeys(("openid", SCOPES.get(claim, "openid")))
        self._client = OAuth().register(
            "provider",
            server_metadata_url=discovery,
            client_id=client_id,
            client_secret=client_secret or None,
            client_kwargs={
                "scope": " ".join(scopes),
                "code_challenge_method": "S256",
                "token_endpoint_auth_method": "client_secret_basic" if client_secret else "none",
                "timeout": TIMEOUT,
            },
        )

    async def begin(self, redirect_uri: str) -> tuple[str, dict[str, Any]]:
        """Where to send the browser, and what to keep until it comes back.

        Raises:
            ProviderUnreachable: the provider's description cannot be had.
        """
        if not (await self._metadata()).get("authorization_endpoint"):
            raise ProviderUnreachable("Its description names no place to sign in.")
        made = await self._client.create_authorization_url(redirect_uri)
        url = made.pop("url")
        return str(url), {**made, "redirect_uri": redirect_uri}

    async def finish(self, request: Request, flow: dict[str, Any]) -> str:
        """The user's name, from a request that the provider sent the browser with.

        Raises:
            ProviderUnreachable: the provider does not answer.
            SignInRefused: state, code or ID token are not what they should be.
        """
        metadata = await self._metadata()
        query = request.query_params
        if query.get("iss", self._issuer) != self._issuer:  # RFC 9207
            raise SignInRefused("The answer names another provider.")
        name = self._client.framework.name
        request.scope["session"] = {f"_state_{name}_{flow['state']}": {"data": flow}}
        rules = {
            "iss": {"essential": True, "value": metadata["issuer"]},
            "aud": {"essential": True, "value": self._client_id},
        }
        try:
            token = await self._client.authorize_access_token(request, claims_options=rules)
        except (HTTPError, RuntimeError) as error:
            raise ProviderUnreachable(f"No token: {type(error).__name__}.") from error
        except (AuthlibBaseError, JoseError, ValueError, KeyError, TypeError) as error:
            kind = str(getattr(error, "error", type(error).__name__))
            raise SignInRefused(f"The reason: {kind[:80]!r}.") from error
        return self._name(token.get("userinfo") or {})

    async def end_url(self, back_to: str) -> str:
        """Where to sign out of the provider as well; "" where it offers no such place."""
        try:
            ends = (await self._metadata()).get("end_session_endpoint", "")
        except ProviderUnreachable:
            return ""
        asked = urlencode({"client_id": self._client_id, "post_logout_redirect_uri": back_to})
        joint = "&" if "?" in str(ends) else "?"
        return f"{ends}{joint}{asked}" if _is_safe(str(ends)) else ""

    def _name(self, claims: dict[str, Any]) -> str:
        name = claims.get(self._claim)
        if not isinstance(name, str):
            raise SignInRefused(f"The ID token has no claim {self._claim!r}.")
        return name

    async def _metadata(self) -> dict[str, Any]:
        try:
            metadata: dict[str, Any] = await self._client.load_server_metadata()
        except (HTTPError, ValueError, AttributeError, TypeError) as error:
            raise ProviderUnreachable(f"No description: {type(error).__name__}.") from error
        if metadata.get("issuer") != self._issuer:
            self._client.server_metadata.clear()
            raise ProviderUnreachable(f"The description there is not of the issuer {self._issuer}.")
        key = "id_token_signing_alg_values_supported"
        offered = [name for name in metadata.get(key, ()) if str(name).startswith(PUBLIC_KEY)]
        metadata[key] = offered or ["RS256"]
        return metadata


def _issuer_of(discovery: str) -> str:
    if not discovery.endswith(WELL_KNOWN) or not _is_safe(discovery):
        raise ConfigError(
            f"RAGBOT_OIDC_DISCOVERY: {discovery!r} will not do.",
            hint=f"It begins with https:// and ends with {WELL_KNOWN}.",
        )
    return discovery.removesuffix(WELL_KNOWN)


def _is_safe(address: str) -> bool:
    """HTTPS, or plain HTTP that does not leave this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOCAL)
