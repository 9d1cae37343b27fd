"""Case files: what is right is read, and what is wrong is named with its line and field."""

from __future__ import annotations

import json
import time
from collections import Counter
from pathlib import Path

import pytest

from eval.case import select, split_of
from eval.casefile import check_gold, load, read
from eval.errors import CaseFileError, EvalError
from eval.textmatch import contains
from ragbot.resources import folder
from tests.test_eval_support import CASES, RECORDS, TEXTS, write_cases

FOLDER = Path(__file__).parent.parent / "eval" / "cases"
SHIPPED = FOLDER / "primary_care.jsonl"


def problems(tmp_path: Path, *lines: str | bytes) -> list[str]:
    path = tmp_path / "cases.jsonl"
    data = [line if isinstance(line, bytes) else line.encode() for line in lines]
    path.write_bytes(b"\n".join(data))
    return [str(problem) for problem in read(path)[1]]


def test_reads_what_it_was_given(tmp_path):
    lines = load(write_cases(tmp_path / "cases.jsonl"))
    assert tuple(line.case for line in lines) == CASES
    assert [line.number for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [case.answerable for case in CASES] == [True, True, True, False, False, None]
    assert check_gold(lines, TEXTS) == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "line 2: not JSON: "),
        ("[1]", "line 2: not a JSON object"),
        (b'{"id": "\xff"}', "line 2: not UTF-8 (byte 8)"),
        ("[" * 100_000, "line 2: not JSON"),
        ('{"question": "q"}', "line 2, id: is missing"),
        ('{"id": "x"}', "line 2, question: is missing"),
        ('{"id": "x", "question": ""}', "line 2, question: is empty"),
        ('{"id": "x", "question": "  "}', "line 2, question: is blank"),
        ('{"id": 1, "question": "q"}', "line 2, id: is not text"),
        ('{"id": "x y", "question": "q"}', "line 2, id: holds white space"),
        ('{"id": "a", "question": "q"}', "line 2, id: 'a' is already used in line 1"),
        ('{"id": "x", "question": "q", "answer": 1}', "line 2: Additional properties"),
        ('{"id": "x", "question": "q", "gold": {}}', "line 2, gold: is not a list"),
        ('{"id": "x", "question": "q", "facts": [[]]}', "line 2, facts[0]: is empty"),
        ('{"id": "x", "question": "q", "facts": ["a"]}', "line 2, facts[0]: is not a list"),
        (
            '{"id": "x", "question": "q", "gold": [{"path": "p", "start": 0, "end": 1}]}',
            "line 2, gold[0].quote: is missing",
        ),
        (
            '{"id": "x", "question": "q", "gold": [{"path": "p", "start": 0, "end": 5, '
            '"quote": "abc"}]}',
            "line 2, gold[0].end: end - start is not the quote's length, 3",
        ),
        (
            '{"id": "x", "question": "q", "history": [{"role": "system", "content": "c"}]}',
            "line 2, history[0].role: ",
        ),
        (
            '{"id": "x", "question": "q", "answerable": true, "gold": []}',
            "line 2, answerable: is true, but gold is []",
        ),
    ],
)
def test_names_line_and_field(tmp_path, line, said):
    found = problems(tmp_path, '{"id": "a", "question": "q"}', line)
    assert len(found) == 1
    assert found[0].startswith(said)


def test_finds_every_problem_in_one_pass(tmp_path):
    found = problems(tmp_path, "{", '{"id": "a"}', "", '{"question": "q", "type": 3}')
    assert [line.split(":")[0] for line in found] == [
        "line 1",
        "line 2, question",
        "line 4, id",
        "line 4, type",
    ]


def test_empty_files_and_no_files(tmp_path):
    assert problems(tmp_path, "") == ["file: there is no case in it"]
    with pytest.raises(EvalError, match="cannot be read"):
        load(tmp_path / "none.jsonl")
    with pytest.raises(EvalError, match="cannot be read"):
        load(tmp_path)


@pytest.mark.slow
def test_a_hundred_thousand_lines(tmp_path):
    path = tmp_path / "many.jsonl"
    with path.open("w") as file:
        for number in range(100_000):
            file.write(f'{{"id": "c{number % 99_999}", "question": "q", "gold": []}}\n')
    began = time.process_time()
    with pytest.raises(CaseFileError, match="1 problem\n  line 100000, id: 'c0' is already"):
        load(path)
    assert time.process_time() - began < 120


def test_many_problems_are_counted_not_listed(tmp_path):
    path = tmp_path / "bad.jsonl"
    path.write_text("{\n" * 5000)
    with pytest.raises(CaseFileError) as caught:
        load(path)
    assert "5000 problems" in str(caught.value)
    assert "and 4980 more" in str(caught.value)


def test_gold_that_is_not_in_the_source(tmp_path):
    records = json.loads(json.dumps(RECORDS[:3]))
    records[0]["gold"][0]["quote"] = "We interviewed 99 GPs."
    records[1]["gold"][0]["alternatives"][0]["path"] = "library/none.txt"
    records[2]["gold"][0]["start"] -= 1
    records[2]["gold"][0]["end"] -= 1
    lines = load(write_cases(tmp_path / "cases.jsonl", records))
    found = [str(problem) for problem in check_gold(lines, TEXTS)]
    assert found[0].startswith("line 1, gold[0].quote: does not stand in library/study.txt")
    assert found[1] == (
        "line 2, gold[0].alternatives[0].path: library/none.txt is not in the library"
    )
    assert found[2].startswith("line 3, gold[0].start: is ")


def test_the_split_never_changes():
    first = [split_of(f"pc-{n:03d}") for n in range(1, 6)]
    assert first == ["dev", "dev", "test", "dev", "dev"]
    split = Counter(split_of(str(n)) for n in range(10_000))
    assert abs(split["dev"] - 5000) < 200


def test_select():
    assert [case.id for case in select(CASES, types=("direct", "comment"))] == ["t1", "t3"]
    assert len(select(CASES, limit=2)) == 2
    dev, test = select(CASES, split="dev"), select(CASES, split="test")
    assert len(dev) + len(test) == len(CASES)


def seeds():
    return {
        f"seeds/{path.name}": path.read_bytes().decode("utf-8")
        for path in folder("seeds").glob("0*.txt")
    }


def test_the_fresh_writers_cases():
    lines = load(FOLDER / "fresh_writers.jsonl")
    assert check_gold(lines, seeds()) == []
    assert Counter(line.case.answerable for line in lines) == {True: 640, False: 440}


def test_the_shipped_cases():
    lines = load(SHIPPED)
    assert check_gold(lines, seeds()) == []
    cases = [line.case for line in lines]
    assert len(cases) >= 250
    assert sum(case.answerable is False for case in cases) >= 50
    for split in ("dev", "test"):
        assert {case.type for case in cases if case.split == split} == {c.type for c in cases}
    for case in cases:
        if case.answerable:
            quotes = " ".join(part.quote for gold in case.gold for part in gold.ranges)
            assert case.facts
            for wordings in case.facts:
                assert any(contains(quotes, wording) for wording in wordings), case.id
            for wording in case.forbidden:
                assert not contains(quotes, wording, whole_words=True), (case.id, wording)
