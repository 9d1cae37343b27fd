"""The real engine under the evaluator: a small library, the baselines, and the same bytes twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.cli import main
from ragbot.config import load_settings
from ragbot.wiring import run_ingest
from tests.test_eval_support import write_cases

TEXT = (
    "Premises and space\n\n"
    "Practices lack rooms for new staff. Landlords ask for long leases. "
    "Many surgeries have turned their libraries into consulting rooms.\n\n"
    "Link workers need a desk and a telephone. They meet patients at home or in cafés.\n"
)


@pytest.mark.slow
def test_the_product_beside_its_baselines(tmp_path: Path):
    folder, index = tmp_path / "library", tmp_path / "index"
    folder.mkdir()
    (folder / "rooms.txt").write_text(TEXT, encoding="utf-8", newline="")
    run_ingest(load_settings(index_dir=index), [folder])
    quote = "Link workers need a desk and a telephone."
    start = TEXT.index(quote)
    place = {"path": "library/rooms.txt", "start": start, "end": start + len(quote)}
    cases = write_cases(
        tmp_path / "cases.jsonl",
        [
            {
                "id": "a",
                "question": "What do link workers need?",
                "gold": [{**place, "quote": quote}],
                "facts": [["a desk"]],
            },
            {"id": "b", "question": "What is the dose of amoxicillin?", "gold": []},
        ],
    )
    answers = []
    for name in ("one", "two"):
        args = [str(cases), "--out", str(tmp_path / name), "--index", str(index)]
        args += ["--files", str(folder), "--baseline", "textbook,bm25,dense"]
        assert main(args) == 0
        answers.append((tmp_path / name / "answers.jsonl").read_bytes())
    assert answers[0] == answers[1]
    systems = json.loads((tmp_path / "one" / "metrics.json").read_text())["systems"]
    assert list(systems) == ["ragbot", "textbook", "bm25", "dense"]
    for system in systems.values():
        assert system["all"]["metrics"]["quote_exact"]["mean"] == 1.0
        assert system["all"]["n_failed"] == 0
    assert systems["textbook"]["all"]["metrics"]["quote_recall"]["mean"] == 1.0
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_text())
    assert manifest["inputs"]["index"]["sources_sha256"].keys() == {"library/rooms.txt"}
    assert main(["compare", str(tmp_path / "one"), str(tmp_path / "two")]) == 0
