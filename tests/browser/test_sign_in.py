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
from tests.browser.conftest import Browser
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.nginx import HOST, LISTED, behind_nginx
from tests.browser.serving import served
from tests.browser.steps import BOX, ask, find, js, one, questions
from tests.browser.waiting import until
from tests.ports import free_port
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


@pytest.fixture(autouse=True)
def _stranger(third_party: Browser, place: Place) -> None:
    third_party.get("about:blank")
    everything = {"origin": place.ragbot.removesuffix("/ragbot"), "storageTypes": "all"}
    third_party.execute_cdp_cmd("Storage.clearDataForOrigin", everything)
    third_party.execute_cdp_cmd("Network.clearBrowserCookies", {})


def sign_in_as_amy(browser: Browser, place: Place) -> None:
    """On the provider's page."""
    until(lambda: browser.current_url.startswith(place.provider))
    one(browser, "form button[name='sub'][value='amy']").click()


def cookies(browser: Browser) -> dict[str, dict[str, object]]:
    kept = browser.execute_cdp_cmd("Network.getAllCookies", {})["cookies"]
    return {cookie["name"]: cookie for cookie in kept if "ragbot" in cookie["name"]}


def test_signing_in_asking_and_signing_out(third_party: Browser, place: Place):
    third_party.get(f"{place.ragbot}/?q=estates")
    sign_in_as_amy(third_party, place)
    until(lambda: third_party.current_url == f"{place.ragbot}/?q=estates")
    box = one(third_party, BOX)
    until(lambda: box.get_attribute("value") == "estates")
    box.clear()
    ask(third_party, ESTATES)
    assert len(find(third_party, "#rb-live .marker")) == 5
    assert not [said for said in third_party.console_errors() if place.ragbot in said]

    assert "ragbot-conversation/ragbot" in str(js(third_party, "return Object.keys(localStorage)"))
    (name,) = cookies(third_party)
    assert name == COOKIE
    kept = cookies(third_party)[name]
    assert (kept["httpOnly"], kept["secure"], kept["sameSite"]) == (True, True, "None")
    assert kept["path"] == "/ragbot"

    one(third_party, ".rb-footer a[href='/ragbot/auth/account']").click()
    until(lambda: third_party.current_url == f"{place.ragbot}/auth/account")
    assert "signed in as amy" in one(third_party, "main").text
    one(third_party, "main form button").click()
    until(lambda: "Your conversation was removed" in one(third_party, "main").text)
    assert "You are signed out" in one(third_party, "h1").text
    assert js(third_party, "return Object.keys(localStorage)") == []
    assert cookies(third_party) == {}
    third_party.get(f"{place.ragbot}/sources")
    until(lambda: third_party.current_url.startswith(place.provider))


def test_a_frame_on_another_site_signs_in_through_a_window(third_party: Browser, place: Place):
    third_party.get(place.intranet)
    page = third_party.current_window_handle
    third_party.switch_to.frame(one(third_party, "iframe"))
    one(third_party, "#rb-signin").click()
    until(lambda: len(third_party.window_handles) == 2)
    (window,) = [handle for handle in third_party.window_handles if handle != page]
    third_party.switch_to.window(window)
    sign_in_as_amy(third_party, place)
    until(lambda: len(third_party.window_handles) == 1)  # it hands over and closes

    third_party.switch_to.window(page)
    third_party.switch_to.frame(one(third_party, "iframe"))
    one(third_party, BOX)
    ask(third_party, ESTATES)
    assert len(find(third_party, "#rb-live .marker")) == 5
    assert third_party.find_element(By.CSS_SELECTOR, "html").get_attribute("data-embed") is not None
    third_party.get(place.intranet)  # and it stays signed in
    third_party.switch_to.frame(one(third_party, "iframe"))
    one(third_party, BOX)


def test_a_session_that_ends_while_the_page_is_open_is_said(third_party: Browser, place: Place):
    third_party.get(f"{place.ragbot}/")
    sign_in_as_amy(third_party, place)
    one(third_party, BOX)
    ask(third_party, ESTATES)  # by now the page has all its parts
    third_party.execute_cdp_cmd("Network.clearBrowserCookies", {})
    one(third_party, BOX).send_keys(ESTATES, Keys.ENTER)
    assert until(lambda: "Reload the page to sign in." in one(third_party, "body").text)
    third_party.refresh()
    sign_in_as_amy(third_party, place)
    until(lambda: third_party.current_url == f"{place.ragbot}/")
    ask(third_party, ESTATES, turn=2)
    assert questions(third_party) == [ESTATES, ESTATES]  # the first is still there
