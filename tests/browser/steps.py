"""What a person does on the chat page, as functions of the browser."""

from __future__ import annotations

from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.conftest import Browser
from tests.browser.waiting import until

BOX = "#rb-question textarea"


def find(browser: Browser, css: str) -> list[WebElement]:
    return browser.find_elements(By.CSS_SELECTOR, css)


def one(browser: Browser, css: str) -> WebElement:
    """The first element that fits, as soon as there is one."""
    return until(lambda: find(browser, css))[0]


def visible(browser: Browser, css: str) -> list[WebElement]:
    return [element for element in find(browser, css) if element.is_displayed()]


def open_chat(browser: Browser, address: str, query: str = "") -> None:
    browser.get(f"{address}/{query}")
    one(browser, BOX)


def ask(browser: Browser, question: str, *, turn: int = 1) -> None:
    """Type a question, press Enter, and wait for the whole answer."""
    box = one(browser, BOX)
    # What WebDriver cannot type (astral letters) is put in as by pasting.
    box.send_keys(question, Keys.ENTER)
    answered(browser, turn=turn)


def answered(browser: Browser, *, turn: int = 1) -> None:
    one(browser, f"#rb-live .rb-turn[data-turn='{turn}'][data-state='done']")
    until(lambda: js(browser, "return document.querySelector('.rb-busy') === null"))


def settled(browser: Browser) -> None:
    """Wait for the questions to go on with, and until Gradio has nothing under way."""
    until(lambda: visible(browser, ".rb-next"))
    until(lambda: not find(browser, "[data-testid='status-tracker']:not(.hide)"))


def js(browser: Browser, script: str, *arguments: object) -> object:
    return browser.execute_script(script, *arguments)  # type: ignore[no-untyped-call]


def focused(browser: Browser) -> str:
    """Tag and text of the element that has the focus."""
    script = "const e = document.activeElement; return e.tagName + ' ' + (e.innerText || e.value)"
    return str(js(browser, script))


def press(browser: Browser, *keys: str) -> None:
    for key in keys:
        browser.switch_to.active_element.send_keys(key)


def texts(browser: Browser, css: str) -> list[str]:
    """Texts of the visible elements, read again where the page changes while reading."""
    return until(lambda: ([element.text for element in visible(browser, css)],))[0]


def questions(browser: Browser) -> list[str]:
    """The questions on the page, without the words for screen readers before them."""
    return [text.removeprefix("Your question:").strip() for text in texts(browser, ".rb-question")]


def fits(browser: Browser) -> bool:
    """Whether nothing stands out of the viewport to the right."""
    return bool(js(browser, "return document.documentElement.scrollWidth <= window.innerWidth"))
