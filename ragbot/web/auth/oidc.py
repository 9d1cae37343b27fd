"""Sign-in with OpenID Connect: the addresses below ``/auth/``, and the session they make.

    GET  /auth/login?next=/sources       to the provider and back to
    GET  /auth/callback                  which makes the session, and goes on to ``next``
    GET  /auth/account                   who is signed in, and the button for
    POST /auth/logout                    which ends the session, and offers to end the provider's
    POST /auth/redeem                    a frame's way to the session of the window it opened

The session is a signed cookie with a name, an id and an end. Each sign-in makes a new one and ends
the one before; nothing that a browser brings from before a sign-in is worth anything after it.
"""

from __future__ import annotations

import hmac
import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from ragbot.render import escape
from ragbot.web.auth.answers import is_framed, plain_page, refusal, wants_page
from ragbot.web.auth.cookies import CookieJar
from ragbot.web.auth.names import is_user_name, normal
from ragbot.web.auth.own_path import own_path
from ragbot.web.auth.provider import Provider, ProviderUnreachable, SignInRefused
from ragbot.web.auth.tokens import Tokens

log = logging.getLogger(__name__)
SESSION, FLOW, TICKET = "session", "sign-in", "ticket"
FLOW_SECONDS, TICKET_SECONDS = 600, 60
SCRIPT = ("signin.js",)
CONVERSATION = "ragbot-conversation"  #: what the chat calls its store in the browser
STALE = "This sign-in was begun elsewhere, took too long, or was used before."


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcSignIn:
    """The routes, and the check of the session."""

    provider: Provider
    tokens: Tokens
    jar: CookieJar
    origin: str  #: as users see it, e.g. https://ragbot.example.nhs.uk
    root_path: str
    seconds: int  #: that a session lasts

    async def identify(self, request: Request) -> str | Response:
        """The session's user, or the way to one."""
        sessions = self._sessions(request)
        if len(sessions) == 1:
            request.state.can_sign_out = True
            return str(sessions[0]["sub"])
        if not wants_page(request):
            return refusal(request, 401, "You are not signed in. Reload the page to sign in.")
        query = request.scope.get("query_string", b"").decode("latin-1")
        here = quote(request.scope["path"]) + (f"?{query}" if query else "")
        login = f"{self.root_path}/auth/login?next={quote(here, safe='')}"
        if is_framed(request):
            return self._open_window(request, login)
        return RedirectResponse(login, 303, {"Cache-Control": "no-store"})

    def router(self) -> APIRouter:
        """The addresses below ``/auth/``."""
        routes = APIRouter(prefix="/auth", include_in_schema=False)
        routes.add_api_route("/login", self.login, methods=["GET"], response_model=None)
        routes.add_api_route("/callback", self.callback, methods=["GET"], response_model=None)
        routes.add_api_route("/account", self.account, methods=["GET"], response_model=None)
        routes.add_api_route("/logout", self.logout, methods=["POST"], response_model=None)
        routes.add_api_route("/redeem", self.redeem, methods=["POST"], response_model=None)
        return routes

    async def login(self, request: Request) -> Response:
        """To the provider; what is needed to come back is kept in a cookie."""
        try:
            url, kept = await self.provider.begin(self._address("/auth/callback"))
        except ProviderUnreachable as error:
            return self._unreachable(request, error)
        kept["next"] = own_path(request.query_params.get("next", ""), root_path=self.root_path)
        kept["window"] = request.query_params.get("window") == "1"
        response = RedirectResponse(url, 303, {"Cache-Control": "no-store"})
        flow = self.tokens.sign(FLOW, kept, seconds=FLOW_SECONDS)
        self.jar.put(response, FLOW, flow, seconds=FLOW_SECONDS)
        return response

    async def callback(self, request: Request) -> Response:
        """From the provider, with a code."""
        flow = self._flow(request)
        if flow is None or not self.tokens.take_back(flow):
            return self._not_signed_in(request, STALE)
        try:
            user = normal(await self.provider.finish(request, flow))
        except ProviderUnreachable as error:
            return self._unreachable(request, error)
        except SignInRefused as error:
            log.warning("A sign-in was refused. %s", error)
            return self._not_signed_in(request, "The sign-in was not completed.")
        if not is_user_name(user):
            log.warning("A sign-in was refused: the name is empty, long or not printable.")
            return self._not_signed_in(request, "Your name cannot be used here.")
        return self._signed_in(request, user, flow)

    async def account(self, request: Request) -> Response:
        """Who is signed in, and the way out."""
        body = (
            f"<p>You are signed in as <strong>{escape(request.state.user)}</strong>.</p>"
            f'<form method="post" action="{escape(self.root_path)}/auth/logout">'
            '<button type="submit">Sign out</button></form>'
            f'<p><a href="{escape(self.root_path)}/">Back to the chat</a></p>'
        )
        return plain_page(request, "Your account", body)

    async def logout(self, request: Request) -> Response:
        """End the session here, forget the conversation, and say how to end the provider's session.

        A link and no redirect: the page's own policy lets no form lead to another site.
        """
        self._end(request)
        ends = await self.provider.end_url(self._address("/"))
        there = (
            "<p>You may still be signed in to your organisation.</p>"
            f'<p><a href="{escape(ends)}">Sign out of your organisation as well</a></p>'
        )
        again = f'<p><a href="{escape(self.root_path)}/">Sign in again</a></p>'
        store = f"{CONVERSATION}{self.root_path}"
        forget = f'<p id="rb-signed-out" role="status" data-store="{escape(store)}"></p>'
        body = forget + (there if ends else "") + again
        response = plain_page(request, "You are signed out", body, scripts=SCRIPT)
        self.jar.drop(response, SESSION)
        return response

    async def redeem(self, request: Request) -> Response:
        """A session for the frame whose window has signed in; the ticket is good once."""
        body = await request.body()
        ticket = self.tokens.read(TICKET, body.decode("latin-1"))
        if ticket is None or not self.tokens.take_back(ticket):
            return refusal(request, 401, STALE)
        self._end(request)
        response = Response(status_code=204, headers={"Cache-Control": "no-store"})
        self._begin(response, str(ticket["sub"]))
        return response

    def _sessions(self, request: Request) -> list[dict[str, Any]]:
        """The sessions that hold; what else is in the cookies counts for nothing."""
        read = (self.tokens.read(SESSION, value) for value in self.jar.all(request, SESSION))
        return [session for session in read if session is not None]

    def _flow(self, request: Request) -> dict[str, Any] | None:
        """The sign-in under way that this request belongs to."""
        state = request.query_params.get("state", "").encode()
        for value in self.jar.all(request, FLOW):
            flow = self.tokens.read(FLOW, value)
            if flow is not None and hmac.compare_digest(state, str(flow["state"]).encode()):
                return flow
        return None

    def _begin(self, response: Response, user: str) -> None:
        session = self.tokens.sign(SESSION, {"sub": user}, seconds=self.seconds)
        self.jar.put(response, SESSION, session, seconds=self.seconds)

    def _end(self, request: Request) -> None:
        for session in self._sessions(request):
            self.tokens.take_back(session)

    def _signed_in(self, request: Request, user: str, flow: dict[str, Any]) -> Response:
        self._end(request)
        response: Response = RedirectResponse(flow["next"], 303, {"Cache-Control": "no-store"})
        if flow["window"]:
            ticket = self.tokens.sign(TICKET, {"sub": user}, seconds=TICKET_SECONDS)
            body = (
                f'<p id="rb-ticket" data-ticket="{escape(ticket)}">Go back to the page you came '
                "from. You can close this window.</p>"
                f'<p><a href="{escape(flow["next"])}">Use ragbot in this window</a></p>'
            )
            response = plain_page(request, "You are signed in", body, scripts=SCRIPT)
        self._begin(response, user)
        self.jar.drop(response, FLOW)
        return response

    def _open_window(self, request: Request, login: str) -> Response:
        """Providers do not let themselves be framed, so a frame signs in through a window."""
        body = (
            "<p>ragbot needs to know who you are. Sign in opens a new window.</p>"
            f'<p><a id="rb-signin" href="{escape(login)}&amp;window=1" target="_blank" '
            f'rel="opener" data-redeem="{escape(self.root_path)}/auth/redeem">Sign in</a></p>'
            '<p id="rb-signin-note" role="status"></p>'
        )
        return plain_page(request, "Sign in", body, 401, scripts=SCRIPT)

    def _not_signed_in(self, request: Request, words: str) -> Response:
        body = (
            f"<p>{escape(words)}</p>"
            f'<p><a href="{escape(self.root_path)}/">Try to sign in again</a></p>'
        )
        response = plain_page(request, "You are not signed in", body, 403)
        self.jar.drop(response, FLOW)
        return response

    def _unreachable(self, request: Request, error: ProviderUnreachable) -> Response:
        log.error("The OpenID provider cannot be used. %s", error)
        words = "Your organisation’s sign-in does not answer. Try again in a few minutes."
        return plain_page(
            request, "You cannot sign in now", f"<p>{words}</p>", 503, {"Retry-After": "60"}
        )

    def _address(self, path: str) -> str:
        return f"{self.origin}{self.root_path}{path}"
