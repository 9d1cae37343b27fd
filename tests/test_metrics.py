"""``/metrics``: what is counted, and that nothing anybody typed is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from ragbot.config import Settings
from ragbot.web.app import create_app
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.waiting import until

SECRET = "Zyxwvut"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    app = create_app(Settings(feedback="off"), FakeAssistant)
    with TestClient(app, raise_server_exceptions=False) as ready:
        until(lambda: ready.get("/readyz").status_code == 200)
        yield ready


def samples(client: TestClient) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = client.get("/metrics").text
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def value(client: TestClient, name: str, **labels: str) -> float:
    return samples(client).get((name, tuple(sorted(labels.items()))), 0.0)


def test_answers_are_counted_by_how_they_ended(client: TestClient):
    def count(status: str, reason: str = "") -> float:
        return value(client, "ragbot_questions_total", surface="api", status=status, reason=reason)

    before = [count("answered"), count("not_in_sources"), count("refused", "too_long")]
    for question in ("estates", "France", "why " * 900):
        client.post("/api/ask", json={"question": question})
    after = [count("answered"), count("not_in_sources"), count("refused", "too_long")]
    assert [b - a for a, b in zip(before, after, strict=True)] == [1, 1, 1]
    client.post("/api/ask", json={"question": "explode"})
    client.post("/api/ask", json={"question": "corrupt"})
    assert count("error", "bug") == 1
    assert count("error", "IndexCorrupt") == 1
    assert value(client, "ragbot_question_stage_seconds_count", stage="total") >= 2
    assert value(client, "ragbot_question_stage_seconds_count", stage="queue") >= 3


def test_requests_are_counted_by_route_and_status(client: TestClient):
    def count(route: str, status: str, method: str = "GET") -> float:
        labels = {"route": route, "method": method, "status": status}
        return value(client, "ragbot_http_requests_total", **labels)

    for path in ("/sources", "/source/norman-9c0d", "/source/nope", "/", "/nothing/here"):
        client.get(path)
    client.request("BREW", "/sources")
    assert count("/sources", "200") == 1
    assert count("/source/{source_id}", "200") == 1
    assert count("/source/{source_id}", "404") == 1
    assert count("chat", "200") >= 1
    assert count("other", "404") == 1
    assert count("/sources", "405", "other") == 1


def test_the_state_at_the_moment(client: TestClient):
    assert value(client, "ragbot_ready") == 1
    assert value(client, "ragbot_index_info", generation="fake-0001") == 1
    assert value(client, "ragbot_questions_running") == 0
    assert value(client, "process_resident_memory_bytes") > 1e6
    assert [name for name, _ in samples(client) if name == "ragbot_build_info"]


def test_nothing_that_was_typed_becomes_a_label(client: TestClient):
    client.post("/api/ask", json={"question": f"estates {SECRET}"})
    for path in (f"/api/search?q={SECRET}", f"/source/{SECRET}", f"/{SECRET}", f"/?q={SECRET}"):
        client.get(path, headers={"x-request-id": SECRET, "user-agent": SECRET})
    client.request(SECRET, "/sources")
    text = client.get("/metrics").text
    assert SECRET not in text
    assert "skivington" not in text  # nor which sources are read
    before = len(samples(client))
    for n in range(50):
        client.get(f"/source/{SECRET}{n}")
        client.request(f"M{n}", "/sources")
    assert len(samples(client)) == before


def test_before_it_is_ready():
    def failing() -> FakeAssistant:
        raise RuntimeError("no")

    with TestClient(create_app(Settings(feedback="off"), failing)) as client:
        until(lambda: client.get("/healthz").json()["failed"])
        assert value(client, "ragbot_ready") == 0
        assert "ragbot_index_info{" not in client.get("/metrics").text


def test_two_servers_count_apart(client: TestClient):
    with TestClient(create_app(Settings(feedback="off"), FakeAssistant)) as other:
        until(lambda: other.get("/readyz").status_code == 200)
        client.get("/sources")
        labels = {"route": "/sources", "method": "GET", "status": "200"}
        assert value(other, "ragbot_http_requests_total", **labels) == 0
