"""Texts → vectors: each text once, those of like length together, remembered in the journal.

    embedder = Embedder(embeddings, journal=journal)
    for texts_done in embedder.embed(["a text", "another", "a text"]): ...
    embedder.vectors      # {"a text": row, "another": row}

Texts are sorted by length within what is handed over, so that little is padded. It knows nothing of
chunks or files.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from ingest.journal import Journal
from ingest.ports import Vector
from ragbot.errors import ModelProblem

if TYPE_CHECKING:
    from langchain_core.embeddings import Embeddings

BATCH = 64  #: texts handed to the embedder at once


class Embedder:
    """An embedder with a memory of one ingest."""

    def __init__(self, embeddings: Embeddings, *, journal: Journal) -> None:
        """``journal``: where vectors are kept until they are published."""
        self._embeddings = embeddings
        self._journal = journal
        self.count = 0  #: texts that had to be embedded so far

    def embed(self, texts: Sequence[str]) -> Iterator[dict[str, Vector]]:
        """The vectors of ``texts``, some at a time: first what is remembered, then batches.

        Raises:
            ModelProblem: the embedder fails or does not give vectors.
        """
        known = self._journal.vectors(texts)
        if known:
            yield known
        missing = dict.fromkeys(text for text in texts if text not in known)
        ordered = sorted(missing, key=lambda text: (len(text), text))
        for first in range(0, len(ordered), BATCH):
            batch = ordered[first : first + BATCH]
            made = dict(zip(batch, self._rows(batch), strict=True))
            self._journal.keep_vectors(made)
            self.count += len(batch)
            yield made

    def _rows(self, batch: list[str]) -> Vector:
        made = self._embeddings.embed_documents(batch)
        if len(made) != len(batch):
            raise ModelProblem(f"The embedder gave {len(made)} vectors for {len(batch)} texts.")
        rows = np.asarray(made, dtype=np.float32)
        if not np.isfinite(rows).all():
            raise ModelProblem("The embedder gave vectors that are not finite numbers.")
        return rows
