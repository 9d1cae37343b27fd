"""The files of an embedded Chroma store: copied, made smaller, rewritten. The store is closed.

    copy_store(old / "chroma", new / "chroma")

What it does not do: search, or look into the graph.
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import numpy as np

from ragbot.adapters.chroma import ROWS_AN_ADD, ChromaVectors
from ragbot.errors import IndexCorrupt

DATABASE = "chroma.sqlite3"


def copy_store(source: Path, target: Path) -> None:
    """Copy a store that readers may have open; the copy holds one consistent state.

    Raises:
        IndexCorrupt: ``source`` cannot be read.
        OSError: ``target`` cannot be written.
    """
    shutil.copytree(source, target, ignore=shutil.ignore_patterns(f"{DATABASE}*"))
    database = source / DATABASE
    if not database.is_file():
        raise IndexCorrupt(f"The vector store {source} has no {DATABASE}.")
    # Opening a store writes to its SQLite file, so a plain copy could catch it half-way. Three
    # quarters of the file are free pages, which VACUUM leaves behind.
    with closing(sqlite3.connect(database)) as old:
        old.execute("VACUUM INTO ?", (str(target / database.name),))


def compact(folder: Path) -> None:
    """Rewrite the store in ``folder`` without the graph nodes of deleted vectors."""
    fresh = folder.with_name(f"{folder.name}.compact")
    with ChromaVectors.open(folder) as old, ChromaVectors.create(fresh) as new:
        ids = old.ids()
        for at in range(0, len(ids), ROWS_AN_ADD):
            part = ids[at : at + ROWS_AN_ADD]
            vectors, sources = old.get_vectors(part), old.source_ids(part)
            new.put(part, [sources[i] for i in part], np.stack([vectors[i] for i in part]))
    shutil.rmtree(folder)
    fresh.rename(folder)


def trim(folder: Path) -> None:
    """Give back the pages that Chroma's log of additions has left empty in its SQLite file."""
    with (
        closing(sqlite3.connect(folder / DATABASE)) as database,
        suppress(sqlite3.OperationalError),  # no room for a copy: it is as good with empty pages
    ):
        database.execute("VACUUM")
