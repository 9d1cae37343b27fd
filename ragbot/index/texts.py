"""The texts and words of a draft: ``library.db`` and ``lexical/``, copied from its parent.

    with DraftTexts.begin(folder, parent=None) as texts:
        texts.library.put(file, chunks, fingerprint="…")
        texts.finish()

What it does not do: vectors, or publishing.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Self

from ragbot.adapters.lexical import LexicalIndex, copy_index
from ragbot.index.library_writer import LibraryWriter

LIBRARY = "library.db"
LEXICAL = "lexical"


class DraftTexts:
    """Texts in the making; used from one thread at a time."""

    def __init__(self, folder: Path, library: LibraryWriter, *, is_copy: bool) -> None:
        """``is_copy``: ``folder`` began as a copy, words included."""
        self.library = library
        self._folder = folder
        self._is_copy = is_copy

    @classmethod
    def begin(cls, folder: Path, parent: Path | None) -> Self:
        """In ``folder``, which exists; copied from the generation in ``parent``."""
        if parent:
            shutil.copyfile(parent / LIBRARY, folder / LIBRARY)
            copy_index(parent / LEXICAL, folder / LEXICAL)
        return cls(folder, LibraryWriter.open(folder / LIBRARY), is_copy=parent is not None)

    def finish(self) -> None:
        """Write the words: the new chunks alone, or everything where chunks have gone.

        tantivy counts deleted chunks in its statistics, so scores would tell how an index came
        about.

        Raises:
            IndexWriteFailed: disk full or no permission.
        """
        self.library.finish()
        words = self._folder / LEXICAL
        added = self.library.added() if self._is_copy else None
        if added is None:
            shutil.rmtree(words, ignore_errors=True)
            with LexicalIndex.create(words) as lexical:
                lexical.add(self.library.searchable())
                lexical.commit()
            return
        with LexicalIndex.open(words) as lexical:
            lexical.add(added)
            lexical.commit()

    def close(self) -> None:
        """Close the library. A second call does nothing."""
        self.library.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
