"""What an ingest has done so far, kept until it is published, so that a rerun goes on from there.

    journal = Journal.open(Path("index/.work.db"), scope="all-MiniLM-L6-v2 53aa…")
    journal.keep_work("9f…-p1-c900 seeds/a.txt", data)
    journal.keep_vectors({"Text of a chunk": row})
    journal.vectors(["Text of a chunk"])       # {"Text of a chunk": row}

A draft that is interrupted is thrown away, and with it nothing but writing: the parsed files and
the vectors are here. Vectors are found by their text, so that nothing is embedded twice, in one
ingest or in two. It is an aid and no part of the index: one that is damaged, of another embedder
or cannot be opened is begun anew, and ``clear`` empties it after publishing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

import numpy as np

from ingest.ports import Vector
from ragbot.errors import IndexWriteFailed

_TABLES = """
CREATE TABLE IF NOT EXISTS scope (name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS work (key TEXT PRIMARY KEY, data BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vectors (text BLOB PRIMARY KEY, row BLOB NOT NULL) WITHOUT ROWID;
"""
_ASKED = 500  #: texts asked for in one query


class Journal:
    """One open journal; for one thread."""

    def __init__(self, *, connection: sqlite3.Connection, path: Path | None) -> None:
        """``connection``: to a database that has the tables; closed with this."""
        self._connection = connection
        self._path = path

    @classmethod
    def open(cls, path: Path | None = None, *, scope: str = "") -> Self:
        """The journal at ``path``; without one it is kept in memory.

        ``scope``: what the vectors depend on besides the texts.

        Raises:
            IndexWriteFailed: disk full or no permission.
        """
        if path:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                return cls(connection=_connect(path, scope), path=path)
            except (sqlite3.Error, OSError):
                _delete(path)  # damaged, or another version's: it is only an aid
        try:
            return cls(connection=_connect(path, scope), path=path)
        except (sqlite3.Error, OSError) as error:
            raise _failed(error) from error

    def work(self, key: str) -> bytes | None:
        """What was kept under ``key``."""
        rows = self._read("SELECT data FROM work WHERE key = ?", [key])
        return rows[0][0] if rows else None

    def keep_work(self, key: str, data: bytes) -> None:
        """Keep the result for one file; it is on disk after ``commit``."""
        self._write("INSERT OR REPLACE INTO work VALUES (?, ?)", [(key, data)])

    def vectors(self, texts: Sequence[str]) -> dict[str, Vector]:
        """The vectors of those texts that have one."""
        by_digest = {_digest(text): text for text in texts}
        digests, found = list(by_digest), {}
        for at in range(0, len(digests), _ASKED):
            part = digests[at : at + _ASKED]
            marks = ",".join("?" * len(part))
            query = f"SELECT text, row FROM vectors WHERE text IN ({marks})"  # noqa: S608
            for digest, row in self._read(query, part):
                found[by_digest[digest]] = np.frombuffer(row, dtype=np.float32)
        return found

    def keep_vectors(self, rows: Mapping[str, Vector]) -> None:
        """Keep vectors by their texts, and commit."""
        values = [(_digest(text), row.astype(np.float32).tobytes()) for text, row in rows.items()]
        self._write("INSERT OR REPLACE INTO vectors VALUES (?, ?)", values)
        self.commit()

    def commit(self) -> None:
        """Everything kept so far outlives this process."""
        try:
            self._connection.commit()
        except sqlite3.Error as error:
            raise _failed(error) from error

    def clear(self) -> None:
        """Forget everything: it has been published."""
        self._connection.close()
        if self._path:
            _delete(self._path)

    def close(self) -> None:
        """Commit what can be and close. A second call does nothing."""
        with suppress(sqlite3.Error):
            self._connection.commit()
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, query: str, values: Sequence[str | bytes]) -> list[tuple[bytes, ...]]:
        with suppress(sqlite3.Error):  # damaged: then the work is done again
            return self._connection.execute(query, values).fetchall()
        return []

    def _write(self, statement: str, values: Sequence[tuple[str | bytes, bytes]]) -> None:
        try:
            self._connection.executemany(statement, values)
        except sqlite3.Error as error:
            raise _failed(error) from error


def _connect(path: Path | None, scope: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path or ":memory:")
    try:
        connection.execute("PRAGMA journal_mode = WAL")  # a killed process leaves what it committed
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_TABLES)
        if connection.execute("SELECT name FROM scope").fetchone() != (scope,):
            for table in ("scope", "work", "vectors"):
                connection.execute(f"DELETE FROM {table}")  # noqa: S608
            connection.execute("INSERT INTO scope VALUES (?)", (scope,))
            connection.commit()
    except BaseException:
        connection.close()
        raise
    return connection


def _delete(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        with suppress(OSError):
            Path(f"{path}{end}").unlink()


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _failed(error: Exception) -> IndexWriteFailed:
    return IndexWriteFailed(
        f"The ingest's journal cannot be written: {error}.",
        hint="The index is as it was. Free some space and ingest again.",
    )
