"""How near a sentence is to a question, by the two plain scores that the baselines use.

    CosineScore(embeddings)("How many GPs?", ["We interviewed 21 GPs.", "Pay is low."])
    Bm25Score(corpus)("How many GPs?", …)

They rank; neither says whether anything answers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from math import log

import numpy as np
from langchain_core.embeddings import Embeddings

_WORD = re.compile(r"\w+")


class CosineScore:
    """Cosine of question and sentence; vectors of sentences are kept."""

    def __init__(self, embeddings: Embeddings) -> None:
        """``embeddings`` must give vectors of unit length."""
        self._embeddings = embeddings
        self._kept: dict[str, list[float]] = {}

    def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
        """See ``Score``."""
        new = [text for text in dict.fromkeys(texts) if text not in self._kept]
        if new:
            vectors = self._embeddings.embed_documents(new)
            self._kept.update(zip(new, vectors, strict=True))
        query = np.asarray(self._embeddings.embed_query(question))
        return [float(np.asarray(self._kept[text]) @ query) for text in texts]


class Bm25Score:
    """BM25 of sentences (Robertson & Zaragoza, 2009; k1 = 1.2, b = 0.75), English stems."""

    K1, B = 1.2, 0.75

    def __init__(self, corpus: Sequence[str]) -> None:
        """``corpus``: the sentences that document frequencies and the mean length come from."""
        from Stemmer import Stemmer

        self._stemmer = Stemmer("english")
        lengths, self._holding = [], Counter[str]()
        for text in corpus:
            words = self._words(text)
            lengths.append(len(words))
            self._holding.update(set(words))
        self._count = len(corpus)
        self._mean_length = sum(lengths) / len(lengths) if lengths else 1.0

    def __call__(self, question: str, texts: Sequence[str]) -> list[float]:
        """See ``Score``."""
        asked = set(self._words(question))
        return [self._one(asked, Counter(self._words(text))) for text in texts]

    def _one(self, asked: set[str], words: Counter[str]) -> float:
        length = self.K1 * (1 - self.B + self.B * words.total() / self._mean_length)
        return sum(
            self._idf(word) * words[word] * (self.K1 + 1) / (words[word] + length)
            for word in sorted(asked & words.keys())  # sorted: sums of floats depend on the order
        )

    def _idf(self, word: str) -> float:
        holding = self._holding[word]
        return log(1 + (self._count - holding + 0.5) / (holding + 0.5))

    def _words(self, text: str) -> list[str]:
        words: list[str] = self._stemmer.stemWords(_WORD.findall(text.lower()))
        return words
