"""Questions to go on with, in real Chromium: after the answer, asked by a press, never late."""

from __future__ import annotations

import threading
from collections.abc import Callable

from axe_core_python.selenium import Axe
from selenium.webdriver.common.keys import Keys

from ragbot.config import Settings
from ragbot.types import Answer
from tests.browser.conftest import Browser
from tests.browser.fake_assistant import SUGGESTED, FakeAssistant
from tests.browser.serving import served
from tests.browser.steps import (
    answered,
    ask,
    find,
    fits,
    focused,
    js,
    one,
    open_chat,
    questions,
    texts,
)
from tests.browser.waiting import until

NEXT = ".rb-ask-next"


class Patient(FakeAssistant):
    """Looks for questions as long as they are wanted, or until it may stop."""

    def __init__(self) -> None:
        super().__init__()
        self.looking, self.enough = threading.Event(), threading.Event()

    def suggest(
        self, answer: Answer, *, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[str, ...]:
        self.looking.set()
        while wanted() and not self.enough.wait(0.02):
            pass
        return SUGGESTED if self.enough.is_set() else ()


def test_one_is_asked_by_the_keyboard(browser: Browser) -> None:
    engine = FakeAssistant()
    with served(Settings(), lambda: engine) as address:
        open_chat(browser, address)
        ask(browser, "How about estates?")
        until(lambda: len(find(browser, NEXT)) == len(SUGGESTED))
        assert texts(browser, NEXT) == list(SUGGESTED)  # markup and all, as text
        assert js(browser, "return window.pwned") is None
        named = "return arguments[0].closest('section').getAttribute('aria-labelledby')"
        assert js(browser, named, one(browser, NEXT)) == one(browser, ".rb-next h3").get_attribute(
            "id"
        )
        browser.resize(320)
        assert fits(browser)
        assert [each["id"] for each in Axe().run(browser)["violations"]] == []
        js(browser, "document.querySelector('.rb-copy').focus()")
        for _ in range(12):
            if focused(browser) == f"BUTTON {SUGGESTED[0]}":
                break
            browser.switch_to.active_element.send_keys(Keys.TAB)
        browser.switch_to.active_element.send_keys(Keys.ENTER)
        answered(browser, turn=2)
        assert questions(browser)[-1] == SUGGESTED[0]
        assert [question for question, _ in engine.asked][-1] == SUGGESTED[0]
        assert focused(browser).startswith("TEXTAREA")
        until(lambda: len(texts(browser, NEXT)) == len(SUGGESTED))
        one(browser, "#rb-new").click()
        until(lambda: not find(browser, NEXT))


def test_they_delay_neither_the_answer_nor_the_next_question(browser: Browser) -> None:
    engine = Patient()
    with served(Settings(), lambda: engine) as address:
        open_chat(browser, address)
        ask(browser, "How about estates?")  # whole, and nothing has been found yet
        until(engine.looking.is_set)
        assert not find(browser, NEXT)
        engine.looking.clear()
        ask(browser, "How about pay?", turn=2)
        until(engine.looking.is_set)
        engine.enough.set()
        until(lambda: len(texts(browser, NEXT)) == len(SUGGESTED))


def test_the_operator_can_leave_them_out(browser: Browser) -> None:
    engine = Patient()
    with served(Settings(suggestions=False), lambda: engine) as address:
        open_chat(browser, address)
        ask(browser, "How about estates?")
        ask(browser, "How about pay?", turn=2)
        assert not engine.looking.is_set()
        assert not find(browser, NEXT)
