"""Which facts of a record are asked for, told by words; no question here is a training one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from eval.training.asking import BOUND, fit, labelled
from ragbot.asking import CARD, REFERENCE, WHOLE, Asking, features
from ragbot.errors import ModelProblem
from ragbot.resources import folder


@pytest.fixture(scope="module")
def asking() -> Asking:
    return Asking.read(folder("weights"))


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("who penned the shingles paper", "authors"),
        ("authors on the night shift paper", "authors"),
        ("first author, hay fever trial?", "authors"),
        ("which journal printed the back pain study", "journal"),
        ("who forked out for the falls research", "funder"),
        ("vol/issue/pp for the asthma paper", "volume"),
        ("what yr was the asthma paper published", "year"),
    ],
)
def test_a_fact_is_asked_for_in_many_words(asking: Asking, question: str, wanted: str) -> None:
    assert wanted in asking.fields(question)


@pytest.mark.parametrize(
    "question",
    [
        "who pays for the falls clinic",
        "who leads the morning huddle",
        "what year did the scheme begin",
        "how many nurses left",
        "does a journal club help trainees",
        "what did the authors conclude about shingles",
        "whose job is it to ring patients back",
        "which pages of the website mislead",
        "",
        "?!",
    ],
)
def test_what_a_text_says_is_no_fact_of_its_record(asking: Asking, question: str) -> None:
    assert asking.fields(question) == ()


def test_a_whole_reference_is_all_that_one_has() -> None:
    asking = Asking({REFERENCE: {"cite": 3.0}, "year": {}}, {REFERENCE: -1.0, "year": -5.0}, 0.8)
    assert asking.fields("how do I cite it") == WHOLE
    assert asking.fields("is it nice") == ()


def test_features_are_words_and_neighbours() -> None:
    assert features("Who’s in 2019, or 12?") == {
        *("whos", "in", "####", "or", "#"),
        *("^ whos", "whos in", "in ####", "#### or", "or #", "# $"),
    }


def test_weights_of_one_writer_tell_the_questions_of_another() -> None:
    others = [("how many nurses left the practice", frozenset[str]())] * 50
    written = labelled()
    asking = Asking(**fit(written["a"], others))
    told = [(bool(asking.fields(text)), bool(fields)) for text, fields in written["b"]]
    found = sum(one for one, _ in told)
    right = sum(one and wanted for one, wanted in told)
    assert asking.bound == BOUND
    assert found > len(told) // 5
    assert right / found > 0.8


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"words": {}, "constant": {}})])
def test_a_broken_card_is_told(tmp_path: Path, content: str) -> None:
    shutil.copy(folder("weights") / CARD, tmp_path / CARD)
    assert Asking.read(tmp_path).bound == BOUND
    (tmp_path / CARD).write_text(content, encoding="utf-8")
    with pytest.raises(ModelProblem, match="cannot be read"):
        Asking.read(tmp_path)
    (tmp_path / CARD).unlink()
    with pytest.raises(ModelProblem, match="cannot be read"):
        Asking.read(tmp_path)
