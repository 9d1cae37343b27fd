"""Reranking: which of many passages are read, by a model of the operator's."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ragbot.adapters.cross_encoder import load_cross_encoder
from ragbot.assistant import Assistant
from ragbot.config import Settings
from ragbot.doctor import examine
from ragbot.errors import ModelProblem
from ragbot.rerank import reranked
from ragbot.types import Passage
from ragbot.wiring import open_assistant
from ragbot.wiring_models import reranker
from tests.fakes import document, passage
from tests.tiny_models import save_classifier

ROOMS = "Rooms were too small. Staff worked at home."
PAY = "Nurses were paid less. Their union complained."
NOISE = "The weather was mild. It rained on Sunday."


class ByLength:
    """Prefers short passages."""

    def scores(self, question: str, passages: Sequence[Passage]) -> list[float]:
        return [-float(len(p.text)) for p in passages]


def made(text: str, rank: int) -> Passage:
    sentences = [f"{part}." for part in text.rstrip(".").split(". ")]
    source = document(text, source_id=f"source-{rank}")
    return passage(text, sentences, source=source, rank=rank)


PASSAGES = [made(NOISE, 1), made(ROOMS, 2), made(PAY, 3)]


def test_the_best_come_first_with_new_ranks_and_their_old_scores():
    best = reranked("?", PASSAGES, k=2, reranker=ByLength())
    assert [p.text for p in best] == [NOISE, ROOMS]
    by_length = sorted([NOISE, ROOMS, PAY], key=len)
    everything = reranked("?", PASSAGES, k=9, reranker=ByLength())
    assert [p.text for p in everything] == by_length
    assert [p.rank for p in everything] == [1, 2, 3]
    assert {(p.text, p.score) for p in everything} == {(p.text, p.score) for p in PASSAGES}
    assert reranked("?", [], k=9, reranker=ByLength()) == ()


def test_sources_that_the_question_names_stay_in_front():
    named = frozenset({"source-3"})
    best = reranked("?", PASSAGES, k=1, reranker=ByLength(), focus=named)
    assert [p.text for p in best] == [PAY]


def test_a_cross_encoder_of_the_operator_takes_its_place(tmp_path: Path, seed_settings: Settings):
    settings = seed_settings.model_copy(
        update={
            "reranker": str(save_classifier(tmp_path / "model", labels=("score",), positions=512)),
            "top_k": 5,
        }
    )
    model = load_cross_encoder(settings.reranker)
    scores = model.scores("What about rooms?", PASSAGES)
    assert scores == pytest.approx(model.scores("What about rooms?", PASSAGES))
    assert len(set(scores)) == 3
    assert model.scores("What about rooms?", []) == []
    found = reranker(settings)
    assert found is not None
    _, read = asked(open_assistant(settings))
    assert len(read) == 5
    theirs = found.scores("What about rooms?", read)
    # Other neighbours in the batch change a score's last digits, and so the order of near ties.
    assert theirs == pytest.approx(sorted(theirs, reverse=True), abs=1e-4)
    _, ours = asked(open_assistant(seed_settings))
    assert [p.chunk.chunk_id for p in ours[:5]] != [p.chunk.chunk_id for p in read]


def asked(assistant: Assistant) -> tuple[object, tuple[Passage, ...]]:
    return assistant.passages("What about rooms?")


def test_what_is_no_reranker_is_named(tmp_path: Path, seed_settings: Settings):
    with pytest.raises(ModelProblem, match="'/nowhere' could not be loaded"):
        load_cross_encoder("/nowhere")
    three = str(save_classifier(tmp_path / "three", labels=("a", "b", "c")))
    with pytest.raises(ModelProblem, match="gives 3 scores for a passage"):
        load_cross_encoder(three)
    broken = seed_settings.model_copy(update={"reranker": three})
    (answer,) = [f for f in examine(broken) if f.name == "answer"]
    assert (answer.state, "RAGBOT_RERANKER" in answer.hint) == ("bad", True)
