"""How the value types lie in ``library.db``: JSON and canonical texts, both as UTF-8 bytes.

    decode_chunk(encode_chunk(chunk)) == chunk

``surrogatepass`` keeps the lone surrogates that some PDFs yield, and with them every offset. Bytes,
because SQLite's own texts cannot hold those and end at a NUL. Nothing here reads or writes files.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ragbot.types import Chunk, EvidenceType, MetadataField, ParsedFile, Section, SourceDocument


def encode_text(text: str) -> bytes:
    """The canonical text as stored; for plain UTF-8 files the file's own bytes."""
    return text.encode("utf-8", "surrogatepass")


def decode_text(stored: bytes) -> str:
    """Inverse of ``encode_text``."""
    return stored.decode("utf-8", "surrogatepass")


def encode_file(file: ParsedFile) -> bytes:
    """A file without its text and sources."""
    return _dump([file.path, file.sha256, file.kind, file.page_starts, file.notes])


def decode_file(stored: bytes, *, text: str, documents: tuple[SourceDocument, ...]) -> ParsedFile:
    """Inverse of ``encode_file``."""
    path, sha256, kind, page_starts, notes = _load(stored)
    return ParsedFile(
        path=path,
        sha256=sha256,
        text=text,
        kind=kind,
        documents=documents,
        page_starts=tuple(page_starts),
        notes=tuple(notes),
    )


def encode_document(document: SourceDocument) -> bytes:
    """A source with its sections and fields."""
    return _dump(
        {
            "source_id": document.source_id,
            "path": document.path,
            "start": document.start,
            "end": document.end,
            "evidence_type": document.evidence_type.value,
            "label": document.label,
            "reference": document.reference,
            "sections": [(s.title, s.start, s.end) for s in document.sections],
            "fields": [(f.name, f.value, f.start, f.end) for f in document.fields],
            "speaker": document.speaker,
            "about": document.about,
        }
    )


def decode_document(stored: bytes) -> SourceDocument:
    """Inverse of ``encode_document``."""
    facts = _load(stored)
    return SourceDocument(
        **{
            **facts,
            "evidence_type": EvidenceType(facts["evidence_type"]),
            "sections": tuple(Section(*section) for section in facts["sections"]),
            "fields": tuple(MetadataField(*stated) for stated in facts["fields"]),
        }
    )


def encode_chunk(chunk: Chunk) -> bytes:
    """A chunk with its sentence ranges."""
    return _dump(
        {
            "chunk_id": chunk.chunk_id,
            "source_id": chunk.source_id,
            "path": chunk.path,
            "start": chunk.start,
            "end": chunk.end,
            "section": chunk.section,
            "evidence_type": chunk.evidence_type.value,
            "sentences": chunk.sentences,
            "body": chunk.body,
            "context": chunk.context,
            "page": chunk.page,
        }
    )


def decode_chunk(stored: bytes) -> Chunk:
    """Inverse of ``encode_chunk``."""
    facts = _load(stored)
    return Chunk(
        **{
            **facts,
            "evidence_type": EvidenceType(facts["evidence_type"]),
            "sentences": _ranges(facts["sentences"]),
        }
    )


def _dump(facts: object) -> bytes:
    return encode_text(json.dumps(facts, ensure_ascii=False, separators=(",", ":")))


def _load(stored: bytes) -> Any:  # noqa: ANN401 (JSON)
    return json.loads(decode_text(stored))


def _ranges(pairs: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in pairs)
