"""Behind a real nginx, below a path, over HTTPS, and in the frame of another site's page.

Chromium here blocks third-party cookies, and every host name leads to this machine.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from selenium.webdriver.common.keys import Keys

from ragbot.config import Settings
from tests.browser import nginx
from tests.browser.conftest import Browser
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.nginx import HOST, LISTED, UNLISTED, behind_nginx
from tests.browser.serving import served
from tests.browser.steps import (
    BOX,
    answered,
    ask,
    find,
    fits,
    js,
    one,
    open_chat,
    visible,
)
from tests.browser.waiting import until
from tests.ports import free_port

pytestmark = pytest.mark.skipif(not (nginx.NGINX and nginx.OPENSSL), reason=nginx.MISSING)

ESTATES = "How about estates?"
QUOTE_3 = FakeAssistant().ask(ESTATES).citations[2].quote
SNIPPET = '<script src="{origin}/ragbot/embed.js" data-theme="dark" defer></script>'
PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>Intranet</title>'
    '<link rel="stylesheet" href="/page.css"><h1>Intranet</h1><p>Before.</p>{snippet}'
    '<div data-ragbot data-question="{question}"></div><p>After.</p>'
)


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is."""

    folder: Path
    port: int
    pages: int
    plain_port: int
    engine: FakeAssistant

    @property
    def origin(self) -> str:
        return f"https://{HOST}:{self.port}"

    @property
    def address(self) -> str:
        return f"{self.origin}/ragbot"

    def page(self, host: str) -> str:
        return f"https://{host}:{self.pages}/index.html"

    def client(self) -> httpx.Client:
        """For ``get``: to this machine, with the certificate checked against the host's name."""
        trust = ssl.create_default_context(cafile=str(self.folder / "cert.pem"))
        base = f"https://127.0.0.1:{self.port}"
        return httpx.Client(verify=trust, base_url=base, headers={"host": f"{HOST}:{self.port}"})


def fetch(client: httpx.Client, path: str, **options: object) -> httpx.Response:
    method = "POST" if options else "GET"
    return client.request(method, path, extensions={"sni_hostname": HOST}, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("nginx")
    port, pages = free_port(), free_port()
    (folder / "pages").mkdir()
    snippet = SNIPPET.format(origin=f"https://{HOST}:{port}")
    page = PAGE.format(snippet=snippet, question="What about training?")
    (folder / "pages" / "index.html").write_text(page)
    (folder / "pages" / "page.css").write_text("body { margin: 0 } p { height: 5rem }")
    settings = Settings(
        root_path="/ragbot",
        frame_ancestors=f"https://{LISTED}:{pages}",
        trusted_proxies="127.0.0.1",
        feedback="off",
    )
    engine = FakeAssistant(pause=0.1)
    with (
        served(settings, lambda: engine, stripped=False) as upstream,
        behind_nginx(folder, upstream=upstream, port=port, pages=pages) as plain_port,
    ):
        yield Place(folder, port, pages, plain_port, engine)


@pytest.fixture
def browser(third_party: Browser) -> Iterator[Browser]:
    """Afterwards: no console error but what the test has taken away itself."""
    third_party.resize(1280)
    third_party.dark(False)
    third_party.console_errors()
    third_party.hosts_asked()
    yield third_party
    third_party.switch_to.default_content()
    errors = third_party.console_errors()
    third_party.get("about:blank")
    assert errors == []


PATHS = (
    "/ragbot",
    "/ragbot/",
    "/ragbot/?embed=1",
    "/ragbot/sources",
    "/ragbot/source/skivington-2018-7a8b",
    "/ragbot/source/nope",
    "/ragbot/nope",
    "/ragbot/accessibility",
    "/ragbot/embed.js",
    "/ragbot/static/ragbot/nope.js",
    "/ragbot/favicon.ico",
    "/ragbot/healthz",
    "/ragbot/config",
    "/ragbot/gradio_api/upload",
)
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
}


def check_headers(response: httpx.Response) -> None:
    for name, value in HEADERS.items():
        assert response.headers.get_list(name) == [value], (response.url, name)
    assert "camera=()" in response.headers["permissions-policy"]
    assert "frame-ancestors 'self'" in response.headers["content-security-policy"]
    assert "server" not in response.headers or response.headers["server"] == "nginx"


def test_every_response_carries_the_headers(place: Place):
    with place.client() as client:
        for path in PATHS:
            check_headers(fetch(client, path))
        check_headers(fetch(client, "/ragbot/api/ask", json={"question": ESTATES}))
        check_headers(fetch(client, "/ragbot/api/ask", json={"nonsense": 1}))
        too_large = fetch(client, "/ragbot/api/ask", content=b"x" * 2_200_000)
        check_headers(too_large)
        assert too_large.status_code == 413
        assert f"https://{LISTED}:{place.pages}" in too_large.headers["content-security-policy"]


def test_plain_http_is_sent_to_https(place: Place):
    answer = httpx.get(
        f"http://127.0.0.1:{place.plain_port}/ragbot/sources?x=1", headers={"host": HOST}
    )
    assert answer.status_code == 301
    assert answer.headers["location"] == f"https://{HOST}/ragbot/sources?x=1"


def test_every_address_on_a_page_is_below_the_path(place: Place):
    with place.client() as client:
        assert fetch(client, "/ragbot").headers["location"] == "/ragbot/"
        assert fetch(client, "/ragbot/favicon.ico").headers["location"].startswith("/ragbot/")
        for path in ("/ragbot/", "/ragbot/?embed=1", "/ragbot/sources", "/ragbot/nope"):
            html = fetch(client, path).text
            for url in re.findall(r'(?:href|src|action)="([^"#][^"]*)"', html):
                local = url.removeprefix(place.origin)
                assert local.startswith(("/ragbot/", "./", "data:")), (path, url)
        assert fetch(client, "/ragbot/config").json()["root"] == place.address


def test_where_ragbot_is_away_nginx_says_so(place: Place, tmp_path: Path):
    port, nowhere = free_port(), f"http://127.0.0.1:{free_port()}"
    with behind_nginx(tmp_path, upstream=nowhere, port=port, pages=free_port()):
        away = Place(tmp_path, port, 0, 0, place.engine)
        with away.client() as client:
            answer = fetch(client, "/ragbot/")
    assert answer.status_code == 503
    assert "try again" in answer.text
    check_headers(answer)


def test_the_log_holds_no_question(place: Place):
    log = place.folder / "access.log"
    with place.client() as client:
        fetch(client, "/ragbot/?q=Zyxquestion")
        fetch(client, "/ragbot/after-the-question")
    until(lambda: "/ragbot/after-the-question" in log.read_text())
    logged = log.read_text()
    assert '"GET /ragbot/" 200' in logged
    assert "Zyxquestion" not in logged


def test_the_whole_journey_through_nginx(browser: Browser, place: Place):
    open_chat(browser, place.address, "?q=How%20about%20estates%3F")
    until(lambda: one(browser, BOX).get_attribute("value") == ESTATES)
    with place.engine.halfway():
        one(browser, BOX).send_keys(Keys.ENTER)
        until(lambda: len(find(browser, "[data-state='busy'] .marker")) == 2)  # it streams
    answered(browser)
    one(browser, "#rb-live .marker[data-n='3']").click()
    link = one(browser, ".rb-passage[aria-current] .rb-actions a").get_attribute("href") or ""
    assert link.startswith(f"{place.address}/source/skivington-2018-7a8b?")
    browser.get(link)
    assert one(browser, ":target").text == QUOTE_3
    one(browser, ".rb-header nav a").click()
    until(lambda: visible(browser, ".rb-turn"))  # the conversation is still there
    urls = browser.addresses_asked()
    assert urls
    assert all(url.startswith(f"{place.address}/") for url in urls), urls


def height(browser: Browser) -> int:
    return int(str(js(browser, "return document.querySelector('iframe').clientHeight")))


def test_in_the_frame_of_a_listed_site(browser: Browser, place: Place):
    browser.get(place.page(LISTED))
    frame = one(browser, "iframe")
    assert "Ask your library" in str(frame.get_attribute("title"))
    until(lambda: height(browser) != 720)  # it was sized
    before = until(lambda: _settled(browser))
    assert js(browser, "return document.activeElement === document.body")  # it takes no focus

    browser.switch_to.frame(frame)
    cookie = "document.cookie = 'a=1; Secure; SameSite=None'; return document.cookie"
    assert js(browser, cookie) == ""  # third-party cookies are blocked indeed
    until(lambda: one(browser, BOX).get_attribute("value") == "What about training?")
    assert not find(browser, ".rb-turn, .rb-header")
    colour = "return getComputedStyle(document.body).backgroundColor"
    assert js(browser, colour) == "rgb(16, 24, 29)"
    one(browser, BOX).clear()
    ask(browser, ESTATES)
    assert fits(browser)
    until(lambda: js(browser, "return document.body.scrollHeight <= window.innerHeight + 1"))

    browser.switch_to.default_content()
    until(lambda: height(browser) > before + 1000)
    last = until(lambda: _settled(browser))
    js(browser, "document.querySelector('script').dataset.theme = 'light'")
    browser.switch_to.frame(frame)
    until(lambda: js(browser, colour) == "rgb(240, 244, 245)")
    one(browser, "#rb-live .marker[data-n='3']").click()
    browser.switch_to.default_content()
    until(lambda: js(browser, "return window.scrollY > 300"))  # brought to the passage
    assert height(browser) == last

    js(browser, "window.postMessage({ragbot: 'height', height: 1}, '*')")  # not from the frame
    assert _settled(browser) == last
    for width in (400, 320):
        browser.resize(width)
        assert fits(browser)
        browser.switch_to.frame(frame)
        assert fits(browser)
        panel, box = one(browser, "#rb-sources").rect, one(browser, "#rb-composer").rect
        assert panel["y"] > box["y"]
        browser.switch_to.default_content()
    assert browser.hosts_asked() == {f"{HOST}:{place.port}", f"{LISTED}:{place.pages}"}


def _settled(browser: Browser) -> int:
    """The frame's height, once it no longer changes; 0 until then."""
    before = height(browser)
    js(browser, "return new Promise(done => setTimeout(done, 300))")
    return before if height(browser) == before else 0


def test_a_site_that_is_not_listed_cannot_frame_it(browser: Browser, place: Place):
    browser.get(place.page(UNLISTED))
    frame = one(browser, "iframe")
    errors = until(lambda: [e for e in browser.console_errors() if "frame-ancestors" in e])
    assert f"{HOST}:{place.port}" in errors[0]
    browser.switch_to.frame(frame)
    assert not find(browser, f"{BOX}, .rb-status, gradio-app")
    browser.switch_to.default_content()
    assert height(browser) == 720


def test_nginx_is_declared_for_ci():
    text = (nginx.CONFIGURATION.parents[1] / ".ci" / "run").read_text()
    assert "nginx-light" in text
