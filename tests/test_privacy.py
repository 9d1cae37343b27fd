"""The privacy page says what the settings make true; a search echoes no personal data."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from pydantic import SecretStr

from ragbot import guard
from ragbot.batch import search_many
from ragbot.config import Settings
from ragbot.web.app import create_app
from ragbot.web.privacy import privacy_page, sections
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.waiting import until

NHS = "943 476 5919"


def text(**settings: object) -> str:
    return " ".join(line for _, lines in sections(Settings(**settings)) for line in lines)


@pytest.mark.parametrize(
    ("settings", "said", "unsaid"),
    [
        ({}, "It is sent nowhere else", "language model ollama"),
        ({}, "The words of your question are not written down anywhere", "audit"),
        ({}, "You do not sign in", "user name"),
        ({"llm": "ollama:llama3"}, "language model ollama:llama3", "It is sent nowhere else"),
        (
            {"llm": "openai:x", "llm_base_url": "https://key:s3cret@llm.example.nhs.uk:8443/v1"},
            "are sent to the server llm.example.nhs.uk",
            "s3cret",
        ),
        (
            {"chroma_url": "http://chroma.example:8000"},
            "database on chroma.example",
            "nowhere else",
        ),
        ({"log_questions": True}, "are written into the log, with", "not written down"),
        (
            {"log_questions": True, "audit_log": "a"},
            "into the log and the audit log",
            "not written",
        ),
        ({"audit_log": "a", "audit_days": 30}, "Records are kept for 30 days.", "no set time"),
        ({"audit_log": "a"}, "until the operator removes the log", "your user name), whether"),
        ({"audit_log": "a", "auth": "oidc"}, "who asked when (your user name)", "device), whether"),
        ({"log_level": "warning"}, "notes nothing about questions", "a random number"),
        ({"feedback": "off"}, "held in memory while it is answered", "whether an answer helped"),
        ({}, "Your question is not kept with it.", "only if you agree"),
        ({"log_questions": True}, "only if you agree", "is not kept with it"),
        ({"auth": "basic"}, "You sign in with a user name and a password", "You do not sign in"),
        ({"auth": "proxy-header"}, "Your organisation signs you in", "You do not sign in"),
        ({"contact": "ICT desk, ict@example.nhs.uk"}, "ict@example.nhs.uk", "set no contact"),
    ],
)
def test_it_says_what_is_so(settings: dict[str, object], said: str, unsaid: str):
    found = text(**settings)
    assert said in found
    assert unsaid not in found


def test_it_shows_no_secret_and_escapes_the_rest():
    html = privacy_page(
        Settings(llm="<script>:x", llm_api_key=SecretStr("sk-secret"), contact="<b>us</b>")
    )
    assert "sk-secret" not in html
    assert "&lt;script&gt;" in html
    assert "<b>" not in html
    assert html.count("<h1>") == 1


def test_the_page_is_there_and_linked_from_every_page():
    with TestClient(create_app(Settings(root_path="/rag"), FakeAssistant)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        page = client.get("/rag/privacy")
        assert page.status_code == client.head("/rag/privacy").status_code == 200
        assert "What happens to what I type" in page.text
        assert "unsafe" not in page.headers["content-security-policy"]
        for path in ("/rag/", "/rag/sources"):
            assert 'href="/rag/privacy"' in client.get(path).text


def test_a_search_echoes_what_was_searched_for():
    with TestClient(create_app(Settings(), FakeAssistant)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        found = client.get("/api/search", params={"q": f"statins for {NHS}"})
    assert found.json()["query"] == "statins for" == guard.searchable(f"statins for {NHS}")
    assert "5919" not in found.text


def test_a_batch_of_searches_echoes_what_was_searched_for(tmp_path: Path):
    source, target = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps({"id": "1", "query": f"statins for {NHS}"}))
    assert search_many(FakeAssistant(), source, target, k=1) == 0  # type: ignore[arg-type]
    assert json.loads(target.read_text())["query"] == "statins for"
    assert "5919" not in target.read_text()
