"""How much is taken on: limits, a bounded queue, an end to waiting, a stop that finishes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from ragbot.config import Settings
from ragbot.errors import Busy, ConfigError, TimeUp, TooManyQuestions
from ragbot.web.app import create_app
from ragbot.web.asker import Asker
from ragbot.web.desk import Desk
from ragbot.web.dialogue import Chat
from ragbot.web.engine import Capacity, EngineHandle
from ragbot.web.limits import Limits
from ragbot.web.metrics import Metrics
from ragbot.web.patience import PatientProtocol
from ragbot.web.workers import Workers
from tests.browser.fake_assistant import FakeAssistant
from tests.browser.waiting import until


@pytest.fixture
def fake() -> Iterator[FakeAssistant]:
    """An assistant that answers when its gate is opened."""
    assistant = FakeAssistant()
    assistant.gate.clear()
    yield assistant
    assistant.gate.set()


@contextlib.contextmanager
def served(assistant: FakeAssistant, **settings: object) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(feedback="off", **settings), lambda: assistant)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        yield client


def ask(client: TestClient, question: str = "How about estates?", **headers: str) -> Response:
    return client.post("/api/ask", json={"question": question}, headers=headers)


# --- limits ---------------------------------------------------------------------------------------


def admitted(limits: Limits, *askers: Asker) -> list[bool]:
    async def each() -> list[bool]:
        found = []
        for asker in askers:
            try:
                await limits.admit(asker)
                found.append(True)
            except TooManyQuestions:
                found.append(False)
        return found

    return asyncio.run(each())


def test_a_user_and_an_address_are_counted_apart():
    limits = Limits(user="2/hour", address="3/hour")
    amy, bob = Asker("amy", "10.0.0.1"), Asker("bob", "10.0.0.1")
    assert admitted(limits, amy, amy, amy, bob, bob) == [True, True, False, True, False]


def test_an_ipv6_customer_counts_once_and_ipv4_in_ipv6_is_ipv4():
    limits = Limits(user="", address="2/hour")
    addresses = ("2001:db8::1", "2001:db8::ffff", "2001:db8:0:0:9::", "2001:db8:0:1::1")
    assert admitted(limits, *(Asker(address=a) for a in addresses)) == [True, True, False, True]
    mapped = Asker(address="::ffff:10.0.0.1")
    assert admitted(limits, mapped, Asker(address="10.0.0.1"), mapped) == [True, True, False]


def test_no_limit_where_none_is_wished():
    assert all(admitted(Limits(user="", address=""), *[Asker("amy", "10.0.0.1")] * 50))


def test_many_addresses_take_no_more_memory_than_allowed():
    limits = Limits(user="", address="5/hour", max_names=50)
    known = Asker(address="10.0.0.1")
    found = admitted(
        limits, known, *(Asker(address=f"10.1.{n // 250}.{n % 250}") for n in range(500))
    )
    assert limits.names <= 51
    assert found.count(False) > 400  # newcomers share one counter
    assert admitted(limits, known) == [True]


@pytest.mark.parametrize("name", ["limit_user", "limit_address"])
def test_a_limit_that_is_none_is_refused_at_the_start(name: str):
    with pytest.raises(ConfigError, match=f"RAGBOT_{name.upper()}"):
        create_app(Settings(**{name: "as many as you like"}), FakeAssistant)


def test_the_api_says_429_and_when_to_come_back():
    with served(FakeAssistant(), limit_address="2/hour") as client:
        answers = [ask(client) for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 1 <= int(answers[-1].headers["retry-after"]) <= 3600
        assert "Too many questions" in answers[-1].json()["error"]
        assert client.get("/api/search", params={"q": "estates"}).status_code == 429
        assert client.get("/sources").status_code == 200  # reading on is no question


def forwarded(client: TestClient, *addresses: str) -> list[int]:
    return [ask(client, **{"x-forwarded-for": address}).status_code for address in addresses]


def test_an_address_in_a_header_counts_only_from_a_trusted_proxy():
    with served(FakeAssistant(), limit_address="1/hour") as client:
        assert forwarded(client, "10.0.0.1", "10.0.0.2") == [200, 429]
    app = create_app(
        Settings(limit_address="1/hour", trusted_proxies="127.0.0.0/8", feedback="off"),
        FakeAssistant,
    )
    with TestClient(app, client=("127.0.0.1", 5000)) as client:
        until(lambda: client.get("/readyz").status_code == 200)
        found = [
            ask(client, **{"x-forwarded-for": f"10.0.0.{n % 2}"}).status_code for n in range(3)
        ]
        assert found == [200, 200, 429]
        spoofed = "1.2.3.4, 10.0.0.7"  # what the client wrote itself stands first
        found = [ask(client, **{"x-forwarded-for": spoofed}).status_code for _ in range(2)]
        assert found == [200, 429]


# --- the queue ------------------------------------------------------------------------------------


def test_one_is_computed_some_wait_and_the_rest_is_turned_away(fake: FakeAssistant):
    with served(fake, max_running=1, max_waiting=2) as client, ThreadPoolExecutor(8) as pool:
        first = [pool.submit(ask, client) for _ in range(3)]
        until(lambda: "questions_waiting 2.0" in client.get("/metrics").text)
        turned_away = ask(client)
        assert (turned_away.status_code, turned_away.headers["retry-after"]) == (503, "5")
        assert "Please wait a moment" in turned_away.json()["error"]
        assert client.get("/healthz").status_code == 200
        assert len(fake.asked) == 1
        fake.gate.set()
        assert [answer.result().status_code for answer in first] == [200] * 3
        assert ask(client).status_code == 200


def test_several_are_computed_at_once_where_the_operator_says_so(fake: FakeAssistant):
    with served(fake, max_running=3, max_waiting=0) as client, ThreadPoolExecutor(8) as pool:
        first = [pool.submit(ask, client) for _ in range(3)]
        until(lambda: len(fake.asked) == 3)
        assert ask(client).status_code == 503
        fake.gate.set()
        assert [answer.result().status_code for answer in first] == [200] * 3


def test_a_question_that_takes_too_long_is_given_up_and_its_thread_comes_back(fake: FakeAssistant):
    with served(fake, time_limit=0.3, max_waiting=4) as client, ThreadPoolExecutor(8) as pool:
        late = [pool.submit(ask, client) for _ in range(3)]
        assert [answer.result().status_code for answer in late] == [504] * 3
        assert "longer than 0.3 seconds" in late[0].result().json()["error"]
        text = client.get("/metrics").text
        assert "ragbot_questions_overrun 1.0" in text  # said honestly: it still runs
        assert "ragbot_questions_waiting 0.0" in text  # those that waited are gone
        fake.gate.set()
        until(lambda: "ragbot_questions_overrun 0.0" in client.get("/metrics").text)
        assert len(fake.asked) == 1  # and were never begun
        until(lambda: ask(client).status_code == 200)


def test_a_failure_leaves_the_next_question_alone():
    with served(FakeAssistant()) as client:
        gentle = TestClient(client.app, raise_server_exceptions=False)
        found = [
            ask(gentle, question).status_code for question in ("explode", "corrupt", "estates")
        ]
    assert found == [500, 503, 200]


def test_workers_never_hold_more_than_they_may():
    workers, gate = Workers(running=2, waiting=3), threading.Event()
    held = [workers.submit(lambda: gate.wait(30)) for _ in range(5)]
    with pytest.raises(Busy):
        workers.submit(gate.set)
    workers.abandon(held[4])
    held.append(workers.submit(lambda: True))  # its place is free again
    workers.abandon(held[0])
    assert (workers.running, workers.overrun) == (2, 1)
    gate.set()
    assert all(future.result(60) for future in held if not future.cancelled())
    until(lambda: (workers.running, workers.waiting, workers.overrun) == (0, 0, 0))
    workers.close()
    with pytest.raises(Busy, match="restarted"):
        workers.submit(gate.set)
    assert workers.waiting == 0


def test_an_engine_that_raises_timeout_itself_is_not_our_limit():
    class Impatient(FakeAssistant):
        def ask(self, question, history=()):
            raise TimeoutError("the model's")

    async def both() -> None:
        engine = EngineHandle(Impatient, capacity=Capacity(seconds=60))
        engine.start()
        await engine.wait()
        with pytest.raises(TimeoutError, match="the model's"):
            await engine.call(lambda ready: ready.ask("q"))
        engine.close()

    asyncio.run(both())


def test_a_stream_that_nobody_reads_stops_and_one_that_hangs_ends(fake: FakeAssistant):
    async def hanging() -> None:
        engine = EngineHandle(lambda: fake, capacity=Capacity(seconds=0.2))
        engine.start()
        await engine.wait()
        with pytest.raises(TimeUp):
            async for _ in engine.stream("estates"):
                pass
        fake.gate.set()
        until(lambda: engine.workers.overrun == 0)
        engine.close()

    async def left() -> None:
        engine = EngineHandle(lambda: fake)
        engine.start()
        await engine.wait()
        partial = engine.stream("estates")
        await anext(partial)
        await partial.aclose()
        until(lambda: engine.workers.running == 0)
        engine.close()

    asyncio.run(hanging())
    asyncio.run(left())


# --- what the chat says ---------------------------------------------------------------------------


def said(fake: FakeAssistant, capacity: Capacity, **limits: str) -> list[dict]:
    """Three questions at once in the chat; what is kept of each answer.

    None is answered before all have been asked, and none at all where time is short.
    """

    async def one(chat: Chat) -> dict:
        screens = [
            screen async for screen in chat.answer("estates?", [], Asker(address="10.0.0.1"))
        ]
        return screens[-1].kept[0]["answer"]

    async def all_of_them() -> list[dict]:
        engine = EngineHandle(lambda: fake, capacity=capacity)
        engine.start()
        await engine.wait()
        settings = Settings(**limits)
        chat = Chat(Desk.from_settings(engine, settings, Metrics(engine)), root_path="")
        asked = [asyncio.create_task(one(chat)) for _ in range(3)]
        workers, settled = engine.workers, 0
        while settled < 3:
            await asyncio.sleep(0.01)
            settled = sum(task.done() for task in asked)
            if capacity.seconds >= 1:
                settled += workers.running + workers.waiting
        fake.gate.set()
        found = await asyncio.gather(*asked)
        engine.close()
        return found

    return asyncio.run(all_of_them())


def test_the_chat_says_kindly_that_it_is_busy(fake: FakeAssistant):
    answers = said(fake, Capacity(running=1, waiting=1))
    assert sorted(a["status"] for a in answers) == ["answered", "answered", "refused"]
    (refused,) = (a for a in answers if a["status"] == "refused")
    assert refused["reason"] == "rate_limited"
    assert refused["text"] == "Too many are asking just now. Please wait a moment and ask again."


def test_the_chat_says_that_one_asked_too_often(fake: FakeAssistant):
    answers = said(fake, Capacity(), limit_address="2/hour")
    assert [a["reason"] for a in answers].count("rate_limited") == 1
    assert any("Too many questions from your address." in a["text"] for a in answers)


def test_the_chat_says_that_it_took_too_long(fake: FakeAssistant):
    answers = said(fake, Capacity(seconds=0.1))
    assert [a["status"] for a in answers] == ["error"] * 3
    assert "took longer than 0.1 seconds" in answers[0]["text"]


# --- a real server --------------------------------------------------------------------------------

SERVER = """
import sys, json
from ragbot.config import Settings
from ragbot.web import patience
from ragbot.web.app import serve
from tests.browser.fake_assistant import FakeAssistant
patience.PatientProtocol.header_seconds = 0.5
serve(
    Settings(port=0, **json.loads(sys.argv[1])),
    open_assistant=lambda: FakeAssistant(pause=0.4),
    announce=lambda at: print(at, flush=True),
)
"""


@contextlib.contextmanager
def running(**settings: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, ready to answer."""
    given = json.dumps({"feedback": "off", **settings})
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, given],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent.parent)},
    )
    try:
        assert process.stdout
        address = process.stdout.readline().strip()
        until(lambda: _ready(address))
        yield process, address
    finally:
        process.kill()
        process.communicate()


def _ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=10) as response:
            return response.status == 200
    except urllib.error.HTTPError:
        return False


def post(address: str) -> tuple[int, str]:
    request = urllib.request.Request(
        f"{address}/api/ask",
        json.dumps({"question": "How about estates?"}).encode(),
        {"content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)["status"]
    except urllib.error.HTTPError as error:
        return error.code, ""


def metrics(address: str) -> str:
    with urllib.request.urlopen(f"{address}/metrics", timeout=30) as response:
        return response.read().decode()


def test_slow_senders_are_hung_up_on_and_a_stop_finishes_what_is_running():
    with running() as (process, address), ThreadPoolExecutor(3) as pool:
        host, port = address.removeprefix("http://").split(":")
        for begun in (b"", b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: "):
            with socket.create_connection((host, int(port)), timeout=60) as slow:
                slow.sendall(begun)
                assert slow.recv(100) == b""  # closed by the server: else a timeout
        heart = urllib.request.urlopen(f"{address}/gradio_api/heartbeat/abc", timeout=30)
        assert heart.readline()
        asked = pool.submit(post, address)  # takes two seconds
        until(lambda: asked.done() or "ragbot_questions_running 1.0" in metrics(address))
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert asked.result() == (200, "answered")
        process.wait(60)
        assert time.monotonic() - began < 25  # an open page alone would hold it for 30
        heart.close()
        with pytest.raises(urllib.error.URLError):
            post(address)
        assert process.stderr
        assert "Cancel" not in process.stderr.read()


def test_a_body_that_trickles_is_refused():
    from ragbot.web.watch import Watch

    async def scenario() -> list[dict]:
        sent: list[dict] = []

        async def app(scope, receive, send):
            while (await receive()).get("more_body"):
                pass

        async def receive():
            await asyncio.sleep(0.05)
            return {"type": "http.request", "body": b"x", "more_body": True}

        async def send(message):
            sent.append(message)

        watch = Watch(app, metrics=Metrics(EngineHandle(FakeAssistant)), body_seconds=0.2)
        await watch({"type": "http", "method": "POST", "headers": []}, receive, send)
        return sent

    sent = asyncio.run(scenario())
    assert sent[0]["status"] == 408
    assert b"did not arrive in time" in sent[1]["body"]


def test_the_protocol_is_the_one_that_is_served_with():
    assert PatientProtocol.header_seconds == 15.0
