"""The sign-in that the settings ask for, put before the app's routes.

    install(app, load_settings())

Called in ``create_app`` before the middleware that sets headers, so that refusals have them too.
"""

from __future__ import annotations

import re

from fastapi import FastAPI

from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.web.auth.addresses import BehindProxies, networks
from ragbot.web.auth.basic import BasicSignIn
from ragbot.web.auth.gate import Gate, Scheme
from ragbot.web.auth.header import HeaderSignIn
from ragbot.web.auth.users import Users

_HTTPS = re.compile(r"https://[a-z0-9.-]+(?::\d{1,5})?")
_LOCAL = re.compile(r"http://(?:localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?")
SHORTEST_KEY = 32  #: characters


def install(app: FastAPI, settings: Settings) -> None:
    """Add the gate, and the routes of the sign-in; nothing where there is none.

    Raises:
        ConfigError: a setting is missing or makes no sense.
    """
    origin = _public_origin(settings)
    metrics_from = networks(settings.metrics_from, setting="RAGBOT_METRICS_FROM")
    if settings.auth == "none":
        return
    scheme = _scheme(app, settings, origin)
    app.add_middleware(Gate, scheme=scheme, own_origin=origin, metrics_from=metrics_from)


def believe_proxies(app: FastAPI, settings: Settings) -> None:
    """Let trusted proxies say who asks and how, and keep the socket's peer. The outermost layer.

    Raises:
        ConfigError: ``trusted_proxies`` cannot be read.
    """
    trusted = networks(settings.trusted_proxies, setting="RAGBOT_TRUSTED_PROXIES")
    app.add_middleware(BehindProxies, trusted=trusted)


def _scheme(app: FastAPI, settings: Settings, origin: str) -> Scheme:
    if settings.auth == "basic":
        return BasicSignIn(Users(settings.auth_file))
    if settings.auth == "proxy-header":
        trusted = networks(settings.trusted_proxies, setting="RAGBOT_TRUSTED_PROXIES")
        if not trusted:
            raise ConfigError(
                "RAGBOT_AUTH=proxy-header needs RAGBOT_TRUSTED_PROXIES.",
                hint="Name the addresses of the proxy that signs users in.",
            )
        return HeaderSignIn(name=settings.auth_header, trusted=trusted)
    return _oidc(app, settings, origin)


def _oidc(app: FastAPI, settings: Settings, origin: str) -> Scheme:
    from ragbot.web.auth.cookies import CookieJar
    from ragbot.web.auth.provider import Provider  # says what to install
    from ragbot.web.security import Policy

    provider = Provider(
        discovery=settings.oidc_discovery,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        claim=settings.oidc_user_claim,
    )
    from ragbot.web.auth.oidc import FLOW_SECONDS, OidcSignIn
    from ragbot.web.auth.tokens import Tokens

    if not origin:
        raise ConfigError(
            "RAGBOT_AUTH=oidc needs RAGBOT_PUBLIC_ORIGIN.",
            hint="It is where users see ragbot, e.g. https://ragbot.example.nhs.uk.",
        )
    key = settings.session_key.get_secret_value()
    if key and len(key) < SHORTEST_KEY:
        raise ConfigError(f"RAGBOT_SESSION_KEY needs at least {SHORTEST_KEY} characters.")
    seconds = settings.session_hours * 3600
    sign_in = OidcSignIn(
        provider=provider,
        tokens=Tokens(key, longest_life=max(seconds, FLOW_SECONDS)),
        jar=CookieJar(
            secure=origin.startswith("https:"),
            framed=len(Policy.from_settings(settings).ancestors) > 1,
            root_path=settings.root_path,
        ),
        origin=origin,
        root_path=settings.root_path,
        seconds=seconds,
    )
    app.include_router(sign_in.router())
    return sign_in


def _public_origin(settings: Settings) -> str:
    origin = settings.public_origin.lower()
    if origin and not (_HTTPS.fullmatch(origin) or _LOCAL.fullmatch(origin)):
        raise ConfigError(
            f"RAGBOT_PUBLIC_ORIGIN: {settings.public_origin!r} is no origin.",
            hint="Write scheme and host only, with https: https://ragbot.example.nhs.uk.",
        )
    return (
        origin.removesuffix(":443") if origin.startswith("https:") else origin.removesuffix(":80")
    )
