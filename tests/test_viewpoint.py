"""Whose view is asked for, and sources that speak of nobody like them."""

from __future__ import annotations

import time

import pytest

from ragbot.assistant import NOT_STATED, Assistant
from ragbot.viewpoint import asked, speaks_of


@pytest.mark.parametrize(
    ("question", "group"),
    [
        ("What did receptionists make of it?", "receptionist"),
        ("what did reception staff in Leeds think of the forms", "reception"),
        ("nurses' own views on pay", "nurse"),
        ("Did the Danish patients worry about privacy?", "patient"),
        ("how do link workers feel about it", "link worker"),
        ("what do GPs think", None),
        ("What do patıents think?", None),  # no letter of ours
        ("how many nurses took part", None),
        ("what is a pharmacist paid", None),
        ("", None),
    ],
)
def test_whose_view_is_asked_for(question: str, group: str | None) -> None:
    assert asked(question) == group


def test_a_text_speaks_of_a_group_in_its_own_words() -> None:
    assert speaks_of("receptionist", "The front desk was busy.")
    assert speaks_of("parent", "Mothers were asked.")
    assert speaks_of("physio", "First contact practitioners were asked.")
    assert not speaks_of("receptionist", "GPs were asked.")


def test_the_view_of_those_a_source_never_speaks_of_is_not_in_it(assistant: Assistant) -> None:
    silent = assistant.ask("receptionists' take on operational failures in gp surgeries?")
    assert (silent.status, silent.support) == ("not_in_sources", NOT_STATED)
    assert assistant.ask("What did GPs in Norway make of them?").status == "answered"


def test_a_long_question_is_read_quickly() -> None:
    began = time.perf_counter()
    for word in ("what did ", "what did the nurse ", "did any "):
        asked(word * (2000 // len(word)))
    assert time.perf_counter() - began < 0.2
