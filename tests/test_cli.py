"""The command line as a person and a program meet it: real index, real model, real processes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ragbot.config import Settings

ROOT = Path(__file__).parent.parent


WIDE = "240"  #: columns: whether a table wraps must not hang on where the tests' folder is


def run(*arguments: str, index: Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ragbot.cli", *arguments],
        env={**os.environ, "RAGBOT_INDEX_DIR": str(index), "COLUMNS": WIDE},
        cwd=cwd or ROOT,
        capture_output=True,
        text=True,
        timeout=240,
    )


def document(done: subprocess.CompletedProcess[str]) -> Any:
    """Stdout must be one JSON document and nothing else."""
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def index(seed_settings: Settings) -> Path:
    return seed_settings.index_dir


def test_the_sources_are_one_report_two_comments_and_twelve_abstracts(index: Path) -> None:
    done = run("sources", "--json", index=index)
    assert done.returncode == 0, done.stderr
    kinds = [source["evidence_type"] for source in document(done)["sources"]]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "report": 1,
        "reader_comment": 2,
        "abstract": 12,
    }


def test_ask_cites_the_last_recommendation_exactly(index: Path) -> None:
    question = "What does the King's Fund recommend for GP specialist training?"
    done = run("ask", question, "--json", index=index)
    assert done.returncode == 0, done.stderr
    answer = document(done)
    assert answer["status"] == "answered"
    wanted = "leadership and management skills development embedded in GP specialist training."
    found = [c for c in answer["citations"] if c["quote"] == wanted]
    assert found
    for citation in answer["citations"]:
        text = (ROOT / citation["path"]).read_bytes().decode("utf-8")
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert {c["evidence_type"] for c in answer["citations"]} == {"report"}


def test_ask_without_json_is_for_people(index: Path) -> None:
    done = run("ask", "What is compensatory labour?", index=index)
    assert done.returncode == 0
    assert "Sinnott" in done.stdout
    assert "[1]" in done.stdout
    assert done.stderr == ""


def test_batch_answers_in_order_and_survives_bad_lines(index: Path, tmp_path: Path) -> None:
    questions = tmp_path / "questions.jsonl"
    lines = [
        json.dumps({"id": "a", "question": "Who funded the work on additional roles?"}),
        "{not json",
        json.dumps({"id": "c"}),
        json.dumps({"id": "d", "question": "x", "history": [{"role": "robot", "content": "y"}]}),
        json.dumps({"id": "e", "question": ""}),
        json.dumps({"id": "f", "question": "What is the boiling point of water?"}),
        json.dumps({"id": "g", "question": "y" * 50_000}),
    ]
    questions.write_text("\n".join(lines) + "\n")
    done = run("batch", str(questions), str(tmp_path / "answers.jsonl"), index=index)
    assert done.returncode == 1, done.stderr
    rows = [json.loads(line) for line in (tmp_path / "answers.jsonl").read_text().splitlines()]
    assert [row["id"] for row in rows] == ["a", None, "c", "d", "e", "f", "g"]
    assert [row["status"] for row in rows] == [
        "answered",
        "error",
        "error",
        "error",
        "refused",
        "not_in_sources",
        "refused",
    ]
    assert [row["reason"] for row in rows[4:]] == ["empty", None, "too_long"]
    assert rows[5]["citations"] == []
    assert 1 <= len(rows[5]["nearest"]) <= 3
    assert "Line 2" in rows[1]["text"]


def test_search_prints_the_contracts_fields(index: Path) -> None:
    done = run("search", "estates", "-k", "3", "--json", index=index)
    passages = document(done)["passages"]
    assert [p["rank"] for p in passages] == [1, 2, 3]
    for passage in passages:
        text = (ROOT / passage["path"]).read_bytes().decode("utf-8")
        assert text[passage["start"] : passage["end"]] == passage["text"]
        assert {"score", "source_id", "label", "section", "page"} <= set(passage)


def test_search_many(index: Path, tmp_path: Path) -> None:
    (tmp_path / "q.jsonl").write_text('{"id": 1, "query": "glue ear"}\n{"id": 2}\n')
    done = run(
        "search",
        "--batch",
        str(tmp_path / "q.jsonl"),
        str(tmp_path / "o.jsonl"),
        "-k",
        "2",
        index=index,
    )
    rows = [json.loads(line) for line in (tmp_path / "o.jsonl").read_text().splitlines()]
    assert done.returncode == 1
    assert "Vennik" in rows[0]["passages"][0]["label"]
    assert rows[1]["status"] == "error"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ask", ""), "type a question"),
        (("ask", "\x01\x1b\u202e"), "type a question"),
        (("search", " "), "nothing to search for"),
        (("search", "--batch", "q.jsonl"), "two files"),
        (("batch", "nowhere.jsonl", "out.jsonl"), "nowhere.jsonl"),
        (("ask",), "Missing argument"),
        (("index", "rollback", "../../etc"), "../../etc"),
        (("index", "verify", "nothing"), "nothing"),
    ],
)
def test_wrong_usage_is_exit_2_with_a_message(
    arguments: tuple[str, ...], said: str, index: Path
) -> None:
    done = run(*arguments, index=index)
    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_ingest_reports_every_file_and_goes_on_after_a_bad_one(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "good.txt").write_text("Link workers were valued by patients. Waits were short.\n")
    (folder / "empty.txt").write_text("")
    (folder / "binary.bin").write_bytes(bytes(range(256)) * 4)
    index = tmp_path / "index"
    done = run("ingest", str(folder), str(tmp_path / "missing"), "--json", index=index)
    rows = {row["path"]: row for row in document(done)["files"]}
    assert done.returncode == 1, done.stderr
    assert rows["library/good.txt"]["outcome"] == "added"
    assert rows["library/empty.txt"]["outcome"] == "failed"
    assert rows["library/binary.bin"]["outcome"] == "failed"
    assert sum("missing" in path for path in rows) == 1
    assert all(row["reason"] for row in rows.values() if row["outcome"] == "failed")
    again = run("ingest", str(folder / "good.txt"), "--json", index=index)
    assert [row["outcome"] for row in document(again)["files"]] == ["unchanged"]
    assert again.returncode == 0


def test_ingest_of_nothing_usable_is_exit_2(tmp_path: Path) -> None:
    done = run("ingest", str(tmp_path / "missing"), index=tmp_path / "index")
    assert done.returncode == 2
    assert "does not exist" in done.stdout + done.stderr


def test_generations_are_listed_verified_and_rolled_back(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    index = tmp_path / "index"
    (folder / "a.txt").write_text("Paramedics visited patients at home.\n")
    assert run("ingest", str(folder), index=index).returncode == 0
    (folder / "b.txt").write_text("Pharmacists reviewed medicines.\n")
    assert run("ingest", str(folder), index=index).returncode == 0
    listed = document(run("index", "list", "--json", index=index))["generations"]
    assert [row["current"] for row in listed].count(True) == 1
    older = next(row["name"] for row in listed if not row["current"])
    assert document(run("index", "verify", "--json", index=index))["problems"] == []
    assert run("index", "rollback", older, index=index).returncode == 0
    sources = document(run("sources", "--json", index=index))["sources"]
    assert [source["path"] for source in sources] == ["library/a.txt"]


def test_help_is_quick_and_lists_the_commands() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "ragbot.cli", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
    )
    for command in ("ingest", "ask", "search", "batch", "sources", "serve", "eval", "index"):
        assert command in done.stdout
    assert " torch" not in done.stderr
    assert " gradio" not in done.stderr
