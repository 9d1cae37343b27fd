"""Where Gradio sits: an ASGI app that shows "getting ready" until the chat has been built.

    slot = ChatSlot(import_chat, missing=..., root_path="")
    app.router.default = slot; task = asyncio.create_task(slot.run())

Gradio takes seconds to import, brings routes that a chat does not need (uploads, proxies, an
editor) and remembers what was last typed. Here it is built in the background, only the routes the
page uses are let through, its page gets our header and styles, and its sessions forget.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ragbot.render import escape
from ragbot.web import notices, page
from ragbot.web.api import CHAT_PAGE
from ragbot.web.auth import can_sign_out
from ragbot.web.security import GRADIO_MARK

if TYPE_CHECKING:
    from gradio import Blocks
    from gradio.routes import App

log = logging.getLogger(__name__)

#: What the chat page asks Gradio for, below the root path.
ALLOWED = re.compile(
    r"/|/config|/theme\.css|/robots\.txt|/(?:assets|static)/.+"
    r"|/gradio_api/(?:queue/join|queue/data|cancel|reset|startup-events|heartbeat/[\w-]+)"
)

BuildChat = Callable[[], "Blocks"]


class ChatSlot:
    """Serves the waiting page, then the chat."""

    def __init__(
        self,
        import_chat: Callable[[], BuildChat],
        *,
        missing: Callable[[], Response],
        root_path: str,
        ancestors: Sequence[str] = (),
    ) -> None:
        """Prepare; nothing is imported yet.

        Args:
            import_chat: slow, called in a thread; gives the function that builds the page, which
                is called in the event loop, because Gradio's queue belongs to a loop.
            missing: the page for an address that is not let through.
            root_path: path prefix behind a proxy.
            ancestors: who may frame the page, as in the header; its script is told.
        """
        self._import_chat = import_chat
        self._missing = missing
        self._root_path = root_path
        self._ancestors = ancestors
        self._chat: ASGIApp | None = None
        self._host: FastAPI | None = None
        self._stop = asyncio.Event()
        self.failed = False  #: the chat could not be built; the API may still work

    @property
    def ready(self) -> bool:
        """Whether the chat is there."""
        return self._chat is not None

    async def run(self, *, then: Callable[[], None]) -> None:
        """Build the chat, call ``then``, and keep the chat's own tasks going until ``stop``."""
        try:
            build = await asyncio.to_thread(self._import_chat)
            host = _mount(build(), root_path=self._root_path)
        except Exception:
            log.exception("The chat page could not be built.")
            self.failed = True
            then()
            return
        async with host.router.lifespan_context(host):
            self._host = host
            self._chat = Framed(host, root_path=self._root_path, ancestors=self._ancestors)
            then()
            await self._stop.wait()

    def stop(self) -> None:
        """Let ``run`` come to its end."""
        self._stop.set()

    def hang_up(self) -> None:
        """End the heartbeats of open pages, which would hold up a stop."""
        if self._host is not None:
            for gradio in _gradio_apps(self._host):
                gradio.stop_event.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return
        path = _path_below_root(scope)
        if path.startswith("/api/"):
            raise HTTPException(404, "There is no such address.")
        if not ALLOWED.fullmatch(path):
            await self._missing()(scope, receive, send)
        elif self._chat is None:
            await self._waiting()(scope, receive, send)
        else:
            scope[GRADIO_MARK] = True
            await self._chat(scope, receive, send)

    def _waiting(self) -> Response:
        failure = "The chat page could not be built. The server’s log says why."
        return notices.waiting(
            CHAT_PAGE,
            failure=failure if self.failed else None,
            root_path=self._root_path,
            status=500 if self.failed else 200,  # the page is up; /readyz is for machines
        )


class Framed:
    """Gradio's app with our header, footer, styles and script around its page."""

    def __init__(self, app: ASGIApp, *, root_path: str, ancestors: Sequence[str]) -> None:
        """``app``: Gradio's. ``ancestors``: who may frame the page."""
        self._app = app
        self._root_path = root_path
        self._ancestors = ancestors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request; only the page itself is changed."""
        if _path_below_root(scope) != "/" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        html = await _collect(self._app, scope, receive)
        embedded = Request(scope).query_params.get("embed") == "1"
        ancestors = self._ancestors if embedded else ()
        framed = frame_page(
            html,
            root_path=self._root_path,
            embedded=embedded,
            ancestors=ancestors,
            account=can_sign_out(scope),
        )
        response = HTMLResponse(framed, headers={"Cache-Control": "no-store"})
        await response(scope, receive, send)


def frame_page(
    html: str,
    *,
    root_path: str,
    embedded: bool,
    ancestors: Sequence[str] = (),
    account: bool = False,
) -> str:
    """Gradio's page with our parts put in, and without what it says about Gradio."""
    html = re.sub(r'<meta\s+(?:property="og:|name="twitter:)[^>]*>', "", html)
    html = html.replace('<link rel="manifest" href="/manifest.json" />', "")
    html = html.replace('<html\n\tlang="en"', f'<html lang="en"{" data-embed" if embedded else ""}')
    scripts = ("chat.js", "feedback.js", *(("frame.js",) if embedded else ()))
    ours = page.head(styles=("base.css", "chat.css"), scripts=scripts, root_path=root_path) + (
        '<meta name="color-scheme" content="light dark"><title>ragbot</title>'
    )
    html = html.replace("</head>", f"{ours}</head>", 1)
    top = "" if embedded else page.header(root_path=root_path, current="chat", skip_to="rb-main")
    bottom = page.footer(root_path=root_path, embedded=embedded, account=account)
    status = (
        f'<div id="rb-status" class="rb-status" data-root="{escape(root_path)}"'
        f' data-ancestors="{escape(" ".join(ancestors))}"></div>'
        '<div id="rb-say" class="rb-hidden" role="status" aria-live="polite"></div>'
        '<noscript><p class="rb-width">The chat needs JavaScript. The sources can be read '
        f'without it: <a href="{escape(root_path)}/sources">Sources</a>.</p></noscript>'
    )
    html = html.replace("<gradio-app", f"{top}{status}<gradio-app", 1)
    return html.replace("</gradio-app>", f"</gradio-app>{bottom}", 1)


def _mount(blocks: Blocks, *, root_path: str) -> FastAPI:
    import gradio as gr

    from ragbot.web.forgetful import forget
    from ragbot.web.theme import plain_theme

    host = FastAPI(openapi_url=None)
    gr.mount_gradio_app(
        host,
        blocks,
        path="/",
        root_path=root_path or None,
        theme=plain_theme(),
        footer_links=[],
        run_history=False,
        show_error=False,
        ssr_mode=False,
        mcp_server=False,
        enable_monitoring=False,
        pwa=False,
        max_file_size=0,
    )
    forget(host)
    return host


def _gradio_apps(host: FastAPI) -> Iterator[App]:
    from gradio.routes import App

    for route in host.routes:
        if isinstance(route, Mount) and isinstance(route.app, App):
            yield route.app


def _path_below_root(scope: Scope) -> str:
    path, root = str(scope["path"]), str(scope.get("root_path", ""))
    if root and path.startswith(root + "/"):
        path = path[len(root) :]
    return path


async def _collect(app: ASGIApp, scope: Scope, receive: Receive) -> str:
    """The body that ``app`` answers with, uncompressed."""
    headers = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
    parts: list[bytes] = []

    async def keep(message: Message) -> None:
        parts.append(message.get("body", b""))

    inner: dict[str, Any] = {**scope, "headers": headers}
    await app(inner, receive, keep)
    return b"".join(parts).decode("utf-8")
