"""What happens when somebody asks: the steps a page shows, free of any widget.

    async for screen in Chat(desk, root_path="").answer("How about estates?", stored):
        screen.live            # HTML of the turn in progress; None where nothing changes

Every failure ends as a turn that says so in plain words. What Gradio makes of the steps is in
``chat``.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ragbot import render
from ragbot.errors import AuditProblem, Busy, IndexProblem, ModelProblem, TimeUp, TooManyQuestions
from ragbot.types import Answer, RefusalReason, Status
from ragbot.web import conversation, passages
from ragbot.web.asker import NOBODY, Asker
from ragbot.web.conversation import Kept
from ragbot.web.desk import Desk
from ragbot.web.engine import EngineNotReady
from ragbot.web.feedback import Mode
from ragbot.web.originals import Originals

if TYPE_CHECKING:
    from ragbot.assistant import StoredSource

log = logging.getLogger(__name__)

SEARCHING = "Looking in your library…"
GETTING_READY = "Getting ready… Your question will be answered as soon as the library is open."
WRITING = "Writing an answer. Each sentence is checked before it is shown…"
STOPPED = "Stopped before the end."
STOPPED_NOTICE = '<p class="rb-quiet" data-say>Stopped.</p>'
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
    next: str | None = None  #: questions to go on with


class Chat:
    """What happens on the page, free of Gradio's widgets."""

    def __init__(
        self,
        desk: Desk,
        originals: Originals | None = None,
        *,
        root_path: str,
        feedback: Mode = "off",
    ) -> None:
        """Of one server.

        Args:
            desk: where questions are taken in.
            originals: the files that readers may open.
            root_path: prefix of all addresses.
            feedback: what is asked under an answer.
        """
        self._desk = desk
        self._originals = originals or Originals()
        self._engine = desk.engine
        self._root_path = root_path
        self._feedback: Mode = feedback

    async def answer(
        self, question: str, stored: object, asker: Asker = NOBODY
    ) -> AsyncIterator[Screen]:
        """Everything the page shows from the question to the whole answer.

        What is kept on the way is marked as stopped: that is what stays if nobody waits for more.
        """
        turns = conversation.restore(stored)
        if not question.strip():
            yield Screen(past=self._log(turns), live=EMPTY)
            return
        number = conversation.next_id(turns)
        newest = _blank(question)
        busy = self._turn(Kept(number, newest), busy=self._first_words())
        yield Screen(question="", past=self._log(turns), live=busy, next="")
        try:
            await self._engine.wait()
            yield Screen(past_panel=await self._panel(turns), live_panel="")
            partials = self._desk.stream(question, conversation.as_history(turns), asker)
            async with aclosing(partials):
                async for newest in partials:
                    turn = Kept(number, newest)
                    panel = await self._panel([turn])
                    live = self._turn(turn, busy=_doing(newest))
                    kept = conversation.keep([*turns, _stopped(turn)])
                    yield Screen(live=live, live_panel=panel, kept=kept)
        except (Busy, TooManyQuestions) as error:
            newest = _blank(question, status="refused", reason="rate_limited", text=str(error))
        except TimeUp as error:
            newest = _blank(question, status="error", text=f"There is no answer. {error}")
        except (EngineNotReady, IndexProblem, ModelProblem, AuditProblem) as error:
            newest = _blank(question, status="error", text=f"ragbot cannot answer. {error}")
        except Exception:
            log.exception("A question could not be answered.")
            newest = _blank(question, status="error", text=TROUBLE)
        turn = Kept(number, newest)
        panel = await self._panel([turn])
        kept = conversation.keep([*turns, turn])
        yield Screen(live=self._turn(turn), live_panel=panel, kept=kept)

    async def suggest(self, stored: object) -> Screen:
        """Questions to go on with after the last answer; nothing where there is none to offer.

        It is asked for when the answer is on the screen, and is dropped for whoever is waiting.
        """
        turns = conversation.restore(stored)
        if not turns or turns[-1].answer.status != "answered" or turns[-1].answer.note == STOPPED:
            return Screen(next="")
        try:
            found = await self._engine.suggest(turns[-1].answer)
        except Exception:
            log.exception("There are no questions to go on with.")
            found = ()
        return Screen(next=conversation.next_html(turns[-1].id, found))

    async def again(self, stored: object, asker: Asker = NOBODY) -> AsyncIterator[Screen]:
        """The last question once more, in place of its answer."""
        turns = conversation.restore(stored)
        if turns:
            earlier = conversation.keep(turns[:-1])
            async for screen in self.answer(turns[-1].answer.question, earlier, asker):
                yield screen

    async def edit(self, stored: object) -> Screen:
        """The last question back in the box, and its answer gone."""
        turns = conversation.restore(stored)
        if not turns:
            return Screen()
        return Screen(
            question=turns[-1].answer.question,
            past=self._log(turns[:-1]),
            live="",
            past_panel=await self._panel(turns[:-1]),
            live_panel="",
            kept=conversation.keep(turns[:-1]),
        )

    async def stop(self, stored: object) -> Screen:
        """What there is of an answer that is not waited for any more."""
        turns = conversation.restore(stored)
        return Screen(
            past=self._log(turns),
            live=STOPPED_NOTICE,
            past_panel=await self._panel(turns),
            live_panel="",
        )

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
        return conversation.turn_html(
            turn, root_path=self._root_path, busy=busy, feedback=self._feedback
        )

    def _log(self, turns: Sequence[Kept]) -> str:
        return "".join(self._turn(turn) for turn in turns)

    async def _panel(self, turns: Sequence[Kept]) -> str:
        return await asyncio.to_thread(self._panel_now, turns) if self._engine.ready else ""

    def _panel_now(self, turns: Sequence[Kept]) -> str:
        shelf: dict[str, StoredSource | None] = {}
        return "".join(self._group(turn, shelf) for turn in turns)

    def _group(self, turn: Kept, shelf: dict[str, StoredSource | None]) -> str:
        answer = turn.answer
        cited = answer.citations or answer.consulted or answer.nearest
        for citation in cited:
            if citation.source_id not in shelf:
                shelf[citation.source_id] = self._fetch(citation.source_id)
        return passages.group(
            turn.id,
            answer.question,
            [passages.in_context(c, shelf[c.source_id], self._originals) for c in cited],
            nearest=not answer.citations,
            root_path=self._root_path,
            heading=passages.CONSULTED_HEADING if cited is answer.consulted else "",
        )

    def _fetch(self, source_id: str) -> StoredSource | None:
        try:
            return self._engine.get().source(source_id)
        except (KeyError, EngineNotReady, IndexProblem):
            return None


def _doing(answer: Answer) -> str:
    return SEARCHING if answer.engine == "extractive" else WRITING


def _stopped(turn: Kept) -> Kept:
    return replace(turn, answer=replace(turn.answer, note=STOPPED, consulted=()))


def _blank(
    question: str,
    *,
    status: Status = "answered",
    reason: RefusalReason | None = None,
    text: str = "",
) -> Answer:
    """An answer of ours, not the engine's: nothing yet, or that there is none."""
    shown = render.plain(question)[:SHOWN_QUESTION]
    return Answer(shown, shown, status, text, reason=reason)
