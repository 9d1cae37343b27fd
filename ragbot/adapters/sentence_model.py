"""The sentence encoder: how near a sentence is to a question, each read without the other.

    model = load_sentence_model(folder("weights"), bundled_model_path())
    model.similarities("How many GPs took part?", [Window("Vennik et al., 2018", units)])

A second MiniLM, trained by eval/training/sentences.py so that the answering sentence of a passage
comes before every other sentence of every passage. It reads a window once and takes each sentence
as the mean of its tokens there ("late chunking", Günther et al. 2024, https://arxiv.org/abs/2409.04701),
so that "They" and "the method" carry what they stand for. As the question is not read with it, a
window's vectors are remembered and cost nothing the next time; ``ReaderModel`` beside it reads both
together and costs the same every time. The word embeddings are those of the bundled MiniLM.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ragbot.adapters.reader_model import PAD_TO, Window, collate, encode, question_ids
from ragbot.adapters.weights import SENTENCES, load_weights

if TYPE_CHECKING:
    import torch

    from ragbot.adapters.bert import WordPieces

CAPACITY = 3000  #: windows remembered; about 25 MB with five sentences each
UNREAD = -1.0  #: similarity of a sentence that did not fit into its window


class SentenceModel:
    """The network with its tokenizer and its memory. Safe from several threads at once."""

    def __init__(
        self, network: torch.nn.Module, pieces: WordPieces, *, capacity: int = CAPACITY
    ) -> None:
        """``capacity``: windows remembered at most; the least recently used go first."""
        self._network = network
        self._pieces = pieces
        self._capacity = capacity
        self._lock = threading.Lock()
        self._known: OrderedDict[Window, NDArray[np.float32]] = OrderedDict()

    def similarities(self, question: str, windows: Sequence[Window]) -> list[tuple[float, ...]]:
        """For every window the cosine of each of its sentences with ``question``, in order."""
        asked = self._question(question)
        found = []
        for window in windows:
            cosines = (self._window(window) @ asked).tolist()
            missing = [UNREAD] * (len(window.units) - len(cosines))
            found.append((*cosines, *missing))
        return found

    def _question(self, question: str) -> NDArray[np.float32]:
        import torch

        ids = question_ids(self._pieces, question)
        padded = torch.zeros(1, -(-len(ids) // PAD_TO) * PAD_TO, dtype=torch.long)
        padded[0, : len(ids)] = torch.tensor(ids)
        pooling = torch.zeros(1, 1, padded.shape[1])
        pooling[0, 0, : len(ids)] = 1 / len(ids)
        mask = torch.zeros_like(padded)
        mask[0, : len(ids)] = 1
        with torch.inference_mode():
            vectors: NDArray[np.float32] = self._network(padded, mask, pooling)[0, 0].numpy()
        return vectors

    def _window(self, window: Window) -> NDArray[np.float32]:
        """Unit vectors ``[sentences that fitted, 384]``; alone, so that no other changes them."""
        import torch

        with self._lock:
            if window in self._known:
                self._known.move_to_end(window)
                return self._known[window]
        laid = encode(self._pieces, None, window)
        ids, mask, _, pooling, _ = collate([laid])
        with torch.inference_mode():
            vectors: NDArray[np.float32] = self._network(ids, mask, pooling)[0].numpy()
        kept = vectors[: len(laid.spans)]
        with self._lock:
            self._known[window] = kept
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return kept


def build_sentence_network(base: Path) -> torch.nn.Module:
    """The untrained network on the encoder in ``base``."""
    import torch
    from torch import nn
    from torch.nn import functional

    from ragbot.adapters.bert import load_encoder

    class Sentences(nn.Module):
        """See the module's docstring."""

        def __init__(self) -> None:
            super().__init__()
            self.enc = load_encoder(base)
            self.enc.embeddings.word_embeddings.weight.requires_grad_(False)

        def forward(
            self, ids: torch.Tensor, mask: torch.Tensor, pooling: torch.Tensor
        ) -> torch.Tensor:
            """Unit vectors ``[B, S, hidden]``, float32, of the stretches that ``pooling`` means."""
            states = self.enc(
                input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids)
            ).last_hidden_state
            pooled = torch.bmm(pooling.to(states.dtype), states).float()
            return functional.normalize(pooled, dim=-1)

    return Sentences()


def load_sentence_model(weights: Path, base: Path) -> SentenceModel:
    """Load the trained encoder; ``base``: the bundled one (for its word embeddings).

    Raises:
        ModelProblem: the weights are missing or are not the ones that the card names.
    """
    from ragbot.adapters.bert import WordPieces

    network = load_weights(build_sentence_network(base), weights, SENTENCES)
    return SentenceModel(network, WordPieces.load(base))
