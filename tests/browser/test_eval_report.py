"""The evaluation report in Chromium: axe-core, filters, keyboard, print, and no request outside."""

from __future__ import annotations

from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from tests.browser.conftest import Browser
from tests.browser.steps import find, js, one, visible
from tests.test_eval_report import html_of
from tests.test_eval_support import CASES, EVERYTHING, FakeEngine


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Browser:
    dump = {case.question: EVERYTHING for case in CASES}
    html = html_of(tmp_path, FakeEngine(broken=["How many GPs?"]), FakeEngine(dump))
    path = tmp_path / "report.html"
    path.write_text(html, encoding="utf-8")
    browser.get(path.as_uri())
    return browser


def test_axe_finds_nothing(page: Browser):
    from axe_core_python.selenium import Axe

    for state in ("closed", "open"):
        if state == "open":
            one(page, "#open-all").click()
            js(page, "document.querySelectorAll('details').forEach(d => { d.open = true; })")
        found = Axe().run(page)["violations"]
        assert [(v["id"], v["nodes"][0]["html"]) for v in found] == [], state
    assert page.hosts_asked() == set()


def test_filters(page: Browser):
    assert len(visible(page, "details.case")) == len(CASES)
    Select(one(page, "#f-verdict")).select_by_value("failed")
    assert [case.get_attribute("id") for case in visible(page, "details.case")] == ["t1"]
    assert one(page, "#shown").text == "1 of 6 questions shown."
    one(page, "form.filters button[type=reset]").click()
    one(page, "#f-words").send_keys("salary is an issue")
    assert "t3" in [case.get_attribute("id") for case in visible(page, "details.case")]
    one(page, "#f-words").clear()
    one(page, "#f-words").send_keys("x" * 40)
    assert visible(page, "details.case") == []


def test_by_keyboard(page: Browser):
    summary = page.find_element(By.CSS_SELECTOR, "#t2 > summary")
    summary.send_keys(Keys.ENTER)
    assert visible(page, "#t2 .sides")
    assert find(page, "#t2 mark")


def test_small_screens_do_not_scroll_sideways(page: Browser):
    page.resize(360)
    one(page, "#open-all").click()
    assert js(page, "return document.documentElement.scrollWidth") <= 360


def test_on_paper_every_question_is_open(page: Browser):
    js(page, "window.dispatchEvent(new Event('beforeprint'))")
    assert all(case.get_attribute("open") for case in find(page, "details.case"))
    printed = page.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})
    assert len(printed["data"]) > 10_000
