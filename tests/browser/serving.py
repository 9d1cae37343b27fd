"""A real server for a real browser, in a thread of the test's process.

    with served(Settings(), lambda: FakeAssistant()) as address:
        driver.get(address)

The assistant is opened by whatever is passed in, so the same tests can run on a real index.
"""

from __future__ import annotations

import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from ragbot.config import Settings
from ragbot.web.app import create_app
from ragbot.web.engine import Engine
from tests.browser.waiting import until


class StrippingProxy:
    """What nginx does with ``location /chat/ { proxy_pass http://ragbot/; }``."""

    def __init__(self, app: ASGIApp, prefix: str) -> None:
        self._app = app
        self._prefix = prefix

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            if not path.startswith(self._prefix + "/"):
                await send({"type": "http.response.start", "status": 502, "headers": []})
                await send({"type": "http.response.body", "body": b"not below the prefix"})
                return
            scope = {**scope, "path": path[len(self._prefix) :]}
        await self._app(scope, receive, send)


@contextmanager
def served(
    settings: Settings, open_assistant: Callable[[], Engine], *, stripped: bool = True
) -> Iterator[str]:
    """The server's address; it ends with the root path, where there is one, and no slash.

    ``stripped``: behind a proxy that takes the root path off; else it is passed on.
    """
    app: ASGIApp = create_app(settings, open_assistant)
    if settings.root_path and stripped:
        app = StrippingProxy(app, settings.root_path)
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=1, lifespan="on")
    )
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    address = f"http://127.0.0.1:{listening.getsockname()[1]}{settings.root_path}"
    until(lambda: server.started)
    try:
        until(lambda: b"chat page" not in _get(f"{address}/healthz"))
        yield address
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as response:
        body: bytes = response.read()
        return body
