"""Indexes of any size, for timing only: real sentences in random order, vectors with added noise.

    maker = Maker.fresh(seed=0)
    build(Path("/tmp/large"), maker=maker, chunks=100_000)    # an index, ready to be opened

Embedding 100,000 chunks would take an hour and say nothing about the search. So a thousand
chunks are embedded, and every other vector is one of theirs with noise of the same kind. The
figures that rest on it are labelled so: they time, and say nothing about what is found.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ragbot.types import Chunk, EvidenceType, ParsedFile, Section, SourceDocument

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ragbot.index.draft import Draft

EMBEDDED = 1000  #: chunks whose vectors are real
NOISE = 0.35  #: length of the noise beside a vector of length 1
SENTENCES = 5  #: of a chunk, about 800 characters
CHUNKS = 3  #: of a document


@dataclass(frozen=True, slots=True)
class Maker:
    """Documents and vectors drawn from a seed."""

    sentences: Sequence[str]
    base: NDArray[np.float32]
    chance: random.Random
    noise: np.random.Generator

    @classmethod
    def fresh(cls, *, seed: int, embedded: int = EMBEDDED, kept: Path | None = None) -> Maker:
        """From the bundled sources; embeds ``embedded`` chunks.

        ``kept``: a file that keeps their vectors for the next time.
        """
        from ragbot.adapters.sentence_transformers import load_embeddings

        chance = random.Random(seed)  # noqa: S311 - a reproducible corpus, no secret
        sentences = seed_sentences()
        texts = [" ".join(chance.sample(sentences, SENTENCES)) for _ in range(embedded)]
        if kept and kept.is_file():
            base = np.load(kept)
        else:
            base = load_embeddings().encode(texts)
            if kept:
                np.save(kept, base)
        return cls(sentences, base, chance, np.random.default_rng(seed))

    def vectors(self, count: int) -> NDArray[np.float32]:
        """Unit vectors near real ones."""
        rows = self.base[self.noise.integers(0, len(self.base), count)]
        scale = NOISE / np.sqrt(rows.shape[1])
        noisy = rows + self.noise.normal(size=rows.shape).astype(np.float32) * scale
        found: NDArray[np.float32] = noisy / np.linalg.norm(noisy, axis=1, keepdims=True)
        return found

    def text(self, number: int) -> str:
        """The text of one chunk, another for each number."""
        return " ".join(self._paragraph(str(number)))

    def _paragraph(self, number: str) -> list[str]:
        return [f"({number})", *self.chance.sample(self.sentences, SENTENCES)]

    def document(self, number: int, chunks: int = CHUNKS) -> tuple[ParsedFile, list[Chunk]]:
        """One file with one source of so many chunks."""
        title = f"Document {number}"
        paragraphs = [self._paragraph(f"{number}.{n}") for n in range(chunks)]
        text = "\n\n".join([title, *(" ".join(parts) for parts in paragraphs)])
        path, source_id = f"synthetic/{number:07d}.txt", f"document-{number:07d}"
        source = SourceDocument(
            source_id, path, 0, len(text), EvidenceType.DOCUMENT, title, f"{title}.",
            (Section(None, 0, len(text)),),
        )  # fmt: skip
        sha256 = hashlib.sha256(text.encode()).hexdigest()
        file = ParsedFile(path, sha256, text, "plain_text", (source,))
        return file, [*_chunks(source, text, paragraphs)]


def seed_sentences() -> list[str]:
    """Plain sentences of the bundled sources, 40 to 400 characters: no headings, no references."""
    from ragbot.resources import folder

    text = " ".join(p.read_text("utf-8") for p in sorted(folder("seeds").glob("0*.txt")))
    found = re.split(r"(?<=[.!?])\s+", text)
    return [s for s in found if re.fullmatch(r"[A-Z][^\n:|/@]{40,400}[.!?]", s)]


def build(folder: Path, *, maker: Maker, chunks: int) -> None:
    """An index of ``chunks`` chunks in ``folder``, through the product's own drafts."""
    with _begin(folder) as draft:
        for number, part in enumerate(_parts(chunks)):
            file, own = maker.document(number, part)
            draft.put(file, own, maker.vectors(part), "synthetic")
        draft.publish()


def _begin(folder: Path) -> Draft:
    from ragbot.adapters.sentence_transformers import embedder_info
    from ragbot.index.generations import IndexDirectory

    info = embedder_info()
    if info is None:
        raise ValueError("the bundled model has no description")
    return IndexDirectory(folder).begin(info)


def _parts(chunks: int) -> Iterator[int]:
    while chunks > 0:
        yield min(CHUNKS, chunks)
        chunks -= CHUNKS


def _chunks(
    source: SourceDocument, text: str, paragraphs: Sequence[Sequence[str]]
) -> Iterator[Chunk]:
    at = 0
    for number, parts in enumerate(paragraphs):
        spans = []
        for part in parts:
            start = text.index(part, at)
            at = start + len(part)
            spans.append((start, at))
        start = spans[0][0]
        yield Chunk(
            f"{source.source_id}-{number}", source.source_id, source.path, start, at, None,
            source.evidence_type, tuple(spans), text[start:at], source.label,
        )  # fmt: skip
