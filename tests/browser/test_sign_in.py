"""Signing in with OpenID Connect in real Chromium, behind a real nginx, alone and in a frame.

The provider is one from PyPI, in a process of its own. Third-party cookies are blocked, so the
frame on the other site's page has only its partitioned cookie.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from pydantic import SecretStr
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from ragbot.config import Settings
from tests.browser import nginx
from tests.browser.conftest import CHROMIUM, DRIVER, Browser, launch
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.nginx import HOST, LISTED, behind_nginx, free_port
from tests.browser.serving import served
from tests.browser.steps import BOX, ask, find, js, one
from tests.browser.waiting import until
from tests.signing_in import openid_provider

pytestmark = pytest.mark.skipif(not (nginx.NGINX and nginx.OPENSSL), reason=nginx.MISSING)

COOKIE = "__Secure-ragbot-session"
ESTATES = "How about estates?"


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything is."""

    ragbot: str
    intranet: str
    provider: str


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("nginx")
    port, pages = free_port(), free_port()
    origin = f"https://{HOST}:{port}"
    (folder / "pages").mkdir()
    (folder / "pages" / "index.html").write_text(
        '<!doctype html><html lang="en"><title>Intranet</title><h1>Intranet</h1>'
        f'<iframe src="{origin}/ragbot/?embed=1" width="700" height="700" title="ragbot"></iframe>'
    )
    with openid_provider("amy") as issuer:
        wanted = {"redirect_uris": [f"{origin}/ragbot/auth/callback"]}
        client = httpx.post(f"{issuer}/oauth2/clients", json=wanted).json()
        settings = Settings(
            auth="oidc",
            oidc_discovery=f"{issuer}/.well-known/openid-configuration",
            oidc_client_id=client["client_id"],
            oidc_client_secret=SecretStr(client["client_secret"]),
            public_origin=origin,
            root_path="/ragbot",
            frame_ancestors=f"https://{LISTED}:{pages}",
            trusted_proxies="127.0.0.1",
            feedback="off",
        )
        with (
            served(settings, lambda: FakeAssistant(pause=0.1), stripped=False) as upstream,
            behind_nginx(folder, upstream=upstream, port=port, pages=pages),
        ):
            yield Place(f"{origin}/ragbot", f"https://{LISTED}:{pages}/index.html", issuer)


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    if not (CHROMIUM and DRIVER):
        pytest.skip("no Chromium")
    browser = launch(
        tmp_path_factory.mktemp("visitor"),
        "--host-resolver-rules=MAP * 127.0.0.1",
        "--ignore-certificate-errors",
        preferences={"profile.cookie_controls_mode": 1, "profile.block_third_party_cookies": True},
    )
    yield browser
    browser.quit()


@pytest.fixture(autouse=True)
def _stranger(visitor: Browser, place: Place) -> None:
    visitor.get("about:blank")
    everything = {"origin": place.ragbot.removesuffix("/ragbot"), "storageTypes": "all"}
    visitor.execute_cdp_cmd("Storage.clearDataForOrigin", everything)
    visitor.execute_cdp_cmd("Network.clearBrowserCookies", {})


def sign_in_as_amy(browser: Browser, place: Place) -> None:
    """On the provider's page."""
    until(lambda: browser.current_url.startswith(place.provider))
    one(browser, "form button[name='sub'][value='amy']").click()


def cookies(browser: Browser) -> dict[str, dict[str, object]]:
    kept = browser.execute_cdp_cmd("Network.getAllCookies", {})["cookies"]
    return {cookie["name"]: cookie for cookie in kept if "ragbot" in cookie["name"]}


def test_signing_in_asking_and_signing_out(visitor: Browser, place: Place):
    visitor.get(f"{place.ragbot}/?q=estates")
    sign_in_as_amy(visitor, place)
    until(lambda: visitor.current_url == f"{place.ragbot}/?q=estates")
    box = one(visitor, BOX)
    until(lambda: box.get_attribute("value") == "estates")
    box.clear()
    ask(visitor, ESTATES)
    assert len(find(visitor, "#rb-live .marker")) == 5
    assert not [said for said in visitor.console_errors() if place.ragbot in said]

    assert "ragbot-conversation/ragbot" in str(js(visitor, "return Object.keys(localStorage)"))
    (name,) = cookies(visitor)
    assert name == COOKIE
    kept = cookies(visitor)[name]
    assert (kept["httpOnly"], kept["secure"], kept["sameSite"]) == (True, True, "None")
    assert kept["path"] == "/ragbot"

    one(visitor, ".rb-footer a[href='/ragbot/auth/account']").click()
    until(lambda: visitor.current_url == f"{place.ragbot}/auth/account")
    assert "signed in as amy" in one(visitor, "main").text
    one(visitor, "main form button").click()
    until(lambda: "Your conversation was removed" in one(visitor, "main").text)
    assert "You are signed out" in one(visitor, "h1").text
    assert js(visitor, "return Object.keys(localStorage)") == []
    assert cookies(visitor) == {}
    visitor.get(f"{place.ragbot}/sources")
    until(lambda: visitor.current_url.startswith(place.provider))


def test_a_frame_on_another_site_signs_in_through_a_window(visitor: Browser, place: Place):
    visitor.get(place.intranet)
    page = visitor.current_window_handle
    visitor.switch_to.frame(one(visitor, "iframe"))
    one(visitor, "#rb-signin").click()
    until(lambda: len(visitor.window_handles) == 2)
    (window,) = [handle for handle in visitor.window_handles if handle != page]
    visitor.switch_to.window(window)
    sign_in_as_amy(visitor, place)
    until(lambda: len(visitor.window_handles) == 1)  # it hands over and closes

    visitor.switch_to.window(page)
    visitor.switch_to.frame(one(visitor, "iframe"))
    one(visitor, BOX)
    ask(visitor, ESTATES)
    assert len(find(visitor, "#rb-live .marker")) == 5
    assert visitor.find_element(By.CSS_SELECTOR, "html").get_attribute("data-embed") is not None
    visitor.get(place.intranet)  # and it stays signed in
    visitor.switch_to.frame(one(visitor, "iframe"))
    one(visitor, BOX)


def test_a_session_that_ends_while_the_page_is_open_is_said(visitor: Browser, place: Place):
    visitor.get(f"{place.ragbot}/")
    sign_in_as_amy(visitor, place)
    one(visitor, BOX)
    ask(visitor, ESTATES)  # by now the page has all its parts
    visitor.execute_cdp_cmd("Network.clearBrowserCookies", {})
    one(visitor, BOX).send_keys(ESTATES, Keys.ENTER)
    until(lambda: "Reload the page to sign in." in one(visitor, "body").text)
    visitor.refresh()
    sign_in_as_amy(visitor, place)
    until(lambda: visitor.current_url == f"{place.ragbot}/")
    ask(visitor, ESTATES, turn=2)  # the first is still there
