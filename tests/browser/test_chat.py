"""The chat in real Chromium: asking, checking a citation, coming back, with and without a mouse.

The fixture ``browser`` fails a test that logs a console error or asks any other host.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from ragbot.config import Settings
from ragbot.errors import NoIndex
from ragbot.web.engine import Engine
from tests.browser.conftest import Browser
from tests.browser.fake_assistant import ATTACK, FakeAssistant
from tests.browser.serving import served
from tests.browser.steps import (
    BOX,
    answered,
    ask,
    find,
    fits,
    focused,
    js,
    one,
    open_chat,
    press,
    questions,
    settled,
    texts,
    visible,
)
from tests.browser.waiting import until

ESTATES = "How about estates?"
QUOTE_3 = FakeAssistant().ask(ESTATES).citations[2].quote


@pytest.fixture(scope="module")
def engine() -> FakeAssistant:
    return FakeAssistant(pause=0.15)


@pytest.fixture(scope="module")
def address(engine: FakeAssistant) -> Iterator[str]:
    with served(Settings(), lambda: engine) as base:
        yield base


def test_from_question_to_the_marked_source(browser: Browser, address: str, engine: FakeAssistant):
    open_chat(browser, address)
    with engine.halfway():
        one(browser, BOX).send_keys(ESTATES, Keys.ENTER)
        until(lambda: len(find(browser, "[data-state='busy'] .marker")) == 2)  # it streams
    answered(browser)
    assert len(find(browser, "#rb-live .marker")) == 5
    assert one(browser, BOX).get_attribute("value") == ""

    one(browser, "#rb-live .marker[data-n='3']").click()
    passage = one(browser, ".rb-passage[aria-current]")
    assert passage.find_element(By.TAG_NAME, "mark").text == QUOTE_3
    assert "Study abstract" in passage.text
    assert "Results" in passage.text
    assert "However, benefits were seen" in passage.text  # its surroundings
    panel, quote = one(browser, "#rb-sources"), passage.find_element(By.TAG_NAME, "mark")
    until(lambda: inside(quote.rect, panel.rect))  # it was brought forward

    passage.find_element(By.CSS_SELECTOR, ".rb-actions a").click()
    until(lambda: len(browser.window_handles) == 2)
    browser.switch_to.window(browser.window_handles[1])
    assert one(browser, ":target").text == QUOTE_3
    assert one(browser, "mark").text == QUOTE_3
    top = until(
        lambda: js(browser, "return document.querySelector(':target').getBoundingClientRect().top")
    )
    assert 0 < float(str(top)) < 900


def inside(inner: dict[str, float], outer: dict[str, float]) -> bool:
    """Whether it begins within the height of the other."""
    return outer["y"] < inner["y"] < outer["y"] + outer["height"]


def test_a_readers_comment_is_plainly_one(browser: Browser, address: str):
    open_chat(browser, address)
    ask(browser, ESTATES)
    badges = texts(browser, ".rb-passage .rb-badge")
    assert badges[0] == "Report"
    assert badges[4] == "Reader’s comment – not the publisher’s findings"


def test_earlier_answers_keep_their_markers_and_sources(browser: Browser, address: str):
    open_chat(browser, address)
    ask(browser, ESTATES)
    ask(browser, "What about training?", turn=2)
    ask(browser, "What is the capital of France?", turn=3)
    assert texts(browser, ".rb-group__title") == [
        "Nearest passages – these do not answer the question"
    ]
    assert "do not answer this question" in one(browser, "#rb-live .rb-answer").text
    one(browser, "#rb-past [data-turn='1'] .marker[data-n='3']").click()
    assert one(browser, ".rb-passage[aria-current] mark").text == QUOTE_3
    assert texts(browser, ".rb-group .rb-quiet") == [f"Question: {ESTATES}"]
    one(browser, "#rb-past [data-turn='2'] .marker[data-n='1']").click()
    assert "GP specialist training" in one(browser, ".rb-passage[aria-current] mark").text
    one(browser, "#rb-live .rb-show-nearest").click()
    assert "do not answer" in texts(browser, ".rb-group__title")[0]


def test_the_conversation_survives_a_reload_and_new_chat_ends_it(browser: Browser, address: str):
    open_chat(browser, address)
    ask(browser, ESTATES)
    ask(browser, "What about training?", turn=2)
    settled(browser)
    browser.refresh()
    until(lambda: len(questions(browser)) == 2)
    until(lambda: visible(browser, ".rb-passage"))
    one(browser, "[data-turn='1'] .marker[data-n='3']").click()
    assert one(browser, ".rb-passage[aria-current] mark").text == QUOTE_3
    ask(browser, "And what is the capital of France?", turn=3)

    one(browser, "#rb-new").click()
    until(lambda: not find(browser, ".rb-turn"))
    assert not find(browser, ".rb-passage")
    assert visible(browser, ".rb-example")
    browser.refresh()
    one(browser, ".rb-example")
    assert js(browser, "return Object.values(localStorage).join().length") is not None
    assert not find(browser, ".rb-turn")
    ask(browser, ESTATES)


def test_new_chat_while_an_answer_is_coming(browser: Browser, address: str, engine: FakeAssistant):
    open_chat(browser, address)
    with engine.halfway():
        one(browser, BOX).send_keys(ESTATES, Keys.ENTER)
        one(browser, "[data-state='busy'] .marker")
        one(browser, "#rb-new").click()
        until(lambda: not find(browser, ".rb-turn"))
    ask(browser, "What about training?")
    assert len(find(browser, ".rb-turn")) == 1


def test_examples_are_asked_with_one_click(browser: Browser, address: str):
    open_chat(browser, address)
    examples = visible(browser, ".rb-example")
    assert 4 <= len(examples) <= 6
    question = examples[1].text
    examples[1].click()
    answered(browser)
    assert questions(browser) == [question]
    assert not visible(browser, ".rb-example")


def test_by_keyboard_alone(browser: Browser, address: str):
    open_chat(browser, address)
    until(lambda: focused(browser).startswith("TEXTAREA"))  # autofocus
    press(browser, "First line", Keys.SHIFT + Keys.ENTER)
    assert js(browser, "return document.activeElement.value") == "First line\n"
    press(browser, "how about estates?", Keys.ENTER)
    answered(browser)
    js(browser, "document.body.focus(); document.querySelector('.rb-skip').focus()")
    press(browser, Keys.ENTER)
    press(browser, Keys.TAB)
    assert focused(browser) == "A [1]"
    press(browser, Keys.TAB, Keys.TAB, Keys.ENTER)
    assert focused(browser) == "H4 [3] Skivington et al., 2018"
    outline = js(browser, "return getComputedStyle(document.activeElement).backgroundColor")
    assert outline == "rgb(255, 235, 59)"
    press(browser, Keys.TAB)
    assert focused(browser).startswith("A Open in source")
    press(browser, Keys.TAB, Keys.ENTER)
    assert focused(browser) == "A [3]"


def test_markup_is_shown_as_text(browser: Browser, address: str):
    open_chat(browser, address)
    ask(browser, ATTACK)
    assert questions(browser) == [ATTACK]
    ask(browser, "What does the hostile text say?", turn=2)
    assert ATTACK in one(browser, "#rb-live .rb-answer").text
    assert ATTACK in visible(browser, ".rb-passage mark")[0].text
    assert not find(browser, "#rb-grid img")
    one(browser, "#rb-live .marker").click()
    browser.get(one(browser, ".rb-passage[aria-current] a").get_attribute("href") or "")
    assert ATTACK in one(browser, "#text").text
    browser.get(f"{address}/sources")
    browser.get(f"{address}/?q={ATTACK.replace('#', '')}")
    one(browser, BOX)
    assert js(browser, "return window.pwned === undefined")


def test_a_question_in_the_address_is_filled_in_and_not_sent(browser: Browser, address: str):
    open_chat(browser, address, "?q=What%20about%20training%3F")
    until(lambda: one(browser, BOX).get_attribute("value") == "What about training?")
    assert not find(browser, ".rb-turn")


def test_nothing_to_ask(browser: Browser, address: str):
    open_chat(browser, address)
    one(browser, BOX).send_keys("  ", Keys.ENTER)
    until(lambda: "Please type a question." in one(browser, "#rb-live").text)
    assert not find(browser, ".rb-turn")


def test_embedded(browser: Browser, address: str):
    open_chat(browser, address, "?embed=1")
    ask(browser, ESTATES)
    assert not find(browser, ".rb-header, .rb-footer")
    assert one(browser, "#rb-sources").rect["y"] > one(browser, "#rb-composer").rect["y"]
    browser.resize(320)
    assert fits(browser)


@pytest.mark.parametrize("width", [1280, 640, 400, 320])
def test_no_width_needs_sideways_scrolling(browser: Browser, address: str, width: int):
    browser.resize(width)
    open_chat(browser, address)
    assert fits(browser)
    ask(browser, f"hostile {'W' * 300}")
    assert fits(browser)
    ask(browser, ESTATES, turn=2)
    assert fits(browser)
    below = one(browser, "#rb-sources").rect["y"] > one(browser, "#rb-composer").rect["y"]
    assert below == (width < 900)
    for path in ("/sources", "/source/hostile-1f2e", "/source/kings-fund-1a2b"):
        browser.get(address + path)
        assert fits(browser), path


def test_panel_and_question_box_stay_in_view(browser: Browser, address: str):
    open_chat(browser, address)
    for turn in (1, 2, 3):
        ask(browser, ESTATES, turn=turn)
    for scrolled in (0, 400, 99999):
        js(browser, f"window.scrollTo({{top: {scrolled}, behavior: 'instant'}})")
        for part in ("rb-sources", "rb-composer"):
            script = f"return document.getElementById('{part}').getBoundingClientRect().toJSON()"
            box = js(browser, script)
            assert isinstance(box, dict)
            assert box["top"] >= 0, (part, scrolled)
            assert box["bottom"] <= 900, (part, scrolled)


def test_copying_with_and_without_permission(browser: Browser, address: str):
    open_chat(browser, address)
    ask(browser, ESTATES)
    for name in ("clipboard-read", "clipboard-write"):
        browser.execute_cdp_cmd(
            "Browser.setPermission", {"permission": {"name": name}, "setting": "granted"}
        )
    one(browser, ".rb-copy").click()
    until(lambda: one(browser, ".rb-copy").text == "Copied")
    copied = browser.execute_async_script("navigator.clipboard.readText().then(arguments[0])")
    lines = copied.split("\n")
    assert lines[0].startswith("The King’s Fund report on ARRS roles: “A lack of an adequate")
    assert lines[0].endswith("[1]")
    assert "References" in lines
    assert lines[-2].startswith("3, 4. Skivington K")

    js(browser, "Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    one(browser, ".rb-copy").click()
    area = until(lambda: visible(browser, ".rb-copied textarea"))[0]
    assert area.get_attribute("value") == copied
    selected = (
        "const a = document.activeElement; return a.value.slice(a.selectionStart, a.selectionEnd)"
    )
    assert js(browser, selected) == copied


def test_any_range_of_a_source_is_marked_by_its_address_alone(browser: Browser, address: str):
    text = FakeAssistant().source("hostile-1f2e").file.text
    start, end = text.index("astral"), text.index("A sentence") + 10
    browser.get(f"{address}/source/hostile-1f2e#c{start}-{end}")
    until(lambda: find(browser, "mark"))
    marked = js(
        browser, "return [...document.querySelectorAll('mark')].map(m => m.textContent).join('')"
    )
    assert marked == text[start:end]
    js(browser, "location.hash = '#c0-7'")
    until(lambda: js(browser, "return document.querySelectorAll('mark').length") == 0)
    assert one(browser, ":target").text == "Preface"


def test_a_question_asked_while_getting_ready_is_answered_when_ready(browser: Browser):
    gate = threading.Event()

    def slow() -> Engine:
        gate.wait(60)
        return FakeAssistant()

    with served(Settings(), slow) as base:
        try:
            open_chat(browser, base)
            until(lambda: "Getting ready" in one(browser, "#rb-status").text)
            one(browser, BOX).send_keys(ESTATES, Keys.ENTER)
            until(lambda: "Getting ready" in one(browser, "#rb-live").text)
        finally:
            gate.set()
        answered(browser)
        assert len(find(browser, "#rb-live .marker")) == 5
        until(lambda: one(browser, "#rb-status").text == "")


def test_a_page_that_waits_reloads_itself(browser: Browser):
    gate = threading.Event()

    def slow() -> Engine:
        gate.wait(60)
        return FakeAssistant()

    with served(Settings(), slow) as base:
        try:
            browser.get(f"{base}/sources")
            assert one(browser, "h1").text == "Getting ready…"
        finally:
            gate.set()
        until(lambda: texts(browser, "h1") == ["Sources in this library"])
    # A status of 503 is right for machines, and Chromium reports it for any page.
    assert all("503" in error for error in browser.console_errors())


def test_a_library_that_cannot_be_opened_is_said_on_screen(browser: Browser):
    def failing() -> Engine:
        raise NoIndex("There is no index.", hint="Run ragbot ingest.")

    with served(Settings(), failing) as base:
        open_chat(browser, base)
        until(lambda: "Run ragbot ingest." in one(browser, "#rb-status").text)
        ask(browser, ESTATES)
        assert "Run ragbot ingest." in one(browser, "#rb-live .rb-answer").text


def test_below_a_path_behind_a_proxy(browser: Browser):
    with served(Settings(root_path="/tools/chat"), FakeAssistant) as base:
        open_chat(browser, base)
        ask(browser, ESTATES)
        one(browser, "#rb-live .marker[data-n='3']").click()
        link = one(browser, ".rb-passage[aria-current] .rb-actions a")
        browser.get(link.get_attribute("href") or "")
        assert one(browser, ":target").text == QUOTE_3
        one(browser, ".rb-header nav a[href$='/tools/chat/']").click()
        until(lambda: questions(browser) == [ESTATES])
