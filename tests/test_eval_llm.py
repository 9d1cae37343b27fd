"""``ragbot eval`` with language models over real HTTP: engine, repeats and judge, all scripted."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from eval.cli import main
from eval.errors import EvalError
from eval.session import Opened, Options, open_product
from eval.store import ANSWERS, JUDGEMENTS, MANIFEST, METRICS
from ragbot.config import Settings
from tests import scripted_model as parts
from tests.scripted_model import Asked, Reply, ScriptedModel
from tests.test_eval_support import CASES, FakeEngine, write_cases

SHIPPED = Path(__file__).parent.parent / "eval/cases/primary_care.jsonl"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, seed_settings: Settings) -> Iterator[ScriptedModel]:
    """A model's server, and the settings that lead to it."""
    with ScriptedModel(parts.honest) as running:
        monkeypatch.setenv("RAGBOT_LLM", "openai:scripted")
        monkeypatch.setenv("RAGBOT_LLM_BASE_URL", running.url)
        monkeypatch.setenv("RAGBOT_LLM_API_KEY", "sk-secret-of-the-test")
        monkeypatch.setenv("RAGBOT_LLM_RETRIES", "0")
        monkeypatch.setenv("RAGBOT_LLM_FIRST_TIMEOUT", "60")  # a busy machine is no slow model
        monkeypatch.setenv("RAGBOT_INDEX_DIR", str(seed_settings.index_dir))
        yield running


def run(*args: object) -> int:
    return main([str(arg) for arg in args])


def ragbot(out: Path, name: str = METRICS) -> dict[str, Any]:
    found = json.loads((out / name).read_text())
    return found["systems"]["ragbot"] if name == METRICS else found


class Moody:
    """Honest, but what it is asked a second time it answers with invented numbers."""

    def __init__(self) -> None:
        self.heard: set[str] = set()

    def __call__(self, asked: Asked) -> Reply:
        again = asked.question in self.heard
        self.heard.add(asked.question)
        return parts.invents_numbers(asked) if again else parts.honest(asked)


def test_the_engine_llm_with_repeats(server: ScriptedModel, tmp_path: Path) -> None:
    server.part = Moody()
    out = tmp_path / "out"
    args = (SHIPPED, "--out", out, "--engine", "llm", "--repeats", 2, "--type", "direct")
    assert run(*args, "--limit", 1) == 0
    answers = [json.loads(line) for line in (out / ANSWERS).read_text().splitlines()]
    assert [row["repeat"] for row in answers] == [1, 2]
    # both are asked at once; what was invented is out, and exact quotes take its place
    made = {row["answer"]["engine"]: row["answer"]["reason"] for row in answers}
    assert made == {"openai:scripted": None, "extractive": "unverified"}
    found = ragbot(out)
    spread = found["spread"]["model_written"]
    assert spread == {"mean": 0.5, "low": 0.0, "high": 1.0, "sd": 0.707107, "repeats": 2}
    assert found["all"]["metrics"]["sentence_supported"]["mean"] == 1.0
    assert found["all"]["metrics"]["quote_exact"]["mean"] == 1.0
    assert found["latency_ms"]["verify"]["n"] == 2
    for name in ("summary.md", "report.html"):
        text = (out / name).read_text()
        assert "spread over repeats" in text
        assert re.search(r"Written by the model.{0,120}0\.5000.{0,60}0\.7071", text, re.DOTALL)
    manifest = (out / MANIFEST).read_text()
    assert '"llm": "openai:scripted"' in manifest
    assert "sk-secret" not in manifest
    assert len(server.asked) == 2


def test_the_extractive_engine_is_the_default(server: ScriptedModel, tmp_path: Path) -> None:
    assert run(SHIPPED, "--out", tmp_path, "--type", "direct", "--limit", 1) == 0
    (row,) = [json.loads(line) for line in (tmp_path / ANSWERS).read_text().splitlines()]
    assert row["answer"]["engine"] == "extractive"
    assert server.asked == []
    assert "model_written" not in ragbot(tmp_path)["all"]["metrics"]
    assert ragbot(tmp_path)["spread"] == {}


def test_engines_that_do_not_exist(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(SHIPPED, "--out", tmp_path, "--engine", "llm") == 2
    assert "Set RAGBOT_LLM=provider:model" in capsys.readouterr().err
    with pytest.raises(EvalError, match="no engine 'magic'"):
        open_product(Options(SHIPPED, tmp_path, engine="magic"))


def labels(asked: Asked) -> Reply:
    """A judge that finds everything supported, but for the facts about GPs."""
    nuggets, sentences = asked.human.split("=== nuggets")[1].split("=== sentences")
    facts = re.findall(r"^\d+\. (.*)", nuggets, re.MULTILINE)
    count = len(re.findall(r"^\d+\. ", sentences, re.MULTILINE))
    found = ["partial" if "GPs" in fact else "support" for fact in facts]
    return Reply(json.dumps({"nuggets": found, "sentences": ["supported"] * count}))


def judged(cases: Path, out: Path, *args: object) -> int:
    given = [str(arg) for arg in (cases, "--out", out, "--judge", "openai:judge", *args)]
    return main(given, opener=lambda _: Opened(FakeEngine(), None))


def test_the_judge_over_http(server: ScriptedModel, tmp_path: Path) -> None:
    server.part = labels
    cases = write_cases(tmp_path / "cases.jsonl")
    out = tmp_path / "out"
    assert judged(cases, out) == 0
    figures = ragbot(out)["all"]["metrics"]
    assert figures["judge_grounded"]["mean"] == 1.0
    assert figures["judge_nuggets"]["mean"] == pytest.approx((0.5 + 1 + 1) / 3, abs=1e-6)
    assert len(server.asked) == 4  # the answered ones
    assert all(asked.body["model"] == "judge" for asked in server.asked)
    assert server.asked[0].headers["authorization"] == "Bearer sk-secret-of-the-test"
    assert "We interviewed 21 GPs." in server.asked[0].human
    about = ragbot(out, MANIFEST)["judge"]
    assert (about["model"], about["asked"], about["failed"]) == ("openai:judge", 4, 0)
    assert judged(cases, out, "--resume") == 0
    assert len(server.asked) == 4  # nothing is judged twice


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        (parts.saying("I would rather not."), "ValueError"),
        (parts.is_broken, "HTTP status 500"),
        (parts.talks_rubbish, "ModelProblem"),
        (parts.saying('{"nuggets": ["supp', cut_after=1), "ModelProblem"),
    ],
)
def test_a_judge_that_fails(
    server: ScriptedModel, tmp_path: Path, part: parts.Part, reason: str
) -> None:
    server.part = part
    out = tmp_path / "out"
    assert judged(write_cases(tmp_path / "cases.jsonl"), out) == 0
    rows = [json.loads(line) for line in (out / JUDGEMENTS).read_text().splitlines()]
    assert len(rows) == 4
    assert all(reason in row["error"] for row in rows)
    assert "secret" not in (out / JUDGEMENTS).read_text()
    assert ragbot(out, MANIFEST)["judge"]["failed"] == 4
    assert "judge_grounded" not in ragbot(out)["all"]["metrics"]


def test_a_judge_of_another_provider_gets_no_key_of_ours(
    server: ScriptedModel, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAGBOT_LLM", "ollama:qwen3")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-its-own")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    server.part = labels
    assert judged(write_cases(tmp_path / "cases.jsonl"), tmp_path / "out") == 0
    assert {a.headers["authorization"] for a in server.asked} == {"Bearer sk-its-own"}
    assert len(server.asked) == len([c for c in CASES if c.id in ("t1", "t2", "t3", "t6")])
