"""Answers from a Chroma server: the same as from a folder, on machines that share nothing else."""

import json
from itertools import count

import pytest
from typer.testing import CliRunner

from ragbot import render
from ragbot.cli import app
from ragbot.config import load_settings
from ragbot.index.backup import backup, restore
from ragbot.wiring import index_directory, open_assistant

QUESTIONS = (
    "What barriers did link workers meet?",
    "What does the King's Fund recommend for GP specialist training?",
    "What is the capital of France?",
)
LIBRARIES = count()


def told(answer):
    """An answer without what differs from run to run."""
    facts = render.to_json(answer)
    del facts["timings_ms"], facts["index"]
    return {**facts, "support": round(facts["support"], 4)}  # vectors travel as decimal numbers


@pytest.fixture
def machine(chroma_server, tmp_path):
    """Settings of a machine with an empty folder of its own."""
    url, numbers = f"{chroma_server}/answers-{next(LIBRARIES)}", count()
    return lambda: load_settings(chroma_url=url, index_dir=tmp_path / f"machine-{next(numbers)}")


@pytest.fixture
def archive(seed_settings, tmp_path):
    index = index_directory(seed_settings)
    backup(index, index.require_current(), tmp_path / "seeds.tar.gz")
    return tmp_path / "seeds.tar.gz"


def test_two_machines_answer_from_the_server_as_one_does_from_a_folder(machine, archive, assistant):
    name = restore(index_directory(machine()), archive)
    others = [open_assistant(machine()), open_assistant(machine())]
    for question in QUESTIONS:
        wanted = told(assistant.ask(question))
        for other in others:
            answer = other.ask(question)
            assert told(answer) == wanted
            assert answer.index == name
    for other in others:
        assert [s.source_id for s in other.sources()] == [s.source_id for s in assistant.sources()]
        found = [(p.chunk.chunk_id, round(p.score, 4)) for p in other.search("estates", 8)]
        assert found == [
            (p.chunk.chunk_id, round(p.score, 4)) for p in assistant.search("estates", 8)
        ]


def test_the_command_line_works_on_a_server(machine, archive, tmp_path, monkeypatch):
    settings = machine()
    monkeypatch.setenv("RAGBOT_CHROMA_URL", settings.chroma_url)
    run, at = CliRunner(), ["--index", str(settings.index_dir)]
    said = run.invoke(app, ["index", "restore", str(archive), *at])
    assert said.exit_code == 0, said.output
    (row,) = json.loads(run.invoke(app, ["index", "list", "--json", *at]).stdout)["generations"]
    assert row["current"] and row["counts"]["files"] == 3 and row["problem"] is None
    said = run.invoke(app, ["index", "verify", "--json", *at])
    assert json.loads(said.stdout) == {"generation": row["name"], "problems": []}
    said = run.invoke(app, ["sources", "--json", *at])
    assert len(json.loads(said.stdout)["sources"]) > 3
    said = run.invoke(app, ["index", "backup", str(tmp_path / "again.tar.gz"), *at])
    assert said.exit_code == 0 and (tmp_path / "again.tar.gz").is_file()
    assert run.invoke(app, ["index", "rollback", row["name"], *at]).exit_code == 0
