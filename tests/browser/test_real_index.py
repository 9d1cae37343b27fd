"""The whole journey in a real browser, on the real sources and the real engine."""

from __future__ import annotations

import re
from pathlib import Path

from selenium.webdriver.common.by import By

from ragbot.assistant import Assistant
from ragbot.config import Settings
from tests.browser.conftest import Browser
from tests.browser.serving import served
from tests.browser.steps import ask, find, one, open_chat

QUESTION = "What does the King's Fund recommend for GP specialist training?"
REPORT = Path(__file__).parents[2] / "seeds/000_f7a70f3d400ee0f7.txt"
QUOTE = "leadership and management skills development embedded in GP specialist training."
START = REPORT.read_bytes().decode("utf-8").index(QUOTE)


def test_from_a_question_to_the_passage_in_its_source(
    browser: Browser, seed_settings: Settings, assistant: Assistant
) -> None:
    settings = seed_settings.model_copy(update={"suggestions": False})  # none under way at the end
    with served(settings, lambda: assistant) as address:
        open_chat(browser, address)
        ask(browser, QUESTION)
        turn = one(browser, "#rb-live .rb-turn[data-turn='1']")
        assert QUOTE in turn.text
        marks = [m.text for m in find(browser, "mark")]
        assert any(QUOTE in text for text in marks)
        links = find(browser, "a[href*='/source/']")
        target = next(
            link.get_attribute("href") or ""
            for link in links
            if f"#c{START}-" in (link.get_attribute("href") or "")
        )
        browser.get(target)
        start, end = map(int, re.findall(r"#c(\d+)-(\d+)$", target)[0])
        assert one(browser, f"#c{start}-{end}").text == QUOTE
        assert "King’s Fund" in browser.find_element(By.TAG_NAME, "h1").text
