"""What the tests of the sign-in share: real servers, and requests as an attacker writes them.

    with serving(app) as port:
        send(port, "GET", "//api/search?q=x", [("X-Remote-User", "amy")], source="127.0.0.2").status

``openid_provider`` is a provider from PyPI in a process of its own.
"""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn
from starlette.types import ASGIApp

from tests.browser.waiting import until
from tests.ports import free_port

HTML = ("Accept", "text/html,application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def location(self) -> str:
        return str(self.headers.get("location", ""))


def send(
    port: int,
    method: str,
    target: str,
    headers: Sequence[tuple[str, str]] = (),
    *,
    body: bytes = b"",
    source: str = "127.0.0.1",
) -> Reply:
    """One request, its target and headers untouched, from an address of choice on this machine."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", port, timeout=60, source_address=(source, 0)
    )
    try:
        own_host = any(name.lower() == "host" for name, _ in headers)
        connection.putrequest(method, target, skip_host=own_host, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value.encode("utf-8", "surrogateescape"))
        if body or method == "POST":
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        connection.close()


def bound() -> socket.socket:
    """A listening socket on a free port of this machine."""
    return socket.create_server(("127.0.0.1", 0))


def port_of(listening: socket.socket) -> int:
    return int(listening.getsockname()[1])


@contextmanager
def serving(
    app: ASGIApp, listening: socket.socket | None = None, *, lifespan: bool = False, **more: str
) -> Iterator[int]:
    """The port of a real uvicorn, set up as ``ragbot serve`` sets up its own."""
    listening = listening or bound()
    config = uvicorn.Config(
        app,
        log_level="error",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
        lifespan="on" if lifespan else "off",
        **more,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    until(lambda: server.started)
    try:
        yield port_of(listening)
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


@contextmanager
def openid_provider(user: str) -> Iterator[str]:
    """The address of an OpenID provider in a process of its own, with one user."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--user", user]
    command += ["--require-nonce", "true", "--require-registration", "true"]
    environment = os.environ | {"AUTHLIB_INSECURE_TRANSPORT": "1"}
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, env=environment, stdout=quiet, stderr=quiet)
    address = f"http://127.0.0.1:{port}"
    try:
        until(lambda: _answers(f"{address}/jwks"))
        yield address
    finally:
        process.terminate()
        process.wait(60)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        time.sleep(0.1)
        return False
