"""Small libraries for the tests of ragbot.index: real files, chunks and vectors, no model."""

import hashlib

import numpy as np

from ragbot.index.generations import EmbedderRecord, IndexDirectory
from ragbot.types import Chunk, EvidenceType, MetadataField, ParsedFile, Section, SourceDocument

DIMENSION = 16
EMBEDDER = EmbedderRecord("tiny", DIMENSION, "ab" * 32)
SENTENCES = (
    "Salbutamol relieves acute asthma in children.",
    "Naïve réviews of the “café” found no effect — 5 mmol/l.",
    "Patients' blood pressures fell after the reviews.",
    "日本語の文です。",
)


def vector_of(text, dimension=DIMENSION):
    """A unit vector that depends only on the text."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    row = np.random.default_rng(seed).normal(size=dimension).astype(np.float32)
    return row / np.linalg.norm(row)


def parsed(path, sentences=SENTENCES, *, source_id=None, label=None):
    """A file with one source and one chunk a sentence, and the vectors of the chunks."""
    text, spans = "", []
    for sentence in sentences:
        spans.append((len(text), len(text) + len(sentence)))
        text += sentence + "\n"
    source_id = source_id or "src-" + path.replace("/", "-").replace(".", "-")
    document = SourceDocument(
        source_id=source_id,
        path=path,
        start=0,
        end=len(text),
        evidence_type=EvidenceType.ABSTRACT,
        label=label or f"Label of {source_id}",
        reference=f"Reference of {source_id}",
        sections=(Section(None, 0, len(text)), Section("Results", 0, 5)),
        fields=(MetadataField("year", "2020", 1, 5),),
    )
    chunks = tuple(
        Chunk(
            chunk_id=f"{source_id}:{n}-{hashlib.sha256(sentence.encode()).hexdigest()[:8]}",
            source_id=source_id,
            path=path,
            start=start,
            end=end,
            section="Results",
            evidence_type=EvidenceType.ABSTRACT,
            sentences=((start, end),),
            body=text[start:end],
            context=f"Label of {source_id}",
            page=None,
        )
        for n, (sentence, (start, end)) in enumerate(zip(sentences, spans, strict=True))
    )
    file = ParsedFile(
        path=path,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        text=text,
        kind="test",
        documents=(document,),
        notes=("a note",),
    )
    return file, chunks, np.stack([vector_of(c.embedding_text) for c in chunks])


def add(directory, *paths, sentences=SENTENCES, embedder=EMBEDDER):
    """Publish a generation with these files added; the generation's id."""
    with directory.begin(embedder) as draft:
        for path in paths:
            file, chunks, vectors = parsed(path, sentences)
            draft.put(file, chunks, vectors, f"fp-{path}")
        return draft.publish()


def index_at(folder):
    return IndexDirectory(folder / "index")
