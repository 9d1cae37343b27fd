"""``library.db``: the canonical texts, sources and chunks of one generation, for reading.

    with Library.open(Path("index/…/library.db")) as library:
        chunk = library.chunk("c17")
        library.text(chunk.path)[chunk.start:chunk.end]

A published library never changes, so it is opened immutable: no locks, nothing written beside it.
What it does not do: write (``library_writer``), search, or hold vectors.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from ragbot.errors import IndexCorrupt
from ragbot.index.manifest import DAMAGED
from ragbot.index.rows import decode_chunk, decode_document, decode_file, decode_text
from ragbot.types import Chunk, ParsedFile, SourceDocument

IDS_A_QUERY = 500
TEXTS_KEPT = 16  #: decoded texts kept in memory; passages of one answer share few files


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of the library without its text."""

    path: str
    sha256: str  #: of the source file's bytes, lower-case hex
    kind: str  #: the parser that recognised it
    fingerprint: str  #: the pipeline's
    text_sha256: str  #: of the canonical text in UTF-8; equals ``sha256`` for plain UTF-8 files


class Library:
    """One open library. Safe from several threads: a lock guards its one connection."""

    def __init__(self, *, connection: sqlite3.Connection) -> None:
        """``connection``: made with ``check_same_thread=False``; closed with this."""
        self._connection = connection
        self._lock = threading.Lock()
        self._cached_text = lru_cache(maxsize=TEXTS_KEPT)(self._read_text)

    @classmethod
    def open(cls, path: Path) -> Self:
        """The library at ``path``, read-only.

        Raises:
            IndexCorrupt: there is none, or it is no SQLite database.
        """
        address = f"file:{quote(str(path.absolute()))}?mode=ro&immutable=1"
        try:
            connection = sqlite3.connect(address, uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise IndexCorrupt(f"The library {path} cannot be opened: {error}.") from error
        library = cls(connection=connection)
        try:
            library.counts()
        except IndexCorrupt:
            library.close()
            raise
        return library

    def files(self) -> list[StoredFile]:
        """Every file, by path."""
        rows = self._rows(
            "SELECT path, sha256, kind, fingerprint, text_sha256 FROM files ORDER BY path"
        )
        return [StoredFile(*row) for row in rows]

    def file(self, path: str) -> ParsedFile:
        """One file with its text and all sources in it.

        Raises:
            KeyError: no such file.
        """
        (data,) = self._one("SELECT data FROM files WHERE path = ?", path)
        rows = self._rows(
            "SELECT data, ordinal FROM documents WHERE path = ? ORDER BY ordinal", path
        )
        documents = tuple(decode_document(row[0]) for row in rows if row[1] >= 0)
        shared = tuple(decode_document(row[0]) for row in reversed(rows) if row[1] < 0)
        file = decode_file(data, text=self.text(path), documents=documents)
        return replace(file, shared=shared)

    def text(self, path: str) -> str:
        """The canonical text of a file.

        Raises:
            KeyError: no such file.
        """
        return self._cached_text(path)

    def texts(self, documents: Iterable[SourceDocument]) -> dict[str, str]:
        """The canonical texts of the files of these sources, by path.

        Raises:
            KeyError: no such file.
        """
        return {path: self.text(path) for path in {document.path for document in documents}}

    def documents(self) -> list[SourceDocument]:
        """Every source once, in the order of the files and inside them.

        A source that stands in several files is given as it stands in the first of them that has
        its text; the files that were found to give the same source are its ``also_at``.
        """
        rows = self._rows("SELECT source_id, path, ordinal, data FROM documents ORDER BY 2, 3")
        first: dict[str, bytes] = {}
        other: dict[str, list[str]] = {}
        for source_id, path, ordinal, data in rows:
            if ordinal < 0:
                other.setdefault(source_id, []).append(path)
            else:
                first.setdefault(source_id, data)
        return [_also_at(decode_document(data), other.get(i, ())) for i, data in first.items()]

    def document(self, source_id: str, *, path: str | None = None) -> SourceDocument:
        """One source, as it stands in ``path`` or in the first of its files that has its text.

        Raises:
            KeyError: no such source (there).
        """
        rows = self._rows(
            "SELECT path, ordinal, data FROM documents WHERE source_id = ?"
            " ORDER BY ordinal < 0, path, ordinal",
            source_id,
        )
        found = [data for place, n, data in rows if place == path or (path is None and n >= 0)]
        if not found:
            raise KeyError(source_id)
        return _also_at(decode_document(found[0]), [place for place, n, _ in rows if n < 0])

    def places(self, source_id: str) -> list[SourceDocument]:
        """The source once for every place where it stands; empty if it is unknown.

        By path; the files that only give it once more, and whose text is not searched, come last.
        """
        rows = self._rows(
            "SELECT data FROM documents WHERE source_id = ? ORDER BY ordinal < 0, path, ordinal",
            source_id,
        )
        return [decode_document(row[0]) for row in rows]

    def chunk(self, chunk_id: str) -> Chunk:
        """One chunk, from the first file that holds it.

        Raises:
            KeyError: no such chunk.
        """
        return self.chunks([chunk_id])[0]

    def chunks(self, chunk_ids: Sequence[str]) -> list[Chunk]:
        """The chunks with these ids, in this order.

        Raises:
            KeyError: one of them is unknown.
        """
        found: dict[str, Chunk] = {}
        for at in range(0, len(chunk_ids), IDS_A_QUERY):
            part = list(chunk_ids[at : at + IDS_A_QUERY])
            marks = ",".join("?" * len(part))
            rows = self._rows(
                f"SELECT data FROM chunks WHERE chunk_id IN ({marks}) ORDER BY path",  # noqa: S608
                *part,
            )
            for (data,) in rows:
                chunk = decode_chunk(data)
                found.setdefault(chunk.chunk_id, chunk)
        return [found[chunk_id] for chunk_id in chunk_ids]

    def chunks_of(self, source_id: str, *, path: str | None = None) -> list[Chunk]:
        """The chunks of a source in ``path`` or in the first of its files, in reading order."""
        places = self.places(source_id)
        if not places:
            return []
        rows = self._rows(
            "SELECT data FROM chunks WHERE source_id = ? AND path = ? ORDER BY start",
            source_id,
            path or places[0].path,
        )
        return [decode_chunk(row[0]) for row in rows]

    def chunk_ids(self) -> list[str]:
        """Every chunk id once, sorted."""
        return [row[0] for row in self._rows("SELECT DISTINCT chunk_id FROM chunks ORDER BY 1")]

    def chunks_at(self, path: str) -> list[Chunk]:
        """Every chunk of a file, in reading order; empty if there is no such file."""
        query = "SELECT data FROM chunks WHERE path = ? ORDER BY start, chunk_id"
        return [decode_chunk(row[0]) for row in self._rows(query, path)]

    def all_chunks(self) -> list[Chunk]:
        """Every chunk at every place, by path and start."""
        return [chunk for file in self.files() for chunk in self.chunks_at(file.path)]

    def vocabulary(self) -> Mapping[str, int]:
        """Surface words of the chunk bodies, lower-case, and in how many chunks each stands."""
        return dict(self._rows("SELECT word, chunks FROM words"))

    def counts(self) -> dict[str, int]:
        """How many "files", "documents", "chunks" and "words" there are."""
        row = self._one(
            "SELECT (SELECT count(*) FROM files),"
            " (SELECT count(DISTINCT source_id) FROM documents WHERE ordinal >= 0),"
            " (SELECT count(DISTINCT chunk_id) FROM chunks), (SELECT count(*) FROM words)"
        )
        return dict(zip(("files", "documents", "chunks", "words"), row, strict=True))

    def integrity_problems(self, *, whole: bool = True) -> list[str]:
        """What SQLite's own check finds; empty if nothing. Not ``whole``: indexes are left out."""
        check = "PRAGMA integrity_check" if whole else "PRAGMA quick_check"
        return [row[0] for row in self._rows(check) if row[0] != "ok"]

    def close(self) -> None:
        """Close the connection. A second call does nothing."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read_text(self, path: str) -> str:
        stored, expected = self._one("SELECT text, text_sha256 FROM files WHERE path = ?", path)
        if hashlib.sha256(stored).hexdigest() != expected:  # quotes must not rest on altered text
            raise IndexCorrupt(
                f"The stored text of {path} is not the one that was read in.", hint=DAMAGED
            )
        return decode_text(stored)

    def _rows(self, query: str, *values: str) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise IndexCorrupt(
                f"The library cannot be read: {error}.", hint="Run `ragbot index verify`."
            ) from error

    def _one(self, query: str, *values: str) -> Any:  # noqa: ANN401 (a row of SQLite's)
        rows = self._rows(query, *values)
        if not rows:
            raise KeyError(*values)
        return rows[0]


def _also_at(document: SourceDocument, paths: Sequence[str]) -> SourceDocument:
    return replace(document, also_at=tuple(dict.fromkeys(paths))) if paths else document
