"""``library.db`` of a draft: put and take out files, then finish.

    writer = LibraryWriter.open(draft / "library.db")
    unheld = writer.put(file, chunks, fingerprint="…")   # ids of chunks that no file holds now
    writer.finish()
    writer.close()

A draft that dies is thrown away, so nothing is flushed before ``finish``. What it does not do: read
for answers (``library``), or know of vectors.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from ragbot.index.rows import (
    decode_chunk,
    encode_chunk,
    encode_document,
    encode_file,
    encode_text,
)
from ragbot.types import Chunk, ParsedFile

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
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS chunks_by_place ON chunks (path, start);
CREATE INDEX IF NOT EXISTS chunks_by_source ON chunks (source_id, path, start);
CREATE TABLE IF NOT EXISTS words (word TEXT PRIMARY KEY, chunks INTEGER NOT NULL) WITHOUT ROWID;
"""


class LibraryWriter:
    """The one writer of a draft's library; used from one thread at a time."""

    def __init__(self, *, connection: sqlite3.Connection) -> None:
        """``connection``: to a database that has ``TABLES``; closed with this."""
        self._connection = connection

    @classmethod
    def open(cls, path: Path) -> Self:
        """The library at ``path``, made if it is not there."""
        connection = sqlite3.connect(path, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")
            connection.execute("PRAGMA synchronous = OFF")  # published only after an fsync
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
            database.executemany(
                "INSERT OR IGNORE INTO chunks VALUES (?, ?, ?, ?, ?)",
                [(c.chunk_id, c.path, c.source_id, c.start, encode_chunk(c)) for c in chunks],
            )
            return self._unheld(before)

    def remove(self, path: str) -> list[str]:
        """Take a file out; one that is not there is ignored.

        Returns:
            The ids of chunks that no file holds any more.
        """
        with self._connection:
            return self._unheld(self._delete(path))

    def fingerprints(self) -> dict[str, str]:
        """The fingerprint of every stored file, by path."""
        return dict(self._connection.execute("SELECT path, fingerprint FROM files ORDER BY path"))

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

    def finish(self) -> None:
        """Count the surface words of the chunks and drop what was deleted, also from the file."""
        counted: Counter[str] = Counter()
        for chunk in self.searchable():
            counted.update({word.lower() for word in WORD.findall(chunk.body)})
        with self._connection as database:
            database.execute("DELETE FROM words")
            database.executemany(
                "INSERT INTO words VALUES (?, ?)",
                [(word, count) for word, count in sorted(counted.items())],
            )
        self._connection.execute("VACUUM")  # deleted text must not linger in free pages

    def close(self) -> None:
        """Close the connection. A second call does nothing."""
        self._connection.close()

    def _delete(self, path: str) -> list[str]:
        database = self._connection
        held = [
            chunk_id
            for (chunk_id,) in database.execute(
                "SELECT chunk_id FROM chunks WHERE path = ? ORDER BY start", (path,)
            )
        ]
        for table in ("files", "documents", "chunks"):
            database.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608
        return held

    def _unheld(self, chunk_ids: Sequence[str]) -> list[str]:
        query = "SELECT 1 FROM chunks WHERE chunk_id = ? LIMIT 1"
        return [i for i in chunk_ids if not self._connection.execute(query, (i,)).fetchone()]
