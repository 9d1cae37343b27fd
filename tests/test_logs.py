"""The log of a real server: JSON lines with request ids, and not a word of what was asked."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ragbot.audit.chain import verify
from ragbot.config import Settings, load_settings
from ragbot.errors import NoIndex
from ragbot.web import logs
from ragbot.web.app import create_app
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.waiting import until

SECRET = "Zyxwvut"
NHS = "943 476 5919"
SERVER = """
import json, sys
from ragbot.config import Settings
from ragbot.web.app import serve
from tests.browser.fake_assistant import FakeAssistant
serve(
    Settings(port=0, **json.loads(sys.argv[1])),
    open_assistant=FakeAssistant,
    announce=lambda at: print(at, flush=True),
)
"""

Call = Callable[..., tuple[int, dict[str, str], str]]


@contextlib.contextmanager
def served(**settings: object) -> Iterator[tuple[Call, list[dict]]]:
    """A way to ask a server in its own process, and its log once the block has ended."""
    lines: list[dict] = []
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, json.dumps({"feedback": "off", **settings})],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    assert process.stdout
    address = process.stdout.readline().strip()

    def call(path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], str]:
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", **headers}
        request = urllib.request.Request(address + path, data, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, dict(response.headers), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()

    def junk() -> None:
        host, port = address.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=10) as wire:
            wire.sendall(f"GET /{SECRET} NONSENSE\r\n\r\n".encode())
            wire.recv(1000)

    try:
        until(lambda: call("/readyz")[0] == 200)
        junk()
        yield call, lines
    finally:
        process.terminate()
        out, err = process.communicate(timeout=40)
    assert out == ""
    lines += [json.loads(line) for line in err.splitlines()]  # every line is JSON


@pytest.fixture(scope="module")
def quiet() -> tuple[list[dict], dict[str, str]]:
    """What a server logs by default, at its most talkative, and the headers of one answer."""
    with served(log_level="debug") as (call, lines):
        _, headers, _ = call(
            "/api/ask", {"question": f"estates {SECRET}"}, **{"X-Request-ID": "proxy-0123456789"}
        )
        call(f"/?q={SECRET}")
        call(f"/api/search?q={SECRET}")
        call(f"/source/{SECRET}?start={SECRET}")
        call(f"/{SECRET}/..%2f{SECRET}", **{"Referer": SECRET, "User-Agent": SECRET})
        call("/api/ask", {"question": [SECRET]})
        call("/api/ask", {"question": f"explode {SECRET}"}, **{"X-Request-ID": "bad id\t"})
        call("/api/ask", {"question": f"Is {NHS} eligible {SECRET}?"})
    return lines, headers


def test_no_word_of_a_question_is_logged(quiet):
    lines, _ = quiet
    whole = json.dumps(lines)
    assert SECRET not in whole
    assert NHS.replace(" ", "") not in whole.replace(" ", "")
    assert "secret detail" not in whole  # what an exception says may quote a question
    assert "127.0.0.1" not in whole


def test_each_question_is_one_line_with_what_is_needed(quiet):
    lines, headers = quiet
    questions = [line for line in lines if line["logger"] == "ragbot.questions"]
    assert [line["status"] for line in questions] == ["answered", "found", "error", "refused"]
    first = questions[0]
    assert first["request_id"] == headers["x-request-id"] == "proxy-0123456789"
    assert first["cited"] == ["kings-fund-1a2b", "skivington-2018-7a8b", "comment-1-3c4d"]
    assert first["timings_ms"] == {"total": 1.0}
    assert first["ms"] >= first["waited_ms"] >= 0
    assert (first["index"], first["engine"], first["level"]) == ("fake-0001", "extractive", "INFO")
    assert questions[-1]["reason"] == "personal_data"


def test_a_request_is_logged_by_its_route(quiet):
    lines, _ = quiet
    requests = [line for line in lines if line["logger"] == "ragbot.requests"]
    assert {"/api/ask", "/api/search", "/source/{source_id}", "other"} <= {
        line["route"] for line in requests
    }
    ids = [line["request_id"] for line in requests]
    assert len(ids) == len(set(ids))
    assert not [name for name in ids if "bad id" in name]


def test_a_bug_is_told_by_its_place(quiet):
    lines, _ = quiet
    (bug,) = [line for line in lines if line["level"] == "ERROR"]
    assert "builtins.RuntimeError (message left out" in bug["exc_info"]
    assert "fake_assistant.py" in bug["exc_info"]
    failed = [line for line in lines if line.get("status") == 500]
    assert [line["request_id"] for line in failed] == [bug["request_id"]]


def test_questions_are_logged_where_the_operator_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO, "ragbot.questions")
    audit = tmp_path / "audit.jsonl"
    settings = Settings(log_questions=True, audit_log=str(audit), feedback="off")
    with TestClient(create_app(settings, FakeAssistant)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        client.post("/api/ask", json={"question": f"estates {SECRET}"})
        client.post("/api/ask", json={"question": f"Is my patient, NHS {NHS}, eligible?"})
        client.get("/api/search", params={"q": f"{SECRET} {NHS}"})
    asked = [record for record in caplog.records if record.name == "ragbot.questions"]
    logged = [vars(record)["question"] for record in asked]
    written = [json.loads(line) for line in audit.read_text().splitlines()]
    assert logged == [record["question"] for record in written[::2]]
    assert logged[0] == f"estates {SECRET}"
    assert "[removed: an NHS number]" in logged[1]
    random = ("hash", "prev", "request_id")  # hexadecimal: four digits stand there by chance
    told = [{key: line[key] for key in line if key not in random} for line in written]
    assert "5919" not in json.dumps(told) + " ".join(logged)
    assert verify(audit).problems == ()
    assert [record["event"] for record in written] == ["asked", "answered"] * 3
    assert written[0]["address"] == "testclient"
    assert written[1]["cited"][0].startswith("kings-fund-1a2b#")


def test_without_its_audit_log_nothing_is_answered(tmp_path: Path):
    audit = tmp_path / "audit.jsonl"
    settings = Settings(audit_log=str(audit), feedback="off")
    fake = FakeAssistant()
    with TestClient(create_app(settings, lambda: fake)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        assert client.post("/api/ask", json={"question": "estates"}).status_code == 200
        assert "estates" not in audit.read_text()
        assert [json.loads(x)["event"] for x in audit.read_text().splitlines()] == [
            "asked",
            "answered",
        ]
        audit.write_text("")
        asked = len(fake.asked)
        refused = client.post("/api/ask", json={"question": "estates"})
        assert refused.status_code == 503
        assert "does not end as it was left" in refused.json()["error"]
        assert len(fake.asked) == asked


def test_a_signed_in_user_is_named_in_the_audit_log_and_not_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG, "ragbot")
    audit = tmp_path / "audit.jsonl"
    settings = Settings(
        audit_log=str(audit), feedback="off", auth="proxy-header", trusted_proxies="127.0.0.1"
    )
    app = create_app(settings, FakeAssistant)
    with TestClient(app, client=("127.0.0.1", 5000)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        headers = {"X-Remote-User": "amy.jones"}
        assert (
            client.post("/api/ask", json={"question": "estates"}, headers=headers).status_code
            == 200
        )
    records = [json.loads(line) for line in audit.read_text().splitlines()]
    assert [r["user"] for r in records] == ["amy.jones"] * 2
    assert not [r for r in records if "address" in r]
    assert not [r for r in caplog.records if "amy" in json.dumps(vars(r), default=str)]


@pytest.mark.parametrize(
    ("offered", "kept"),
    [
        ("0123456789abcdef", True),
        ("a.b-c_d0", True),
        ("short", False),
        ("x" * 65, False),
        ("line\nbreak-0123", False),
        ("", False),
        ("ünïcode-0123", False),
    ],
)
def test_only_an_id_that_is_one_is_taken_over(offered: str, kept: bool):
    assert (logs.request_id(offered) == offered) is kept


def record_with(error: BaseException, *, tell_all: bool) -> dict:
    """The line that is logged of ``error``."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.OneLine(tell_all=tell_all))
    logger = logging.Logger("test")
    logger.addHandler(handler)
    logger.error("It failed.", exc_info=error)
    (line,) = stream.getvalue().splitlines()
    found: dict = json.loads(line)
    return found


def test_an_exception_tells_its_words_only_where_they_are_the_servers():
    assert "message left out" in record_with(ValueError(SECRET), tell_all=False)["exc_info"]
    assert SECRET in record_with(ValueError(SECRET), tell_all=True)["exc_info"]
    assert "no index" in record_with(NoIndex("no index"), tell_all=False)["exc_info"]
    assert "disk" in record_with(OSError("disk full"), tell_all=False)["exc_info"]
    chained = ValueError("outer")
    chained.__cause__ = KeyError(SECRET)
    told = record_with(chained, tell_all=False)["exc_info"]
    assert "builtins.KeyError" in told
    assert SECRET not in told


def test_a_line_break_in_a_message_stays_in_its_line():
    assert "\u2028" in record_with(OSError("a\nb\u2028c"), tell_all=False)["exc_info"]


def test_the_setting_is_taken(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAGBOT_LOG_QUESTIONS", "true")
    assert load_settings().log_questions is True
