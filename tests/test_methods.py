"""Terms of research method: asked about, and spoken of."""

from __future__ import annotations

import time

import pytest

from ragbot.assistant import NOT_STATED, Assistant
from ragbot.methods import asks_for_method, speaks_of_method


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("any conflicts of interest in it?", True),
        ("did they reach data saturation", True),
        ("did it have ethical approval", True),
        ("is it ethical to record calls", False),
        ("what was his oxygen saturation", False),
        ("was there a control group", True),
        ("were the assessors blinded", True),
        ("my neighbour is blind", False),
        ("were the interviews recorded", True),
        ("what theory did they use", True),
        ("what is your theory", False),
        ("is it cost-effective", True),
        ("what was the p-value", True),
        ("", False),
    ],
)
def test_a_term_of_method_is_asked_about(question: str, asked: bool) -> None:
    assert asks_for_method(question) is asked


def test_every_term_of_a_question_must_be_spoken_of() -> None:
    question = "were the interviews recorded, and was there a control group?"
    assert speaks_of_method("Taped talks were compared with usual care.", question)
    assert not speaks_of_method("Taped talks were analysed.", question)


def test_what_a_study_says_of_its_method_is_not_taken_for_a_term_it_lacks(
    assistant: Assistant,
) -> None:
    silent = assistant.ask("did they reach data saturation in the operational failures study?")
    assert (silent.status, silent.support) == ("not_in_sources", NOT_STATED)


def test_a_long_question_is_read_quickly() -> None:
    began = time.perf_counter()
    for word in ("interviews ", "what theory ", "a theory", "the study "):
        asks_for_method(word * (2000 // len(word)))
    assert time.perf_counter() - began < 0.2
