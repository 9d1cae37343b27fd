"""The next generation while it is being built.

    with IndexDirectory(Path("index")).begin(embedder) as draft:
        known = draft.known()                                # {"seeds/001.txt": "fingerprint"}
        draft.put(file, chunks, vectors, "fingerprint")
        draft.remove("seeds/old.txt")
        draft.publish()                                      # "20260102T030405678Z-1a2b3c"

Leaving without ``publish``, or any failure, discards the draft; the old generation stands.
What it does not do: parse, embed, or decide what has changed.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ragbot.errors import IndexCorrupt, IndexWriteFailed
from ragbot.index.files import FREE, STANDS, flush_tree, write_failures
from ragbot.index.manifest import EmbedderRecord, FileEntry, Manifest
from ragbot.index.seal import seal
from ragbot.index.texts import DraftTexts
from ragbot.index.verify import problems_of
from ragbot.types import Chunk, ParsedFile

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ragbot.index.vectors import VectorKeeper

    Vectors = NDArray[np.float32]

PENDING = 5000  #: vectors gathered before Chroma is given them: it rewrites its graph each time


class Draft:
    """A generation in the making, from ``IndexDirectory.begin``; for one thread at a time."""

    def __init__(
        self,
        *,
        folder: Path,
        generation: str,
        embedder: EmbedderRecord,
        parent: tuple[Path, Manifest] | None,
        keeper: VectorKeeper,
        publish: Callable[[Path, str, Collection[str]], None],
        release: Callable[[], None],
    ) -> None:
        """``parent``: what to copy. ``keeper``: where the vectors go.

        ``publish``: makes a verified folder the current generation of that name; it is also told
        the paths that were put. ``release``: called when the draft is left, maybe more than once.
        """
        self.generation = generation
        self._folder = folder
        self._embedder = embedder
        self._parent = parent[1] if parent else None
        self._keeper = keeper
        self._publish = publish
        self._release = release
        self._pending: dict[str, tuple[str, Vectors]] = {}
        self._gone: set[str] = set()
        self._deleted = self._parent.deleted_vectors if self._parent else 0
        self._changed = False
        self._touched: set[str] = set()  # paths
        self._left = False
        self._open = ExitStack()
        with self._writing("begin a generation"):
            folder.mkdir()
            self._texts = DraftTexts.begin(folder, parent[0] if parent else None)
            self._library = self._texts.library
            self._open.callback(self._texts.close)
            self._vectors = keeper.begin(folder, parent)
            self._open.callback(self._vectors.close)

    def known(self) -> Mapping[str, str]:
        """The fingerprint of every file in the draft, by path."""
        self._require_open()
        return self._library.fingerprints()

    def stored(self, path: str) -> ParsedFile | None:
        """A file as the draft holds it, with its own sources; None if it is not there."""
        self._require_open()
        return self._library.stored(path)

    def put(
        self, file: ParsedFile, chunks: Sequence[Chunk], vectors: Vectors, fingerprint: str
    ) -> None:
        """Store a file, its chunks and a vector for each chunk, in place of what its path had.

        ``vectors``: float32 [len(chunks), dimension]. ``fingerprint``: comes back in ``known``.

        Raises:
            ValueError: the vectors or a chunk's range do not fit.
            IndexWriteFailed: disk full or no permission; the draft is lost, the index is not.
        """
        rows = _checked(file, chunks, vectors, self._embedder.dimension)
        with self._writing(f"store {file.path}"):
            self._touched.add(file.path)
            self._forget(self._library.put(file, chunks, fingerprint=fingerprint))
            # Reversed, so that of an id that stands twice the first place counts.
            for chunk, row in zip(reversed(chunks), rows[::-1], strict=True):
                self._pending[chunk.chunk_id] = (chunk.source_id, row)
                self._gone.discard(chunk.chunk_id)
            if len(self._pending) >= PENDING:
                self._flush()

    def remove(self, path: str) -> None:
        """Take a file and its chunks out; one that is not there is ignored.

        Raises:
            IndexWriteFailed: disk full or no permission; the draft is lost, the index is not.
        """
        with self._writing(f"remove {path}"):
            self._touched.discard(path)
            self._forget(self._library.remove(path))

    def vectors_for(self, chunk_ids: Sequence[str]) -> Mapping[str, Vectors]:
        """The vectors that are already there, by chunk id; the others must be embedded.

        A vector belongs to an id, not to a text: an id whose embedding text has changed must not
        be asked for.
        """
        found = self._vectors.get_vectors(
            [chunk_id for chunk_id in chunk_ids if chunk_id not in self._pending]
        )
        found.update({i: self._pending[i][1] for i in chunk_ids if i in self._pending})
        return found

    def publish(self, *, settings: Mapping[str, Any] | None = None) -> str:
        """Finish, verify and make this the current generation.

        ``settings``: the chunker's, for the manifest (JSON values).

        Returns:
            The new generation's id, or the old one's where nothing has changed.

        Raises:
            IndexWriteFailed: disk full or no permission; the index is as it was.
            IndexCorrupt: what was written does not verify; the index is as it was.
        """
        self._require_open()
        if self._parent and not self._changed and settings in (None, self._parent.settings):
            self._leave()
            return self._parent.generation
        with self._writing("publish a generation"):
            self._finish(settings or {})
            problems = problems_of(
                self._folder, name=self.generation, changed=self._touched, keeper=self._keeper
            )
            if problems:
                raise IndexCorrupt(
                    f"The new generation does not verify: {'; '.join(problems)}.", hint=STANDS
                )
            flush_tree(self._folder)
            self._publish(self._folder, self.generation, self._touched)
        self._leave()
        return self.generation

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._leave()

    def _forget(self, unheld: Sequence[str]) -> None:
        """Note that no file holds these chunks any more."""
        self._changed = True
        self._gone.update(unheld)
        for chunk_id in unheld:
            self._pending.pop(chunk_id, None)

    def _flush(self) -> None:
        """Give Chroma what is pending: only what differs, for every change leaves a trace."""
        stored = self._vectors.get_vectors(list(self._pending))
        changed = {
            chunk_id: row
            for chunk_id, row in self._pending.items()
            if chunk_id not in stored or not np.allclose(_unit(row[1]), stored[chunk_id], atol=1e-6)
        }
        gone = sorted(self._vectors.get_vectors(sorted(self._gone)))
        if gone:
            self._vectors.delete(gone)
        if changed:
            sources, rows = zip(*changed.values(), strict=True)
            self._vectors.put(list(changed), sources, np.stack(rows))
        self._deleted += len(gone)
        self._pending.clear()
        self._gone.clear()

    def _finish(self, settings: Mapping[str, Any]) -> None:
        self._flush()
        self._texts.finish()
        hashes = self._library.hashes()
        done = self._keeper.finish(self._folder, self._vectors, deleted=self._deleted)
        self._open.close()
        seal(
            self._folder,
            generation=self.generation,
            parent=self._parent.generation if self._parent else None,
            embedder=self._embedder,
            files={path: FileEntry(*facts) for path, facts in hashes.items()},
            settings=settings,
            deleted_vectors=done.deleted,
            collection=done.collection,
        )

    @contextmanager
    def _writing(self, doing: str) -> Iterator[None]:
        """Translate failures; after one, the draft is gone."""
        self._require_open()
        try:
            with write_failures(doing):
                yield
        except IndexWriteFailed as error:
            self._leave()
            error.hint = error.hint or f"{STANDS} {FREE} and ingest again."
            raise
        except BaseException:
            self._leave()
            raise

    def _require_open(self) -> None:
        if self._left:
            raise ValueError("the draft has been published or discarded")

    def _leave(self) -> None:
        """Close, throw away what was not published, release the lock. Twice is fine."""
        self._left = True
        try:
            self._open.close()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._release()


def _checked(
    file: ParsedFile, chunks: Sequence[Chunk], vectors: Vectors, dimension: int
) -> Vectors:
    """The vectors as float32 rows, one a chunk, all chunks being stretches of the file."""
    sources, ids = [d.source_id for d in file.documents], [c.chunk_id for c in chunks]
    for key in (file.path, *sources, *ids):
        key.encode("utf-8")  # a ValueError now, before anything is written
    for chunk in chunks:
        if chunk.path != file.path or not 0 <= chunk.start < chunk.end <= len(file.text):
            raise ValueError(f"{file.path}: chunk {chunk.chunk_id} is no stretch of this file")
    rows = np.asarray(vectors, dtype=np.float32)
    if not chunks and not rows.size:
        return rows.reshape(0, dimension)
    if rows.shape != (len(chunks), dimension):
        raise ValueError(
            f"{file.path}: {len(chunks)} chunks of {dimension} dimensions, vectors {rows.shape}"
        )
    if not np.linalg.norm(rows, axis=1).all() or not np.isfinite(rows).all():
        raise ValueError(f"{file.path}: a vector is zero or not finite")
    return rows


def _unit(vector: Vectors) -> Vectors:
    return vector / np.float32(np.linalg.norm(vector))
