"""Several questions in one breath: where they are parted, and what becomes of them."""

from __future__ import annotations

import re

import pytest

from ragbot import compose
from ragbot.assistant import STATED, Assistant
from ragbot.clauses import clauses
from ragbot.together import parted


def _named(text: str) -> frozenset[str]:
    return frozenset(name for name in ("adams", "brown") if name in text.lower())


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        ("how many nurses took part and who wrote it?", 2),
        ("Did it help? And who paid for it?", 2),
        ("do nurses like it n who wrote the paper", 2),
        ("who pays for it? how long does it last?", 2),
        ("Who did they ask, what did they say and where was it?", 1),  # the last asks of the rest
        ("when and where was it done", 1),
        ("how many nurses and how many doctors were asked?", 1),
        ("which studies, and how?", 1),
        ("what is and is not in scope", 1),
        ("who wrote it? thanks", 1),
        ("is it safe? is it cheap? is it kind? is it new?", 1),  # too many: taken as it is
        ("", 1),
    ],
)
def test_only_what_asks_twice_is_parted(question: str, parts: int) -> None:
    found = clauses(question)
    assert len(found) == parts
    assert all(part in question for part in found)
    if parts == 1:
        assert found == (question,)


def test_only_a_fact_of_a_source_beside_its_words_is_answered_by_itself() -> None:
    assert len(parted("how many nurses took part and who wrote it?", _named)) == 2
    assert len(parted("how many nurses took part and how did they feel?", _named)) == 1
    assert len(parted("who wrote it and who funded it?", _named)) == 1


def test_questions_to_a_source_each_are_parted() -> None:
    assert len(parted("how many nurses did Adams ask and what did Brown find?", _named)) == 2
    assert len(parted("how many nurses did Adams ask and what did Adams find?", _named)) == 1
    assert len(parted("how many nurses did Adams ask and what did they say?", _named)) == 1
    assert len(parted("what does the report say and what do the readers say?", _named)) == 2
    assert len(parted("what did Adams find about pay and what did Brown find?", _named)) == 1
    assert len(parted("what did Adams find about pay? does Brown agree about pay?", _named)) == 1
    assert len(parted("what did Adams say on pay and what did Brown 2019 find?", _named)) == 1
    both = "what did Adams find about same-day visits and what did Brown find about phones?"
    assert len(parted(both, _named)) == 2
    assert len(parted("where were Adams and Brown and what did Brown find?", _named)) == 1


def test_what_one_source_says_does_not_stand_for_the_other(assistant: Assistant) -> None:
    question = (
        "how many gps did Sinnott interview and what did the norwegian study find about demand"
    )
    answer = assistant.ask(question)
    assert answer.citations[0].label == "Sinnott et al., 2020"
    assert {c.label for c in answer.citations} == {"Sinnott et al., 2020", "Fagerlund et al., 2019"}
    assert "interview" in answer.citations[0].quote


def test_both_are_answered_and_numbered_through(assistant: Assistant) -> None:
    alone = assistant.ask("how many parents took part in the glue ear study")
    both = assistant.ask("how many parents took part in the glue ear study and who wrote it")
    assert "14 parents" in both.text
    assert "Jane Vennik" in both.text
    assert both.citations[0].quote == alone.citations[0].quote
    assert [c.n for c in both.citations] == [*range(1, len(both.citations) + 1)]
    marks = [int(n) for n in re.findall(r"(?<=” )\[(\d+)\]$", both.text, re.MULTILINE)]
    assert marks == [c.n for c in both.citations]
    assert [n for s in both.sentences for n in s.citations] == marks
    assert both.support == STATED
    assert both.note == ""


def test_the_part_that_nothing_answers_is_named(assistant: Assistant) -> None:
    answer = assistant.ask("how many GPs did Sinnott interview and who funded it?")
    assert answer.status == "answered"
    assert "21" in answer.text
    assert "“who funded it?” is not answered" in answer.note
    assert "does not give the funder" in answer.note


def test_an_answer_that_adds_nothing_leaves_no_trace() -> None:
    assert compose.joined([compose.NOTHING, compose.NOTHING]) == compose.NOTHING
