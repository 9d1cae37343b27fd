"""Subjects that a question names, and sources that never speak of them."""

from __future__ import annotations

import time

import pytest

from ragbot.assistant import NOT_STATED, Assistant
from ragbot.subjects import asked, speaks_of


@pytest.mark.parametrize(
    ("question", "of"),
    [
        ("are physios happier than paramedics?", {"physio", "paramedic"}),
        ("do folk mind a Paramedic at the door", {"paramedic"}),
        ("As a practice nurse I wonder who pays dietitians", {"dietitian"}),
        ("I'm a newly hired pharmacist, who pays?", set()),
        ("our new physio sits in a cupboard. Who pays?", set()),
        ("we've just hired a paramedic. Who pays?", set()),
        ("The receptionist reckons it is slow. Is it?", set()),
        ("what do GPs and managers think", set()),
        ("do nurses and paramedics bother", {"nurse", "paramedic"}),
        ("who covers indemnity for FCPs", {"fcp", "indemnity"}),
        ("what do people with diabetes make of out-of-hours calls", {"diabetes", "out of hours"}),
        ("is it a social prescription scheme", set()),
        ("can they sign fit notes", {"fit note"}),
        ("who besides pharmacists joined", set()),
        ("apart from vaccination, what is new", set()),
        ("I work in reception: how do I cope", set()),
        ("nurse here, how do I cope", set()),
        ("I've got diabetes, how do I see my records?", set()),
        ("what was the reception of the contract", set()),
        ("is there anxiety about the contract", set()),
        ("what are the admission criteria of the course", set()),
        ("", set()),
    ],
)
def test_what_a_question_names(question: str, of: set[str]) -> None:
    assert set(asked(question)) == of


def test_a_text_speaks_of_a_subject_in_its_own_words() -> None:
    assert speaks_of("paramedic", "An ambulance was called.")
    assert speaks_of("diabetes", "HbA1c fell.")
    assert speaks_of("commissioner", "CCGs were asked.")
    assert not speaks_of("vat", "It was a private venture.")
    assert not speaks_of("dentist", "Students were asked.")
    assert not speaks_of("stroke", "It was an essential initiative.")


def test_what_is_asked_of_staff_is_answered_by_a_source_that_speaks_of_them(
    assistant: Assistant,
) -> None:
    silent = assistant.ask("what extra strain do operational failures put on paramedics?")
    assert (silent.status, silent.support) == ("not_in_sources", NOT_STATED)
    assert assistant.ask("what strain do operational failures put on GPs?").status == "answered"


def test_a_long_question_is_read_quickly() -> None:
    began = time.perf_counter()
    for word in ("our ", "nurse ", "i am a ", "as a-", "doctors , ", "on call "):
        asked(word * (2000 // len(word)))
    assert time.perf_counter() - began < 0.2
