"""What a question must be answered with, whatever the reader makes of the quotes."""

from __future__ import annotations

import pytest

from ragbot.compose import Draft, Rules, compose
from ragbot.config import Settings
from ragbot.expected import lacks
from ragbot.index.generations import IndexDirectory
from ragbot.index.live import LiveIndex
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
    ("question", "sentence", "lacking"),
    [
        ("how many practices closed?", TOLD, False),
        ("how many practices closed?", UNTOLD, True),
        ("when did they close?", TOLD, False),
        ("how many closed, and what software did they use?", TOLD, False),
        ("how many closed, and what software did they use?", UNTOLD, True),
        ("was there ethical approval?", TOLD, True),
        ("what did they feel?", UNTOLD, False),
    ],
)
def test_half_of_what_is_asked_for_suffices(
    question: str, sentence: str, lacking: bool, seed_settings: Settings
) -> None:
    with LiveIndex(IndexDirectory(seed_settings.index_dir), None) as live, live.use() as generation:
        assert lacks(question, drafted(sentence), generation.library) is lacking
