"""What happens when somebody asks: the steps a page shows, free of any widget.

    async for screen in Chat(engine, root_path="").answer("How about estates?", stored):
        screen.live            # HTML of the turn in progress; None where nothing changes

Every failure ends as a turn that says so in plain words. What Gradio makes of the steps is in
``chat``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ragbot import render
from ragbot.errors import IndexProblem, ModelProblem
from ragbot.types import Answer, Status
from ragbot.web import conversation, passages
from ragbot.web.conversation import Kept
from ragbot.web.engine import EngineHandle, EngineNotReady

if TYPE_CHECKING:
    from ragbot.assistant import StoredSource

log = logging.getLogger(__name__)

SEARCHING = "Looking in your library…"
GETTING_READY = "Getting ready… Your question will be answered as soon as the library is open."
EMPTY = '<p class="rb-problem" data-say>Please type a question.</p>'
SHOWN_QUESTION = 2000  #: characters of a question that are shown back
TROUBLE = "Something went wrong and there is no answer. Please ask again."


@dataclass(frozen=True, slots=True)
class Screen:
    """What one step of an answer shows; None leaves a part of the page as it is."""

    question: str | None = None  #: in the question box
    past: str | None = None  #: earlier turns
    live: str | None = None  #: the turn in progress
    past_panel: str | None = None
    live_panel: str | None = None
    kept: list[dict[str, Any]] | None = None  #: for the browser's store


class Chat:
    """What happens on the page, free of Gradio's widgets."""

    def __init__(self, engine: EngineHandle, *, root_path: str) -> None:
        """``root_path``: prefix of all addresses on the page."""
        self._engine = engine
        self._root_path = root_path

    async def answer(self, question: str, stored: object) -> AsyncIterator[Screen]:
        """Everything the page shows from the question to the whole answer."""
        turns = conversation.restore(stored)
        if not question.strip():
            yield Screen(past=self._log(turns), live=EMPTY)
            return
        number = conversation.next_id(turns)
        newest = _blank(question)
        busy = self._turn(Kept(number, newest), busy=self._first_words())
        yield Screen(question="", past=self._log(turns), live=busy)
        try:
            await self._engine.wait()
            yield Screen(past_panel=await self._panel(turns), live_panel="")
            async for newest in self._engine.stream(question, conversation.as_history(turns)):
                turn = Kept(number, newest)
                panel = await self._panel([turn])
                yield Screen(live=self._turn(turn, busy=SEARCHING), live_panel=panel)
        except (EngineNotReady, IndexProblem, ModelProblem) as error:
            newest = _blank(question, status="error", text=f"ragbot cannot answer. {error}")
        except Exception:
            log.exception("A question could not be answered.")
            newest = _blank(question, status="error", text=TROUBLE)
        turn = Kept(number, newest)
        panel = await self._panel([turn])
        kept = conversation.keep([*turns, turn])
        yield Screen(live=self._turn(turn), live_panel=panel, kept=kept)

    async def restore(self, stored: object) -> AsyncIterator[Screen]:
        """The conversation as it was before a reload; its passages when the library is open."""
        turns = conversation.restore(stored)
        yield Screen(past=self._log(turns))
        try:
            await self._engine.wait()
        except EngineNotReady:
            return
        yield Screen(past_panel=await self._panel(turns))

    def _first_words(self) -> str:
        return SEARCHING if self._engine.ready or self._engine.failure else GETTING_READY

    def _turn(self, turn: Kept, *, busy: str = "") -> str:
        return conversation.turn_html(turn, root_path=self._root_path, busy=busy)

    def _log(self, turns: Sequence[Kept]) -> str:
        return "".join(self._turn(turn) for turn in turns)

    async def _panel(self, turns: Sequence[Kept]) -> str:
        return await asyncio.to_thread(self._panel_now, turns) if self._engine.ready else ""

    def _panel_now(self, turns: Sequence[Kept]) -> str:
        shelf: dict[str, StoredSource | None] = {}
        return "".join(self._group(turn, shelf) for turn in turns)

    def _group(self, turn: Kept, shelf: dict[str, StoredSource | None]) -> str:
        answer = turn.answer
        cited = answer.citations or answer.nearest
        for citation in cited:
            if citation.source_id not in shelf:
                shelf[citation.source_id] = self._fetch(citation.source_id)
        return passages.group(
            turn.id,
            answer.question,
            [passages.in_context(c, shelf[c.source_id]) for c in cited],
            nearest=not answer.citations,
            root_path=self._root_path,
        )

    def _fetch(self, source_id: str) -> StoredSource | None:
        try:
            return self._engine.get().source(source_id)
        except (KeyError, EngineNotReady, IndexProblem):
            return None


def _blank(question: str, *, status: Status = "answered", text: str = "") -> Answer:
    """An answer of ours, not the engine's: nothing yet, or that there is none."""
    shown = render.plain(question)[:SHOWN_QUESTION]
    return Answer(question=shown, standalone_question=shown, status=status, text=text)
