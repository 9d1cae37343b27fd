"""What letters stand for: told where a source spells them out, and not guessed elsewhere."""

from __future__ import annotations

import pytest

from ragbot import shortforms
from ragbot.assistant import Assistant


@pytest.mark.parametrize(
    ("question", "letters"),
    [
        ("What does CLP stand for?", "CLP"),
        ("wot does pcn stand for", "PCN"),
        ("what do PCNs stand for in the report", "PCN"),
        ("what does the acronym 'AoP' stand for?", "AOP"),
        ("what's QOF short for", "QOF"),
        ("full form of SMR?", "SMR"),
        ("PCN stands for what", "PCN"),
        ("PCN: what is it an abbreviation of", None),
        ("How can practices expand access to care?", None),
        ("Did the expansion of ARRS roles help GPs?", None),
        ("What are practices short of?", None),
        ("full name of the King's Fund?", None),
        ("what does the report say GPs stand for at meetings and why is that a problem", None),
        ("what does it stand for", None),
        ("what is a first contact physio for", None),
        ("what do PCNs do", None),
        ("which practices are short of staff", None),
    ],
)
def test_letters_asked_for(question: str, letters: str | None) -> None:
    assert shortforms.asked(question) == letters


@pytest.mark.parametrize(
    ("sentence", "letters"),
    [
        ("Nine community links practitioners (CLPs) met.", "CLP"),
        ("The QOF (Quality and Outcomes Framework) rose.", "QOF"),
        ("Each PCN (n = 5) is a primary care network (PCN).", "PCN"),
        ("The Quality and Outcomes Framework [QOF] rose.", "QOF"),
        ("PCN stands for primary care network.", "PCN"),
        ("Arts on Prescription (AoP; a Swedish scheme) is new.", "AOP"),
    ],
)
def test_a_sentence_spells_letters_out(sentence: str, letters: str) -> None:
    assert shortforms.spells_out(sentence, letters)


@pytest.mark.parametrize(
    ("sentence", "letters"),
    [
        ("They met often (CLPs).", "CLP"),
        ("The roles (see above) were new.", "SEE"),
        ("Many CLPs met (in Leeds and elsewhere).", "CLP"),
        ("Nine community links practitioners (CLPs) met.", "LP"),
        ("Nothing is in brackets here.", "CLP"),
    ],
)
def test_brackets_alone_spell_nothing_out(sentence: str, letters: str) -> None:
    assert not shortforms.spells_out(sentence, letters)


def test_the_source_is_quoted(assistant: Assistant) -> None:
    answer = assistant.ask("what does CLP stand for")
    assert answer.status == "answered"
    assert "community links practitioners (CLPs)" in answer.citations[0].quote
    assert answer.citations[0].label == "Skivington et al., 2018"


def test_what_no_source_spells_out_is_not_guessed(assistant: Assistant) -> None:
    answer = assistant.ask("What does ARRS stand for?")
    assert answer.status == "not_in_sources"
    assert "says what ARRS stands for" in answer.text
    assert not answer.citations
    assert answer.nearest
