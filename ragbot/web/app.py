"""The server: one FastAPI app with the API, the source pages and the chat.

    app = create_app(settings, open_assistant=lambda: open_assistant(settings))
    serve(settings, open_assistant=..., announce=print)

The page answers at once and says that it is getting ready; Gradio is imported and the engine opened
behind it, one after the other, because both are hungry for the same processor and interpreter.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Sequence
from importlib import metadata

import uvicorn
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.feedback import open_book
from ragbot.web import (
    accessibility,
    api,
    auth,
    embed,
    feedback,
    logs,
    notices,
    page,
    privacy,
    sources,
)
from ragbot.web.auth.addresses import networks
from ragbot.web.desk import Desk
from ragbot.web.engine import Capacity, Engine, EngineHandle
from ragbot.web.forwarded import OnlyFromProxies
from ragbot.web.metrics import Metrics
from ragbot.web.metrics import router as metrics_router
from ragbot.web.originals import Originals
from ragbot.web.patience import MAX_CONNECTIONS, PatientProtocol, Stoppable
from ragbot.web.security import Guard, Policy
from ragbot.web.slot import BuildChat, ChatSlot
from ragbot.web.watch import Unbroken, Watch

GRACE = 30  #: seconds, at most, that running requests get when the server stops


def create_app(
    settings: Settings,
    open_assistant: Callable[[], Engine],
    *,
    examples: Sequence[str] | None = None,
) -> FastAPI:
    """The whole server as an ASGI app.

    Args:
        settings: where it is reached and who may frame it.
        open_assistant: slow; called once, in the background, when the app starts.
        examples: questions to offer; None for general ones.

    Raises:
        ConfigError: a setting makes no sense.
    """
    policy = Policy.from_settings(settings)
    root_path = settings.root_path
    engine = EngineHandle(open_assistant, capacity=_capacity(settings))
    metrics = Metrics(engine)
    desk = Desk.from_settings(engine, settings, metrics)
    book = open_book(settings)
    originals = Originals.from_settings(settings)
    slot = ChatSlot(
        _chat_importer(desk, originals, settings, examples=examples, mode=feedback.mode(book)),
        missing=lambda: notices.missing(root_path=root_path),
        root_path=root_path,
        ancestors=policy.ancestors,
    )
    app = _bare_app(engine, slot)
    app.state.hang_up = slot.hang_up
    app.add_middleware(Unbroken)
    auth.install(app, settings)
    if root_path:
        app.add_middleware(UnderRoot, root_path=root_path)
    app.add_middleware(Guard, policy=policy)  # around the redirect to the path, too
    proxies = networks(settings.trusted_proxies, setting="RAGBOT_TRUSTED_PROXIES")
    app.add_middleware(OnlyFromProxies, trusted=proxies)
    auth.believe_proxies(app, settings)  # outermost: it settles who the client is
    app.add_middleware(Watch, metrics=metrics)
    api.install_problem_handlers(app)
    app.include_router(metrics_router(metrics))
    app.include_router(privacy.router(settings))
    app.include_router(api.router(desk, page_ready=lambda: slot.ready or slot.failed))
    app.include_router(sources.router(engine, originals, root_path=root_path))
    app.include_router(embed.router())
    app.include_router(accessibility.router(contact=settings.contact, root_path=root_path))
    if book is not None:
        app.include_router(feedback.router(book))

    @app.get("/favicon.ico", include_in_schema=False)
    async def favicon() -> RedirectResponse:
        return RedirectResponse(page.static_url("icon.svg", root_path=root_path))

    app.mount(page.STATIC_PATH, StaticFiles(directory=page.STATIC_FOLDER), name="static")
    app.router.default = slot  # not a mount at "/": that would hide "method not allowed"
    return app


def _capacity(settings: Settings) -> Capacity:
    return Capacity(settings.max_running, settings.max_waiting, settings.time_limit)


def _bare_app(engine: EngineHandle, slot: ChatSlot) -> FastAPI:
    return FastAPI(
        title=page.PRODUCT,
        description=page.STRAPLINE,
        version=metadata.version("ragbot"),
        docs_url=None,  # both load scripts from elsewhere
        redoc_url=None,
        lifespan=_lifespan(engine, slot),
    )


class UnderRoot:
    """Tells the app its path prefix, whether the proxy in front strips it or passes it on."""

    def __init__(self, app: ASGIApp, *, root_path: str) -> None:
        """``root_path``: begins with a slash and does not end with one."""
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            if scope["path"] == self._root_path:
                await RedirectResponse(self._root_path + "/")(scope, receive, send)
                return
            scope["root_path"] = self._root_path
            if not scope["path"].startswith(self._root_path + "/"):
                scope["path"] = self._root_path + scope["path"]  # ASGI's path is the whole path
        await self._app(scope, receive, send)


def _chat_importer(
    desk: Desk,
    originals: Originals,
    settings: Settings,
    *,
    examples: Sequence[str] | None,
    mode: feedback.Mode,
) -> Callable[[], BuildChat]:
    def import_chat() -> BuildChat:
        from ragbot.web.chat import DEFAULT_EXAMPLES, ChatOptions, build_chat

        chosen = DEFAULT_EXAMPLES if examples is None else examples
        options = ChatOptions(
            root_path=settings.root_path,
            examples=chosen,
            feedback=mode,
            suggestions=settings.suggestions,
        )
        return lambda: build_chat(desk, originals, options=options)

    return import_chat


def _lifespan(
    engine: EngineHandle, slot: ChatSlot
) -> Callable[[FastAPI], contextlib.AbstractAsyncContextManager[None]]:
    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        building = asyncio.create_task(slot.run(then=engine.start))
        try:
            yield
        finally:
            slot.stop()
            engine.close()
            await building

    return lifespan


def serve(
    settings: Settings,
    *,
    open_assistant: Callable[[], Engine],
    announce: Callable[[str], None],
    examples: Sequence[str] | None = None,
) -> None:
    """Serve until stopped.

    Args:
        settings: see ``create_app``.
        open_assistant: see ``create_app``.
        announce: called once with the page's address, when the page answers there.
        examples: see ``create_app``.

    Raises:
        ConfigError: a setting makes no sense, or the port is taken.
    """
    logs.configure(level=settings.log_level, tell_all=settings.log_questions)
    app = create_app(settings, open_assistant, examples=examples)
    listening = _listen(settings)
    config = uvicorn.Config(
        app,
        http=PatientProtocol,
        ws="none",  # nothing here speaks it
        limit_concurrency=MAX_CONNECTIONS,
        log_config=None,  # ours
        log_level="warning",
        access_log=False,  # addresses may hold questions (?q=)
        server_header=False,
        proxy_headers=False,  # ours are read in the app, where the socket's peer is kept
        timeout_graceful_shutdown=math.ceil(min(GRACE, settings.time_limit)),
    )
    address = _address(settings, listening)
    threading.Thread(
        target=_announce_when_up, args=(address, settings.root_path, announce), daemon=True
    ).start()
    Stoppable(config, on_stop=app.state.hang_up).run(sockets=[listening])


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        raise ConfigError(
            f"Cannot listen on {settings.host} port {settings.port}: {error.strerror}.",
            hint="Choose another with --port or RAGBOT_PORT.",
        ) from error
    return listening


def _address(settings: Settings, listening: socket.socket) -> str:
    """What a person on this machine types into a browser."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    port = listening.getsockname()[1]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def _announce_when_up(address: str, root_path: str, announce: Callable[[str], None]) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=5):  # noqa: S310 - our own
                announce(address + root_path)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
