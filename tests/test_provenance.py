"""Who said that: the answer before is traced to its sources, whoever is asked about."""

from __future__ import annotations

import pytest

from ragbot.assistant import Assistant
from ragbot.compose import attribution
from ragbot.provenance import asks_whose, speakers
from ragbot.render import plain_blocks
from ragbot.types import EvidenceType, Turn
from tests.fakes import document


def named(text: str) -> list[str]:
    return [word for word in ("Adams", "Fund") if word.lower() in text.lower()]


@pytest.mark.parametrize(
    "question",
    [
        "who said that?",
        "and who says so",
        "Which study is that from?",
        "whose comment is this",
        "source?",
        "what's the source for that",
        "where is that from",
        "is that the Fund's view?",
        "is that from the report or a comment?",
        "was that found by Adams",
        "is it what the authors say?",
        "is this the report or somebody else?",
    ],
)
def test_questions_whose_it_was(question: str) -> None:
    assert asks_whose(question, named=named)


@pytest.mark.parametrize(
    "question",
    [
        "who said that pharmacists are lonely?",
        "is that study any good",
        "is it cheap?",
        "is that the dose for children?",
        "is it the view of GPs in Leeds that pay matters?",
        "which study was in Norway",
        "where is that clinic",
        "is it what patients want",
        "sources of stress for GPs",
    ],
)
def test_questions_for_something_else(question: str) -> None:
    assert not asks_whose(question, named=named)


def test_those_whose_words_begin_a_line_have_said_it() -> None:
    adams = document("A text.", source_id="adams", label="Adams et al., 2020")
    fund = document(
        "A text.", source_id="fund", label="The Fund report", evidence_type=EvidenceType.REPORT
    )
    comment = document(
        "A text.",
        source_id="comment",
        label="Reader comment: nurse",
        evidence_type=EvidenceType.READER_COMMENT,
        about="The Fund report",
    )
    answer = f"**{attribution(comment, None)}:** “So.” [1]\n\n{attribution(adams, 'Aim')}: “A.” [2]"
    assert speakers(answer, [adams, fund, comment]) == [comment, adams]
    assert speakers("Nothing was found.", [adams, fund, comment]) == []


@pytest.mark.parametrize("follow_up", ["who said that?", "Is that the King's Fund's view?"])
def test_a_comment_is_traced_to_its_writer(assistant: Assistant, follow_up: str) -> None:
    asked = "are pharmacists lonely?"
    before = assistant.ask(asked)
    for told in (before.text, plain_blocks(before)):
        history = [Turn("user", asked), Turn("assistant", told)]
        answer = assistant.ask(follow_up, history)
        assert {c.evidence_type for c in answer.citations} == {EvidenceType.READER_COMMENT}
        assert {c.source_id for c in answer.citations} == {c.source_id for c in before.citations}
        assert all("not its findings" in sentence.lead_in for sentence in answer.sentences)


def test_without_an_answer_before_it_is_a_question_like_others(assistant: Assistant) -> None:
    history = [
        Turn("user", "what is the weather in Oslo"),
        Turn("assistant", "The sources in this library do not answer this question."),
    ]
    assert assistant.ask("who said that?", history).support is not None
