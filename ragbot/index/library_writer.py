"""``library.db`` of a draft: put and take out files, then finish.

    writer = LibraryWriter.open(draft / "library.db")
    unheld = writer.put(file, chunks, fingerprint="…")   # ids of chunks that no file holds now
    writer.finish()
    writer.close()

A draft that dies is thrown away, so nothing is flushed before ``finish``. Words are counted as
files come and go: ``finish`` costs what has changed, not what there is. What it does not do: read
for answers (``library``), or know of vectors.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Self

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

FREE_PAGES = 0.2  #: share of unused pages from which the file is rewritten without them
WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
TABLES = """
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, sha256 TEXT NOT NULL, kind TEXT NOT NULL, fingerprint TEXT NOT NULL,
    text_sha256 TEXT NOT NULL, text BLOB NOT NULL, data BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS documents (
    path TEXT NOT NULL, ordinal INTEGER NOT NULL, source_id TEXT NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (path, ordinal)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS documents_by_source ON documents (source_id, path, ordinal);
CREATE TABLE IF NOT EXISTS chunks (
    chunk_id TEXT NOT NULL, path TEXT NOT NULL, source_id TEXT NOT NULL, start INTEGER NOT NULL,
    data BLOB NOT NULL, PRIMARY KEY (chunk_id, path)
);
CREATE INDEX IF NOT EXISTS chunks_by_place ON chunks (path, start);
CREATE INDEX IF NOT EXISTS chunks_by_source ON chunks (source_id, path, start);
CREATE TABLE IF NOT EXISTS words (word TEXT PRIMARY KEY, chunks INTEGER NOT NULL) WITHOUT ROWID;
"""


class LibraryWriter:
    """The one writer of a draft's library; used from one thread at a time."""

    def __init__(self, *, connection: sqlite3.Connection) -> None:
        """``connection``: to a database that has ``TABLES``; closed with this."""
        self._connection = connection
        self._counted: Counter[str] = Counter()  # of words, since it was opened
        self._added: set[str] = set()  # ids, since it was opened
        self._lost = False

    @classmethod
    def open(cls, path: Path) -> Self:
        """The library at ``path``, made if it is not there."""
        connection = sqlite3.connect(path, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA synchronous = OFF")  # published only after an fsync
            connection.execute("PRAGMA secure_delete = ON")  # what is taken out is overwritten
            connection.execute("PRAGMA cache_size = -65536")
            connection.executescript(TABLES)
        except BaseException:
            connection.close()
            raise
        return cls(connection=connection)

    def put(self, file: ParsedFile, chunks: Sequence[Chunk], *, fingerprint: str) -> list[str]:
        """Store a file in place of the one at its path.

        Of sources and chunks that the file holds twice under one id, the first place is kept.

        Returns:
            The ids of chunks that no file holds any more.
        """
        stored = encode_text(file.text)
        with self._connection as database:
            before = self._delete(file.path)
            own = {chunk.chunk_id: chunk for chunk in reversed(chunks)}
            fresh = {i: chunk for i, chunk in own.items() if not self._is_held(i)}
            database.execute(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    file.path,
                    file.sha256,
                    file.kind,
                    fingerprint,
                    hashlib.sha256(stored).hexdigest(),
                    stored,
                    encode_file(file),
                ),
            )
            database.executemany(
                "INSERT INTO documents VALUES (?, ?, ?, ?)",
                [
                    (file.path, ordinal, document.source_id, encode_document(document))
                    for ordinal, document in enumerate(file.documents)
                ],
            )
            database.executemany(  # below 0: one more place of a source, without text to search
                "INSERT INTO documents VALUES (?, ?, ?, ?)",
                [
                    (file.path, -ordinal, document.source_id, encode_document(document))
                    for ordinal, document in enumerate(file.shared, 1)
                ],
            )
            database.executemany(
                "INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, ?, ?)",
                [(c.chunk_id, c.path, c.source_id, c.start, encode_chunk(c)) for c in chunks],
            )
        self._note(before, fresh)
        return [chunk_id for chunk_id in before if chunk_id not in fresh]

    def remove(self, path: str) -> list[str]:
        """Take a file out; one that is not there is ignored.

        Returns:
            The ids of chunks that no file holds any more.
        """
        with self._connection:
            before = self._delete(path)
        self._note(before, {})
        return list(before)

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of every stored file, by path."""
        return dict(self._connection.execute("SELECT path, fingerprint FROM files ORDER BY path"))

    def stored(self, path: str) -> ParsedFile | None:
        """A stored file with its text and its own sources; None if it is not there."""
        query = "SELECT text, data FROM files WHERE path = ?"
        row = self._connection.execute(query, (path,)).fetchone()
        if row is None:
            return None
        query = "SELECT data FROM documents WHERE path = ? AND ordinal >= 0 ORDER BY ordinal"
        documents = tuple(decode_document(d) for (d,) in self._connection.execute(query, (path,)))
        return decode_file(row[1], text=decode_text(row[0]), documents=documents)

    def hashes(self) -> dict[str, tuple[str, str]]:
        """(sha256, fingerprint) of every stored file, by path."""
        rows = self._connection.execute("SELECT path, sha256, fingerprint FROM files ORDER BY path")
        return {path: (sha256, fingerprint) for path, sha256, fingerprint in rows}

    def searchable(self) -> Iterator[Chunk]:
        """Every chunk once, from the first file that holds it, by chunk id."""
        # SQLite takes the other columns from the row that has the minimum.
        rows = self._connection.execute(
            "SELECT data, min(path) FROM chunks GROUP BY chunk_id ORDER BY chunk_id"
        )
        for data, _ in rows:
            yield decode_chunk(data)

    def added(self) -> Iterator[Chunk] | None:
        """The chunks that are new since it was opened; None if others have gone or changed."""
        if self._lost:
            return None
        query = "SELECT data FROM chunks WHERE chunk_id = ? ORDER BY path LIMIT 1"
        rows = (self._connection.execute(query, (i,)).fetchone() for i in sorted(self._added))
        return (decode_chunk(data) for (data,) in rows)

    def finish(self) -> None:
        """Write the counts of the chunks' surface words, and give deleted space back."""
        with self._connection as database:
            database.executemany(
                "INSERT INTO words VALUES (?, ?)"
                " ON CONFLICT (word) DO UPDATE SET chunks = chunks + excluded.chunks",
                [(word, count) for word, count in sorted(self._counted.items()) if count],
            )
            database.execute("DELETE FROM words WHERE chunks <= 0")
        self._counted.clear()
        ((free,),) = self._connection.execute("PRAGMA freelist_count").fetchall()
        ((pages,),) = self._connection.execute("PRAGMA page_count").fetchall()
        if free > FREE_PAGES * pages:
            self._connection.execute("VACUUM")

    def close(self) -> None:
        """Close the connection. A second call does nothing."""
        self._connection.close()

    def _delete(self, path: str) -> dict[str, Chunk]:
        """Take a file's rows out; gives the chunks that no file holds now."""
        database = self._connection
        rows = database.execute("SELECT data FROM chunks WHERE path = ? ORDER BY start", (path,))
        held = {chunk.chunk_id: chunk for chunk in (decode_chunk(data) for (data,) in rows)}
        for table in ("files", "documents", "chunks"):
            database.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608
        return {i: chunk for i, chunk in held.items() if not self._is_held(i)}

    def _note(self, before: Mapping[str, Chunk], now: Mapping[str, Chunk]) -> None:
        """Keep count of chunks that stood only in the file that was replaced, and stand now."""
        self._count(before.values(), times=-1)
        self._count(now.values(), times=1)
        gone = before.keys() - now.keys()
        altered = [
            i for i in before.keys() & now.keys() if _words_of(before[i]) != _words_of(now[i])
        ]
        self._lost = self._lost or bool(altered) or not gone <= self._added
        self._added = (self._added - gone) | (now.keys() - before.keys())

    def _is_held(self, chunk_id: str) -> bool:
        query = "SELECT 1 FROM chunks WHERE chunk_id = ? LIMIT 1"
        return self._connection.execute(query, (chunk_id,)).fetchone() is not None

    def _count(self, chunks: Iterable[Chunk], *, times: int) -> None:
        for chunk in chunks:
            for word in {word.lower() for word in WORD.findall(chunk.body)}:
                self._counted[word] += times


def _words_of(chunk: Chunk) -> tuple[str, str]:
    """What is searched of a chunk."""
    return chunk.body, chunk.context
