"""Headers, limits and what of Gradio is let through."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.web.app import create_app
from ragbot.web.security import Policy
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.waiting import until


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), FakeAssistant)) as ready:
        until(lambda: ready.get("/readyz").status_code == 200)
        yield ready


@pytest.mark.parametrize("path", ["/", "/sources", "/nope", "/healthz", "/openapi.json", "/config"])
def test_every_response_has_the_headers(client: TestClient, path: str):
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "SAMEORIGIN"


def test_our_own_pages_allow_no_inline_script(client: TestClient):
    for path in ("/sources", "/source/norman-9c0d", "/source/nope"):
        response = client.get(path)
        assert "unsafe" not in response.headers["content-security-policy"]
        assert "<style" not in response.text
        assert " style=" not in response.text
        assert "<script>" not in response.text


def test_frame_ancestors_from_the_settings():
    policy = Policy.from_settings(
        Settings(frame_ancestors="https://intranet.example.nhs.uk, http://localhost:8080")
    )
    headers = policy.headers(content_policy="frame-ancestors {ancestors}")
    assert headers["Content-Security-Policy"] == (
        "frame-ancestors 'self' https://intranet.example.nhs.uk http://localhost:8080"
    )
    assert "X-Frame-Options" not in headers


@pytest.mark.parametrize(
    "origin",
    ["*", "intranet.example", "https://a.example/page", "https://a.example;script-src", "'self'"],
)
def test_a_frame_ancestor_that_is_no_origin_is_refused(origin: str):
    with pytest.raises(ConfigError, match="is not an origin"):
        create_app(Settings(frame_ancestors=origin), FakeAssistant)


def test_no_other_site_is_given_permission(client: TestClient):
    response = client.get(
        "/config", headers={"origin": "https://evil.example", "host": "ragbot.example"}
    )
    assert not [name for name in response.headers if name.startswith("access-control-allow")]
    preflight = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    answered = client.options("/gradio_api/queue/join", headers=preflight)
    assert not [name for name in answered.headers if name.startswith("access-control-allow")]


def test_a_write_from_another_site_is_refused(client: TestClient):
    headers = {"sec-fetch-site": "cross-site"}
    assert client.post("/api/ask", json={"question": "q"}, headers=headers).status_code == 403
    headers = {"sec-fetch-site": "same-origin"}
    assert client.post("/api/ask", json={"question": "q"}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/proxy=https://example.com",
        "/gradio_api/info",
        "/gradio_api/openapi.json",
        "/gradio_api/runs",
        "/gradio_api/vibe-code",
        "/gradio_api/deep_link",
        "/monitoring",
        "/login",
        "/gradio_api/stream/x/1/2/playlist.m3u8",
    ],
)
def test_what_the_chat_does_not_need_is_not_there(client: TestClient, path: str):
    for response in (client.get(path), client.post(path)):
        assert response.status_code == 404
        assert "Page not found" in response.text


@pytest.mark.parametrize("path", ["/static/../app.py", "/assets/..%2f..%2f..%2froutes.py"])
def test_no_way_out_of_the_static_folders(client: TestClient, path: str):
    assert client.get(path).status_code in {403, 404}


def test_the_page_says_nothing_of_gradio_and_names_no_other_host(client: TestClient):
    html = client.get("/").text
    for word in ("og:", "twitter:", "raw.githubusercontent", "manifest.json", "fonts.g"):
        assert word not in html
    assert '<header class="rb-header">' in html
    assert "<title>ragbot</title>" in html


def test_the_embedded_page_has_no_header(client: TestClient):
    html = client.get("/?embed=1").text
    assert "rb-header" not in html
    assert "rb-footer" not in html
    assert "data-embed" in html


def test_addresses_under_a_root_path():
    with TestClient(create_app(Settings(root_path="/chat"), FakeAssistant)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        for path in ("/", "/chat/"):  # with a proxy that strips the prefix, and one that does not
            html = client.get(path).text
            assert 'href="/chat/sources"' in html
            assert 'src="/chat/static/ragbot/chat.js' in html
        assert 'href="/chat/source/norman-9c0d"' in client.get("/sources").text
        assert client.get("/chat/gradio_api/upload").status_code == 404
