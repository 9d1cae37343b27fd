"""Ports for servers that must be told their port before they start.

    command = ["chroma", "run", "--port", str(free_port())]

A server that can take a listening socket, or port 0, needs none of this.
"""

from __future__ import annotations

import random
import socket

#: Below the ports that Linux, macOS and Windows give out by themselves: nothing that asks the
#: system for any port, such as the tests on the other core, is given one of these in between.
_FIRST, _LAST = 20_000, 32_000
_draw = random.SystemRandom()


def free_port() -> int:
    """A port of this machine that nothing listens on."""
    for _ in range(100):
        port = _draw.randint(_FIRST, _LAST)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("No free port found.")
