"""From use to test: only what was agreed to, as drafts, and nothing overwritten."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from eval.casefile import check_gold, load
from eval.cli import main
from eval.errors import EvalError
from eval.harvest import append_new, harvest
from ragbot.feedback import SCHEMA, VERSION
from tests.test_eval_support import TEXTS, spot


def database(path: Path, *rows: dict[str, object]) -> Path:
    connection = sqlite3.connect(path)
    connection.execute(SCHEMA)
    connection.execute(f"PRAGMA user_version = {VERSION}")
    for row in rows:
        full = {
            "at": "2026-01-02T03:04:05Z",
            "generation": "g",
            "engine": "extractive",
            "status": "answered",
            "verdict": "down",
            "reason": None,
            "citations": "[]",
            "consent": 1,
            "question": "How many GPs?",
            "history": None,
            **row,
        }
        marks = ", ".join(f":{name}" for name in full)
        connection.execute(f"INSERT INTO feedback ({', '.join(full)}) VALUES ({marks})", full)
    connection.commit()
    connection.close()
    return path


def test_drafts(tmp_path):
    cited = json.dumps([{**spot("We interviewed 21 GPs."), "source_id": "adams"}])
    found = harvest(
        database(
            tmp_path / "f.db",
            {"verdict": "up", "citations": cited},
            {"question": "And nurses?", "reason": "wrong_source", "citations": cited,
             "history": '[{"role": "user", "content": "How many GPs?"}]'},
            {"consent": 0},
            {"question": None},
        ),
        TEXTS,
    )  # fmt: skip
    assert (found.without_consent, found.without_question) == (1, 1)
    right, wrong = found.drafts
    assert right["gold"][0]["quote"] == "We interviewed 21 GPs."
    assert "gold" not in wrong
    assert wrong["history"][0]["content"] == "How many GPs?"
    assert "it is from the wrong source" in wrong["note"]
    out = tmp_path / "drafts.jsonl"
    assert append_new(found.drafts, out) == 2
    assert append_new(found.drafts, out) == 0
    assert check_gold(load(out), TEXTS) == []


def test_what_a_person_completed_stays(tmp_path):
    path = database(tmp_path / "f.db", {})
    out = tmp_path / "drafts.jsonl"
    (draft,) = harvest(path, TEXTS).drafts
    out.write_text(json.dumps({**draft, "note": "done by hand"}))  # no final newline
    database(tmp_path / "g.db", {}, {"question": "Another?"})
    assert append_new(harvest(tmp_path / "g.db", TEXTS).drafts, out) == 1
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert lines[0]["note"] == "done by hand"
    assert lines[1]["question"] == "Another?"


def test_a_changed_source_gives_no_gold(tmp_path):
    cited = json.dumps([{"path": "library/gone.txt", "start": 0, "end": 5}])
    path = database(tmp_path / "f.db", {"verdict": "up", "citations": cited})
    assert "gold" not in harvest(path, TEXTS).drafts[0]


def test_wrong_files(tmp_path):
    with pytest.raises(EvalError, match="There is no feedback file"):
        harvest(tmp_path / "none.db", TEXTS)
    text = tmp_path / "text.db"
    text.write_text("no database at all, but long enough to be looked at" * 20)
    with pytest.raises(EvalError, match="is no feedback file"):
        harvest(text, TEXTS)
    old = tmp_path / "old.db"
    sqlite3.connect(old).executescript("CREATE TABLE feedback (id); PRAGMA user_version = 9;")
    with pytest.raises(EvalError, match="has version 9"):
        harvest(old, TEXTS)


def test_the_command(tmp_path, capsys):
    folder = tmp_path / "library"
    folder.mkdir()
    path, out = database(tmp_path / "f.db", {}), tmp_path / "d.jsonl"
    assert main(["harvest", str(path), str(out), "--files", str(folder)]) == 0
    assert "1 new drafts" in capsys.readouterr().out
