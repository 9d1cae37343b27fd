"""Chat models over real HTTP: four protocols, retries, failures in our own words, keys unseen."""

from __future__ import annotations

import io
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from pydantic import SecretStr

from ragbot.adapters.chat_model import ChatModel, _without_thoughts, open_chat_model
from ragbot.errors import ConfigError, ModelProblem
from tests.scripted_model import (
    Asked,
    Reply,
    ScriptedModel,
    is_broken,
    is_busy,
    never_begins,
    saying,
    talks_rubbish,
)

KEY = "sk-do-not-show-4711"


@pytest.fixture
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel(saying("GPs left [1].")) as running:
        yield running


def opened(
    server: ScriptedModel, *, retries: int = 0, provider: str = "openai", timeout: float = 60
) -> ChatModel:
    url = server.url if provider == "openai" else server.root
    key = SecretStr("" if provider == "ollama" else KEY)
    return open_chat_model(
        f"{provider}:scripted",
        base_url=url,
        api_key=key,
        timeout=timeout,
        retries=retries,
        backoff=0.01,
    )


def reply(model: ChatModel) -> str:
    return "".join(model.stream("Be brief.", "Who left?", stop=threading.Event()))


@pytest.mark.parametrize("provider", ["openai", "anthropic", "ollama", "azure_openai"])
def test_each_provider_by_its_own_protocol(
    provider: str, server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_VERSION", "2026-01-01")
    model = opened(server, provider=provider)
    pieces = list(model.stream("Be brief.", "Who left?", stop=threading.Event()))
    assert "".join(pieces) == "GPs left [1]."
    assert len(pieces) > 1
    (asked,) = server.asked
    assert (asked.system, asked.human) == ("Be brief.", "Who left?")
    assert model.name == f"{provider}:scripted"


def test_a_key_goes_to_its_server_and_no_other_key_does(
    server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-account")
    reply(opened(server))
    plain = open_chat_model("openai:m", base_url=server.url, api_key=SecretStr(""), timeout=60)
    reply(plain)
    assert [a.headers["authorization"] for a in server.asked] == [f"Bearer {KEY}", "Bearer none"]


def test_a_busy_server_is_asked_again_and_then_answers(server: ScriptedModel) -> None:
    def part(_: Asked) -> Reply:
        return is_busy(_) if len(server.asked) < 3 else Reply("GPs left.")

    server.part = part
    assert reply(opened(server, retries=2)) == "GPs left."
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("part", "calls", "words"),
    [
        (is_busy, 3, "too much to do"),
        (is_broken, 3, "HTTP status 500"),
        (saying("", status=401), 1, "refused the key"),
        (saying("", status=404), 1, "does not know that model"),
        (talks_rubbish, 1, "broke off"),
        (saying("GPs left. Nurses", cut_after=1), 1, "broke off in the middle"),
        (saying("GPs left. Nurses", stall_after=1), 1, "fell silent"),
        (saying("GPs left", finish="length"), 1, "broke off before the end"),
    ],
)
def test_failures_are_told_in_our_words(part: object, calls: int, words: str) -> None:
    with ScriptedModel(part) as server, pytest.raises(ModelProblem, match=words) as failed:  # type: ignore[arg-type]
        reply(opened(server, retries=2, timeout=3 if words == "fell silent" else 60))
    assert len(server.asked) == calls
    assert "secret words" not in str(failed.value)


def test_a_server_that_is_not_there() -> None:
    with ScriptedModel(saying("")) as server:
        model = opened(server)
    with pytest.raises(ModelProblem, match="cannot be reached"):
        reply(model)


def test_a_server_that_says_nothing() -> None:
    with ScriptedModel(never_begins) as server:
        model = open_chat_model(
            "openai:m", base_url=server.url, api_key=SecretStr(KEY), timeout=0.3
        )
        with pytest.raises(ModelProblem, match="in time"):
            reply(model)


def test_stopping_closes_the_connection(server: ScriptedModel) -> None:
    server.part = saying("word " * 5000, delay=0.001)
    stop = threading.Event()
    pieces = opened(server).stream("", "?", stop=stop)
    next(pieces)
    stop.set()
    assert len(list(pieces)) <= 1
    assert server.gone.wait(60)


def test_the_key_is_in_no_log_no_message_and_no_traceback(server: ScriptedModel) -> None:
    log = io.StringIO()
    handler, root = logging.StreamHandler(log), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        model = opened(server, retries=1)
        reply(model)
        shown = [repr(model), repr(model._model), str(vars(model))]
        for part in (saying("", status=401), is_broken, talks_rubbish):
            server.part = part
            try:
                reply(model)
            except ModelProblem as error:
                whole = traceback.TracebackException.from_exception(error, capture_locals=True)
                shown.append("".join(whole.format()))
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    assert len(shown) == 6
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in log.getvalue()
    assert not [text for text in shown if KEY in text]


@pytest.mark.parametrize("name", ["gpt-5", "openai:", ":gpt-5", " : "])
def test_a_name_that_is_none(name: str) -> None:
    with pytest.raises(ConfigError, match="PROVIDER:MODEL"):
        open_chat_model(name, base_url="", api_key=SecretStr(""), timeout=5)


def test_a_provider_nobody_knows() -> None:
    with pytest.raises(ConfigError, match="nonsuch"):
        open_chat_model("nonsuch:m", base_url="", api_key=SecretStr(KEY), timeout=5)


def test_an_address_that_is_none() -> None:
    with pytest.raises(ConfigError, match="BASE_URL"):
        open_chat_model("openai:m", base_url="file:///etc", api_key=SecretStr(""), timeout=5)


def test_ollama_takes_no_key() -> None:
    with pytest.raises(ConfigError, match="OLLAMA_API_KEY"):
        open_chat_model("ollama:m", base_url="", api_key=SecretStr(KEY), timeout=5)


def test_a_missing_package_is_answered_with_the_command() -> None:
    """In a process of its own, whose path lacks the package."""
    code = (
        "import sys; sys.modules['langchain_openai'] = None\n"
        "from pydantic import SecretStr\n"
        "from ragbot.adapters.chat_model import open_chat_model\n"
        "open_chat_model('openai:m', base_url='', api_key=SecretStr('k'), timeout=5)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'ragbot[openai]'" in done.stderr


@pytest.mark.parametrize("size", [1, 3, 1000])
@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("GPs left.", "GPs left."),
        ("\n<think>Hm.\nNo [1].</think>\nGPs left.", "\nGPs left."),
        ("<think></think>GPs left.", "GPs left."),
        ("<think>never ends", ""),
        ("<thin", "<thin"),
        ("It is <think>so</think>.", "It is <think>so</think>."),
        ("", ""),
    ],
)
def test_thoughts_before_the_answer_are_left_out(text: str, left: str, size: int) -> None:
    pieces = (text[i : i + size] for i in range(0, len(text), size))
    assert "".join(_without_thoughts(pieces)) == left


def test_the_bound_of_a_stall_is_the_timeout() -> None:
    with ScriptedModel(saying("word " * 50, stall_after=3)) as server:
        model = open_chat_model(
            "openai:m", base_url=server.url, api_key=SecretStr(KEY), timeout=0.3
        )
        began = time.monotonic()
        with pytest.raises(ModelProblem):
            reply(model)
        assert time.monotonic() - began < 30  # the server itself would never end it


ASKS = """
import sys, threading
from langchain_core.tracers.langchain import wait_for_all_tracers
from pydantic import SecretStr
from ragbot.adapters.chat_model import open_chat_model
model = open_chat_model(
    "openai:scripted", base_url=sys.argv[1], api_key=SecretStr("sk-x"), timeout=60
)
print("".join(model.stream("Be brief.", "Who left?", stop=threading.Event())))
wait_for_all_tracers()
"""


class _Tracer(BaseHTTPRequestHandler):
    """LangSmith's part: takes whatever comes, and counts."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.path)
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"{}")

    def do_POST(self) -> None:
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(
    "variable", ["LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_TRACING"]
)
def test_a_variable_meant_for_other_programs_sends_no_trace(
    variable: str, server: ScriptedModel
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Tracer) as tracer:
        threading.Thread(target=tracer.serve_forever, daemon=True).start()
        switched_on = {
            variable: "true",
            "LANGSMITH_API_KEY": "ls-x",
            "LANGSMITH_ENDPOINT": f"http://127.0.0.1:{tracer.server_port}",
        }
        done = subprocess.run(
            [sys.executable, "-c", ASKS, server.url],
            env={**os.environ, **switched_on},
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
        tracer.shutdown()
    assert done.stdout.strip() == "GPs left [1]."
    assert len(server.asked) == 1
    assert _Tracer.seen == []
