"""Understanding a question: typos, short forms, conversations, kinds of source."""

from __future__ import annotations

import pytest

from ragbot.glossary import Glossary
from ragbot.query import Cue, Understanding
from ragbot.resources import folder
from ragbot.spelling import Speller
from ragbot.types import Turn

VOCABULARY = {
    "prescribing": 9,
    "organisation": 4,
    "programme": 3,
    "physiotherapists": 2,
    "pharmacist": 5,
    "patients": 9,
    "does": 3,
    "barriers": 2,
    "behaviour": 1,
    "form": 3,
    "from": 9,
}
KNOWN = frozenset({"dose", "weather", "barrier", "what", "the", "social"})


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    return Understanding(glossary=glossary, speller=Speller(VOCABULARY, known=KNOWN))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("social perscribing", "social prescribing"),
        ("social prescirbing?", "social prescribing?"),
        ("pharamcist", "pharmacist"),
        ("organization", "organisation"),
        ("program", "programme"),
        ("behavior", "behaviour"),
        ("PATEINTS", "patients"),
    ],
)
def test_typos_and_american_forms_are_mended(
    understanding: Understanding, typed: str, meant: str
) -> None:
    assert understanding.understand(typed).standalone == meant


@pytest.mark.parametrize("typed", ["dose", "weather", "QOF", "F2F", "xyzzyqu", "frm", "12.5", "é"])
def test_what_is_a_word_or_near_nothing_stays(understanding: Understanding, typed: str) -> None:
    assert understanding.understand(typed).standalone == typed


def test_corrections_are_reported(understanding: Understanding) -> None:
    assert understanding.understand("perscribing").corrections == (("perscribing", "prescribing"),)


def test_short_forms_and_everyday_words_widen_the_search_only(understanding: Understanding) -> None:
    query = understanding.understand("fcps an premises")
    assert query.standalone == "fcps an premises"
    assert "first contact physiotherapist" in query.search
    assert "estate" in query.search


def test_a_follow_up_takes_the_topic_of_the_question_before(understanding: Understanding) -> None:
    history = [
        Turn("user", "How many GPs took part in the glue ear study?"),
        Turn("assistant", "31 GPs [1]"),
    ]
    resolved = understanding.understand("and how many nurses?", history).standalone
    assert resolved.startswith("and how many nurses?")
    assert "glue ear" in resolved


def test_a_chain_of_follow_ups_keeps_its_topic(understanding: Understanding) -> None:
    history = [
        Turn("user", "What barriers did the autoinflation paper find?"),
        Turn("assistant", "…"),
        Turn("user", "who was interviewed?"),
        Turn("assistant", "…"),
    ]
    assert "autoinflation" in understanding.understand("and when?", history).standalone


def test_a_question_that_stands_alone_takes_nothing(understanding: Understanding) -> None:
    history = [Turn("user", "How many GPs took part in the glue ear study?")]
    question = "What do patients with osteoarthritis value in consultations?"
    assert understanding.understand(question, history).standalone == question


@pytest.mark.parametrize(
    ("question", "cues"),
    [
        ("what did the pharmacist who commented say about pay", {Cue.COMMENT}),
        ("what does the report say about estates", {Cue.REPORT}),
        ("which study was done in Norway", {Cue.STUDY}),
        ("do patients report feeling better", set()),
        ("barriers to social prescribing", set()),
    ],
)
def test_the_kind_of_source_that_is_asked_about(
    understanding: Understanding, question: str, cues: set[Cue]
) -> None:
    assert understanding.understand(question).cues == cues
