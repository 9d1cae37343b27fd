"""What a question must be answered with, whatever the reader makes of the quotes."""

from __future__ import annotations

import pytest

from ragbot.assistant import Assistant
from ragbot.compose import Draft, Rules, compose
from ragbot.config import Settings
from ragbot.expected import lacking
from ragbot.index.generations import IndexDirectory
from ragbot.index.live import LiveIndex
from ragbot.together import not_answered
from tests.fakes import passage, reading

TOLD = "Of 214 practices in Wales, half closed their doors in May 2019."
UNTOLD = "Practices in the valleys felt that they were hardly heard."


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
        ("how many practices closed?", UNTOLD, ("how many practices closed?",)),
        ("when did they close?", TOLD, ()),
        ("how many practices closed in which county?", TOLD, ()),
        (
            "how many practices closed last year and what did they feel?",
            UNTOLD,
            ("how many practices closed last year",),
        ),
        ("was there ethical approval?", TOLD, ("was there ethical approval?",)),
        ("what did they feel?", UNTOLD, ()),
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
    assert answer.note == not_answered(half)
    assert assistant.ask("what strain do operational failures put on GPs?").note == ""
