"""WCAG 2.2 AA as far as a browser can show it: axe-core, keys, zoom, spacing, colours, speech.

What is asserted here is what the accessibility statement says was tested: change them together.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_core_python.selenium import Axe
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from ragbot.config import Settings
from tests.browser.conftest import Browser
from tests.browser.fake_assistant import SUGGESTED, FakeAssistant
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
    settled,
    visible,
)
from tests.browser.waiting import until

ESTATES = "How about estates?"
PERSONAL = "Is 943 476 5919 eligible for a health check?"
PAGES = (
    "/sources",
    "/source/comment-1-3c4d",
    "/source/kings-fund-1a2b?start=9&end=40#c9-40",
    "/accessibility",
    "/privacy",
    "/source/nope",
)
#: Success criterion 1.4.12, on everything, whatever the page says.
SPACING = (
    "const s = new CSSStyleSheet(); s.replaceSync('* { line-height: 1.5 !important;"
    " letter-spacing: 0.12em !important; word-spacing: 0.16em !important }"
    " p { margin-bottom: 2em !important }'); document.adoptedStyleSheets = [s]"
)
#: Elements whose text is cut off, but for those that are hidden on purpose.
CUT_OFF = """
return [...document.querySelectorAll('body *')].filter(e => {
  const s = getComputedStyle(e);
  if (!['hidden', 'clip'].includes(s.overflowX) && !['hidden', 'clip'].includes(s.overflowY))
    return false;
  return e.innerText && !e.closest('.rb-hidden, .sr-only') && e.getClientRects().length &&
    (e.scrollWidth > e.clientWidth + 1 || e.scrollHeight > e.clientHeight + 1);
}).map(e => e.outerHTML.slice(0, 120))
"""
#: Success criterion 2.5.8: 24 by 24 pixels, or in a line of text, or with room around it.
SMALL_TARGETS = """
const all = [...document.querySelectorAll('a[href], button, input, textarea, summary')]
  .filter(e => e.getClientRects().length && !e.closest('.rb-hidden, .rb-skip'));
const box = e => e.getBoundingClientRect();
const middle = e => [box(e).left + box(e).width / 2, box(e).top + box(e).height / 2];
const near = (a, b) => Math.hypot(middle(a)[0] - middle(b)[0], middle(a)[1] - middle(b)[1]) < 24;
return all.filter(e => (box(e).width < 24 || box(e).height < 24) && !e.closest('p, li, dd, label')
  && all.some(other => other !== e && near(e, other))).map(e => e.outerHTML.slice(0, 120))
"""
#: What has the focus, and whether it can be seen: nothing lies over it, and something marks it.
FOCUS = """
const e = document.activeElement, r = e.getClientRects()[0], s = getComputedStyle(e);
const label = e.closest('label');
const [x, y] = r ? [r.left + Math.min(r.width, 40) / 2, r.top + r.height / 2] : [-1, -1];
const top = document.elementFromPoint(x, y);
return [e.tagName + ' ' + (e.innerText || e.value || e.type || '').trim().split('\\n')[0],
        Boolean(top && (e.contains(top) || top.contains(e) || label?.contains(top))),
        s.outlineStyle !== 'none' || s.boxShadow !== 'none']
"""


@pytest.fixture(scope="module")
def engine() -> FakeAssistant:
    return FakeAssistant(pause=0.02)


@pytest.fixture(scope="module")
def address(engine: FakeAssistant, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder: Path = tmp_path_factory.mktemp("feedback")
    settings = Settings(index_dir=folder, log_questions=True)
    with served(settings, lambda: engine) as base:
        yield base


def violations(browser: Browser) -> list[tuple[str, str]]:
    found = Axe().run(browser)["violations"]
    return [(each["id"], each["nodes"][0]["html"][:200]) for each in found]


def check(browser: Browser, state: str) -> None:
    """Axe in light and dark, wide and narrow; nothing cut off, nothing too small to hit."""
    for dark, width in ((False, 1280), (True, 1280), (False, 320)):
        browser.dark(dark)
        browser.resize(width)
        assert violations(browser) == [], (state, dark, width)
        if not dark:
            assert fits(browser), (state, width)
            assert js(browser, SMALL_TARGETS) == [], (state, width)
            assert js(browser, CUT_OFF) == [], (state, width)
    browser.dark(False)
    browser.resize(1280)


def test_every_state_of_the_chat(browser: Browser, address: str):
    open_chat(browser, address)
    check(browser, "empty")
    ask(browser, ESTATES)
    settled(browser)
    one(browser, "#rb-live .marker[data-n='3']").click()
    one(browser, "#rb-live [data-verdict='down']").click()
    check(browser, "answer, source panel and feedback open")
    ask(browser, "What is the capital of France?", turn=2)
    check(browser, "not in the sources")
    ask(browser, PERSONAL, turn=3)
    assert "NHS number" in one(browser, "#rb-live .rb-answer").text
    assert "943" not in one(browser, "gradio-app").text
    check(browser, "personal data")


def test_embedded(browser: Browser, address: str):
    open_chat(browser, address, "?embed=1")
    ask(browser, ESTATES)
    settled(browser)
    check(browser, "embedded")


def test_every_other_page(browser: Browser, address: str):
    for path in PAGES:
        browser.get(address + path)
        check(browser, path)
    # A status of 404 is right for machines, and Chromium reports it for any page.
    assert all("404" in error for error in browser.console_errors())


@pytest.mark.parametrize("how", ["zoom 200%", "zoom 400%", "text 200%", "spacing", "own colours"])
def test_made_readable_by_the_reader(browser: Browser, address: str, how: str):
    open_chat(browser, address)
    ask(browser, ESTATES)
    settled(browser)
    for path in ("", "/source/skivington-2018-7a8b"):
        if path:
            browser.get(address + path)
        if how.startswith("zoom"):  # a window of 1280 by 1024
            share = 2 if "200" in how else 4
            browser.resize(1280 // share, 1024 // share)
        elif how == "text 200%":
            js(browser, "document.documentElement.style.fontSize = '200%'")
        elif how == "spacing":
            js(browser, SPACING)
        else:
            browser.dark(False, forced=True)
        assert fits(browser), path
        assert js(browser, CUT_OFF) == [], path
        if not how.startswith("zoom"):  # narrow pages are checked above
            assert violations(browser) == [], path


def test_the_whole_journey_by_keyboard(browser: Browser, address: str):
    """Real key presses only: Tab, Enter, Space, letters."""

    def press(*keys: str) -> None:
        for key in keys:
            ActionChains(browser).send_keys(key).perform()

    def seen() -> str:
        name, visible_there, marked = js(browser, FOCUS)  # type: ignore[misc]
        assert visible_there, name
        assert marked, name
        return str(name)

    def tab_to(name: str, *, most: int = 40) -> None:
        for _ in range(most):
            press(Keys.TAB)
            if seen().startswith(name):
                return
        raise AssertionError(f"{name} was not reached")

    open_chat(browser, address)
    until(lambda: focused(browser).startswith("TEXTAREA"))
    tab_to("BUTTON What does the report recommend?")
    press(Keys.SPACE)
    one(browser, "#rb-live .rb-turn[data-state='done']")
    assert seen().startswith("TEXTAREA")  # the example is gone, the focus is not lost
    press(*ESTATES, Keys.ENTER)
    one(browser, "#rb-live .rb-turn[data-turn='2'][data-state='done']")
    settled(browser)
    js(browser, "document.querySelector('.rb-skip').focus()")
    press(Keys.ENTER)
    for n in (1, 2, 3, 4, 5):
        tab_to(f"A [{n}]", most=20)
        if n == 1:  # the first turn's markers come first: go on to the second turn
            tab_to("A [1]", most=20)
    press(Keys.ENTER)
    assert seen() == "H4 [5] Reader’s comment: Chief Nursing Officer at HN"
    tab_to("A Open in source", most=1)
    tab_to("BUTTON Back to the answer", most=1)
    press(Keys.ENTER)
    assert seen() == "A [5]"
    tab_to("BUTTON Copy answer with references", most=1)
    tab_to("INPUT on", most=1)
    press(Keys.SPACE)
    assert js(browser, "return document.activeElement.checked")
    tab_to("BUTTON Yes", most=1)
    tab_to("BUTTON No", most=1)
    press(Keys.ENTER)
    tab_to("BUTTON Wrong evidence", most=1)
    tab_to("BUTTON Something is missing", most=1)
    press(Keys.SPACE)
    until(lambda: focused(browser) == "P Thank you for your feedback.")
    for question in SUGGESTED:
        tab_to(f"BUTTON {question.split()[0]}", most=1)
    tab_to("TEXTAREA", most=1)
    tab_to("BUTTON New chat", most=8)
    press(Keys.ENTER)
    until(lambda: not find(browser, ".rb-turn"))
    assert seen().startswith("TEXTAREA")


def test_names_for_those_who_hear_the_page(browser: Browser, address: str):
    open_chat(browser, address)
    ask(browser, ESTATES)

    def named(css: str) -> list[str]:
        return [element.accessible_name for element in visible(browser, css)]

    markers = named("#rb-live .marker")
    assert markers[2] == "Source 3: Skivington et al., 2018, Results"
    assert named(".rb-back")[1] == "Back to the answer at source 2"
    assert len(set(named(".rb-back"))) == 5
    assert named(".rb-vote") == ["Yes this answer is useful", "No this answer is not useful"]
    assert named(BOX) == ["Your question"]
    assert [region.aria_role for region in visible(browser, "#rb-chat, #rb-sources")] == [
        "region",
        "region",
    ]


def test_all_is_said_once_and_in_one_place(browser: Browser, address: str, engine: FakeAssistant):
    open_chat(browser, address)
    until(lambda: len(find(browser, "[aria-live], [role=status], [role=alert], [role=log]")) == 1)
    js(
        browser,
        "window.said = []; new MutationObserver(() => said.push("
        "document.getElementById('rb-say').textContent))"
        ".observe(document.getElementById('rb-say'), {childList: true})",
    )

    def ask_unhurried(turn: int, *, heard: int) -> None:
        """The answer comes when what is said before it has been said."""
        engine.gate.clear()
        one(browser, BOX).send_keys(ESTATES, Keys.ENTER)
        try:
            until(lambda: js(browser, "return said.length") == heard)
        finally:
            engine.gate.set()
        answered(browser, turn=turn)
        until(lambda: js(browser, "return said.length") == heard + 1)

    ask_unhurried(1, heard=1)
    ask_unhurried(2, heard=3)
    one(browser, "#rb-new").click()
    until(lambda: not find(browser, ".rb-turn"))
    ask_unhurried(1, heard=6)  # counted from 1 again, and said again
    heard = until(lambda: (h := js(browser, "return said")) and len(h) >= 7 and h)  # type: ignore[arg-type]
    assert heard[1].startswith("Answer: The King’s Fund report")  # type: ignore[index]
    assert heard[1].endswith("5 passages in the source panel.")  # type: ignore[index]
    kinds = [str(words).split(":")[0] for words in heard]  # type: ignore[attr-defined]
    asked = ["Looking in your library…", "Answer"]
    assert kinds == [*asked, *asked, "New chat. The conversation is cleared.", *asked]
