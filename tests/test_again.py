"""The question before, put to another source."""

from __future__ import annotations

import pytest

from ragbot.again import same_of_another

NAMES = {"adeyemi", "brown", "leeds"}


def named(text: str) -> bool:
    return any(name in text.lower() for name in NAMES)


@pytest.mark.parametrize(
    ("before", "question", "asked"),
    [
        (
            "How many GPs were in the Leeds study?",
            "and in the glue ear one?",
            "How many GPs were in the glue ear study?",
        ),
        ("who funded the Leeds study?", "what about Brown", "who funded Brown?"),
        ("what did Adeyemi find on pay?", "and Brown?", "what did Brown find on pay?"),
        ("what did Adeyemi et al find?", "same for Brown 2021", "what did Brown 2021 et al find?"),
        (
            "Do patients like it?",
            "how about the hearing aid trial, too?",
            "Do patients like it (the hearing aid trial)?",
        ),
        (
            "Did the Leeds study or the Hull study last longer?",
            "and the asthma one",
            "Did the Leeds study or the Hull study last longer (the asthma study)?",
        ),
    ],
)
def test_it_is_asked_again(before: str, question: str, asked: str) -> None:
    assert same_of_another(question, before, named) == asked


@pytest.mark.parametrize(
    "question",
    [
        "and is it in the Brown one?",  # asks something of its own
        "and for nurses?",
        "what about pay in Leeds practices?",
        "and the other one?",
        "and the first study?",
        "what did the glue ear study find?",
        "the glue ear study",
        "and?",
        "",
    ],
)
def test_what_asks_something_else_is_left_alone(question: str) -> None:
    assert same_of_another(question, "How many GPs were in the Leeds study?", named) is None
