"""The second checker, over real HTTP or as an entailment model here: it only takes away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragbot.assistant import Assistant
from ragbot.config import Settings, load_settings
from ragbot.doctor import examine
from ragbot.errors import ConfigError, ModelProblem
from ragbot.second import NO, YES
from ragbot.verify import Entailment
from ragbot.wiring import open_assistant
from ragbot.wiring_models import second_checker
from tests import scripted_model as parts
from tests.scripted_model import Asked, Part, Reply, ScriptedModel
from tests.tiny_models import save_classifier

QUESTION = "What did GPs call compensatory labour?"
PREMISE = "We interviewed nine GPs."
SAID = "Nine GPs were interviewed."


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel(parts.honest) as running:
        yield running


def settings(server: ScriptedModel, **more: object) -> Settings:
    return load_settings(
        llm="openai:writer",
        llm_base_url=server.url,
        llm_api_key="sk-of-the-writer",
        llm_retries=0,
        **{"llm_timeout": 20, "verifier": "openai:checker", **more},
    )


def checker(settings: Settings) -> Entailment:
    found = second_checker(settings)
    assert found is not None
    return found


def leaks(asked: Asked) -> Reply:
    return Reply(f"{YES} {asked.system.rsplit(': ', 1)[1]}")


@pytest.mark.parametrize(
    ("part", "holds"),
    [
        (parts.saying("supported"), True),
        (parts.saying("Supported."), True),
        (parts.saying("<think>Nine is nine.</think>supported"), True),
        (parts.saying("unsupported"), False),
        (parts.saying("not supported"), False),
        (parts.saying("supported, but for the number"), False),
        (parts.saying(""), False),
        (leaks, False),
        (parts.is_broken, False),
        (parts.talks_rubbish, False),
        (parts.saying("supported", cut_after=0), False),
    ],
)
def test_only_a_plain_yes_lets_a_sentence_stand(
    part: Part, holds: bool, server: ScriptedModel
) -> None:
    server.part = part
    assert checker(settings(server)).entails(PREMISE, SAID) is holds
    asked = server.asked[-1]
    assert asked.body["model"] == "checker"
    assert re.search(rf"<<<QUOTES · (\w+)>>>\n{PREMISE}\n<<<END OF QUOTES · \1>>>", asked.human)
    assert SAID in asked.human


def test_one_that_stalls_takes_the_sentence_away_in_time(server: ScriptedModel) -> None:
    server.part = parts.saying("supported", stall_after=1)
    assert not checker(settings(server, llm_first_timeout=0.4)).entails(PREMISE, SAID)


@pytest.fixture(scope="module")
def checked(seed_settings: Settings, server: ScriptedModel) -> Assistant:
    return open_assistant(settings(server, index_dir=seed_settings.index_dir))


def playing(writer: Part, reply: str) -> Part:
    return lambda asked: writer(asked) if asked.body["model"] == "writer" else Reply(reply)


def test_it_takes_support_away(checked: Assistant, server: ScriptedModel) -> None:
    server.part = playing(parts.honest, YES)
    written = checked.ask(QUESTION)
    assert (written.engine, written.reason) == ("openai:writer", None)
    server.part = playing(parts.honest, NO)
    quoted = checked.ask(QUESTION)
    assert (quoted.engine, quoted.reason) == ("extractive", "unverified")


@pytest.mark.parametrize("writer", [parts.invents_numbers, parts.negates, parts.swaps_studies])
def test_it_never_gives_support(writer: Part, checked: Assistant, server: ScriptedModel) -> None:
    server.part = playing(writer, YES)
    server.asked.clear()
    answer = checked.ask(QUESTION)
    assert (answer.engine, answer.reason) == ("extractive", "unverified")
    assert {asked.body["model"] for asked in server.asked} == {"writer"}  # it is not even asked


def test_the_writers_key_is_for_the_writers_provider(
    server: ScriptedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-its-own")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.part = parts.saying(YES)
    other = load_settings(llm="anthropic:m", llm_api_key="sk-secret", verifier="openai:checker")
    assert checker(other).entails(PREMISE, SAID)
    assert server.asked[-1].headers["authorization"] == "Bearer sk-its-own"
    assert checker(settings(server)).entails(PREMISE, SAID)
    assert server.asked[-1].headers["authorization"] == "Bearer sk-of-the-writer"


def test_settings_that_make_no_sense(server: ScriptedModel, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="RAGBOT_VERIFIER is 'nli'"):
        second_checker(settings(server, verifier="nli"))
    (off,) = [f for f in examine(load_settings(verifier="openai:m")) if f.name == "second checker"]
    assert (off.state, off.detail) == ("bad", "RAGBOT_VERIFIER does nothing without RAGBOT_LLM.")
    with pytest.raises(ModelProblem, match="cannot be loaded"):
        second_checker(settings(server, verifier=str(tmp_path)))


def test_an_entailment_model_from_a_folder(server: ScriptedModel, tmp_path: Path) -> None:
    """Tiny and untrained: its bias says which label wins."""
    labels = ("contradiction", "neutral", "entailment")
    for favourite in labels:
        folder = tmp_path / favourite
        save_classifier(folder, labels=labels, favourite=favourite)
        found = checker(settings(server, verifier=str(folder)))
        assert found.entails(PREMISE, SAID) is (favourite == "entailment")
        assert not found.entails(PREMISE * 200, SAID)  # too long to be read whole
    save_classifier(tmp_path / "other", labels=("good", "bad"), favourite="good")
    with pytest.raises(ModelProblem, match="no label 'entailment', but bad, good"):
        second_checker(settings(server, verifier=str(tmp_path / "other")))
