"""Fakes that implement the ports, and small values to build tests from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from langchain_core.embeddings import Embeddings

from ragbot.types import (
    Chunk,
    Evidence,
    EvidenceType,
    Passage,
    Reading,
    Section,
    SourceDocument,
)
from ragbot.verify import Verdict


class WordEmbeddings(Embeddings):
    """Unit vectors in which texts that share words are near: deterministic, no model."""

    def __init__(self, dimension: int = 64) -> None:
        self.dimension = dimension

    def embed_query(self, text: str) -> list[float]:
        vector = np.zeros(self.dimension)
        for word in text.lower().split():
            digest = hashlib.sha256(word.strip(".,;:?!").encode()).digest()
            vector[digest[0] % self.dimension] += 1
        norm = np.linalg.norm(vector) or 1.0
        return [float(x) for x in vector / norm]

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        return [self.embed_query(text) for text in texts]


def document(
    text: str,
    *,
    source_id: str = "adams-2020-1a2b3c4d",
    label: str = "Adams et al., 2020",
    evidence_type: EvidenceType = EvidenceType.ABSTRACT,
    start: int = 0,
    end: int | None = None,
    about: str | None = None,
) -> SourceDocument:
    stop = len(text) if end is None else end
    return SourceDocument(
        source_id=source_id,
        path=f"library/{source_id}.txt",
        start=start,
        end=stop,
        evidence_type=evidence_type,
        label=label,
        reference=f"{label}. A reference.",
        sections=(Section("Results", start, stop),),
        about=about,
    )


def passage(
    text: str, sentences: Sequence[str], *, source: SourceDocument | None = None, rank: int = 1
) -> Passage:
    """A passage over the whole of ``text`` with the given sentences as its units."""
    source = source or document(text)
    spans = tuple((text.index(s), text.index(s) + len(s)) for s in sentences)
    chunk = Chunk(
        chunk_id=f"{source.source_id}:{rank}",
        source_id=source.source_id,
        path=source.path,
        start=0,
        end=len(text),
        section="Results",
        evidence_type=source.evidence_type,
        sentences=spans,
        body=text,
        context=source.label,
    )
    return Passage(chunk, source, text, 1.0 / rank, rank)


def reading(*scored: tuple[Passage, str, float], support: float = 0.9) -> Reading:
    """A reading in which the given sentences of the given passages have the given scores."""
    evidence = [
        Evidence(p, p.text.index(s), p.text.index(s) + len(s), s, score) for p, s, score in scored
    ]
    return Reading(tuple(sorted(evidence, key=lambda e: -e.score)), support)


class VerbatimChecks:
    """Supports a sentence that stands in a passage word for word, wherever its marker points."""

    def verify(
        self, sentence: str, cited: Sequence[int], passages: Sequence[Passage], *, question: str
    ) -> Verdict:
        for number, found in enumerate(passages, start=1):
            start = found.text.find(sentence.rstrip("."))
            if start >= 0:
                start += found.chunk.start
                end = start + len(sentence.rstrip("."))
                quote = Evidence(found, start, end, found.slice(start, end), 1.0)
                return Verdict(True, (quote,), (number,), number not in cited, ())
        return Verdict(False, (), (), False, ("support",))
