"""Feedback: what is kept, what is not, and that no trouble with the file reaches the reader."""

from __future__ import annotations

import json
import logging
import sqlite3
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from eval.harvest import harvest
from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.feedback import CitedRange, FeedbackBook, Opinion, open_book
from ragbot.types import Turn
from ragbot.web.app import create_app
from ragbot.web.conversation import Kept, turn_html
from tests.browser.fake_assistant import FakeAssistant

CITED = CitedRange("library/a.txt", 0, 5, "a-2020")
UP = Opinion("g1", "extractive", "answered", "up", citations=(CITED,))
AGREED = replace(
    UP, consent=True, question="How many GPs?", history=(Turn("user", "Who was asked?"),)
)


def rows(path: Path) -> list[dict[str, object]]:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM feedback ORDER BY id")]
    finally:
        connection.close()


def test_what_is_kept_can_be_harvested(tmp_path: Path):
    path = tmp_path / "f.db"
    book = FeedbackBook(path, keep_questions=True)
    assert book.add(AGREED)
    assert book.add(replace(UP, verdict="down", reason="wrong_source"))
    found = harvest(path, {"library/a.txt": "Hello there."})
    assert [draft["question"] for draft in found.drafts] == ["How many GPs?"]
    assert found.drafts[0]["gold"][0]["quote"] == "Hello"
    assert found.drafts[0]["history"] == [{"role": "user", "content": "Who was asked?"}]
    assert found.without_consent == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("allowed", "opinion", "consent"),
    [
        (False, AGREED, 0),  # the operator does not
        (True, replace(AGREED, consent=False), 0),  # the sender does not
        (True, replace(AGREED, question="Is 943 476 5919 eligible?"), 1),
        (True, replace(AGREED, history=(Turn("user", "Ring 020 7946 0018"),)), 1),
    ],
)
def test_words_that_are_not_kept(tmp_path: Path, allowed: bool, opinion: Opinion, consent: int):
    path = tmp_path / "f.db"
    assert FeedbackBook(path, keep_questions=allowed).add(opinion)
    (row,) = rows(path)
    assert (row["question"], row["history"], row["consent"]) == (None, None, consent)
    everything = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for word in (b"How many", b"943 476", b"7946", b"Who was asked"):
        assert word not in everything


def test_praise_has_no_reason(tmp_path: Path):
    FeedbackBook(tmp_path / "f.db", keep_questions=False).add(replace(UP, reason="missing"))
    assert rows(tmp_path / "f.db")[0]["reason"] is None


def test_many_at_once(tmp_path: Path):
    book = FeedbackBook(tmp_path / "f.db", keep_questions=False)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(book.add, [UP] * 40))
    assert len(rows(tmp_path / "f.db")) == 40


def test_a_full_file_is_said_in_the_log_only(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    book = FeedbackBook(tmp_path / "f.db", keep_questions=False, max_bytes=3 * 4096)
    kept = [book.add(UP) for _ in range(120)]
    assert kept[0]
    assert not kept[-1]
    assert "database or disk is full" in caplog.text
    assert len(rows(tmp_path / "f.db")) == kept.count(True)


@pytest.mark.parametrize("what", ["folder", "text", "later"])
def test_a_file_that_is_none_of_ours_is_left_alone(
    tmp_path: Path, what: str, caplog: pytest.LogCaptureFixture
):
    path = tmp_path / "f.db"
    if what == "folder":
        path.mkdir()
    elif what == "text":
        path.write_text("my notes, which are no database at all\n" * 40)
    else:
        connection = sqlite3.connect(path)
        connection.executescript("CREATE TABLE feedback (id); PRAGMA user_version = 9")
        connection.close()
    before = path.read_bytes() if path.is_file() else b""
    with caplog.at_level(logging.WARNING):
        assert not FeedbackBook(path, keep_questions=True).add(AGREED)
    assert "could not be kept" in caplog.text
    assert "How many" not in caplog.text
    assert (path.read_bytes() if path.is_file() else b"") == before


def test_where_it_is_kept(tmp_path: Path):
    assert open_book(Settings(feedback="off")) is None
    book = open_book(Settings(index_dir=tmp_path))
    assert book is not None
    assert book.add(UP)
    assert (tmp_path / "feedback.db").is_file()
    with pytest.raises(ConfigError, match="there is no folder"):
        open_book(Settings(feedback=str(tmp_path / "none" / "f.db")))


RECORD = {"generation": "g", "engine": "extractive", "status": "answered", "verdict": "up"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, Path]]:
    folder = tmp_path_factory.mktemp("feedback")
    settings = Settings(index_dir=folder, log_questions=True)
    with TestClient(create_app(settings, FakeAssistant)) as ready:
        yield ready, folder / "feedback.db"


@pytest.fixture
def client(server: tuple[TestClient, Path]) -> TestClient:
    return server[0]


@pytest.fixture
def kept(server: tuple[TestClient, Path]) -> Path:
    server[1].unlink(missing_ok=True)
    return server[1]


def test_the_address(client: TestClient, kept: Path):
    body = {**RECORD, "consent": True, "question": "How many GPs?"}
    assert client.post("/api/feedback", json=body).json() == {"kept": True}
    assert rows(kept)[0]["question"] == "How many GPs?"
    kept.unlink()
    kept.mkdir()
    answered = client.post("/api/feedback", json=body)
    kept.rmdir()
    assert (answered.status_code, answered.json()) == (200, {"kept": False})


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "sideways"},
        {"reason": "because"},
        {"status": "error"},
        {"citations": [{"path": "x"}]},
        {"citations": [{"path": "x", "start": -1, "end": 2, "source_id": "s"}]},
        {"generation": "g" * 201},
        {"more": 1},
    ],
)
def test_what_does_not_fit_is_refused(client: TestClient, kept: Path, wrong: dict):
    assert client.post("/api/feedback", json={**RECORD, **wrong}).status_code == 422
    assert not kept.exists()


def test_another_site_cannot_send(client: TestClient):
    headers = {"sec-fetch-site": "cross-site"}
    assert client.post("/api/feedback", json=RECORD, headers=headers).status_code == 403


def test_switched_off_there_is_no_form_and_no_address():
    with TestClient(create_app(Settings(feedback="off"), FakeAssistant)) as client:
        assert client.post("/api/feedback", json=RECORD).status_code == 404
    assert "rb-feedback" not in turn_html(Kept(1, FakeAssistant().ask("estates")), root_path="")


def test_the_form_asks_what_makes_sense():
    fake = FakeAssistant()

    def form(question: str, mode: str) -> str:
        return turn_html(Kept(1, fake.ask(question)), root_path="", feedback=mode)

    answer = form("estates", "verdicts")
    assert answer.count("data-reason=") == 3
    assert "rb-consent" not in answer
    assert "data-said" not in answer
    assert 'rb-consent"' in form("estates", "questions")
    nothing = form("What is the capital of France?", "verdicts")
    assert nothing.count("data-reason=") == 1
    assert 'data-reason="missing"' in nothing
    assert "rb-feedback" not in form("why " * 12_500, "questions")
    assert "<img" not in form("hostile", "questions")


def test_the_record_under_an_answer_is_what_the_address_takes(client: TestClient, kept: Path):
    from html.parser import HTMLParser

    found = {}

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.update(attrs)

    Reader().feed(
        turn_html(Kept(1, FakeAssistant().ask("hostile")), root_path="", feedback="verdicts")
    )
    record = json.loads(found["data-record"])
    assert client.post("/api/feedback", json={**record, "verdict": "up"}).json() == {"kept": True}
    citation = FakeAssistant().ask("hostile").citations[0]
    (cited,) = json.loads(str(rows(kept)[0]["citations"]))
    assert (cited["path"], cited["start"], cited["end"]) == (
        citation.path,
        citation.start,
        citation.end,
    )
