"""``manifest.json``: what a generation holds, made with what, and the checksums to prove it.

    {"schema": 1, "generation": "20260102T030405678Z-1a2b3c", "parent": null,
     "created": "2026-01-02T03:04:05Z",
     "embedder": {"name": "all-MiniLM-L6-v2", "dimension": 384, "weights_sha256": "53aa…"},
     "packages": {"chromadb": "1.5.9", …}, "settings": {…},
     "files": {"seeds/001.txt": {"sha256": "6a3c…", "fingerprint": "…"}},
     "counts": {"files": 1, "documents": 9, "chunks": 120, "words": 3400},
     "deleted_vectors": 0,
     "parts": {"library.db": {"bytes": 81920, "sha256": "…"}, …}, "checksum": "…"}

What it does not do: open the parts.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from ragbot.errors import IndexCorrupt, IndexMismatch

SCHEMA = 1  #: of the manifest and of library.db together
MANIFEST = "manifest.json"
REBUILD = "Run `ragbot ingest --rebuild` to make the index anew."
DAMAGED = (
    "Run `ragbot index verify`, then `ragbot index rollback NAME` or `ragbot ingest --rebuild`."
)


class EmbedderInfo(Protocol):
    """What identifies the model that made the vectors."""

    @property
    def name(self) -> str:
        """E.g. "all-MiniLM-L6-v2"."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def weights_sha256(self) -> str:
        """Of the weights file(s), lower-case hex."""


@dataclass(frozen=True, slots=True)
class EmbedderRecord:
    """The embedder as a manifest keeps it."""

    name: str
    dimension: int
    weights_sha256: str
    dtype: str = field(default="float32", compare=False)  #: what it computed in; the vectors agree

    @classmethod
    def of(cls, info: EmbedderInfo) -> EmbedderRecord:
        """The facts of any embedder info; one that does not say computes in float32."""
        dtype = getattr(info, "dtype", "float32")
        return cls(info.name, info.dimension, info.weights_sha256, dtype)

    def __str__(self) -> str:
        return f"{self.name} ({self.dimension} dimensions, weights {self.weights_sha256[:12]})"


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One ingested file."""

    sha256: str  #: of the source file's bytes, lower-case hex
    fingerprint: str  #: the pipeline's: changes when the file, its parser or the chunker does


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the generation that readers leave alone."""

    bytes: int
    sha256: str  #: lower-case hex


@dataclass(frozen=True, slots=True)
class Manifest:
    """A generation's facts; see the module's example."""

    generation: str
    parent: str | None  #: the generation it was copied from, None where it began empty
    created: str  #: UTC, ISO 8601, whole seconds
    embedder: EmbedderRecord
    counts: Mapping[str, int]  #: "files", "documents", "chunks", "words"
    files: Mapping[str, FileEntry] = field(default_factory=dict)  #: by path
    parts: Mapping[str, Part] = field(default_factory=dict)  #: by "/"-path in the generation
    packages: Mapping[str, str] = field(default_factory=dict)  #: versions, by distribution
    settings: Mapping[str, Any] = field(default_factory=dict)  #: the chunker's, JSON values
    deleted_vectors: int = 0  #: dead nodes in the vector graph, since it was last rewritten
    collection: str | None = None  #: of its vectors on a Chroma server; None: in its own folder
    schema: int = SCHEMA

    def to_json(self) -> str:
        """The file's text, checksum included."""
        facts = asdict(self)
        # No indent: with one, Python writes JSON twenty times slower.
        return json.dumps({**facts, "checksum": _checksum(facts)}, sort_keys=True) + "\n"

    def require_embedder(self, info: EmbedderInfo) -> None:
        """Refuse vectors of another model.

        Raises:
            IndexMismatch: name, dimension or weights differ.
        """
        wanted = EmbedderRecord.of(info)
        if wanted != self.embedder:
            raise IndexMismatch(
                f"The index {self.generation} was made with {self.embedder}, not with {wanted}.",
                hint=f"{REBUILD} Or set RAGBOT_EMBEDDING_MODEL back.",
            )


def load_manifest(generation: Path) -> Manifest:
    """The manifest in a generation's folder.

    Raises:
        IndexCorrupt: it is missing, unreadable, or does not match its checksum.
        IndexMismatch: another version of ragbot wrote it.
    """
    path = generation / MANIFEST
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise IndexCorrupt(f"{path} cannot be read: {error!r}.", hint=DAMAGED) from error
    return parse(text, generation=generation.name, place=str(path))


def parse(text: str, *, generation: str, place: str = "The manifest") -> Manifest:
    """A manifest from its JSON. ``place``: where it was found, for messages.

    Raises:
        IndexCorrupt: it is unreadable, or does not match its checksum.
        IndexMismatch: another version of ragbot wrote it.
    """
    try:
        facts = json.loads(text)
        if facts["schema"] != SCHEMA:
            raise IndexMismatch(
                f"The index {generation} has format {facts['schema']}; this ragbot reads "
                f"format {SCHEMA}.",
                hint=REBUILD,
            )
        stated = facts.pop("checksum")
        if stated != _checksum(facts):
            raise IndexCorrupt(f"{place} does not match its own checksum.", hint=DAMAGED)
        return _from_facts(facts)
    except (ValueError, KeyError, TypeError) as error:
        raise IndexCorrupt(f"{place} cannot be read: {error!r}.", hint=DAMAGED) from error


def _from_facts(facts: dict[str, Any]) -> Manifest:
    return Manifest(
        **{
            **facts,
            "embedder": EmbedderRecord(**facts["embedder"]),
            "files": {path: FileEntry(**entry) for path, entry in facts["files"].items()},
            "parts": {path: Part(**part) for path, part in facts["parts"].items()},
        }
    )


def _checksum(facts: Mapping[str, Any]) -> str:
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()
