"""An answer that a model writes, in real Chromium: what is consulted, stop, ask again, edit."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys

from ragbot.config import Settings
from ragbot.web.dialogue import STOPPED
from tests.browser.conftest import Browser
from tests.browser.fake_assistant import WritingAssistant
from tests.browser.serving import served
from tests.browser.steps import BOX, answered, ask, find, one, open_chat, visible
from tests.browser.waiting import until

QUESTION = "How about estates?"


def test_stop_again_and_edit_in_the_browser(browser: Browser) -> None:
    engine = WritingAssistant()
    engine.gate.clear()
    with served(Settings(), lambda: engine) as address:
        open_chat(browser, address)
        assert not visible(browser, "#rb-stop, #rb-again, #rb-edit")
        one(browser, BOX).send_keys(QUESTION, Keys.ENTER)
        until(lambda: find(browser, ".rb-passage"))  # consulted, before any sentence
        assert [b.text for b in visible(browser, "#rb-stop, #rb-again, #rb-edit")] == ["Stop"]
        one(browser, "#rb-stop").click()
        until(lambda: STOPPED in one(browser, "#rb-past").text)
        assert one(browser, "#rb-say").get_attribute("textContent") == "Stopped."
        engine.gate.set()
        one(browser, "#rb-again").click()
        answered(browser)
        assert STOPPED not in one(browser, "#rb-chat").text
        assert len(find(browser, "#rb-chat .rb-turn")) == 1
        until(lambda: "Answer:" in str(one(browser, "#rb-say").get_attribute("textContent")))
        one(browser, "#rb-edit").click()
        until(lambda: one(browser, BOX).get_attribute("value") == QUESTION)
        assert not find(browser, "#rb-chat .rb-turn")
        one(browser, BOX).clear()
        ask(browser, "How about pay?")
        assert "pay" in one(browser, "#rb-live .rb-question").text
