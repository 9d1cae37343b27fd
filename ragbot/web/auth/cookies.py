"""How our cookies are kept: never readable by scripts, over HTTPS, and right for a frame.

    jar = CookieJar(secure=True, framed=False, root_path="")
    jar.name("session")                  # __Host-ragbot-session
    jar.put(response, "session", value, seconds=3600)

Where the chat may be framed by other origins, a Lax cookie would never reach the frame, so it is
``SameSite=None; Secure; Partitioned``: the browser keeps one for each site that frames the chat,
and the check of ``Origin`` stands in for what SameSite gave. Otherwise it is Lax.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

MOST = 8  #: cookies of one name that are looked at


@dataclass(frozen=True, slots=True)
class CookieJar:
    """The attributes that all our cookies share."""

    secure: bool  #: users come over HTTPS
    framed: bool  #: other origins may frame the chat
    root_path: str  #: "" or a path that begins with a slash and does not end with one

    def name(self, kind: str) -> str:
        """``__Host-`` ties a cookie to this host and all its paths: it does not fit a sub-path."""
        prefix = ""
        if self.secure:
            prefix = "__Secure-" if self.root_path else "__Host-"
        return f"{prefix}ragbot-{kind}"

    def all(self, request: Request, kind: str) -> tuple[str, ...]:
        """The values; more than one where a sibling site has added its own."""
        name, found = self.name(kind), []
        for header in request.headers.getlist("cookie"):
            for part in header.split(";"):
                key, _, value = part.strip().partition("=")
                if key == name:
                    found.append(value)
        return tuple(found[:MOST])

    def put(self, response: Response, kind: str, value: str, *, seconds: int) -> None:
        """Let the browser keep ``value``; it holds nothing that needs quoting."""
        parts = [f"{self.name(kind)}={value}", f"Path={self.root_path or '/'}"]
        parts += [f"Max-Age={seconds}", "HttpOnly"]
        if self.secure:
            parts.append("Secure")
        parts += (
            ["SameSite=None", "Partitioned"] if self.framed and self.secure else ["SameSite=Lax"]
        )
        response.headers.append("Set-Cookie", "; ".join(parts))

    def drop(self, response: Response, kind: str) -> None:
        """Let the browser forget it."""
        self.put(response, kind, "", seconds=0)
