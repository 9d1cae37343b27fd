"""A cross-encoder of the operator's: reads question and passage together, one score a passage.

    model = load_cross_encoder("/models/ms-marco-MiniLM-L6-v2")
    model.scores("How many GPs took part?", passages)

Any ``CrossEncoder`` of sentence-transformers with one output will do. None is shipped and none is
downloaded.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ragbot.adapters.sentence_transformers import stay_offline
from ragbot.errors import ModelProblem
from ragbot.types import Passage

if TYPE_CHECKING:
    from sentence_transformers import CrossEncoder

BATCH = 8  #: pairs read at once


class CrossEncoderReranker:
    """``ragbot.rerank.Reranker`` by a cross-encoder. Safe from several threads."""

    def __init__(self, model: CrossEncoder) -> None:
        """``model`` must have one output."""
        self._model = model
        self._lock = threading.Lock()

    def scores(self, question: str, passages: Sequence[Passage]) -> list[float]:
        """The model's own score of each passage, its title before it."""
        pairs = [(question, f"{p.document.title or p.document.label}\n{p.text}") for p in passages]
        if not pairs:
            return []
        with self._lock:
            found = self._model.predict(pairs, batch_size=BATCH, show_progress_bar=False)
        return [float(score) for score in found]


def load_cross_encoder(model: str) -> CrossEncoderReranker:
    """By name or path, from this machine alone.

    Raises:
        ModelProblem: it cannot be loaded, or gives more than one score.
    """
    stay_offline()
    hint = "RAGBOT_RERANKER takes a folder or a cross-encoder that is already on this machine."
    try:
        from sentence_transformers import CrossEncoder
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        loaded = CrossEncoder(model, device="cpu", local_files_only=True)
    except Exception as error:  # the libraries raise many kinds: name the model in ours
        raise ModelProblem(
            f"The reranker {model!r} could not be loaded ({type(error).__name__}: {error}).",
            hint=hint,
        ) from error
    if loaded.num_labels != 1:
        raise ModelProblem(
            f"The reranker {model!r} gives {loaded.num_labels} scores for a passage, not one.",
            hint=hint,
        )
    return CrossEncoderReranker(loaded)
