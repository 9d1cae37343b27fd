"""Gradio sessions that remember nothing of what passes through them.

    forget(host)    # after gr.mount_gradio_app(host, …)

Gradio keeps the last value of every component of every session in memory (for its "deep links"),
up to 10,000 sessions and long after the browser has gone. A conversation is the reader's: here the
values are not kept, and no more sessions than are likely to be open. It also sums up its last
10,000 events with pandas after each event, for a page that is switched off; that is stopped too.
This leans on Gradio 6.31's inside; ``tests/test_web_chat.py`` fails where a later Gradio differs.
"""

from __future__ import annotations

import sys
from typing import Any

from fastapi import FastAPI
from gradio.routes import App
from gradio.state_holder import SessionState, StateHolder
from starlette.routing import Mount

MAX_SESSIONS = 1000


class ForgetfulSession(SessionState):
    """A session that notes no component's value."""

    def _update_value_in_config(self, key: int, value: Any) -> None:  # noqa: ANN401
        """Called by Gradio with everything typed and everything shown."""


class ForgetfulSessions(StateHolder):
    """Makes forgetful sessions."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __getitem__(self, session_id: str) -> SessionState:
        """The session of that id, new if need be."""
        if session_id not in self.session_data:
            self.session_data[session_id] = ForgetfulSession(self.blocks)
        return super().__getitem__(session_id)


def forget(host: FastAPI) -> None:
    """Give the Gradio app that is mounted on ``host`` forgetful sessions."""
    for route in host.routes:
        if isinstance(route, Mount) and isinstance(route.app, App):
            blocks = route.app.get_blocks()
            blocks.state_session_capacity = MAX_SESSIONS
            blocks._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize  # the name is Gradio's
            blocks._queue.ANALYTICS_MAX_EVENTS = 1
            route.app.state_holder = ForgetfulSessions()
            route.app.state_holder.set_blocks(blocks)
