"""The index on a Chroma server: the same generations for many machines.

    index = ServerIndex("http://chroma:8000", cache=Path("index"))
    with index.open(index.require_current()) as generation: ...

On the server lie the vectors (``server_vectors``), every file with its sources and chunks under the
digest of its content (``bundle``), a record for each generation that names its files, and CURRENT.
A reader fetches the files that it has not got and builds texts and words from them in ``cache``, so
search by words is the same as without a server; nothing in ``cache`` needs to outlive the process.
Publishing writes what is new, then the generation's record, then CURRENT: a crash leaves the old
generation, and what nobody names is swept by the next publish.

What it does not do: push. A reader asks which generation is current at most once a second.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Collection
from dataclasses import replace
from itertools import islice
from pathlib import Path

from filelock import FileLock

from ragbot.adapters.chroma_server import ServerLock, ServerStore
from ragbot.errors import IndexCorrupt, IndexLocked, IndexProblem, IndexWriteFailed, NoIndex
from ragbot.index.bundle import KIND, address, pack, unpack
from ragbot.index.draft import Draft
from ragbot.index.files import STANDS, write_atomically, write_failures
from ragbot.index.generation import Generation, missing_parts
from ragbot.index.library import Library
from ragbot.index.manifest import MANIFEST, EmbedderInfo, EmbedderRecord, Manifest, load_manifest
from ragbot.index.manifest import parse as parse_manifest
from ragbot.index.names import NAME, kept, next_name
from ragbot.index.seal import parts_of
from ragbot.index.server_vectors import ServerVectors
from ragbot.index.texts import LIBRARY, DraftTexts
from ragbot.index.verify import problems_of

Files = dict[str, tuple[str, int]]
"""Path → the key of its bundle, and how many pieces that is."""

FILES = "files.json"
FRESH = 1.0  #: seconds for which a reader believes that CURRENT has not moved
FILES_AT_ONCE = 100
LOCAL = 2  #: generations that are left in the cache


class ServerIndex:
    """Generations on a server; see ``Index``. Safe from several threads."""

    def __init__(
        self, url: str, *, cache: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """``cache``: a folder that may be empty, and may be lost. ``clock``: in seconds.

        Raises:
            ConfigError: the address makes no sense.
            IndexUnreachable: the server does not answer.
        """
        self._store = ServerStore(url)
        self._cache = cache
        self._clock = clock
        self._seen: tuple[float, str | None] | None = None

    def current(self) -> str | None:
        """See ``Index``; up to a second old.

        Raises:
            IndexUnreachable: the server does not answer.
        """
        now = self._clock()
        if self._seen is None or now - self._seen[0] > FRESH:
            self._seen = now, self._store.current()
        return self._seen[1]

    def require_current(self) -> str:
        """See ``Index``.

        Raises:
            NoIndex: nothing has been built yet.
        """
        name = self.current()
        if name is None:
            raise NoIndex(f"There is no index at {self._store.url}.", hint="Run `ragbot ingest`.")
        return name

    def names(self) -> list[str]:
        """See ``Index``."""
        return sorted(name for name in self._store.generations() if NAME.fullmatch(name))

    def manifest(self, name: str) -> Manifest:
        """See ``Index``."""
        return self._record(name)[0]

    def open(self, name: str) -> Generation:
        """See ``Index``; fetches what is not in the cache."""
        return Generation.open(self._fetch(name), keeper=ServerVectors(self._store))

    def verify(self, name: str) -> list[str]:
        """See ``Index``; fetches everything anew, as a new machine would."""
        self._record(name)  # NoIndex where there is none
        current = self._store.current()
        lost = [] if current in self.names() else [f"CURRENT names {current}, which is not there"]
        with tempfile.TemporaryDirectory(prefix="ragbot-verify-") as place:
            try:
                folder = self._fetch(name, cache=Path(place))
            except IndexProblem as error:
                return [*lost, error.message]
            return [*lost, *problems_of(folder, keeper=ServerVectors(self._store))]

    def rollback(self, name: str, *, timeout: float = 0.0) -> None:
        """See ``Index``."""
        self._record(name)
        with self._lock(timeout):
            problems = self.verify(name)
            if problems:
                raise IndexCorrupt(f"The generation {name} is damaged: {'; '.join(problems)}.")
            self._point_to(name)

    def begin(
        self, embedder: EmbedderInfo, *, rebuild: bool = False, timeout: float = 0.0
    ) -> Draft:
        """See ``Index``."""
        with write_failures(f"create {self._cache}"):
            self._cache.mkdir(parents=True, exist_ok=True)
        lock = self._lock(timeout)
        try:
            current = None if rebuild else self._store.current()
            parent = None
            if current is not None:
                folder = self._fetch(current)
                parent = folder, load_manifest(folder)
                parent[1].require_embedder(embedder)
            name = next_name(self.names())
            before = _files_in(parent[0]) if parent else {}
            return Draft(
                folder=self._cache / f".draft-{name}",
                generation=name,
                embedder=EmbedderRecord.of(embedder),
                parent=parent,
                keeper=ServerVectors(self._store, generation=name),
                publish=lambda folder, name, touched: self._publish(
                    folder, name, touched, before=before, lock=lock
                ),
                release=lock.release,
            )
        except BaseException:
            lock.release()
            raise

    def _publish(
        self, folder: Path, name: str, touched: Collection[str], *, before: Files, lock: ServerLock
    ) -> None:
        manifest = load_manifest(folder)
        files = {path: before[path] for path in manifest.files.keys() & before.keys()}
        with Library.open(folder / LIBRARY) as library:
            for path in sorted(
                manifest.files.keys() & set(touched) | manifest.files.keys() - files.keys()
            ):
                file, chunks = library.file(path), library.chunks_at(path)
                data = pack(file, chunks, manifest.files[path].fingerprint)
                key = address(data)
                files[path] = key, self._store.put_blob(key, KIND, data)
        if not lock.is_held:
            raise IndexWriteFailed(
                "The lock of the index was lost.", hint=f"{STANDS} Ingest again."
            )
        facts = {"manifest": replace(manifest, parts={}).to_json(), "files": files}
        self._store.add_generation(name, json.dumps(facts).encode("utf-8"))
        self._point_to(name)
        self._keep(folder, name, files)
        self._prune(name)

    def _point_to(self, name: str) -> None:
        self._store.point_to(name)
        self._seen = None

    def _prune(self, current: str) -> None:
        """Remove what no generation names that is kept. The lock is held."""
        names = self.names()
        keep = kept(names, current)
        self._store.drop_generations([name for name in names if name not in keep])
        records = [self._record(name) for name in sorted(keep)]
        named = {key for _, files in records for key, _ in files.values()}
        stored = self._store.blob_pieces(KIND)
        self._store.drop_blobs({key: n for key, n in stored.items() if key not in named})
        collections = {manifest.collection for manifest, _ in records}
        self._store.drop_collections(
            name for name in self._store.vector_collections() if name not in collections
        )

    def _record(self, name: str) -> tuple[Manifest, Files]:
        """A generation's manifest and files, as the server has them."""
        data = self._store.generation(name)
        if data is None:
            there = ", ".join(self.names()) or "none"
            raise NoIndex(f"There is no generation {name[:60]!r}.", hint=f"There are: {there}.")
        facts = json.loads(data)
        files = {str(path): (str(key), int(n)) for path, (key, n) in facts["files"].items()}
        return parse_manifest(facts["manifest"], generation=name), files

    def _fetch(self, name: str, *, cache: Path | None = None) -> Path:
        """The folder with a generation's texts and words, built from the server if need be."""
        place = cache or self._cache
        with write_failures(f"use {place}"):
            place.mkdir(parents=True, exist_ok=True)
            folder = place / name
            with FileLock(place / ".fetch.lock"):
                if not _is_whole(folder):
                    self._build(name, folder)
                    _clear(place, besides=name)
        return folder

    def _build(self, name: str, folder: Path) -> None:
        manifest, files = self._record(name)
        base = next((one for one in _local(folder.parent) if one != folder), None)
        before = _files_in(base) if base else {}
        draft = folder.with_name(f".fetch-{name}")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        try:
            with DraftTexts.begin(draft, base) as texts:
                for path in before.keys() - files.keys():
                    texts.library.remove(path)
                new = {path: key for path, key in files.items() if before.get(path) != key}
                self._put(texts, new)
                texts.finish()
            with Library.open(draft / LIBRARY) as library:
                if library.counts() != dict(manifest.counts):
                    raise IndexCorrupt(f"The generation {name} is not what its record says.")
            local = replace(manifest, parts=parts_of(draft))
            write_atomically(draft / MANIFEST, local.to_json())
            self._keep(draft, name, files, place=folder.parent)
        finally:
            shutil.rmtree(draft, ignore_errors=True)

    def _put(self, texts: DraftTexts, files: Files) -> None:
        paths = iter(sorted(files))
        while part := list(islice(paths, FILES_AT_ONCE)):
            blobs = self._store.blobs(dict(files[path] for path in part))
            for path in part:
                file, chunks, fingerprint = unpack(blobs[files[path][0]], key=files[path][0])
                texts.library.put(replace(file, path=path), chunks, fingerprint=fingerprint)

    def _keep(self, folder: Path, name: str, files: Files, *, place: Path | None = None) -> None:
        """Move a finished folder to its place in the cache."""
        write_atomically(folder / FILES, json.dumps(files))
        target = (place or self._cache) / name
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)

    def _lock(self, timeout: float) -> ServerLock:
        until = self._clock() + timeout if timeout >= 0 else float("inf")
        while True:
            try:
                return self._store.lock().acquire()
            except IndexLocked:
                if self._clock() >= until:
                    raise
                time.sleep(0.2)


def _local(cache: Path) -> list[Path]:
    """Whole generations in the cache, newest first."""
    folders = [path for path in cache.iterdir() if NAME.fullmatch(path.name)]
    return [folder for folder in sorted(folders, reverse=True) if _is_whole(folder)]


def _is_whole(folder: Path) -> bool:
    try:
        manifest = load_manifest(folder)
    except IndexProblem:
        return False
    on_server = manifest.collection is not None and (folder / FILES).is_file()
    return on_server and not missing_parts(folder, manifest)


def _files_in(folder: Path) -> Files:
    facts = json.loads((folder / FILES).read_text(encoding="utf-8"))
    return {str(path): (str(key), int(n)) for path, (key, n) in facts.items()}


def _clear(cache: Path, *, besides: str) -> None:
    """Leave the newest generations in the cache; readers keep the files that they have open."""
    for folder in _local(cache)[LOCAL:]:
        if folder.name != besides:
            shutil.rmtree(folder, ignore_errors=True)
