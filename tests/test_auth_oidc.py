"""OpenID Connect end to end over real HTTP: the whole code flow, and what is not believed in it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pydantic import SecretStr

from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.web.app import create_app
from ragbot.web.engine import Engine
from tests.lying_provider import SECRET, WELL_KNOWN, LyingProvider
from tests.signing_in import bound, openid_provider, port_of, serving

HTML = {"Accept": "text/html"}


def never() -> Engine:
    raise AssertionError("These tests need no engine.")


@dataclass(frozen=True, slots=True)
class Site:
    """A running ragbot."""

    address: str  #: where it answers
    provider: LyingProvider

    def browser(self) -> httpx.Client:
        return httpx.Client(headers=HTML, follow_redirects=True)


@pytest.fixture(scope="module")
def liar() -> Iterator[LyingProvider]:
    provider = LyingProvider()
    with serving(provider.app) as port:
        provider.issuer = f"http://127.0.0.1:{port}"
        yield provider


def settings_for(issuer: str, port: int, **more: Any) -> Settings:
    given: dict[str, Any] = {
        "auth": "oidc",
        "oidc_discovery": issuer + WELL_KNOWN,
        "oidc_client_id": "ragbot",
        "oidc_client_secret": SecretStr(SECRET),
        "public_origin": f"http://127.0.0.1:{port}",
    }
    return Settings(**(given | more))


@pytest.fixture(scope="module")
def lasting(liar: LyingProvider) -> Iterator[Site]:
    """One for all tests that leave no trace in what it remembers of the provider."""
    yield from running(liar)


@pytest.fixture
def fresh(liar: LyingProvider) -> Iterator[Site]:
    """One that has not asked the provider for anything yet."""
    liar.lie = {}
    yield from running(liar)


@pytest.fixture
def site(lasting: Site) -> Site:
    """The lasting one, with an honest provider."""
    lasting.provider.lie = {}
    return lasting


def running(liar: LyingProvider) -> Iterator[Site]:
    listening = bound()
    app = create_app(settings_for(liar.issuer, port_of(listening)), never)
    with serving(app, listening) as port:
        yield Site(f"http://127.0.0.1:{port}", liar)


def session_of(browser: httpx.Client) -> str | None:
    return browser.cookies.get("ragbot-session")


def test_a_real_provider_signs_in_and_out() -> None:
    with openid_provider("amy") as issuer, bound() as listening:
        port = port_of(listening)
        origin = f"http://127.0.0.1:{port}"
        callback = f"{origin}/chat/auth/callback"
        client = httpx.post(f"{issuer}/oauth2/clients", json={"redirect_uris": [callback]}).json()
        settings = settings_for(
            issuer,
            port,
            oidc_client_id=client["client_id"],
            oidc_client_secret=SecretStr(client["client_secret"]),
            root_path="/chat",
        )
        with (
            serving(create_app(settings, never), listening),
            httpx.Client(headers=HTML, follow_redirects=True) as browser,
        ):
            form = browser.get(f"{origin}/chat/openapi.json?v=1")
            assert form.url.path == "/oauth2/authorize"
            asked = parse_qs(form.url.query.decode())
            assert asked["redirect_uri"] == [callback]
            assert asked["code_challenge_method"] == ["S256"]
            back = browser.post(form.url, data={"sub": "amy"})
            assert str(back.url) == f"{origin}/chat/openapi.json?v=1"
            assert back.json()["info"]["title"] == "ragbot"
            kept = back.history[-1].headers.get_list("set-cookie")
            assert [c.split("=")[0] for c in kept] == ["ragbot-session", "ragbot-sign-in"]
            assert "; Path=/chat; Max-Age=28800; HttpOnly; SameSite=Lax" in kept[0]
            assert "; Max-Age=0; " in kept[1]

            account = browser.get(f"{origin}/chat/auth/account")
            assert "signed in as <strong>amy</strong>" in account.text
            copied = session_of(browser)
            out = browser.post(f"{origin}/chat/auth/logout", headers={"Origin": origin})
            assert out.status_code == 200
            assert f'href="{issuer}/oauth2/end_session?client_id=' in out.text
            assert session_of(browser) is None
            replayed = {"Cookie": f"ragbot-session={copied}"}
            assert httpx.get(f"{origin}/chat/openapi.json", headers=replayed).status_code == 401


def test_the_whole_flow_with_pkce_and_nothing_kept_of_it(site: Site) -> None:
    with site.browser() as browser:
        assert browser.get(f"{site.address}/openapi.json").status_code == 200
        asked, redeemed = site.provider.asked[-1], site.provider.redeemed[-1]
        assert asked["response_type"] == "code"
        assert asked["scope"] == "openid"
        assert len(asked["nonce"]) >= 20
        assert len(asked["state"]) >= 20
        assert len(redeemed["code_verifier"]) >= 43
        assert "client_secret" not in redeemed  # it goes by Basic, not in the form
        assert set(browser.cookies) == {"ragbot-session"}


def test_a_public_client_has_no_secret_to_send(liar: LyingProvider) -> None:
    liar.lie = {}
    listening = bound()
    settings = settings_for(liar.issuer, port_of(listening), oidc_client_secret=SecretStr(""))
    with (
        serving(create_app(settings, never), listening) as port,
        httpx.Client(headers=HTML, follow_redirects=True) as browser,
    ):
        assert browser.get(f"http://127.0.0.1:{port}/openapi.json").status_code == 200
        assert liar.redeemed[-1]["client_id"] == "ragbot"
        assert "client_secret" not in liar.redeemed[-1]


LIES: dict[str, dict[str, Any]] = {
    "the nonce of another sign-in": {"claims": {"nonce": "another"}},
    "no nonce": {"claims": {"nonce": None}},
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "no issuer": {"claims": {"iss": None}},
    "for another client": {"claims": {"aud": "another"}},
    "for another client, by way of ours": {"claims": {"aud": "another", "azp": "ragbot"}},
    "for several, by way of another": {"claims": {"aud": ["ragbot", "x"], "azp": "x"}},
    "for nobody": {"claims": {"aud": None}},
    "expired": {"claims": {"exp": 1_700_000_000}},
    "without an end": {"claims": {"exp": None}},
    "not valid yet": {"claims": {"nbf": 4_000_000_000}},
    "issued in the future": {"claims": {"iat": 4_000_000_000}},
    "for another access token": {"claims": {"at_hash": "xxxxxxxxxxxxxxxxxxxxxx"}},
    "without a subject": {"claims": {"sub": None}},
    "a number for a name": {"claims": {"sub": 7}},
    "a list for a name": {"claims": {"sub": ["amy"]}},
    "an empty name": {"claims": {"sub": ""}},
    "a name turned round": {"claims": {"sub": "amy\u202eeve"}},
    "a name of two lines": {"claims": {"sub": "amy\neve"}},
    "an endless name": {"claims": {"sub": "a" * 201}},
    "not signed": {"signed": "none"},
    "signed with the shared secret": {"signed": "secret"},
    "signed with the public key as a secret": {"signed": "public key"},
    "signed with another key": {"signed": "another key"},
    "no ID token": {"token": {"id_token": None}},
    "nonsense for an ID token": {"token": {"id_token": "a.b.c"}},
    "no ID token at all": {"token": {"id_token": ""}},
    "no token": {"refuses": True},
    "another state": {"answer": {"state": "x" * 30}},
    "no code": {"answer": {"code": ""}},
    "a code of somebody else": {"answer": {"code": "x" * 20}},
    "the answer of another provider": {"answer": {"iss": "https://evil.example"}},
    "an error with markup": {"answer": {"error": "<script>x</script>"}},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_is_not_believed(
    site: Site, lie: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    site.provider.lie = lie
    with caplog.at_level(logging.INFO, "ragbot"), site.browser() as browser:
        reply = browser.get(f"{site.address}/openapi.json")
        assert reply.status_code == 403
        assert "You are not signed in" in reply.text
        assert "<script>x" not in reply.text
        assert session_of(browser) is None
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "amy" not in logged
    assert "\nforged" not in logged


@pytest.mark.parametrize(
    "lie",
    [
        {"down": True},
        {"description": {"issuer": "https://evil.example"}},
        {"description": {"authorization_endpoint": ""}},
        {"description": {"jwks_uri": ""}},
    ],
    ids=str,
)
def test_a_provider_that_is_none_is_said_and_asked_again(fresh: Site, lie: dict[str, Any]) -> None:
    fresh.provider.lie = lie
    with fresh.browser() as browser:
        reply = browser.get(f"{fresh.address}/openapi.json")
        assert reply.status_code == 503
        assert "does not answer" in reply.text
        if "jwks_uri" not in str(lie) and "authorization" not in str(lie):
            fresh.provider.lie = {}
            assert browser.get(f"{fresh.address}/openapi.json").status_code == 200


def test_a_new_key_of_the_provider_is_fetched(fresh: Site) -> None:
    with fresh.browser() as browser:
        assert browser.get(f"{fresh.address}/openapi.json").status_code == 200
    fresh.provider.turn_key()
    with fresh.browser() as browser:
        assert browser.get(f"{fresh.address}/openapi.json").status_code == 200


def step(browser: httpx.Client, url: str) -> str:
    """Follow one redirect."""
    return browser.get(url, follow_redirects=False).headers["location"]


def test_an_answer_is_good_once_whatever_the_provider_thinks(site: Site) -> None:
    site.provider.lie = {"replays": True}
    with site.browser() as browser:
        callback = step(browser, step(browser, f"{site.address}/auth/login"))
        kept = {"Cookie": f"ragbot-sign-in={browser.cookies['ragbot-sign-in']}"}
        assert browser.get(callback, follow_redirects=False).status_code == 303
        assert browser.get(callback).status_code == 403  # its cookie is gone
        assert httpx.get(callback, headers=kept).status_code == 403  # and good for nothing


def test_an_answer_is_for_the_browser_that_asked(site: Site) -> None:
    with site.browser() as attacker, site.browser() as victim:
        callback = step(attacker, step(attacker, f"{site.address}/auth/login"))
        assert victim.get(callback).status_code == 403  # no sign-in under way
        step(victim, f"{site.address}/auth/login")
        assert victim.get(callback).status_code == 403  # another one under way
        assert session_of(victim) is None


def test_a_wrong_answer_does_not_spoil_the_right_one(site: Site) -> None:
    with site.browser() as browser:
        callback = step(browser, step(browser, f"{site.address}/auth/login"))
        kept = {"Cookie": f"ragbot-sign-in={browser.cookies['ragbot-sign-in']}"}
        assert httpx.get(f"{site.address}/auth/callback?state=x", headers=kept).status_code == 403
        assert browser.get(callback, follow_redirects=False).status_code == 303


def test_what_was_there_before_a_sign_in_is_worth_nothing_after(site: Site) -> None:
    with site.browser() as browser:
        browser.cookies.set("ragbot-session", "fixed-by-an-attacker", path="/")
        browser.get(f"{site.address}/auth/login")
        (first,) = [c.value for c in browser.cookies.jar if c.value != "fixed-by-an-attacker"]
        assert first not in (None, "fixed-by-an-attacker")
    with site.browser() as browser:
        browser.get(f"{site.address}/auth/login")
        before = session_of(browser)
        browser.get(f"{site.address}/auth/login")
        after = session_of(browser)
    assert len({first, before, after}) == 3
    for value, status in ((before, 401), (after, 200)):
        sent = {"Cookie": f"ragbot-session={value}"}
        assert httpx.get(f"{site.address}/openapi.json", headers=sent).status_code == status


@pytest.mark.parametrize(
    "evil", ["//evil.example", "https://evil.example/", "/auth/logout", "/\\x"]
)
def test_nobody_is_sent_away_after_signing_in(site: Site, evil: str) -> None:
    with site.browser() as browser:
        login = str(httpx.URL(f"{site.address}/auth/login", params={"next": evil}))
        callback = step(browser, step(browser, login))
        assert step(browser, callback) == "/"


def test_a_framed_chat_signs_in_through_a_window(site: Site) -> None:
    with site.browser() as window, site.browser() as frame:
        done = window.get(f"{site.address}/auth/login?window=1&next=/openapi.json")
        assert done.status_code == 200
        ticket = done.text.partition('data-ticket="')[2].partition('"')[0]
        redeem = f"{site.address}/auth/redeem"
        foreign = {"Origin": "https://intranet.example"}
        assert frame.post(redeem, content=ticket, headers=foreign).status_code == 403
        own = {"Origin": site.address}
        assert frame.post(redeem, content=ticket, headers=own).status_code == 204
        assert frame.get(f"{site.address}/openapi.json").status_code == 200
        assert frame.post(redeem, content=ticket, headers=own).status_code == 401


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "__Host-ragbot-sign-in|Path=/|Secure|SameSite=Lax"),
        ({"root_path": "/chat"}, "__Secure-ragbot-sign-in|Path=/chat|Secure|SameSite=Lax"),
        (
            {"frame_ancestors": "https://intranet.example"},
            "__Host-ragbot-sign-in|Path=/|Secure|SameSite=None|Partitioned",
        ),
    ],
    ids=["alone", "below a path", "framed"],
)
def test_cookies_and_addresses_behind_a_proxy_that_ends_tls(
    liar: LyingProvider, more: dict[str, Any], expected: str
) -> None:
    liar.lie = {}
    origin = "https://ragbot.example.nhs.uk"
    settings = settings_for(liar.issuer, 0, public_origin=origin, **more)
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    with serving(create_app(settings, never)) as port:
        login = f"http://127.0.0.1:{port}/auth/login"
        reply = httpx.get(login, headers=HTML | forged)  # the proxy strips the path
    asked = parse_qs(urlsplit(reply.headers["location"]).query)
    assert asked["redirect_uri"] == [f"{origin}{more.get('root_path', '')}/auth/callback"]
    name, *attributes = expected.split("|")
    (cookie,) = reply.headers.get_list("set-cookie")
    assert cookie.startswith(f"{name}=")
    said = cookie.split("; ")[1:]
    assert set(said) == {*attributes, "Max-Age=600", "HttpOnly"}
    assert len(cookie) < 4096


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"oidc_client_id": ""}, "OIDC_CLIENT_ID"),
        ({"oidc_discovery": ""}, "OIDC_DISCOVERY"),
        ({"oidc_discovery": "http://login.example" + WELL_KNOWN}, "begins with https"),
        ({"oidc_discovery": "https://login.example/"}, "ends with"),
        ({"public_origin": ""}, "PUBLIC_ORIGIN"),
        ({"public_origin": "http://ragbot.example"}, "no origin"),
        ({"public_origin": "https://ragbot.example/chat"}, "no origin"),
        ({"session_key": SecretStr("short")}, "at least 32"),
        ({"auth": "proxy-header"}, "TRUSTED_PROXIES"),
        ({"auth": "proxy-header", "trusted_proxies": "0.0.0.0/0"}, "every address"),
        ({"auth": "proxy-header", "trusted_proxies": "proxy.example"}, "no address"),
        ({"auth": "proxy-header", "trusted_proxies": "::1", "auth_header": "Cookie"}, "HEADER"),
        ({"auth": "proxy-header", "trusted_proxies": "::1", "auth_header": "a b"}, "HEADER"),
        ({"metrics_from": "everywhere"}, "METRICS_FROM"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_settings_that_make_no_sense_stop_the_start(more: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        create_app(settings_for("https://login.example", 7860, **more), never)


def test_the_secrets_are_masked() -> None:
    settings = settings_for("https://login.example", 1, session_key=SecretStr("s" * 40))
    assert SECRET not in repr(settings)
    assert "s" * 40 not in repr(settings)
