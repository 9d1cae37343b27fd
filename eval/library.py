"""What the evaluator knows of the library: canonical texts, and which source owns which range.

    library = from_assistant(assistant, files=Path("seeds"))
    library.sources_at("seeds/001_….txt", 2049, 2080)    # → ("sinnott-2020-…",)

Texts come from the files themselves where they are UTF-8 text with the hash the index recorded, so
that quote exactness does not rest on the index's own copy; else from the index. It does not parse.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from ragbot.types import SourceDocument

if TYPE_CHECKING:
    from ragbot.assistant import StoredSource


class HasSources(Protocol):
    """The part of ``ragbot.assistant.Assistant`` that is needed here."""

    def sources(self) -> Sequence[SourceDocument]:
        """All sources."""
        ...

    def source(self, source_id: str) -> StoredSource:
        """One source with its file."""
        ...


@dataclass(frozen=True)
class Library:
    """Texts and sources, by path."""

    texts: Mapping[str, str]  #: canonical text by path
    sources: tuple[SourceDocument, ...]
    sha256: Mapping[str, str]  #: of each file's bytes, by path
    read_from_disk: frozenset[str] = frozenset()  #: paths whose text is the file itself

    def sources_at(self, path: str, start: int, end: int) -> tuple[str, ...]:
        """The source that holds most of the range; none where no source does."""
        best: tuple[str, ...] = ()
        most = 0
        for source in self._by_path.get(path, ()):
            shared = min(end, source.end) - max(start, source.start)
            if shared > most:
                best, most = (source.source_id,), shared
        return best

    def source(self, source_id: str) -> SourceDocument | None:
        """The source of that id."""
        return self._by_id.get(source_id)

    @cached_property
    def _by_path(self) -> dict[str, list[SourceDocument]]:
        found: dict[str, list[SourceDocument]] = {}
        for source in self.sources:
            found.setdefault(source.path, []).append(source)
        return found

    @cached_property
    def _by_id(self) -> dict[str, SourceDocument]:
        return {source.source_id: source for source in self.sources}


def from_assistant(assistant: HasSources, *, files: Path | None = None) -> Library:
    """The library that ``assistant`` answers from; ``files``: the folder that was ingested."""
    sources = tuple(assistant.sources())
    texts: dict[str, str] = {}
    hashes: dict[str, str] = {}
    for source in sources:
        if source.path not in texts:
            stored = assistant.source(source.source_id).file
            if stored.path == source.path:
                texts[source.path], hashes[source.path] = stored.text, stored.sha256
    on_disk = {} if files is None else _files(files, hashes)
    return Library({**texts, **on_disk}, sources, hashes, frozenset(on_disk))


def _files(folder: Path, hashes: Mapping[str, str]) -> dict[str, str]:
    """Texts of the files that are still those that were ingested."""
    found = {}
    for path, sha256 in hashes.items():
        try:
            data = (folder.resolve().parent / path).read_bytes()
            if hashlib.sha256(data).hexdigest() == sha256:
                found[path] = data.decode("utf-8")
        except (OSError, UnicodeDecodeError):
            continue  # moved, or no text format: the index's text is the canonical one
    return found
