"""Comparing runs: what got better and worse, the gate, and the words for it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.cli import main
from eval.compare import compare, load_run
from eval.errors import EvalError
from eval.session import Opened
from tests.test_eval_support import PERFECT, RECORDS, FakeEngine, write_cases


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Twenty copies of the first case, each with a question of its own."""
    records = [{**RECORDS[0], "id": f"m{n}", "question": f"How many GPs, {n}?"} for n in range(20)]
    return write_cases(tmp_path / "many.jsonl", records)


def ran(cases: Path, out: Path, right: int, broken: int = 0) -> Path:
    table = {f"How many GPs, {n}?": PERFECT["How many GPs?"] for n in range(right)}
    engine = FakeEngine(table, broken=[f"How many GPs, {n}?" for n in range(broken)])
    main([str(cases), "--out", str(out)], opener=lambda options: Opened(engine, None))
    return out


def test_a_regression_closes_the_gate(many, tmp_path, capsys):
    good, bad = ran(many, tmp_path / "good", 20), ran(many, tmp_path / "bad", 10)
    capsys.readouterr()
    assert main(["compare", str(good), str(bad)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("Worse: ")
    assert "Needed passages quoted −0.500" in said
    assert "REGRESSED" in said
    assert "m10 1.00 → 0.00 (answered: Adams et al. → not_in_sources)" in said
    assert main(["compare", str(bad), str(good)]) == 0
    assert capsys.readouterr().out.startswith("Better: ")
    assert main(["compare", str(good), str(good)]) == 0
    assert capsys.readouterr().out.startswith("No difference")


def test_the_margin(many, tmp_path):
    good, bad = ran(many, tmp_path / "good", 20), ran(many, tmp_path / "bad", 12)
    assert main(["compare", str(good), str(bad), "--margin", "0.5"]) == 0
    assert main(["compare", str(good), str(bad), "--margin", "0.3"]) == 1
    assert main(["compare", str(good), str(bad), "--metric", "quote_exact"]) == 0
    assert main(["compare", str(good), str(bad), "--metric", "beauty"]) == 2


def test_figures_by_hand(many, tmp_path):
    first, second = ran(many, tmp_path / "a", 20), ran(many, tmp_path / "b", 15)
    result = compare(load_run(first), load_run(second), metrics=["quote_recall"])
    (found,) = result.differences
    assert (found.a, found.b, found.n) == (1.0, 0.75, 20)
    assert found.worse == tuple(f"m{n}" for n in range(15, 20))
    assert found.better == ()
    assert found.low < -0.25 < found.high <= 0
    # All five signs must agree: 2 × (1/2)^5 = 0.0625
    assert found.p == pytest.approx(0.0625, abs=0.01)
    assert result.changed_inputs == ()


def test_one_lost_question_is_not_a_regression_by_itself(many, tmp_path):
    first, second = ran(many, tmp_path / "a", 20), ran(many, tmp_path / "b", 19)
    result = compare(load_run(first), load_run(second), margin=0.02)
    assert not result.regressed  # 0.05 worse, but the interval reaches 0
    assert "could be told from chance" in result.verdict


def test_new_failures_close_the_gate(many, tmp_path):
    first, second = ran(many, tmp_path / "a", 20), ran(many, tmp_path / "b", 20, broken=1)
    result = compare(load_run(first), load_run(second))
    assert result.newly_failed == ("m0",)
    assert result.regressed
    assert result.differences[0].n == 19


def test_what_cannot_be_compared(many, tmp_path):
    done = ran(many, tmp_path / "a", 20)
    with pytest.raises(EvalError, match="holds no finished run"):
        load_run(tmp_path / "none")
    with pytest.raises(EvalError, match="has no system textbook"):
        load_run(done, "textbook")
    other = write_cases(tmp_path / "other.jsonl")
    with pytest.raises(EvalError, match="no question in common"):
        compare(load_run(done), load_run(ran(other, tmp_path / "b", 0)))


def test_a_lower_false_refusal_is_better(many, tmp_path):
    first, second = ran(many, tmp_path / "a", 10), ran(many, tmp_path / "b", 20)
    result = compare(load_run(first), load_run(second), metrics=["false_refusal"])
    assert result.differences[0].change == -0.5
    assert len(result.differences[0].better) == 10
    assert result.verdict.startswith("Better: Answerable refused −0.500")


def test_a_committed_baseline_needs_no_answers(many, tmp_path, capsys):
    first, second = ran(many, tmp_path / "a", 20), ran(many, tmp_path / "b", 10)
    (first / "answers.jsonl").unlink()
    assert main(["compare", str(first), str(second)]) == 1
    assert "(answer not kept → not_in_sources): How many GPs, 10?" in capsys.readouterr().out


def test_manifests_of_runs_are_complete(many, tmp_path):
    out = ran(many, tmp_path / "a", 1)
    assert json.loads((out / "manifest.json").read_text())["complete"] is True
