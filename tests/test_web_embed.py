"""The script for other sites, and the accessibility statement, as they are served."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from ragbot.config import Settings
from ragbot.web.accessibility import statement_page
from ragbot.web.app import create_app
from ragbot.web.page import STATIC_FOLDER
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.waiting import until

LISTED = "https://intranet.example.nhs.uk"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    settings = Settings(frame_ancestors=LISTED, feedback="off")
    with TestClient(create_app(settings, FakeAssistant)) as ready:
        until(lambda: b"chat page" not in ready.get("/healthz").content)
        yield ready


def test_the_script_for_other_sites(client: TestClient):
    answer = client.get("/embed.js")
    assert answer.text == (STATIC_FOLDER / "embed.js").read_text()
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert client.head("/embed.js").status_code == 200
    again = {"if-none-match": answer.headers["etag"]}
    assert client.get("/embed.js", headers=again).headers["etag"] == answer.headers["etag"]


def test_only_a_framed_page_knows_who_may_frame_it(client: TestClient):
    embedded, plain = client.get("/?embed=1").text, client.get("/").text
    assert f'data-ancestors="&#x27;self&#x27; {LISTED}"' in embedded
    assert "frame.js" in embedded
    assert 'data-ancestors=""' in plain
    assert "frame.js" not in plain
    assert 'href="/accessibility" target="_blank"' in embedded


def test_the_statement_names_who_runs_it_as_text(client: TestClient):
    html = statement_page(contact="<b>Team</b> A & B", root_path="/chat")
    assert html.count("&lt;b&gt;Team&lt;/b&gt; A &amp; B") == 2
    assert 'href="/chat/privacy"' in html
    assert "the team that gave you the address" in client.get("/accessibility").text
    for heading in (
        "Accessibility statement for ragbot",
        "Feedback and contact information",
        "Enforcement procedure",
        "Compliance status",
        "Non-accessible content",
        "Preparation of this accessibility statement",
    ):
        assert heading in html
