"""Spreadsheets in: gold is looked up, and what is wrong is named with its line and column."""

from __future__ import annotations

from pathlib import Path

import pytest

from eval.case import from_json
from eval.casefile import load
from eval.cli import main
from eval.csv_import import import_csv, locate
from eval.errors import CaseFileError, EvalError
from tests.test_eval_support import TEXTS


def imported(tmp_path: Path, text: str | bytes):
    path = tmp_path / "table.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return import_csv(path, TEXTS)


def test_a_table(tmp_path):
    records = imported(
        tmp_path,
        "\ufeffid,type,question,gold,facts,forbidden,answerable\n"
        'q1,direct,How many?,"We  interviewed 21 GPs.",21 GPs | n = 21,30 GPs,\n'
        "q2,,What is wrong?,Premises are short || Staff feel lonely.,premises||lonely,,yes\n"
        ",,What does it cost?,,,,no\n"
        ",,,,,,\n"
        ",,No gold,,,,\n",
    )
    first, second, third, fourth = (from_json(record) for record in records)
    assert first.gold is not None and first.gold[0].ranges[0].quote == "We interviewed 21 GPs."
    assert first.facts == (("21 GPs", "n = 21"),)
    assert first.forbidden == ("30 GPs",)
    assert second.facts == (("premises",), ("lonely",))
    assert second.gold is not None
    assert len(second.gold) == 2
    assert len(second.gold[0].ranges) == 2  # it stands twice: either will do
    assert (third.id, third.gold, third.answerable) == ("row-4", (), False)
    assert (fourth.id, fourth.gold, fourth.answerable) == ("row-6", None, None)


def test_other_separators(tmp_path):
    (record,) = imported(tmp_path, "question;type\nWhy, though?;direct\n")
    assert record == {"id": "row-2", "question": "Why, though?", "type": "direct"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("type\ndirect\n", "line 1: there is no column “question”"),
        ("question,colour\nq,red\n", "line 1: unknown column 'colour'"),
        ("question,gold\nq,Nobody wrote this\n", "line 2, gold: stands in no source"),
        ("question,type\n,direct\n", "line 2, question: is empty"),
        ("question,answerable\nq,perhaps\n", "line 2, answerable: 'perhaps' is neither"),
        ("question\nq,r\n", "line 2: more cells than columns"),
        ("question\n", "there is no row"),
        ("", "there is no column “question”"),
    ],
)
def test_what_is_wrong(tmp_path, text, said):
    with pytest.raises(CaseFileError, match=said.replace("'", ".")):
        imported(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(EvalError, match="not UTF-8"):
        imported(tmp_path, b"question\n\xe9\n")
    with pytest.raises(EvalError, match="cannot be read"):
        import_csv(tmp_path / "none.csv", TEXTS)


def test_typography_is_forgiven():
    texts = {"a": "They said\u00a0‘no’ – twice."}
    (found,) = locate("said 'no' - twice", texts)
    assert found["quote"] == "said\u00a0‘no’ – twice"
    assert locate("", texts) == []


def test_the_commands(tmp_path, capsys):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "a.txt").write_text("Clinics open at nine.", encoding="utf-8")
    table, out = tmp_path / "t.csv", tmp_path / "cases.jsonl"
    table.write_text("question,gold\nWhen?,open at nine\n")
    assert main(["import", str(table), str(out), "--files", str(folder)]) == 0
    assert load(out)[0].case.gold[0].ranges[0].path == "notes/a.txt"
    assert main(["import", str(table), str(out), "--files", str(folder)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["validate", str(out), "--files", str(folder)]) == 0
    assert "1 cases" in capsys.readouterr().out
    (folder / "a.txt").write_text("Clinics open at ten.")
    assert main(["validate", str(out), "--files", str(folder)]) == 2
    assert "line 1, gold[0].quote: does not stand in notes/a.txt" in capsys.readouterr().err
    assert main(["validate", str(out), "--files", str(tmp_path / "none")]) == 2
