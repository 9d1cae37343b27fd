"""The HTTP API against a fake assistant: the contract's shapes, and every way to be refused."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from ragbot import render
from ragbot.config import Settings
from ragbot.errors import ConfigError, NoIndex
from ragbot.web.app import create_app, serve
from ragbot.web.engine import Engine
from ragbot.web.models import AnswerOut, SearchOut
from ragbot.web.security import MAX_BODY
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.waiting import until


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), FakeAssistant)) as ready:
        until(lambda: ready.get("/readyz").status_code == 200)
        yield ready


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_the_app_is_imported_without_gradio_or_torch():
    code = "import sys, ragbot.web.app; print([m for m in ('gradio', 'torch') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_ask_gives_the_contract(client: TestClient):
    response = client.post("/api/ask", json={"question": "How about estates?"})
    assert response.status_code == 200
    expected = render.to_json(FakeAssistant().ask("How about estates?"))
    assert response.json() == expected
    assert AnswerOut.model_validate(expected).model_dump(mode="json") == expected
    first = response.json()["citations"][0]
    assert list(first) == [
        *("n", "source_id", "label", "reference", "evidence_type", "section", "quote"),
        *("path", "start", "end", "page", "url"),
    ]


def test_history_reaches_the_assistant():
    fake = FakeAssistant()
    with TestClient(create_app(Settings(), lambda: fake)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        turns = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
        client.post("/api/ask", json={"question": "and then?", "history": turns})
    assert [(t.role, t.content) for t in fake.asked[0][1]] == [("user", "a"), ("assistant", "b")]


def test_search_gives_the_contract(client: TestClient):
    body = client.get("/api/search", params={"q": "links worker", "k": 3}).json()
    assert body["query"] == "links worker"
    assert [p["rank"] for p in body["passages"]] == [1, 2, 3]
    assert SearchOut.model_validate(body).model_dump(mode="json") == body


def test_openapi_describes_it(client: TestClient):
    document = client.get("/openapi.json").json()
    answer = document["paths"]["/api/ask"]["post"]["responses"]["200"]["content"]
    assert answer["application/json"]["schema"]["$ref"].endswith("/AnswerOut")
    assert "/source/{source_id}" not in document["paths"]
    assert client.get("/docs").status_code == 404  # it would load scripts from elsewhere


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, "question"),
        ({"question": 7}, "question"),
        ({"question": "secret words", "extra": 1}, "extra"),
        ({"question": "q", "history": [{"role": "system", "content": "x"}]}, "history.0.role"),
        ({"question": "q", "history": "x"}, "history"),
        ([], ""),
    ],
)
def test_a_body_that_does_not_fit_is_named_and_not_echoed(client: TestClient, body, where):
    response = client.post("/api/ask", json=body)
    assert response.status_code == 422
    assert where in [fault["where"] for fault in response.json()["details"]]
    assert "secret words" not in response.text


def test_malformed_json(client: TestClient):
    response = client.post("/api/ask", content=b"{", headers={"content-type": "application/json"})
    assert response.status_code == 422
    assert response.json()["error"]


@pytest.mark.parametrize("params", [{}, {"q": ""}, {"q": "x", "k": 0}, {"q": "x", "k": "many"}])
def test_a_search_that_does_not_fit(client: TestClient, params):
    assert client.get("/api/search", params=params).status_code == 422


def test_a_long_question_gets_a_kind_refusal(client: TestClient):
    body = client.post("/api/ask", json={"question": "why " * 12_500}).json()
    assert (body["status"], body["reason"]) == ("refused", "too_long")


def test_strange_characters_do_no_harm(client: TestClient):
    raw = b'{"question": "a lone \\ud800 surrogate"}'
    response = client.post("/api/ask", content=raw, headers={"content-type": "application/json"})
    assert response.status_code == 422
    body = client.post("/api/ask", json={"question": "NUL \x00 and \u202e override"})
    assert body.status_code == 200
    assert client.get("/api/search", params={"q": "\x00\x1f"}).status_code == 200


def test_a_huge_body_is_refused_declared_or_not(client: TestClient):
    huge = json.dumps({"question": "x" * MAX_BODY}).encode()
    headers = {"content-type": "application/json"}
    declared = client.post("/api/ask", content=huge, headers=headers)
    streamed = client.post("/api/ask", content=iter([huge[:99], huge[99:]]), headers=headers)
    assert [declared.status_code, streamed.status_code] == [413, 413]
    assert declared.json() == streamed.json()
    assert declared.json()["error"] == "The request is too large."


def test_a_failure_inside_is_not_told(client: TestClient):
    gentle = TestClient(client.app, raise_server_exceptions=False)
    response = gentle.post("/api/ask", json={"question": "explode"})
    assert response.status_code == 500
    assert "secret detail" not in response.text


def test_a_damaged_index_is_said(client: TestClient):
    response = client.post("/api/ask", json={"question": "corrupt"})
    assert response.status_code == 503
    assert "Run ragbot index rollback." in response.json()["error"]


def test_unknown_addresses(client: TestClient):
    assert client.get("/nope").status_code == 404
    assert client.get("/api/nope").json()["error"]
    assert client.get("/api/ask").status_code == 405


def test_monitors_may_ask_for_headers_alone(client: TestClient):
    for path in ("/healthz", "/readyz", "/sources", "/source/nothing-like-it"):
        only_headers, whole = client.head(path), client.get(path)
        assert only_headers.status_code == whole.status_code
        assert only_headers.headers["content-security-policy"]


def test_while_getting_ready(gate: threading.Event):
    def slow() -> Engine:
        gate.wait(30)
        return FakeAssistant()

    with TestClient(create_app(Settings(), slow)) as client:
        assert client.get("/healthz").json()["status"] == "alive"
        assert client.get("/readyz").status_code == 503
        assert "index and model" in client.get("/readyz").json()["waiting_for"]
        asked = client.post("/api/ask", json={"question": "q"})
        assert (asked.status_code, asked.headers["retry-after"]) == (503, "5")
        page = client.get("/sources")
        assert page.status_code == 503
        assert "Getting ready" in page.text
        assert client.get("/").status_code == 200
        gate.set()
        until(lambda: client.get("/readyz").status_code == 200)
        assert client.get("/sources").status_code == 200


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (NoIndex("There is no index.", hint="Run ragbot ingest."), "Run ragbot ingest."),
        (RuntimeError("secret detail"), "Something went wrong while starting."),
    ],
)
def test_when_it_cannot_be_opened(error: Exception, words: str):
    def failing() -> Engine:
        raise error

    with TestClient(create_app(Settings(), failing)) as client:
        until(lambda: client.get("/healthz").json()["failed"])
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert words in ready.json()["failed"]
        page = client.get("/sources")
        assert words in page.text
        assert "secret" not in page.text + ready.text


SERVE = """
from ragbot.config import Settings
from ragbot.web.app import serve
from tests.browser.fake_assistant import FakeAssistant
serve(Settings(port=0), open_assistant=FakeAssistant, announce=lambda at: print(at, flush=True))
"""


def test_serve_announces_the_address_when_it_answers_and_stops_when_told():
    process = subprocess.Popen(
        [sys.executable, "-c", SERVE], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout
        address = process.stdout.readline().strip()
        with urllib.request.urlopen(address, timeout=10) as response:
            assert b"ragbot" in response.read()
        until(lambda: b"chat page" not in urllib.request.urlopen(f"{address}/healthz").read())
    finally:
        process.terminate()
        out, err = process.communicate(timeout=30)
    assert (out, err) == ("", "")


def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"port {port}"):
            serve(Settings(port=port), open_assistant=FakeAssistant, announce=print)
