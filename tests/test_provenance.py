"""Who said that: the answer before is traced to its sources, whoever is asked about."""

from __future__ import annotations

import pytest

from ragbot.assistant import Assistant
from ragbot.compose import attribution
from ragbot.provenance import asks_whose, speakers
from ragbot.render import plain_blocks
from ragbot.types import EvidenceType, Turn
from tests.fakes import document


def called(text: str) -> bool:
    return text.lower().removesuffix("s") in ("adam", "fund")


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
    assert asks_whose(question, called=called)


@pytest.mark.parametrize(
    "question",
    [
        "who said that pharmacists are lonely?",
        "is that study any good",
        "is it cheap?",
        "is that the dose for children?",
        "is it the view of GPs in Leeds that pay matters?",
        "where was it?",
        "Is it in Scotland?",
        "was it only in England?",
        "was it a trial or a review?",
        "who reported these?",
        "which study was in Norway",
        "where is that clinic",
        "is it what patients want",
        "sources of stress for GPs",
    ],
)
def test_questions_for_something_else(question: str) -> None:
    assert not asks_whose(question, called=called)


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
    documents = [adams, fund, comment]
    assert speakers(answer, documents, lambda _: "") == [comment, adams]
    assert speakers("Nothing was found.", documents, lambda _: "") == []


def test_of_two_that_are_called_the_same_the_one_that_said_it() -> None:
    texts = {"one": "Rooms were short everywhere.", "two": "Pay was low everywhere.", "three": ""}
    one, two, longer = (
        document(text, source_id=key, label=f"Smith et al., 2020{' and more' * (key == 'three')}")
        for key, text in texts.items()
    )
    answer = f"**{attribution(two, None)}:**\n\n- “Pay was low everywhere.” [1]"
    found = speakers(answer, [one, two, longer], lambda d: texts[d.source_id])
    assert found == [two]


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


def test_a_fact_is_told_of_each_of_the_few_sources_that_are_meant(assistant: Assistant) -> None:
    answer = assistant.ask("When were the Skivington and the Whitelaw papers published?")
    assert {c.label for c in answer.citations} == {
        "Skivington et al., 2018",
        "Whitelaw et al., 2016",
    }
    assert {c.quote for c in answer.citations} == {"2018", "2016"}
