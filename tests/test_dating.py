"""Questions for a date, and what answers them."""

from __future__ import annotations

import time

import pytest

from ragbot.assistant import Assistant
from ragbot.dating import asks_for_date, gives_date


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("In which months were they interviewed?", True),
        ("wot yr was it done", True),
        ("by what date must we reply", True),
        ("can you tell me which year it was done", True),
        ("when was it done", False),
        ("which year was busier, 2019 or 2020", False),
        ("what years of experience had they", False),
        ("how do they decide which dates to offer", False),
        ("what year group are the pupils in", False),
        ("how many years did it last", False),
    ],
)
def test_what_is_asked(question: str, asks: bool) -> None:
    assert asks_for_date(question) is asks


@pytest.mark.parametrize(
    ("sentence", "question", "gives"),
    [
        ("Interviews ran from May to July 2019.", "In which months?", True),
        ("Vaccines are given from Sept.", "What month is it from?", True),
        ("Reply by the 20th of the month.", "By what date?", True),
        ("Most leave in the third year.", "In what year do they leave?", True),
        ("Replies may be sent by post.", "By what date?", False),
        ("Interviews were held by telephone.", "In what year were they held?", False),
        ("Funding after 2024 is unsure.", "Which year after 2024 has funding?", False),
    ],
)
def test_what_gives_a_date(sentence: str, question: str, gives: bool) -> None:
    assert gives_date(sentence, question) is gives


def test_what_gives_no_date_is_no_answer_to_which_year(assistant: Assistant) -> None:
    answer = assistant.ask("Which year did the Deep End practices open?")
    assert (answer.status, answer.citations) == ("not_in_sources", ())


def test_a_long_question_is_read_quickly() -> None:
    began = time.perf_counter()
    for word in ("which ", "what year ", "which year group "):
        asks_for_date(word * (2000 // len(word)))
    assert time.perf_counter() - began < 1
