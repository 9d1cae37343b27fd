"""From a click under an answer to a draft case: browser, server, file, ``ragbot eval harvest``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from eval.casefile import check_gold, load
from eval.cli import main
from ragbot.config import Settings
from tests.browser.conftest import Browser
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.serving import served
from tests.browser.steps import ask, find, js, one, open_chat, visible
from tests.browser.waiting import until
from tests.test_feedback import rows

ESTATES = "How about estates?"
THANKS = "Thank you for your feedback."


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("feedback")
    settings = Settings(index_dir=folder, log_questions=True)
    with served(settings, FakeAssistant) as base:
        yield base, folder / "feedback.db"


def thanked(browser: Browser, turn: int) -> None:
    css = f".rb-turn[data-turn='{turn}'] .rb-feedback__thanks"
    until(lambda: [part.text for part in visible(browser, css)] == [THANKS])


def test_from_a_click_to_a_draft_case(
    browser: Browser, server: tuple[str, Path], tmp_path: Path, seeds: Path
):
    address, database = server
    open_chat(browser, address)
    ask(browser, ESTATES)
    one(browser, "#rb-live [data-verdict='up']").click()  # without consent
    thanked(browser, 1)
    ask(browser, "What about training?", turn=2)
    thanked(browser, 1)  # still, although Gradio has drawn that turn anew
    one(browser, "#rb-live .rb-consent input").click()
    one(browser, "#rb-live [data-verdict='up']").click()
    thanked(browser, 2)
    ask(browser, "What is the capital of France?", turn=3)
    one(browser, "#rb-live [data-verdict='down']").click()
    assert [b.text for b in visible(browser, "#rb-live .rb-reason")] == [
        "Something is missing",
        "Another reason",
    ]
    one(browser, "#rb-live .rb-consent input").click()
    one(browser, "#rb-live .rb-reason[data-reason='missing']").click()
    thanked(browser, 3)

    kept = rows(database)
    assert [(r["verdict"], r["reason"], r["consent"]) for r in kept] == [
        ("up", None, 0),
        ("up", None, 1),
        ("down", "missing", 1),
    ]
    assert [row["question"] is None for row in kept] == [True, False, False]
    assert {row["generation"] for row in kept} == {"fake-0001"}

    out = tmp_path / "drafts.jsonl"
    assert main(["harvest", str(database), str(out), "--files", str(seeds)]) == 0
    training, france = (json.loads(line) for line in out.read_text().splitlines())
    assert training["question"] == "What about training?"
    assert training["history"][0] == {"role": "user", "content": ESTATES}
    quote = FakeAssistant().ask("What about training?").citations[0].quote
    assert [gold["quote"] for gold in training["gold"]] == [quote]
    assert france["question"] == "What is the capital of France?"
    assert "something is missing" in france["note"]
    assert len(load(out)) == 2
    texts = {f"seeds/{p.name}": p.read_bytes().decode() for p in seeds.glob("0*.txt")}
    assert check_gold(load(out), texts) == []


def test_what_cannot_be_kept_is_said_without_fuss(browser: Browser, server: tuple[str, Path]):
    address, database = server
    database.unlink(missing_ok=True)
    database.mkdir()
    open_chat(browser, address)
    ask(browser, ESTATES)
    one(browser, "#rb-live [data-verdict='down']").click()
    one(browser, "#rb-live .rb-reason[data-reason='wrong_source']").click()
    until(lambda: "could not be kept" in one(browser, ".rb-feedback__thanks").text)
    database.rmdir()
    assert js(browser, "return document.activeElement.className") == "rb-feedback__thanks"
    one(browser, "#rb-new").click()
    until(lambda: not find(browser, ".rb-turn"))
    ask(browser, ESTATES)
    assert visible(browser, "#rb-live [data-verdict='up']")  # counted from 1 again, asked again
