"""A written answer on the chat page: what is consulted, what is said of it, stop, again, edit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ragbot.config import Settings
from ragbot.types import Answer, AnswerSentence, Turn
from ragbot.web import conversation
from ragbot.web.answer_html import answer_body
from ragbot.web.conversation import Kept
from ragbot.web.desk import Desk
from ragbot.web.dialogue import STOPPED, Chat, Screen
from ragbot.web.engine import EngineHandle
from ragbot.web.metrics import Metrics
from tests.browser.fake_assistant import FakeAssistant, WritingAssistant

QUESTION = "How about estates?"


def run(engine: FakeAssistant, stored: object, step: str = "answer") -> list[Screen]:
    handle = EngineHandle(lambda: engine)
    handle.start()
    chat = Chat(Desk.from_settings(handle, Settings(), Metrics(handle)), root_path="")

    async def collect() -> list[Screen]:
        if step == "answer":
            screens: AsyncIterator[Screen] = chat.answer(QUESTION, stored)
        elif step == "again":
            screens = chat.again(stored)
        else:
            await handle.wait()
            return [await (chat.edit(stored) if step == "edit" else chat.stop(stored))]
        return [screen async for screen in screens]

    try:
        return asyncio.run(collect())
    finally:
        handle.close()


def test_what_is_consulted_is_shown_before_the_first_sentence() -> None:
    shown = run(WritingAssistant(), [])
    panels = [screen.live_panel for screen in shown if screen.live_panel]
    assert "being written from" in panels[0]
    assert "do not answer" not in panels[0]
    assert "behind this answer" in panels[-1]
    assert any("Each sentence is checked" in (screen.live or "") for screen in shown)


def test_what_is_kept_on_the_way_is_marked_as_stopped_and_the_whole_is_not() -> None:
    kept = [conversation.restore(s.kept)[-1] for s in run(WritingAssistant(), []) if s.kept]
    assert len(kept) > 1
    assert {turn.answer.note for turn in kept[:-1]} == {STOPPED}
    assert kept[-1].answer.note == ""
    assert not [turn for turn in kept if turn.answer.consulted]


@pytest.mark.parametrize("sentences", [(), (AnswerSentence("It is so.", (), "verified"),)])
def test_a_note_stands_with_the_answer_and_is_escaped(
    sentences: tuple[AnswerSentence, ...],
) -> None:
    answer = Answer("?", "?", "answered", "", sentences, note="Stopped <b>")
    assert '<p class="rb-note">Stopped &lt;b&gt;</p>' in answer_body(answer, root_path="")


def test_again_puts_the_last_question_in_place_of_its_answer() -> None:
    engine = FakeAssistant()
    answers = [Kept(n, engine.ask(q)) for n, q in ((1, "How about pay?"), (2, QUESTION))]
    engine.asked.clear()
    last = run(engine, conversation.keep(answers), "again")[-1]
    ((question, history),) = engine.asked
    assert question == QUESTION
    assert [t.content for t in history if t.role == "user"] == ["How about pay?"]
    assert [t.answer.question for t in conversation.restore(last.kept)] == [
        "How about pay?",
        QUESTION,
    ]
    assert run(engine, [], "again") == []


def test_edit_puts_the_last_question_back_into_the_box() -> None:
    kept = conversation.keep([Kept(1, FakeAssistant().ask(QUESTION))])
    (screen,) = run(FakeAssistant(), kept, "edit")
    assert (screen.question, screen.live, screen.kept) == (QUESTION, "", [])
    assert run(FakeAssistant(), [], "edit") == [Screen()]


def test_stop_shows_what_there_is() -> None:
    kept = conversation.keep([Kept(1, FakeAssistant().ask(QUESTION))])
    (screen,) = run(FakeAssistant(), kept, "stop")
    assert screen.past is not None
    assert QUESTION in screen.past
    assert "data-say" in (screen.live or "")


def test_a_stopped_answer_is_told_as_what_was_shown_of_it() -> None:
    answer = replace(FakeAssistant().ask(QUESTION), note=STOPPED)
    assert conversation.as_history([Kept(1, answer)])[0] == Turn("user", QUESTION)
