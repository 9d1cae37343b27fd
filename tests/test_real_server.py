"""One real server on the wire: transformers' own serving, with a tiny random model made here.

What it writes is noise; that it arrives, streamed, and that noise never becomes an answer, is the
test. ``accelerate`` is what that server needs beyond the default set.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from ragbot.adapters.chat_model import ChatModel, open_chat_model
from ragbot.breaker import Breaker
from ragbot.generate import Bounds, Calls, Writer
from ragbot.prompts import load_prompt
from ragbot.writing import Writing
from tests.fakes import VerbatimChecks
from tests.ports import free_port
from tests.test_generate import STUDY, grounds

START = 240  #: seconds; the server imports torch


WORDS = ("gps", "nurses", "staff", "left", "stayed", "wrote", "were", "not", "because", "the")


def tiny_model(folder: Path) -> None:
    """A one-layer Llama that knows a few words, with random weights."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM
    from transformers import PreTrainedTokenizerFast as FastTokenizer

    vocabulary = {word: i for i, word in enumerate(["<s>", "</s>", "<unk>", *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(vocab=vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    fast = FastTokenizer(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="<unk>"
    )
    fast.chat_template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    fast.save_pretrained(folder)
    torch.manual_seed(4)
    config = LlamaConfig(
        vocab_size=len(vocabulary),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=16384,
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    settings = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=40, suppress_tokens=[0, 1, 2]
    )
    settings.save_pretrained(folder)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChatModel]:
    folder = tmp_path_factory.mktemp("tiny")
    tiny_model(folder)
    port = free_port()
    command = [str(Path(sys.executable).with_name("transformers")), "serve", str(folder)]
    command += ["--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    log = folder / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command, env={**os.environ, "HF_HUB_OFFLINE": "1"}, stdout=out, stderr=out
        )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", server, log)
        url = f"http://127.0.0.1:{port}/v1"
        yield open_chat_model(f"openai:{folder}", base_url=url, api_key=SecretStr(""), timeout=120)
    finally:
        server.kill()
        server.wait()


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + START
    while time.monotonic() < until and server.poll() is None:
        try:
            if httpx.get(url).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    pytest.fail(f"transformers serve did not start:\n{log.read_text()[-2000:]}")


@pytest.mark.slow
def test_text_arrives_in_pieces(served: ChatModel) -> None:
    stop = threading.Event()
    pieces = []
    for piece in served.stream("Be brief.", "Who left?", stop=stop):
        pieces.append(piece)
        if len(pieces) == 5:
            stop.set()
    assert len(pieces) > 1
    assert "".join(pieces)


@pytest.mark.slow
def test_noise_never_becomes_an_answer(served: ChatModel) -> None:
    writer = Writer(
        calls=Calls(served, breaker=Breaker()),
        checks=VerbatimChecks(),
        prompt=load_prompt("answer"),
        bounds=Bounds(first=5, whole=5),
    )
    *_, answer = Writing(writer=writer).answers(grounds(STUDY), {STUDY.chunk.path: STUDY.text})
    assert answer.engine == "extractive"
    assert answer.reason in ("unverified", "model_declined", "model_unavailable", "model_slow")
