"""What readers say about answers, kept in a small SQLite file of this machine.

    book = open_book(settings)                     # None where feedback is switched off
    book.add(Opinion("g1", "extractive", "answered", "down", reason="missing"))   # → True: kept

``ragbot eval harvest`` reads the file; ``SCHEMA`` is written down here and nowhere else. A question
is kept only where the operator allows it (``RAGBOT_LOG_QUESTIONS``), its sender agreed, and the
guard sees no personal data in it. A file that cannot be written is logged and never an error for
the reader. Nothing here knows about HTTP or decides what an answer says.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ragbot import guard
from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.types import Status, Turn

log = logging.getLogger(__name__)

VERSION = 1  #: ``PRAGMA user_version`` of the file
SCHEMA = """
CREATE TABLE IF NOT EXISTS feedback (
    id INTEGER PRIMARY KEY,
    at TEXT NOT NULL,                 -- UTC, ISO 8601, whole seconds
    generation TEXT NOT NULL,         -- index generation that answered
    engine TEXT NOT NULL,             -- "extractive" or provider:model
    status TEXT NOT NULL,             -- the answer's
    verdict TEXT NOT NULL CHECK (verdict IN ('up', 'down')),
    reason TEXT CHECK (reason IN ('wrong_evidence', 'missing', 'wrong_source')),
    citations TEXT NOT NULL,          -- JSON: [{"path", "start", "end", "source_id"}, …]
    consent INTEGER NOT NULL CHECK (consent IN (0, 1)),
    question TEXT,                    -- NULL unless the operator allows it and the sender agreed
    history TEXT                      -- JSON: [{"role", "content"}, …]; NULL as question
) STRICT
"""
_INSERT = """
INSERT INTO feedback (at, generation, engine, status, verdict, reason, citations, consent, question,
                      history)
VALUES (:at, :generation, :engine, :status, :verdict, :reason, :citations, :consent, :question,
        :history)
"""
FILE_NAME = "feedback.db"
OFF = "off"
MAX_BYTES = 64 * 1024 * 1024  #: of the whole file: nobody fills a disk with opinions
WAIT = 5.0  #: seconds for another writer

Verdict = Literal["up", "down"]
Reason = Literal["wrong_evidence", "missing", "wrong_source"]


@dataclass(frozen=True, slots=True)
class CitedRange:
    """A passage that the answer rested on, without its words."""

    path: str
    start: int  #: 0-based, of the canonical text
    end: int  #: half-open
    source_id: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one reader said about one answer."""

    generation: str
    engine: str
    status: Status
    verdict: Verdict
    reason: Reason | None = None  #: only with "down"
    citations: tuple[CitedRange, ...] = ()
    consent: bool = False  #: the sender agreed that question and history are kept
    question: str | None = None
    history: tuple[Turn, ...] = ()  #: what was said before, oldest first


class FeedbackBook:
    """The file, opened for each write: there are few, and nothing stays locked between them."""

    def __init__(self, path: Path, *, keep_questions: bool, max_bytes: int = MAX_BYTES) -> None:
        """``path`` need not exist yet. ``keep_questions``: the operator allows it."""
        self._path = path
        self._max_bytes = max_bytes
        self._one_at_a_time = threading.Lock()
        self.keep_questions = keep_questions

    def add(self, opinion: Opinion) -> bool:
        """Keep ``opinion``; False, with a line in the log, where that is not possible."""
        try:
            with self._one_at_a_time, closing(self._connect()) as connection, connection:
                connection.execute(_INSERT, self._row(opinion))
        except (sqlite3.Error, OSError) as error:
            log.warning("Feedback could not be kept in %s: %s.", self._path, error)
            return False
        return True

    def _connect(self) -> sqlite3.Connection:
        # Made with the operator's eyes only; SQLite gives its helper files the same mode.
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(self._path, timeout=WAIT)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version not in (0, VERSION):
            raise sqlite3.DatabaseError(f"version {version}, this one writes {VERSION}")
        connection.execute("PRAGMA journal_mode = WAL")
        page = connection.execute("PRAGMA page_size").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count = {max(self._max_bytes // page, 1)}")
        if version == 0:
            connection.executescript(f"{SCHEMA}; PRAGMA user_version = {VERSION}")

    def _row(self, opinion: Opinion) -> dict[str, object]:
        agreed = opinion.consent and self.keep_questions
        keep = agreed and bool(opinion.question) and not _personal(opinion)
        history = [asdict(turn) for turn in opinion.history]
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "generation": opinion.generation,
            "engine": opinion.engine,
            "status": opinion.status,
            "verdict": opinion.verdict,
            "reason": opinion.reason if opinion.verdict == "down" else None,
            "citations": _json([asdict(cited) for cited in opinion.citations]),
            "consent": int(agreed),
            "question": opinion.question if keep else None,
            "history": _json(history) if keep and history else None,
        }


def open_book(settings: Settings) -> FeedbackBook | None:
    """The book that the settings name; None where feedback is off.

    Raises:
        ConfigError: the named file has no folder to be in.
    """
    if settings.feedback == OFF:
        return None
    path = Path(settings.feedback) if settings.feedback else settings.index_dir / FILE_NAME
    if settings.feedback and not path.parent.is_dir():
        raise ConfigError(
            f"RAGBOT_FEEDBACK: there is no folder {path.parent}.",
            hint=f"Make it, or set {OFF!r} for no feedback.",
        )
    return FeedbackBook(path, keep_questions=settings.log_questions)


def _personal(opinion: Opinion) -> bool:
    """Whether the guard sees personal data in what would be kept, answers included."""
    said = (opinion.question or "", *(turn.content for turn in opinion.history))
    return any(guard.refusal(text, max_chars=len(text)) == "personal_data" for text in said)


def _json(value: Sequence[object]) -> str:
    return json.dumps(value, ensure_ascii=False)
