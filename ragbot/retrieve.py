"""Question → passages: lexical and dense search, fused by score.

    retriever = HybridRetriever(embeddings=embeddings)
    passages = retriever.retrieve("link worker workload", generation, k=8)
    passages[0].text, passages[0].document.label, passages[0].score

Fusion is the convex combination of normalised scores of Bruch, Gai & Ingber (2023), "An Analysis
of Fusion Functions for Hybrid Retrieval": reciprocal rank fusion throws the scores away and hurts
where one side is weak. It finds passages; whether they answer is the reader's business.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from ragbot.index.live import Generation
from ragbot.types import Passage, SourceDocument

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever

    from ragbot.index.live import LiveIndex

DENSE_WEIGHT = 0.5
"""Share of the dense score in the fused one; fitted on the train parts of the development sets."""

CANDIDATES = 60
"""Hits fetched from each side before fusion; never fewer than four times what is asked for."""

FOCUS_BONUS = 0.5
"""Added to the fused score of a passage whose source the question names."""


class HybridRetriever:
    """Finds passages in one generation of the index."""

    def __init__(self, *, embeddings: Embeddings, dense_weight: float = DENSE_WEIGHT) -> None:
        """``dense_weight`` in [0, 1]: 0 is BM25 alone, 1 the embedder alone."""
        self._embeddings = embeddings
        self._dense_weight = dense_weight

    def retrieve(
        self,
        query: str,
        generation: Generation,
        *,
        k: int,
        lexical_query: str | None = None,
        focus: frozenset[str] = frozenset(),
    ) -> tuple[Passage, ...]:
        """The ``k`` best passages, best first; fewer where the library is small.

        ``lexical_query``: what BM25 is asked, where it should differ from what is embedded.
        ``focus``: sources that the question names; their passages come first.
        """
        if not query.strip():
            return ()
        fetch = max(CANDIDATES, 4 * k)
        lexical = generation.lexical.search(lexical_query or query, fetch)
        dense: Sequence[tuple[str, float]] = ()
        if self._dense_weight:
            vector = np.asarray(self._embeddings.embed_query(query), dtype=np.float32)
            dense = generation.vectors.search(vector, fetch)
        scores = fuse(lexical=lexical, dense=dense, dense_weight=self._dense_weight)
        for source in focus:
            for chunk in generation.library.chunks_of(source):
                scores[chunk.chunk_id] = scores.get(chunk.chunk_id, 0.0) + FOCUS_BONUS
        best = sorted(scores.items(), key=lambda item: (-item[1], item[0]))[:k]
        return self._passages(best, dict(dense), generation)

    @staticmethod
    def _passages(
        best: Sequence[tuple[str, float]], cosines: Mapping[str, float], generation: Generation
    ) -> tuple[Passage, ...]:
        library = generation.library
        chunks = {chunk.chunk_id: chunk for chunk in library.chunks([key for key, _ in best])}
        found = []
        for rank, (key, score) in enumerate(best, start=1):
            chunk = chunks[key]
            text = library.text(chunk.path)[chunk.start : chunk.end]
            source = library.document(chunk.source_id)
            cosine = cosines.get(key, 0.0)
            found.append(Passage(chunk, source, text, score, rank, similarity=cosine))
        return tuple(found)


def whole(document: SourceDocument, generation: Generation) -> list[Passage]:
    """All of a source as passages, in its order; their ranks say nothing."""
    text = generation.library.text(document.path)
    chunks = generation.library.chunks_of(document.source_id)
    return [
        Passage(chunk, document, text[chunk.start : chunk.end], 1.0, rank)
        for rank, chunk in enumerate(chunks, start=1)
    ]


def fuse(
    *,
    lexical: Sequence[tuple[str, float]],
    dense: Sequence[tuple[str, float]],
    dense_weight: float,
) -> dict[str, float]:
    """Fused score in [0, 1] for every id that either side found.

    ``lexical``: BM25 scores ≥ 0, scaled by their maximum. ``dense``: cosines in [-1, 1], scaled
    from the lowest fetched to the highest. An id that one side did not fetch scores 0 there.
    """
    top = max((score for _, score in lexical), default=0.0)
    scores = {key: (1 - dense_weight) * score / top for key, score in lexical if top > 0}
    high = max((score for _, score in dense), default=0.0)
    low = min((score for _, score in dense), default=0.0)
    spread = (high - low) or 1.0
    for key, score in dense:
        scores[key] = scores.get(key, 0.0) + dense_weight * (score - low) / spread
    return scores


def as_langchain(retriever: HybridRetriever, live: LiveIndex, *, k: int) -> BaseRetriever:
    """The retriever behind LangChain's port, for other people's chains.

    A ``Document`` holds the canonical text of a passage; its metadata is the contract's passage.
    """
    from langchain_core.callbacks import CallbackManagerForRetrieverRun
    from langchain_core.documents import Document
    from langchain_core.retrievers import BaseRetriever

    from ragbot.render import passage_json

    class RagbotRetriever(BaseRetriever):
        """Hybrid search over the current generation of a ragbot index."""

        def _get_relevant_documents(
            self,
            query: str,
            *,
            run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain's signature
        ) -> list[Document]:
            with live.use() as generation:
                passages = retriever.retrieve(query, generation, k=k)
            return [
                Document(page_content=passage.text, metadata=passage_json(passage))
                for passage in passages
            ]

    return RagbotRetriever()
