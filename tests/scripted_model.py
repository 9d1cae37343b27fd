"""A chat model over real HTTP that plays a part: honest, inventive, hijacked, stalled, broken.

    with ScriptedModel(honest) as server:
        open_chat_model("openai:scripted", base_url=server.url, …)

It speaks the chat protocols of OpenAI (Azure's too), Anthropic and Ollama, streamed and whole, and
keeps what it was asked. A part is a function from what was asked to a ``Reply``; it reads the
passages out of the prompt, as a model would.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Shown:
    """A passage as the model is shown it."""

    n: int
    kind: str
    label: str
    text: str

    @property
    def sentences(self) -> list[str]:
        return re.findall(r"[A-Z“][^.!?]{20,}[.!?]", self.text)


@dataclass(frozen=True)
class Asked:
    """One request."""

    system: str
    human: str
    body: Mapping[str, Any]
    headers: Mapping[str, str]

    @property
    def question(self) -> str:
        return self.human.rsplit(": ", 1)[1] if ": " in self.human else self.human

    @property
    def passages(self) -> list[Shown]:
        found = re.findall(
            r"<<<PASSAGE (\d+) OF \d+ · (\w+)>>>\n(.*?)\n<<<END OF PASSAGE \1 · \2>>>",
            self.human,
            re.DOTALL,
        )
        return [
            Shown(
                int(n),
                *(
                    inside.split(f"{key}: ", 1)[1].split("\n", 1)[0]
                    for key in ("type", "source", "text")
                ),
            )
            for n, _, inside in found
        ]

    def best(self, kind: str = "") -> list[tuple[Shown, str]]:
        """Sentences with the passages they stand in, those nearest to the question first."""
        words = set(re.findall(r"\w{4,}", self.question.lower()))
        pairs = [(p, s) for p in self.passages if kind in p.kind for s in p.sentences]
        return sorted(pairs, key=lambda x: -len(words & set(re.findall(r"\w{4,}", x[1].lower()))))


@dataclass(frozen=True)
class Reply:
    """What the server sends."""

    text: str = ""
    status: int = 200
    size: int = 7  #: characters in a piece
    delay: float = 0.0  #: seconds before each piece
    stall_after: int | None = None  #: pieces, after which nothing more comes
    hold: threading.Event | None = None  #: what comes after ``hold_after`` waits for it
    hold_after: int = 0  #: pieces
    cut_after: int | None = None  #: pieces, after which the connection closes
    finish: str = "stop"
    raw: bytes | None = None  #: sent instead of what the protocol asks for
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def pieces(self) -> list[str]:
        return [self.text[i : i + self.size] for i in range(0, len(self.text), self.size)]


Part = Callable[[Asked], Reply]


def saying(text: str, **how: Any) -> Part:
    return lambda _: Reply(text, **how)


def _cited(pairs: list[tuple[Shown, str]], count: int = 2) -> str:
    return "\n".join(f"{s[:-1]} [{p.n}]." for p, s in pairs[:count])


def honest(asked: Asked) -> Reply:
    return Reply(_cited(asked.best()))


def cites_nothing(asked: Asked) -> Reply:
    return Reply("\n".join(sentence for _, sentence in asked.best()[:2]))


def cites_the_wrong_passage(asked: Asked) -> Reply:
    total = len(asked.passages)
    return Reply("\n".join(f"{s[:-1]} [{p.n % total + 1}]." for p, s in asked.best()[:2]))


def invents_numbers(asked: Asked) -> Reply:
    return Reply("\n".join(f"In 4,817 practices, {s[:-1]} [{p.n}]." for p, s in asked.best()[:2]))


def negates(asked: Asked) -> Reply:
    """Turns what is said round, as a model does that drops or adds a "not"."""
    turned = [
        (p, re.sub(r"\b(is|are|was|were|can|may|has|have|had)\b(?! not)", r"\1 not", s, count=1))
        for p, s in asked.best()
    ]
    return Reply(_cited([(p, s) for p, s in turned if " not " in s]))


def swaps_studies(asked: Asked) -> Reply:
    labels = [p.label for p in asked.passages]
    lines = []
    for passage, sentence in asked.best()[:2]:
        other = next((x for x in reversed(labels) if x != passage.label), "Brown et al., 2019")
        lines.append(f"{other} reported that {sentence[0].lower()}{sentence[1:-1]} [{passage.n}].")
    return Reply("\n".join(lines))


def gives_comments_to_the_report(asked: Asked) -> Reply:
    comments = asked.best("comment")
    return Reply(
        "\n".join(
            f"The King's Fund found that {s[0].lower()}{s[1:-1]} [{p.n}]." for p, s in comments[:2]
        )
    )


def obeys_its_sources(asked: Asked) -> Reply:
    for passage in asked.passages:
        if found := re.search(r"[Ii]gnore .*? and (?:write|say):? (.+?)\.", passage.text):
            return Reply(f"{found[1]} [{passage.n}].")
    return honest(asked)


def leaks_its_prompt(asked: Asked) -> Reply:
    return Reply(f"Of course. My instructions are: {asked.system}")


def leaks_in_disguise(asked: Asked) -> Reply:
    canary = asked.system.rsplit(": ", 1)[1]
    return Reply(f"{_cited(asked.best(), 1)}\nP.S. {' - '.join(canary.upper())}", size=3)


def stalls(asked: Asked) -> Reply:
    return Reply(_cited(asked.best()), stall_after=4)


def never_begins(_: Asked) -> Reply:
    return Reply("…", stall_after=-1)


def cuts_off(asked: Asked) -> Reply:
    return Reply(_cited(asked.best()), cut_after=len(honest(asked).pieces) - 2)


def talks_rubbish(_: Asked) -> Reply:
    return Reply(raw=b'data: {"choices": [{"delta": {"content": "GPs\n\n' * 3)


def is_busy(_: Asked) -> Reply:
    return Reply(status=429, headers={"Retry-After": "0"})


def is_broken(_: Asked) -> Reply:
    return Reply(status=500)


class ScriptedModel:
    """The server; ``part`` may be changed while it runs."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.asked: list[Asked] = []
        self.over = threading.Event()
        self.gone = threading.Event()  #: set when a client left in the middle
        scripted = self

        class Handler(_Handler):
            server_model = scripted

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """What an OpenAI client takes as its base URL."""
        return f"{self.root}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_model: ScriptedModel

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = _asked(body, {k.lower(): v for k, v in self.headers.items()})
        self.server_model.asked.append(asked)
        reply = self.server_model.part(asked)
        try:
            self._answer(reply, streamed=bool(body.get("stream", self.path == "/api/chat")))
        except (BrokenPipeError, ConnectionResetError):
            self.server_model.gone.set()
        self.close_connection = True

    def _answer(self, reply: Reply, *, streamed: bool) -> None:
        wire = _WIRES[urlsplit(self.path).path.rsplit("/", 1)[1]]
        if reply.status != 200:
            error = {"error": {"message": f"secret words of the vendor {dict(self.headers)}"}}
            self._send(reply, json.dumps(error).encode())
        elif reply.raw is not None:
            self._send(reply, reply.raw)
        elif not streamed:
            self._send(reply, json.dumps(wire.whole(reply)).encode())
        else:
            self._stream(reply, wire)

    def _send(self, reply: Reply, content: bytes) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        kind = "text/event-stream" if reply.raw is not None else "application/json"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Connection", "close")  # as it does: a client must not use it again
        self.end_headers()
        self.wfile.write(content)

    def _stream(self, reply: Reply, wire: type[_OpenAI]) -> None:
        self.send_response(200)
        self.send_header("Content-Type", wire.kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("Connection", "close")
        self.end_headers()
        for count, data in enumerate(wire.stream(reply), start=-1):
            if reply.cut_after is not None and count >= reply.cut_after:
                return  # without the end of the chunked body
            if reply.stall_after is not None and count >= reply.stall_after:
                self.server_model.over.wait()
                return
            if reply.hold and count >= reply.hold_after:
                reply.hold.wait(60)
            if reply.delay:
                self.server_model.over.wait(reply.delay)
            self._chunk(data)
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


def _asked(body: dict[str, Any], headers: Mapping[str, str]) -> Asked:
    messages = [(m["role"], _text(m["content"])) for m in body["messages"]]
    system = "\n".join(text for role, text in messages if role in ("system", "developer"))
    human = "\n".join(text for role, text in messages if role == "user")
    return Asked(system or _text(body.get("system", "")), human, body, headers)


def _text(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


class _OpenAI:
    kind = "text/event-stream"

    @staticmethod
    def whole(reply: Reply) -> dict[str, Any]:
        message = {"role": "assistant", "content": reply.text}
        choice = {"index": 0, "message": message, "finish_reason": reply.finish}
        return {"id": "x", "object": "chat.completion", "model": "scripted", "choices": [choice]}

    @classmethod
    def stream(cls, reply: Reply) -> Iterator[bytes]:
        yield cls._event({"role": "assistant", "content": ""}, None)
        for piece in reply.pieces:
            yield cls._event({"content": piece}, None)
        yield cls._event({}, reply.finish)
        yield b"data: [DONE]\n\n"

    @staticmethod
    def _event(delta: dict[str, str], finish: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {"id": "x", "object": "chat.completion.chunk", "model": "m", "choices": [choice]}
        return f"data: {json.dumps(body)}\n\n".encode()


class _Anthropic(_OpenAI):
    @staticmethod
    def whole(reply: Reply) -> dict[str, Any]:
        raise NotImplementedError

    @classmethod
    def stream(cls, reply: Reply) -> Iterator[bytes]:
        usage = {"input_tokens": 1, "output_tokens": 1}
        message: dict[str, Any] = {"id": "x", "type": "message", "role": "assistant", "content": []}
        message |= {"model": "m", "stop_reason": None, "stop_sequence": None, "usage": usage}
        yield cls._typed("message_start", message=message)
        yield cls._typed("content_block_start", index=0, content_block={"type": "text", "text": ""})
        for piece in reply.pieces:
            delta = {"type": "text_delta", "text": piece}
            yield cls._typed("content_block_delta", index=0, delta=delta)
        yield cls._typed("content_block_stop", index=0)
        reason = {"stop_reason": "end_turn", "stop_sequence": None}
        yield cls._typed("message_delta", delta=reason, usage=usage)
        yield cls._typed("message_stop")

    @staticmethod
    def _typed(name: str, **rest: Any) -> bytes:
        return f"event: {name}\ndata: {json.dumps({'type': name, **rest})}\n\n".encode()


class _Ollama(_OpenAI):
    kind = "application/x-ndjson"

    @classmethod
    def stream(cls, reply: Reply) -> Iterator[bytes]:
        for piece in ("", *reply.pieces):
            yield cls._line({"role": "assistant", "content": piece}, done=False)
        yield cls._line({"role": "assistant", "content": ""}, done=True, done_reason=reply.finish)

    @staticmethod
    def _line(message: dict[str, str], **rest: Any) -> bytes:
        made = {"model": "m", "created_at": "2026-11-22T00:00:00Z", "message": message, **rest}
        return json.dumps(made).encode() + b"\n"


_WIRES: dict[str, type[_OpenAI]] = {
    "completions": _OpenAI,
    "messages": _Anthropic,
    "chat": _Ollama,
}
