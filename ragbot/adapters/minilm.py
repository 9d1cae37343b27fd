"""The bundled all-MiniLM-L6-v2: mean of the last hidden states, in bfloat16 where the CPU has it.

    MiniLMEmbeddings.load(bundled_model_path(), info, batch_size=32).encode(["asthma"])

Gives what sentence-transformers gives: in float32 to 2e-6 (tests), in bfloat16 with a mean cosine
of 0.9999 (``python -m eval.bench.precision`` has the figures), at two to three times the speed.
Texts are sorted by length, so that little is padded, and lengths are rounded up to eights: every
new shape costs torch a few milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np
import torch

from ragbot.adapters.bert import Bert, WordPieces, load_encoder
from ragbot.adapters.sentence_transformers import EmbedderInfo, SentenceEmbeddings

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_TOKENS = 256  #: the published model's; the rest of a longer text is not read
PAD_TO = 8


class MiniLMEmbeddings(SentenceEmbeddings):
    """The bundled encoder behind LangChain's port. Vectors have unit length."""

    def __init__(
        self, network: Bert, pieces: WordPieces, info: EmbedderInfo, *, batch_size: int
    ) -> None:
        """``batch_size``: texts in one pass."""
        super().__init__(info)
        self._network = network
        self._pieces = pieces
        self._batch_size = batch_size

    @classmethod
    def load(cls, folder: Path, info: EmbedderInfo, *, batch_size: int) -> Self:
        """The encoder in ``folder``, computing in ``info.dtype``.

        Raises:
            OSError, ValueError, KeyError, RuntimeError: no such files, or others than expected.
        """
        network = load_encoder(folder).to(getattr(torch, info.dtype))
        return cls(network, WordPieces.load(folder), info, batch_size=batch_size)

    def words(self) -> frozenset[str]:
        """See ``SentenceEmbeddings``."""
        return frozenset(word for word in self._pieces.vocabulary() if word.isalpha())

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        rows = self._pieces.framed(texts, MAX_TOKENS)
        order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
        vectors = np.empty((len(rows), self.info.dimension), np.float32)
        with torch.inference_mode():
            for at in range(0, len(order), self._batch_size):
                part = order[at : at + self._batch_size]
                vectors[part] = self._pass([rows[i] for i in part])
        return vectors

    def _pass(self, rows: Sequence[list[int]]) -> NDArray[np.float32]:
        """Mean of the states of each row's tokens, at length one. The longest row comes first."""
        length = -(-len(rows[0]) // PAD_TO) * PAD_TO
        ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
        mask = torch.tensor([[1] * len(row) + [0] * (length - len(row)) for row in rows])
        states = self._network(ids, mask).last_hidden_state.float()
        means = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return np.asarray(torch.nn.functional.normalize(means, dim=1).numpy(), dtype=np.float32)
