"""Where every question is taken in, whoever asks and from whichever page.

    desk = Desk(engine, limits=Limits.from_settings(settings), metrics=metrics, books=books)
    answer = await desk.ask("What did GPs call it?", [], asker)
    async for partial in desk.stream("What did GPs call it?", [], asker): ...

In this order: is the asker within the limits, write into the audit log that somebody asks, wait for
a turn, compute, write what came of it into the audit log, the log and the metrics. The engine
refuses personal data itself, before it looks anything up; what is written here has been through
the same guard. Nothing here knows about HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ragbot import guard
from ragbot.audit.log import AuditLog
from ragbot.config import Settings
from ragbot.errors import Busy, RagbotError, TimeUp, TooManyQuestions
from ragbot.types import Answer, Citation, Passage, Turn
from ragbot.web.asker import Asker
from ragbot.web.detached import detached
from ragbot.web.engine import EngineHandle, EngineNotReady
from ragbot.web.limits import Limits
from ragbot.web.metrics import Metrics

log = logging.getLogger("ragbot.questions")

Surface = Literal["api", "chat", "search"]


@dataclass(frozen=True, slots=True)
class Books:
    """What is written down about questions."""

    audit: AuditLog | None = None
    questions: bool = False  #: the words too, with personal data cut out
    max_chars: int = 2000  #: of a question that is written down


@dataclass(slots=True)
class _Visit:
    """One question on its way."""

    asker: Asker
    surface: Surface
    shown: str  #: the question as it may be written down; "" where it may not
    asked: float = field(default_factory=time.perf_counter)
    begun: float | None = None  #: when its turn came
    answer: Answer | None = None
    found: int | None = None  #: passages, for a search
    outcome: tuple[str, str] = ("error", "")  #: status and reason, where there is no answer

    def begin(self) -> None:
        self.begun = time.perf_counter()

    @property
    def waited(self) -> float:
        return (self.begun or time.perf_counter()) - self.asked


class Desk:
    """Takes questions in for one engine."""

    def __init__(
        self, engine: EngineHandle, *, limits: Limits, metrics: Metrics, books: Books
    ) -> None:
        """``books``: what is written down."""
        self.engine = engine
        self._limits = limits
        self._metrics = metrics
        self._books = books

    @classmethod
    def from_settings(cls, engine: EngineHandle, settings: Settings, metrics: Metrics) -> Desk:
        """A desk as the settings ask for.

        Raises:
            ConfigError: a limit cannot be read.
            AuditProblem: the audit log cannot be used.
        """
        return cls(
            engine,
            limits=Limits.from_settings(settings),
            metrics=metrics,
            books=Books(
                audit=open_audit(settings),
                questions=settings.log_questions,
                max_chars=settings.max_question_chars,
            ),
        )

    async def ask(self, question: str, history: Sequence[Turn], asker: Asker) -> Answer:
        """The whole answer.

        Raises:
            EngineNotReady: the engine is not there (yet).
            TurnedAway: too many questions, too many waiting, or it took too long.
            AuditProblem: it could not be written down.
        """
        async with self._visit(question, asker, "api") as visit:
            answer = await self.engine.call(
                lambda ready: ready.ask(question, history), began=visit.begin
            )
            await self._audit(visit, answer)
        return answer

    async def stream(
        self, question: str, history: Sequence[Turn], asker: Asker
    ) -> AsyncGenerator[Answer]:
        """Partial answers; the last one is whole. Raises: as ``ask``."""
        async with self._visit(question, asker, "chat") as visit:
            newest = None
            async with aclosing(
                self.engine.stream(question, history, began=visit.begin)
            ) as partials:
                async for newest in partials:
                    yield newest
            if newest is not None:
                await self._audit(visit, newest)

    async def search(self, text: str, k: int, asker: Asker) -> tuple[str, tuple[Passage, ...]]:
        """What was searched for, without personal data, and what was found. Raises: as ``ask``."""
        bare = guard.searchable(text)
        async with self._visit(text, asker, "search") as visit:
            found = await self.engine.call(lambda ready: ready.search(text, k), began=visit.begin)
            visit.found, visit.outcome = len(found), ("found", "")
            cited = list(dict.fromkeys(p.chunk.source_id for p in found))
            await self._write(visit, "answered", status="found", cited=cited)
        return bare, found

    @asynccontextmanager
    async def _visit(self, question: str, asker: Asker, surface: Surface) -> AsyncIterator[_Visit]:
        shown = ""
        if self._books.questions:
            shown = guard.redacted(question, max_chars=self._books.max_chars)
        visit = _Visit(asker, surface, shown)
        try:
            await detached(self._limits.admit(asker))
            await self._write(visit, "asked", **({"question": shown} if shown else {}))
            yield visit
        except (Exception, asyncio.CancelledError, GeneratorExit) as error:
            visit.outcome = _outcome(error)
            raise
        finally:
            self._note(visit)

    async def _audit(self, visit: _Visit, answer: Answer) -> None:
        cited = [_place(citation) for citation in answer.citations]
        facts: dict[str, Any] = {"status": answer.status, "index": answer.index, "cited": cited}
        facts |= {"reason": answer.reason} if answer.reason else {}
        await self._write(visit, "answered", engine=answer.engine, **facts)
        visit.answer = answer

    async def _write(self, visit: _Visit, event: str, **facts: object) -> None:
        """Into the audit log, in a thread: it waits for the disk."""
        audit, asker = self._books.audit, visit.asker
        if audit is None:
            return
        who = {"user": asker.user} if asker.user else {"address": asker.address}
        about = {"request_id": asker.request_id, "surface": visit.surface, **who, **facts}
        await asyncio.to_thread(lambda: audit.append(event, **about))

    def _note(self, visit: _Visit) -> None:
        """Into metrics and log."""
        seconds = time.perf_counter() - visit.asked
        facts: dict[str, Any] = {"request_id": visit.asker.request_id, "surface": visit.surface}
        if visit.shown:
            facts["question"] = visit.shown
        if (answer := visit.answer) is not None:
            self._metrics.answered(
                visit.surface, answer, seconds=seconds, waited=min(visit.waited, seconds)
            )
            facts |= {"status": answer.status, "reason": answer.reason, "engine": answer.engine}
            facts |= {"index": answer.index, "cited": _sources(answer.citations)}
            facts["timings_ms"] = {name: round(ms, 1) for name, ms in answer.timings_ms.items()}
        else:
            self._metrics.ended(visit.surface, *visit.outcome)
            facts |= dict(zip(("status", "reason"), visit.outcome, strict=True))
        facts["waited_ms"] = round(1000 * visit.waited, 1)
        facts["ms"] = round(1000 * seconds, 1)
        log.info("question", extra=facts)


def open_audit(settings: Settings) -> AuditLog | None:
    """The audit log that the settings ask for, None where they ask for none.

    Raises:
        AuditProblem: it cannot be used.
    """
    if not settings.audit_log:
        return None
    return AuditLog(Path(settings.audit_log), days=settings.audit_days)


def _outcome(error: BaseException) -> tuple[str, str]:
    """Status and reason of a question that brought no answer, as few words of ours."""
    match error:
        case TooManyQuestions():
            return "refused", f"limit_{error.who}"
        case Busy():
            return "refused", "busy"
        case TimeUp():
            return "error", "time"
        case EngineNotReady():
            return "error", "not_ready"
        case asyncio.CancelledError() | GeneratorExit():
            return "left", ""
        case RagbotError():
            return "error", type(error).__name__
    return "error", "bug"


def _place(citation: Citation) -> str:
    return f"{citation.source_id}#{citation.start}-{citation.end}"


def _sources(citations: Sequence[Citation]) -> list[str]:
    return list(dict.fromkeys(citation.source_id for citation in citations))
