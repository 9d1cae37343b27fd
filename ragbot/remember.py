"""An embedder that remembers: the same sentence is not embedded for every question again.

    embeddings = RememberingEmbeddings(load_embeddings(), capacity=4_000)

A question is embedded once for search and once for reading; the sentences of a passage whenever
the passage is found. Vectors are kept in memory, the least recently used go first. Nothing is
written anywhere.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from langchain_core.embeddings import Embeddings
from numpy.typing import NDArray

CAPACITY = 4_000  #: vectors; about 6 MB at 384 dimensions


class RememberingEmbeddings(Embeddings):
    """``Embeddings`` in front of ``Embeddings``, with a bounded memory. Safe from many threads."""

    def __init__(self, embeddings: Embeddings, *, capacity: int = CAPACITY) -> None:
        """``capacity``: texts remembered at most."""
        self._embeddings = embeddings
        self._capacity = capacity
        self._lock = threading.Lock()
        self._vectors: OrderedDict[str, NDArray[np.float32]] = OrderedDict()

    def embed_query(self, text: str) -> list[float]:
        """See ``Embeddings``."""
        return self.embed_documents([text])[0]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """See ``Embeddings``; only what is not remembered is computed."""
        known: dict[str, NDArray[np.float32]] = {}
        with self._lock:
            for text in texts:
                if text in self._vectors:
                    self._vectors.move_to_end(text)
                    known[text] = self._vectors[text]
        missing = [text for text in dict.fromkeys(texts) if text not in known]
        if missing:
            fresh = self._embeddings.embed_documents(missing)
            new = {t: np.asarray(v, np.float32) for t, v in zip(missing, fresh, strict=True)}
            known |= new
            with self._lock:
                self._vectors |= new
                while len(self._vectors) > self._capacity:
                    self._vectors.popitem(last=False)
        return [known[text].tolist() for text in texts]
