"""What somebody gets who is not let in: a page for a browser, a ``Problem`` for a program.

    return refusal(request, 401, "Sign in to use ragbot.", headers={"WWW-Authenticate": …})

It does not decide who is let in.
"""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from ragbot.render import escape
from ragbot.web import page

MACHINES = ("/api/", "/gradio_api/")  #: whoever asks here is a program or the page's own script


def path_below(request: Request) -> str:
    """The path without the root path: what the routes are matched against."""
    path, root = str(request.scope["path"]), str(request.scope.get("root_path", ""))
    return path[len(root) :] if root and path.startswith(root + "/") else path


def wants_page(request: Request) -> bool:
    """Whether a person waits for a page in a window or a frame."""
    return (
        request.method in {"GET", "HEAD"}
        and "text/html" in request.headers.get("accept", "")
        and request.headers.get("sec-fetch-mode", "navigate") == "navigate"
        and not path_below(request).startswith(MACHINES)
    )


def is_framed(request: Request) -> bool:
    """Whether the browser loads the page into a frame."""
    return request.headers.get("sec-fetch-dest") in {"iframe", "frame"}


def refusal(
    request: Request, status: int, words: str, *, headers: Mapping[str, str] | None = None
) -> Response:
    """``words`` is text, and says what to do."""
    headers = {"Cache-Control": "no-store", **(headers or {})}
    if not wants_page(request):
        return JSONResponse({"error": words, "details": []}, status, headers)
    return plain_page(request, title_of(status), f"<p>{escape(words)}</p>", status, headers)


def title_of(status: int) -> str:
    """What a refusal is headed."""
    return {401: "Sign in", 429: "Too many attempts"}.get(status, "You cannot use this page")


def plain_page(
    request: Request,
    title: str,
    body: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    scripts: tuple[str, ...] = (),
) -> Response:
    """A page with nothing but a heading and ``body``, which is HTML; it is not to be kept."""
    html = page.document(
        title=title,
        body=f"<h1>{escape(title)}</h1>{body}",
        root_path=request.scope.get("root_path", ""),
        scripts=scripts,
    )
    return HTMLResponse(html, status, {"Cache-Control": "no-store", **(headers or {})})
