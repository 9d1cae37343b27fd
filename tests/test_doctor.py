"""What ``ragbot doctor`` says, on a machine that is well and on one that is not."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ragbot.cli import app
from ragbot.config import Settings, load_settings
from ragbot.doctor import Finding, examine
from tests.scripted_model import Part, ScriptedModel, is_broken, never_begins, saying

KEY = "sk-do-not-show-4711"


@pytest.fixture(scope="module")
def server() -> Iterator[ScriptedModel]:
    with ScriptedModel(saying("Yes.")) as running:
        yield running


def findings(settings: Settings) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(settings)}


def states(settings: Settings) -> dict[str, str]:
    return {name: finding.state for name, finding in findings(settings).items()}


def test_a_healthy_machine(
    seed_settings: Settings,
    server: ScriptedModel,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAGBOT_LLM", "openai:m")
    monkeypatch.setenv("RAGBOT_LLM_BASE_URL", server.url)
    done = CliRunner().invoke(app, ["doctor", "--json", "--index", str(seed_settings.index_dir)])
    report = json.loads(done.stdout)
    assert (done.exit_code, report["ok"]) == (0, True), report
    found = {finding["name"]: finding["detail"] for finding in report["findings"]}
    assert list(found) == [
        *("folders", "prompts", "weights", "index", "answer"),
        *("language model", "second checker"),
    ]
    assert "nothing wrong" in found["index"]
    assert "answered in" in found["answer"]
    assert "openai:m wrote 4 characters" in found["language model"]
    assert len(server.asked) == 1  # the model is asked one line, and nothing of the library
    assert "water" in server.asked[0].human


def test_without_an_index_and_without_a_model(tmp_path: Path) -> None:
    settings = load_settings(index_dir=tmp_path / "none")
    assert states(settings) == {
        "folders": "good",
        "prompts": "good",
        "weights": "good",
        "index": "bad",
        "answer": "off",
        "language model": "off",
        "second checker": "off",
    }
    assert "ragbot ingest" in findings(settings)["index"].hint
    assert not (tmp_path / "none").exists()  # it looks; it changes nothing


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (is_broken, "HTTP status 500"),
        (saying("", status=401), "refused the key"),
        (never_begins, "in time"),
        (saying("Yes.", delay=0.3), "for one line"),
    ],
)
def test_a_model_that_does_not_answer_as_it_should(part: Part, words: str, tmp_path: Path) -> None:
    with ScriptedModel(part) as server:
        settings = load_settings(
            index_dir=tmp_path,
            llm="openai:m",
            llm_base_url=server.url,
            llm_api_key=KEY,
            llm_timeout=0.3 if part is never_begins else 60.0,
            llm_first_timeout=0.1,
            llm_retries=0,
        )
        found = findings(settings)["language model"]
    assert found.state == "bad"
    assert words in found.detail
    assert KEY not in found.detail + found.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written_to(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    assert states(load_settings(index_dir=tmp_path / "index"))["folders"] == "bad"


def test_a_file_in_place_of_the_index(tmp_path: Path) -> None:
    (tmp_path / "index").write_text("")
    assert states(load_settings(index_dir=tmp_path / "index"))["index"] == "bad"


def test_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = CliRunner().invoke
    done = run(app, ["doctor", "--index", str(tmp_path / "none")])
    assert done.exit_code == 1
    assert "NOT index: There is no index" in done.stdout
    assert "--  language model: RAGBOT_LLM is not set" in done.stdout
    done = run(app, ["doctor", "--index", str(tmp_path / "none"), "--json"])
    report = json.loads(done.stdout)
    assert (done.exit_code, report["ok"]) == (1, False)
    assert {f["state"] for f in report["findings"]} == {"good", "bad", "off"}
