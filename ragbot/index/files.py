"""Files that are whole or not there: atomic writes, flushing to disk, checksums.

    write_atomically(index / "CURRENT", "20260102T030405678Z-1a2b3c")

What it does not do: lock, or decide what to write.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EDQUOT, EFBIG, ENOSPC
from pathlib import Path

from ragbot.errors import IndexCorrupt, IndexWriteFailed

NO_ROOM = frozenset({ENOSPC, EDQUOT, EFBIG})
STANDS = "The index is as it was."
FREE = "Free some disk space"


def write_atomically(path: Path, text: str) -> None:
    """Replace ``path``: a reader, or a crash at any moment, sees the old text or the new one."""
    temporary = path.with_name(f"{path.name}.tmp")
    with temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make the names in ``folder`` survive a power cut. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_tree(folder: Path) -> None:
    """Make every file below ``folder`` survive a power cut."""
    for parent, _, names in os.walk(folder):
        for name in names:
            with (Path(parent) / name).open("rb+") as file:
                os.fsync(file.fileno())
        flush_folder(Path(parent))


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, lower-case hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def write_failures(doing: str) -> Iterator[None]:
    """Turn what the system and SQLite raise while writing into ``IndexWriteFailed``.

    Raises:
        IndexWriteFailed: no room, no permission, or another fault of the disk.
        IndexCorrupt: SQLite read something that is no database.
    """
    try:
        yield
    except OSError as error:
        advice = FREE if error.errno in NO_ROOM else "Check the index folder"
        raise IndexWriteFailed(
            f"Could not {doing}: {error}.", hint=f"{STANDS} {advice} and ingest again."
        ) from error
    except sqlite3.OperationalError as error:
        raise IndexWriteFailed(
            f"Could not {doing}: {error}.", hint=f"{STANDS} {FREE} and ingest again."
        ) from error
    except sqlite3.DatabaseError as error:
        raise IndexCorrupt(
            f"Could not {doing}: {error}.", hint="Run `ragbot ingest --rebuild`."
        ) from error
