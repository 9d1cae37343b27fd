"""A file with its sources, chunks and fingerprint as bytes, named by their digest.

    data = pack(file, chunks, "fingerprint")
    address(data)                            # "file:6a3c…": the same content, the same name
    unpack(data)                             # (file, chunks, "fingerprint")

This is how a file travels to and from a server. Nothing here reads or writes anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import replace

from ragbot.errors import IndexCorrupt
from ragbot.index.rows import (
    decode_chunk,
    decode_document,
    decode_file,
    decode_text,
    encode_chunk,
    encode_document,
    encode_file,
    encode_text,
)
from ragbot.types import Chunk, ParsedFile

KIND = "file"


def pack(file: ParsedFile, chunks: Sequence[Chunk], fingerprint: str) -> bytes:
    """Inverse of ``unpack``."""
    facts = {
        "fingerprint": fingerprint,
        "text": file.text,
        "file": decode_text(encode_file(file)),
        "documents": [decode_text(encode_document(one)) for one in file.documents],
        "shared": [decode_text(encode_document(one)) for one in file.shared],
        "chunks": [decode_text(encode_chunk(one)) for one in chunks],
    }
    return encode_text(json.dumps(facts, ensure_ascii=False, separators=(",", ":")))


def address(data: bytes) -> str:
    """The name of packed bytes."""
    return f"{KIND}:{hashlib.sha256(data).hexdigest()}"


def unpack(data: bytes, *, key: str) -> tuple[ParsedFile, list[Chunk], str]:
    """A file, its chunks and its fingerprint. ``key``: the address that the bytes must have.

    Raises:
        IndexCorrupt: they are not those that were stored.
    """
    if address(data) != key:
        raise IndexCorrupt(f"The stored file {key[:20]}… is not the one that was written.")
    facts = json.loads(decode_text(data))
    documents, shared = (
        tuple(decode_document(encode_text(one)) for one in facts[name])
        for name in ("documents", "shared")
    )
    file = decode_file(encode_text(facts["file"]), text=facts["text"], documents=documents)
    chunks = [decode_chunk(encode_text(one)) for one in facts["chunks"]]
    return replace(file, shared=shared), chunks, str(facts["fingerprint"])
