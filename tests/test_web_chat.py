"""What the chat shows, step by step, without a browser; and that Gradio remembers none of it."""

from __future__ import annotations

import asyncio
import gc
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient

from ragbot.config import Settings
from ragbot.errors import NoIndex
from ragbot.types import Answer, AnswerSentence, Turn
from ragbot.web import conversation, passages
from ragbot.web.answer_html import answer_body
from ragbot.web.app import create_app
from ragbot.web.conversation import Kept
from ragbot.web.desk import Desk
from ragbot.web.dialogue import Chat
from ragbot.web.engine import Engine, EngineHandle
from ragbot.web.metrics import Metrics
from tests.browser.fake_assistant import ATTACK, FakeAssistant
from tests.browser.waiting import until

FAKE = FakeAssistant()
ESTATES = "How about estates?"


def opened(open_engine: Callable[[], Engine]) -> EngineHandle:
    engine = EngineHandle(open_engine)
    engine.start()
    return engine


def chat_with(engine: EngineHandle) -> Chat:
    return Chat(Desk.from_settings(engine, Settings(), Metrics(engine)), root_path="")


async def collect(screens: AsyncIterator) -> list:
    return [screen async for screen in screens]


def screens(question: str, stored: object = (), *, engine: EngineHandle | None = None) -> list:
    engine = engine or opened(FakeAssistant)
    try:
        return asyncio.run(collect(chat_with(engine).answer(question, stored)))
    finally:
        engine.close()


def test_an_answer_grows_and_ends_whole():
    shown = screens(ESTATES, engine=opened(lambda: FakeAssistant(pause=0.05)))
    assert "Looking in your library" in shown[0].live or "Getting ready" in shown[0].live
    assert shown[0].question == ""
    counts = [screen.live.count('class="marker"') for screen in shown if screen.live]
    assert counts == sorted(counts)
    assert counts[-1] == 5
    assert len(set(counts)) > 2
    assert 'data-state="done"' in shown[-1].live
    assert shown[-1].live_panel.count("<mark>") == 5
    assert [turn.answer.status for turn in conversation.restore(shown[-1].kept)] == ["answered"]


def test_earlier_turns_keep_their_own_sources():
    first = screens(ESTATES)[-1].kept
    second = screens("What about training?", first)
    assert [turn["id"] for turn in second[-1].kept] == [1, 2]
    assert second[0].past.count("<article") == 1
    past_panel = next(s.past_panel for s in second if s.past_panel)
    assert 'id="p1-5"' in past_panel
    assert 'id="p2-1"' in second[-1].live_panel


def test_the_assistant_is_told_what_was_said():
    fake = FakeAssistant()
    kept = screens(ESTATES)[-1].kept
    screens("And there?", kept, engine=opened(lambda: fake))
    history = fake.asked[0][1]
    assert history[0] == Turn("user", ESTATES)
    assert "[1]" in history[1].content


@pytest.mark.parametrize("question", ["", "  \n "])
def test_an_empty_question_makes_no_turn(question: str):
    (only,) = screens(question)
    assert "Please type a question" in only.live
    assert only.kept is None


def test_a_question_nothing_answers():
    last = screens("What is the capital of France?")[-1]
    assert "do not answer this question" in last.live
    assert passages.NEAREST_HEADING in last.live_panel
    assert "Copy answer" not in last.live


def test_a_long_question_is_refused_kindly():
    last = screens("why " * 12_500)[-1]
    assert "too long" in last.live
    assert len(json.dumps(last.kept)) < 10_000


def test_a_failure_shows_no_inside():
    last = screens("explode")[-1]
    assert "Something went wrong" in last.live
    assert "secret" not in last.live


def test_a_damaged_index_is_said():
    assert "Run ragbot index rollback." in screens("corrupt")[-1].live


def test_an_index_that_cannot_be_opened_is_said():
    def failing() -> Engine:
        raise NoIndex("There is no index.", hint="Run ragbot ingest.")

    last = screens(ESTATES, engine=opened(failing))[-1]
    assert "Run ragbot ingest." in last.live


def test_a_question_asked_while_getting_ready_is_answered_later():
    gate = threading.Event()

    def slow() -> Engine:
        gate.wait(30)
        return FakeAssistant()

    async def ask() -> list:
        seen = []
        async for screen in chat_with(opened(slow)).answer(ESTATES, []):
            seen.append(screen)
            gate.set()
        return seen

    seen = asyncio.run(ask())
    assert "Getting ready" in seen[0].live
    assert 'data-state="done"' in seen[-1].live


def test_markup_in_question_and_source_is_text():
    for question in (f"hostile {ATTACK.replace('<', '')}", f"France {ATTACK}", "hostile"):
        last = screens(question)[-1]
        for html in (last.live, last.live_panel):
            assert "<img" not in html
            assert "<script" not in html


@pytest.mark.parametrize(
    "stored",
    [None, "text", {"a": 1}, [1, None, "x"], [{"id": "x"}], [{"id": 1, "answer": {"text": 1}}]],
)
def test_whatever_the_browser_kept_is_survived(stored: object):
    assert conversation.restore(stored) == []
    assert screens(ESTATES, stored)[-1].kept[0]["id"] == 1


def test_addresses_from_the_browser_are_not_trusted():
    kept = conversation.keep([Kept(1, FAKE.ask(ESTATES))])
    kept[0]["answer"]["citations"][0]["url"] = "javascript:alert(1)"
    (turn,) = conversation.restore(kept)
    assert turn.answer.citations[0].url.startswith("/source/kings-fund-1a2b#c")


def test_a_conversation_is_bounded():
    turns = [Kept(n, FAKE.ask(ESTATES)) for n in range(1, 50)]
    kept = conversation.keep(turns)
    assert [kept[0]["id"], kept[-1]["id"]] == [20, 49]
    assert conversation.restore(kept) == turns[-30:]
    assert len(conversation.as_history(turns)) == 2 * conversation.MAX_CONTEXT


def test_a_passage_stands_in_its_surroundings():
    citation = FAKE.ask(ESTATES).citations[2]
    stored = FAKE.source(citation.source_id)
    view = passages.in_context(citation, stored)
    text = stored.file.text
    whole = view.before + citation.quote + view.after
    assert whole in text
    assert view.before.startswith("However, benefits")
    assert view.after.rstrip().endswith("intensive case management.")  # not past the section
    assert (view.cut_before, view.cut_after) == (True, False)


def test_a_quote_that_the_library_no_longer_holds_is_not_shown_as_one():
    citation = FAKE.ask(ESTATES).citations[0]
    stored = FAKE.source(citation.source_id)
    moved = replace(stored, file=replace(stored.file, text="x" + stored.file.text))
    for source in (moved, None):
        view = passages.in_context(citation, source)
        html = passages.card(view, turn=1, nearest=False, root_path="")
        assert "This source has changed" in html
        assert "<mark>" not in html


def test_sentences_are_grouped_under_who_says_them():
    html = answer_body(FAKE.ask(ESTATES), root_path="/chat")
    assert html.count("<ul>") == 2
    assert html.count("<strong>") == 3
    assert 'href="/chat/source/kings-fund-1a2b#c' in html
    assert 'aria-label="Source 3: Skivington et al., 2018, Results"' in html


def test_an_unverified_sentence_says_so():
    answer = Answer("q", "q", "answered", "", (AnswerSentence("Perhaps.", (), "unverified"),))
    assert "(not verified)" in answer_body(answer, root_path="")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a\n\nb", "<p>a</p><p>b</p>"),
        ("- a\n- **b**", "<ul><li>a</li><li><strong>b</strong></li></ul>"),
        (r"\*\*not bold\*\* \<b\>", "<p>**not bold** &lt;b&gt;</p>"),
        ("**open <b>", "<p>**open &lt;b&gt;</p>"),
        ("see [7] and [1](javascript:x)", "<p>see [7] and [1](javascript:x)</p>"),
        ("tail\\", "<p>tail\\</p>"),
    ],
)
def test_the_little_markdown_that_is_understood(text: str, html: str):
    answer = Answer("q", "q", "not_in_sources", text)
    assert answer_body(answer, root_path="") == f'<div class="rb-plain">{html}</div>'


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), FakeAssistant)) as ready:
        until(lambda: ready.get("/readyz").status_code == 200)
        yield ready


def ask_gradio(client: TestClient, question: str) -> str:
    """Ask as the page's script does; gives the event stream."""
    config = client.get("/config").json()
    asking = next(d["id"] for d in config["dependencies"] if len(d["targets"]) == 2)
    event = {"data": [question, []], "fn_index": asking, "session_hash": "abc", "trigger_id": 1}
    assert client.post("/gradio_api/queue/join", json=event).status_code == 200
    return client.get("/gradio_api/queue/data", params={"session_hash": "abc"}).text


def holding(needle: str) -> list[str]:
    """Every collection in this process that holds a string with ``needle`` in it."""
    gc.collect()
    return [
        f"{type(owner)} {owner!r:.200}"
        for owner in gc.get_objects()
        if issubclass(type(owner), dict | list | tuple | set)  # isinstance wakes lazy classes
        for value in (dict.values(owner) if issubclass(type(owner), dict) else owner)
        if issubclass(type(value), str) and needle in value
    ]


def test_gradio_answers_and_remembers_nothing(client: TestClient):
    assert "zyville" in ask_gradio(client, "".join(["How about estates in Xyz", "zyville?"]))
    # Gradio's queue holds on to the last event until the next one: a variable of its loop.
    assert "process_completed" in ask_gradio(client, "And elsewhere?")
    # A thread may still be on its way back to its pool, with its last task in hand.
    until(lambda: holding("Xyz" + "zyville") == [])
