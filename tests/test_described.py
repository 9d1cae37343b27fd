"""A study that is described and not named is the one that is meant."""

from __future__ import annotations

import pytest

from ragbot.assistant import Assistant
from ragbot.described import meant, phrases

TEXTS = {
    "a": "Parents and children with glue ear were asked.",
    "b": "Nurses with ear pain were asked in Leeds.",
}


def expansions(word: str) -> tuple[str, ...]:
    return ("nurse",) if word == "gpns" else ()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("What did the glue ear study find?", [["glue", "ear"]]),
        ("how old were they in the survey of nurses", [["nurses"]]),
        ("is there a study on falls in older people", [["falls", "older", "people"]]),
        ("what was the aim of the study", []),
        ("What was the main conclusion of the research?", []),
        ("the number of patients in the trial", []),
        ("What did patients think about the booking service in the study?", []),
        ("what do they want from research on supervision", []),
        ("the two pilot studies", []),
        ("what did the same study say of pay", []),
        ("do nurses study more than GPs", []),
        ("glue ear research, what dates?", [["glue", "ear"]]),
        ("summarise glue ear study", [["glue", "ear"]]),
        ("in the glue ear one how old were they", [["glue", "ear"]]),
        ("what did the national survey of nurses paper find", [["nurses"]]),
        ("Where was the care at home interview study?", [["care", "home"]]),
        ("any research on glue ear", []),
        ("how does the practice team help", []),
        ("quick one - how old were they in the glue ear trial", [["glue", "ear"]]),
        ("is the glue ear trial the first trial of its kind", [["glue", "ear"]]),
        ("does the pharmacist help a lot", []),
        ("does that mean patients wait a lot", []),
        ("do patients want one point of contact", []),
        ("pharmacists one day a week", []),
        ("that takes the GP one hour", []),
        ("white paper on integration", []),
        ("clinical trial recruitment in primary care", []),
        ("staff survey scores", []),
        ("what do the report authors recommend", []),
        ("is the latest one any good", []),
    ],
)
def test_what_is_said_of_a_study(question: str, found: list[list[str]]) -> None:
    assert phrases(question) == [[words] for words in found]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("the nurses' survey and the glue ear trial", [[["nurses"], ["glue", "ear"]]]),
        ("the glue ear study or the one on headsets", [[["glue", "ear"], ["headsets"]]]),
        ("both the nurses' survey and the pilot study", [[["nurses"], []]]),
        (
            "did the nurses' survey find what they found in the glue ear trial",
            [[["nurses"]], [["glue", "ear"]]],
        ),
    ],
)
def test_studies_set_side_by_side_are_told_together(
    question: str, found: list[list[list[str]]]
) -> None:
    assert phrases(question) == found


def test_the_one_text_with_all_the_words_is_meant() -> None:
    assert meant([[["glue", "ear"]]], TEXTS, expansions) == {"a"}
    assert not meant([[["ears"]]], TEXTS, expansions)
    assert meant([[["gpns"]]], TEXTS, expansions) == {"b"}
    assert meant([[["glue"], ["nurses"]]], TEXTS, expansions) == {"a", "b"}
    assert not meant([[["asthma"]]], TEXTS, expansions)
    assert not meant([[["glue"], ["asthma"]]], TEXTS, expansions)
    assert not meant([[["glue"], []]], TEXTS, expansions)
    assert meant([[["glue"]], [["asthma"]]], TEXTS, expansions) == {"a"}


def test_it_answers_alone(assistant: Assistant) -> None:
    answer = assistant.ask("During which months and years was the glue ear fieldwork done?")
    assert {c.label for c in answer.citations} == {"Vennik et al., 2018"}
    assert "February 2013" in answer.citations[0].quote
