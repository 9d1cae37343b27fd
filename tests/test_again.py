"""The question before, put to another source; and what only looks like it."""

from __future__ import annotations

import time

import pytest

from ragbot.again import same_of_another

NAMES = {"adeyemi", "brown", "brown 2021", "queens trust", "riding"}


def called(text: str) -> bool:
    return text.lower().replace("’", "").replace("'", "").removesuffix("s") in NAMES


@pytest.mark.parametrize(
    ("before", "question", "asked"),
    [
        (
            "How many GPs were in the Leeds study?",
            "and in the glue ear one?",
            "How many GPs were in the glue ear study?",
        ),
        ("who funded the Leeds study?", "what about Brown", "who funded Brown?"),
        ("what did Adeyemi find on pay?", "ok thanks, and Brown?", "what did Brown find on pay?"),
        ("what was Adeyemi's conclusion?", "and Brown's?", "what was Brown's conclusion?"),
        ("what did Adeyemi find?", "and Brown et al please", "what did Brown find?"),
        (
            "what does the Queen’s Trust say?",
            "same for Brown 2021",
            "what does the Brown 2021 say?",
        ),
        (
            "Were the nurses in the Leeds study paid?",
            "and the asthma one?",
            "Were the nurses in the asthma study paid?",
        ),
        (
            "Do patients like it?",
            "how about the hearing aid trial, too?",
            "Do patients like it (the hearing aid trial)?",
        ),
        (
            "Did Adeyemi ask more GPs than Brown?",
            "and the asthma study",
            "Did Adeyemi ask more GPs than Brown (the asthma study)?",
        ),
    ],
)
def test_it_is_asked_again(before: str, question: str, asked: str) -> None:
    assert same_of_another(question, before, called) == asked


@pytest.mark.parametrize(
    "question",
    [
        "and is it in the Brown one?",  # asks something of its own
        "and for nurses?",
        "what about social care?",
        "what about medication review?",
        "and in Norway?",
        "and the other one?",
        "and a third study?",
        "what about your report",
        "and another study?",
        "what did the glue ear study find?",
        "the glue ear study",
        "and one?",
        "and?",
        "",
    ],
)
def test_what_asks_something_else_is_left_alone(question: str) -> None:
    assert same_of_another(question, "How many GPs were in the Leeds study?", called) is None


def test_one_of_something_else_is_no_study() -> None:
    assert same_of_another("what about the new one?", "Which computer do they use?", called) is None
    assert same_of_another("what about the cheap one?", "Which kit do they use?", called) is None


@pytest.mark.parametrize("filler", ["-", "& ", "'-", "and ", "the study "])
def test_long_questions_cost_nothing(filler: str) -> None:
    began = time.perf_counter()
    question = "and " + filler * (2000 // len(filler)) + "!x x x"
    same_of_another(question, question, called)
    same_of_another("and Brown?", question, called)
    assert time.perf_counter() - began < 1
