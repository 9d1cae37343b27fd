"""The server's log: one JSON object a line on stderr, each with the id of its request.

    {"time": "2026-11-22T09:30:00.123Z", "level": "INFO", "logger": "ragbot.questions",
     "message": "question", "request_id": "5f0c…", "surface": "chat", "status": "answered",
     "cited": ["sinnott-2020-1a2b3c4d"], "ms": 412.0, …}

No question is in it unless ``RAGBOT_LOG_QUESTIONS`` is on, and then with personal data cut out. So
a failure is told by its kind and its place in the code; what a library put into its message may be
somebody's question, and is told only where questions are. Users' names and addresses are not in
it: that is the audit log's (``ragbot.audit``).
"""

from __future__ import annotations

import logging
import re
import sys
import traceback
import uuid
from contextvars import ContextVar
from types import TracebackType
from typing import TextIO

from pythonjsonlogger.json import JsonFormatter

from ragbot.errors import RagbotError

REQUEST_ID: ContextVar[str] = ContextVar("ragbot_request_id", default="")
_VALID_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_TELLING = (RagbotError, OSError, ImportError)  #: errors whose messages are about the server

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


def request_id(offered: str) -> str:
    """The id that a proxy offers in ``X-Request-ID``, or a new one where it offers none of use."""
    return offered if _VALID_ID.fullmatch(offered) else uuid.uuid4().hex


class OneLine(JsonFormatter):
    """A record as JSON; exceptions without the words of others."""

    def __init__(self, *, tell_all: bool) -> None:
        """``tell_all``: questions may be logged, so any message may."""
        super().__init__(
            "%(levelname)s %(name)s %(message)s",
            rename_fields={"levelname": "level", "name": "logger"},
            timestamp="time",
            json_ensure_ascii=True,  # a separator of lines in a message stays in its line
        )
        self._tell_all = tell_all

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        """Kind and place of the exception and of what caused it; the message where it may."""
        lines: list[str] = []
        error = ei[1]
        while error is not None and len(lines) < 200:
            told = self._tell_all or isinstance(error, _TELLING)
            message = f": {error}" if told else " (message left out: it may quote a question)"
            kind = type(error)
            frames = traceback.extract_tb(error.__traceback__)
            lines.append(f"{kind.__module__}.{kind.__qualname__}{message}")
            lines += [f"  {f.filename}:{f.lineno} in {f.name}" for f in frames]
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(lines)


class _WithRequestId(logging.Filter):
    """Puts the id of the request at hand into each record."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record through."""
        if not getattr(record, "request_id", ""):
            record.request_id = REQUEST_ID.get() or None
        return True


def configure(*, level: str, tell_all: bool, stream: TextIO | None = None) -> None:
    """Log JSON to ``stream`` (stderr) from now on: ours from ``level``, others' from warning.

    For a process that serves: it takes the place of every other handler.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(OneLine(tell_all=tell_all))
    handler.addFilter(_WithRequestId())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("ragbot").setLevel(level.upper())
    logging.captureWarnings(True)
