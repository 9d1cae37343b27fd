"""A whole run with a fake engine: files, resume, failures, repeats, and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval import manifest
from eval.cli import main
from eval.errors import EvalError
from eval.metrics import Reply
from eval.run import run
from eval.session import Opened, Options, open_session
from eval.store import ANSWERS, MANIFEST, METRICS, RunFiles
from eval.summary import block, risk_curve
from eval.systems import AssistantSystem, Outcome
from tests.test_eval_support import (
    CASES,
    EVERYTHING,
    LIBRARY,
    PERFECT,
    RECORDS,
    FakeEngine,
    write_cases,
)


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    return write_cases(tmp_path / "cases.jsonl")


def command(engine: FakeEngine, *args: object) -> int:
    return main([str(arg) for arg in args], opener=lambda options: Opened(engine, None))


def metrics(out: Path) -> dict:
    return json.loads((out / METRICS).read_text())["systems"]["ragbot"]


def test_a_run_writes_everything_and_scores_one(cases, tmp_path, capsys):
    out = tmp_path / "out"
    assert command(FakeEngine(), cases, "--out", out) == 0
    names = {path.name for path in out.iterdir()}
    assert names == {
        "answers.jsonl",
        "timings.jsonl",
        "manifest.json",
        "metrics.json",
        "scores.jsonl",
        "summary.md",
        "report.html",
    }
    found = metrics(out)["all"]
    assert (found["n_cases"], found["n_failed"], found["n_without_gold"]) == (6, 0, 1)
    for name in ("right_source", "quote_recall", "fact_recall", "fully_right", "auroc"):
        assert found["metrics"][name]["mean"] == 1.0, name
    assert found["metrics"]["quote_recall"]["n"] == 3
    assert found["metrics"]["refusal_recall"]["n"] == 2
    assert found["metrics"]["forbidden_claim"]["mean"] == 0.0
    assert metrics(out)["latency_ms"]["retrieve"] == {"p50": 1.5, "p95": 1.5, "n": 6}
    printed = capsys.readouterr()
    assert "Needed passages quoted" in printed.out
    assert "ragbot: 6 of 6" in printed.err
    assert "1 have no gold" in (out / "summary.md").read_text()


def test_a_rerun_gives_the_same_bytes(cases, tmp_path):
    for name in ("a", "b"):
        command(FakeEngine(), cases, "--out", tmp_path / name)
    assert (tmp_path / "a" / ANSWERS).read_bytes() == (tmp_path / "b" / ANSWERS).read_bytes()
    one, other = metrics(tmp_path / "a"), metrics(tmp_path / "b")
    assert one.pop("latency_ms") and other.pop("latency_ms")
    assert one == other
    assert b"timings" not in (tmp_path / "a" / ANSWERS).read_bytes()


def test_resumes_after_an_interrupt_without_asking_twice(cases, tmp_path, capsys):
    out = tmp_path / "out"
    first = FakeEngine(interrupt_at=3)
    assert command(first, cases, "--out", out) == 130
    assert "the same command goes on" in capsys.readouterr().err
    second = FakeEngine()
    assert command(second, cases, "--out", out) == 0
    assert first.asked + second.asked == [case.question for case in CASES]
    whole = tmp_path / "whole"
    command(FakeEngine(), cases, "--out", whole)
    assert (out / ANSWERS).read_bytes() == (whole / ANSWERS).read_bytes()


def test_a_line_torn_by_an_interrupt_is_asked_again(cases, tmp_path):
    out = tmp_path / "out"
    command(FakeEngine(interrupt_at=3), cases, "--out", out)
    with (out / ANSWERS).open("a") as file:
        file.write('{"id": "t4", "sys')
    again = FakeEngine()
    assert command(again, cases, "--out", out) == 0
    assert len(again.asked) == 3
    assert [r["id"] for r in RunFiles(out).read_rows(ANSWERS)] == [c.id for c in CASES]


def test_a_complete_run_is_redone_unless_told_otherwise(cases, tmp_path):
    out = tmp_path / "out"
    for args, asked in (((), 6), ((), 6), (("--resume",), 0), (("--fresh",), 6)):
        engine = FakeEngine()
        assert command(engine, cases, "--out", out, *args) == 0
        assert len(engine.asked) == asked


def test_refuses_to_mix_two_runs(cases, tmp_path, capsys):
    out = tmp_path / "out"
    command(FakeEngine(interrupt_at=2), cases, "--out", out)
    write_cases(cases, RECORDS[:4])
    assert command(FakeEngine(), cases, "--out", out) == 2
    said = capsys.readouterr().err
    assert "cases.sha256" in said
    assert "--fresh" in said
    assert command(FakeEngine(), cases, "--out", out, "--fresh") == 0
    (out / MANIFEST).unlink()
    assert command(FakeEngine(), cases, "--out", out) == 2


def test_failures_are_counted_apart(cases, tmp_path, capsys):
    out = tmp_path / "out"
    broken = FakeEngine(broken=["How many GPs?", "What does it cost?"])
    assert command(broken, cases, "--out", out) == 1
    assert "2 of 6 failed; first t1: RuntimeError: the engine broke" in capsys.readouterr().err
    found = metrics(out)["all"]
    recall = found["metrics"]["quote_recall"]
    assert (recall["mean"], recall["n"], recall["failed"]) == (1.0, 2, 1)
    refusals = found["metrics"]["refusal_recall"]
    assert (refusals["mean"], refusals["n"], refusals["failed"]) == (1.0, 1, 1)
    # going on asks again what failed, and only that
    whole = FakeEngine()
    assert command(whole, cases, "--out", out, "--resume") == 0
    assert whole.asked == ["How many GPs?", "What does it cost?"]
    assert metrics(out)["all"]["metrics"]["quote_recall"]["n"] == 3


def test_everything_failed(cases, tmp_path):
    out = tmp_path / "out"
    assert command(FakeEngine(broken=[c.question for c in CASES]), cases, "--out", out) == 1
    recall = metrics(out)["all"]["metrics"]["quote_recall"]
    assert recall == {"mean": None, "low": None, "high": None, "n": 0, "failed": 3}


def test_dumping_and_refusing_score_low(cases, tmp_path):
    dump, refuse = tmp_path / "dump", tmp_path / "refuse"
    command(FakeEngine({c.question: EVERYTHING for c in CASES}), cases, "--out", dump)
    command(FakeEngine({}), cases, "--out", refuse)
    assert metrics(dump)["all"]["metrics"]["fully_right"]["mean"] == 0.0
    assert metrics(dump)["all"]["metrics"]["refusal_recall"]["mean"] == 0.0
    assert metrics(refuse)["all"]["metrics"]["complete"]["mean"] == 0.0
    assert metrics(refuse)["all"]["metrics"]["false_refusal"]["mean"] == 1.0
    assert "citation_precision" not in metrics(refuse)["all"]["metrics"]


def test_choosing_cases(cases, tmp_path, capsys):
    engine = FakeEngine()
    command(engine, cases, "--out", tmp_path / "a", "--type", "direct,comment", "--limit", 1)
    assert engine.asked == ["How many GPs?"]
    assert command(FakeEngine(), cases, "--out", tmp_path / "b", "--type", "nothing") == 2
    assert "Types in the file: comment, direct" in capsys.readouterr().err


def test_repeats_report_the_spread(cases, tmp_path):
    class Moody(FakeEngine):
        def ask(self, question, history=()):
            found = super().ask(question, history)
            if question == "How many GPs?" and self.asked.count(question) == 2:
                return super().ask("Who won the cup?")
            return found

    out = tmp_path / "out"
    command(Moody(), cases, "--out", out, "--repeats", 2)
    spread = metrics(out)["spread"]["quote_recall"]
    assert (spread["low"], spread["high"], spread["repeats"]) == (round(2 / 3, 6), 1.0, 2)
    recall = metrics(out)["all"]["metrics"]["quote_recall"]
    assert recall["n"] == 3  # questions, not answers
    assert recall["mean"] == pytest.approx((0.5 + 1 + 1) / 3, abs=1e-5)


def test_wrong_usage(cases, tmp_path, capsys):
    assert command(FakeEngine(), cases) == 2
    assert "--out" in capsys.readouterr().err
    assert command(FakeEngine(), cases, "--out", tmp_path / "o", "--split", "train") == 2
    assert command(FakeEngine(), tmp_path / "none.jsonl", "--out", tmp_path / "o") == 2
    assert "cannot be read" in capsys.readouterr().err
    assert command(FakeEngine(), cases, "--out", tmp_path / "o", "--baseline", "magic") == 2
    assert "There is no baseline magic" in capsys.readouterr().err
    assert command(FakeEngine(), cases, "--out", cases) == 2
    assert command(FakeEngine(), "--help") == 0
    assert "compare" in capsys.readouterr().out


def test_wrong_gold_stops_a_run_before_it_begins(cases, tmp_path, capsys):
    records = json.loads(json.dumps(RECORDS))
    records[0]["gold"][0]["path"] = "library/gone.txt"
    write_cases(cases, records)
    engine = FakeEngine()
    assert command(engine, cases, "--out", tmp_path / "out") == 2
    assert "line 1, gold[0].path: library/gone.txt is not in the library" in capsys.readouterr().err
    assert engine.asked == []
    assert not (tmp_path / "out").exists()


def test_parallel_systems_keep_the_order(tmp_path):
    class Slow:
        name, parallel = "slow", 3

        def __init__(self):
            self.inner = AssistantSystem(FakeEngine(), name="slow")

        def answer(self, case) -> Outcome:
            return self.inner.answer(case)

    files = RunFiles(tmp_path)
    run(CASES, [Slow()], files)
    assert [row["id"] for row in files.read_rows(ANSWERS)] == [case.id for case in CASES]


def test_support_that_is_missing_is_said():
    engine = FakeEngine(PERFECT)
    from eval.evaluate import score_all

    replies = []
    for case in CASES:
        record = dict(AssistantSystem(engine).answer(case).answer)
        if case.id == "t5":
            record["support"] = None
        replies.append(Reply(case.id, "ragbot", 1, record))
    scored = score_all(CASES, replies, LIBRARY)
    found = block(scored, seed=0)["metrics"]["auroc"]
    assert (found["mean"], found["n"], found["without_support"]) == (1.0, 4, 1)
    coverage, risk = risk_curve(scored)
    assert coverage == pytest.approx([1 / 4, 2 / 4, 3 / 4])
    assert risk == [0.0, 0.0, 0.0]


def test_manifest_names_what_changed(cases):
    def describe(seed: int, generation: str):
        return manifest.describe(
            case_file=cases,
            cases=CASES,
            systems=["ragbot"],
            repeats=1,
            seed=seed,
            settings=None,
            generation=generation,
        )

    one, other = describe(1, "g1"), describe(2, "g2")
    assert manifest.differences(one, one) == []
    assert manifest.differences(one, other) == ["index.generation", "seed"]
    assert one["inputs"]["packages"]["numpy"]


def test_the_session_reads_texts_from_disk_where_they_are_the_ingested_ones(cases, tmp_path):
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "page.txt").write_text("another text")
    options = Options(cases, tmp_path / "out", files=folder)
    with open_session(options, opener=lambda o: Opened(FakeEngine(), None)) as session:
        assert session.library.texts == LIBRARY.texts  # its hash differs: the index's text stands
        assert session.library.read_from_disk == frozenset()


def test_a_damaged_answers_file_is_said(tmp_path):
    files = RunFiles(tmp_path)
    (tmp_path / ANSWERS).write_text("{]\n")
    with pytest.raises(EvalError, match="is damaged"):
        files.replies()
