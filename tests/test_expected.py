"""What a question must be answered with, whatever the reader makes of the quotes."""

from __future__ import annotations

import pytest

from ragbot.assistant import UNTOLD, Assistant
from ragbot.clauses import clauses
from ragbot.compose import Draft, Rules, compose
from ragbot.config import Settings
from ragbot.expected import answers_half, lacking
from ragbot.index.generations import IndexDirectory
from ragbot.index.live import LiveIndex
from ragbot.together import not_answered
from tests.fakes import passage, reading

TOLD = "Of 214 practices in Wales, half closed their doors in May 2019."
FELT = "Practices in the valleys felt that they were hardly heard."

SEEN = "We saw 214 practices."
SECOND = "how many of these did close?"


def drafted(sentence: str) -> Draft:
    found = passage(sentence, [sentence])
    texts = {found.chunk.path: sentence}
    scored = reading((found, sentence, 0.9))
    draft = compose(scored, rules=Rules(), comments_asked_for=False, texts=texts)
    assert draft
    return draft


@pytest.mark.parametrize(
    ("question", "sentence", "missing"),
    [
        ("how many practices closed?", TOLD, ()),
        ("how many practices closed?", FELT, ("how many practices closed?",)),
        ("when did they close?", TOLD, ()),
        ("how many practices closed in which county?", TOLD, ()),
        (
            "how many practices closed last year and what did they feel?",
            FELT,
            ("how many practices closed last year",),
        ),
        ("was there ethical approval?", TOLD, ("was there ethical approval?",)),
        ("what did they feel?", FELT, ()),
        ("214 practices were seen and how many of these did close?", SEEN, (SECOND,)),
    ],
)
def test_what_is_asked_for_and_not_given(
    question: str, sentence: str, missing: tuple[str, ...], seed_settings: Settings
) -> None:
    with LiveIndex(IndexDirectory(seed_settings.index_dir), None) as live, live.use() as generation:
        assert lacking(question, drafted(sentence), generation.library) == missing


def test_half_an_answer_says_what_is_missing(assistant: Assistant) -> None:
    half = "does the paramedic share that?"
    answer = assistant.ask(f"what strain do operational failures put on GPs, and {half}")
    assert answer.status == "answered"
    assert answer.note == not_answered(half, UNTOLD)
    assert assistant.ask("what strain do operational failures put on GPs?").note == ""


@pytest.mark.parametrize(
    ("question", "missing", "half"),
    [
        ("how many left last year, and why did they go?", ("how many left last year",), True),
        ("We are hiring a nurse and how much do they cost?", ("how much do they cost?",), False),
        ("how many left?", ("how many left?",), False),
    ],
)
def test_a_statement_is_no_half_of_a_question(
    question: str, missing: tuple[str, ...], half: bool
) -> None:
    assert set(missing) <= set(clauses(question))
    assert answers_half(question, missing) is half
