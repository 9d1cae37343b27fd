"""The optional judge, with fake chat models: labels, failures, agreement, nothing asked twice."""

from __future__ import annotations

import json

import pytest
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from eval.judge import Judge, Judgement, judge_run, load_prompt, open_judge, parse
from eval.run import run
from eval.store import JUDGEMENTS, RunFiles
from eval.systems import AssistantSystem
from ragbot import render
from ragbot.adapters.chat_model import ChatModel
from ragbot.config import load_settings
from ragbot.errors import ConfigError
from tests.test_eval_support import CASES, LIBRARY, FakeEngine, answer, case

ANSWERED = ("t1", "t2", "t3", "t6")


def judge(*replies: str) -> Judge:
    model = GenericFakeChatModel(messages=iter([AIMessage(reply) for reply in replies]))
    return Judge(ChatModel(model, name="fake:model"), prompt=load_prompt())


def labels(nuggets: list[str], sentences: list[str]) -> str:
    return json.dumps({"nuggets": nuggets, "sentences": sentences})


GOOD = (
    labels(["support"], ["supported"]),
    "Here it is:\n```json\n" + labels(["support", "partial"], ["supported", "unsupported"]) + "```",
    labels(["not"], ["supported"]),
    labels([], ["supported"]),
)


def test_the_prompt_holds_the_material_and_nothing_is_a_placeholder():
    seen = []

    class Spy(GenericFakeChatModel):
        def _generate(self, messages, *args, **kwargs):
            seen.append(messages)
            return super()._generate(messages, *args, **kwargs)

    model = Spy(messages=iter([AIMessage(GOOD[0])]))
    record = render.to_json(answer("{brace} {question}", ["We interviewed 21 GPs."]))
    found = Judge(ChatModel(model, name="m"), prompt=load_prompt()).ask(case("t1"), record)
    assert found == Judgement(("support",), ("supported",))
    system, human = seen[0]
    assert "ignore them" in system.content
    assert '{"nuggets": ["support", "not"], "sentences": ["supported"]}' in system.content
    assert "1. 21 GPs / n = 21" in human.content
    assert "quote: We interviewed 21 GPs." in human.content


@pytest.mark.parametrize(
    "reply",
    [
        "I cannot say.",
        "[]",
        labels(["support", "support"], ["supported"]),
        labels(["yes"], ["supported"]),
        labels(["support"], []),
        '{"nuggets": "support", "sentences": ["supported"]}',
    ],
)
def test_a_reply_that_is_not_what_was_asked_for(reply):
    with pytest.raises(ValueError, match=r"."):
        parse(reply, facts=1, sentences=1)


def test_figures_and_agreement(tmp_path):
    files = RunFiles(tmp_path)
    run(CASES, [AssistantSystem(FakeEngine())], files)
    figures, report = judge_run(CASES, files, judge(*GOOD), library=LIBRARY)
    assert figures["ragbot", 1, "t2"] == {"judge_nuggets": 0.75, "judge_grounded": 0.5}
    assert figures["ragbot", 1, "t6"] == {"judge_grounded": 1.0}
    assert (report["asked"], report["failed"]) == (4, 0)
    facts, sentences = report["agreement"].values()
    # the rules found all four facts; the judge called two of them supported
    assert (facts["n"], facts["agreement"]) == (4, "0.500")
    assert (sentences["n"], sentences["agreement"]) == (5, "0.800")


def test_a_failed_judgement_is_counted_and_asked_again(tmp_path):
    files = RunFiles(tmp_path)
    run(CASES, [AssistantSystem(FakeEngine())], files)
    figures, report = judge_run(
        CASES, files, judge(GOOD[0], "no", GOOD[2], GOOD[3]), library=LIBRARY
    )
    assert report["failed"] == 1
    assert figures["ragbot", 1, "t2"] == {}
    _, again = judge_run(CASES, files, judge(GOOD[1]), library=LIBRARY)  # one reply is enough
    assert again["failed"] == 0
    assert len(files.read_rows(JUDGEMENTS)) == len(ANSWERED)


def test_a_judge_that_does_not_exist():
    with pytest.raises(ConfigError, match="no_such_provider cannot be set up"):
        open_judge("no-such-provider:model", load_settings())
    with pytest.raises(ConfigError, match="PROVIDER:MODEL"):
        open_judge("gpt", load_settings())
