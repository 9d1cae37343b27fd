"""A library's part of a Chroma server: which generation is current, its files, its lock.

    store = ServerStore("http://localhost:8000/primary-care")
    store.put_blob("file:6a3c…", "file", b"…")
    store.point_to("20260102T030405678Z-1a2b3c")      # one record: it is the old one or the new one

The path of the address names the library (``ragbot`` where there is none), so that several can
share a server. Its collections are ``NAME-control`` (CURRENT), ``NAME-parts`` (files as compressed
pieces; Chroma wants a vector with each record, so they carry one that means nothing),
``NAME-vectors-GENERATION`` and, while somebody writes, ``NAME-lock``.

What it does not do: know what the files mean, or check anything.
"""

from __future__ import annotations

import base64
import os
import re
import socket
import threading
import uuid
import weakref
import zlib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import PurePosixPath
from typing import Any, Self
from urllib.parse import urlsplit

from ragbot.adapters.chroma import ChromaVectors
from ragbot.adapters.chroma_client import hang_up, server_client, translated
from ragbot.errors import ConfigError, IndexCorrupt, IndexLocked, IndexProblem, IndexUnreachable

PIECE = 500_000  #: bytes of a piece before base 85; Chroma's largest request is 40 MB
AT_ONCE = 40  #: records of an upload
IDS_AT_ONCE = 300  #: records of a download
LEASE = 60.0  #: seconds after which a lock whose holder has not been heard of may be taken over
BEAT = 10.0  #: seconds between two signs of life
CURRENT = "CURRENT"


class ServerStore:
    """One library on a Chroma server. Safe from several threads."""

    def __init__(self, url: str) -> None:
        """``url``: e.g. ``http://localhost:8000/primary-care``.

        Raises:
            ConfigError: the address makes no sense.
            IndexUnreachable: the server does not answer.
        """
        self.url = url
        self.name = _name(url)
        with translated(f"be reached at {url}"):
            self._client = server_client(url)
            weakref.finalize(self, hang_up, self._client)
            self._control = self._collection(f"{self.name}-control")
            self._parts = self._collection(f"{self.name}-parts")

    def current(self) -> str | None:
        """What ``point_to`` was last given."""
        with translated("read which generation is current"):
            found = self._control.get(ids=[CURRENT], include=["metadatas"])["metadatas"]
        return str(found[0]["generation"]) if found else None

    def point_to(self, name: str) -> None:
        """Make a generation the current one, in one step."""
        with translated("make a generation current", writing=True):
            self._control.upsert(
                ids=[CURRENT], embeddings=[[1.0, 0.0]], metadatas=[{"generation": name}]
            )

    def generations(self) -> dict[str, int]:
        """Every generation that ``add_generation`` has finished, and its pieces."""
        with translated("list the generations"):
            rows = self._control.get(where={"kind": "generation"}, include=["metadatas"])
        return {str(m["generation"]): int(m["pieces"]) for m in rows["metadatas"]}

    def add_generation(self, name: str, data: bytes) -> None:
        """Store a generation's record: it is listed once it is whole."""
        pieces = self.put_blob(f"generation:{name}", "generation", data)
        facts = {"kind": "generation", "generation": name, "pieces": pieces}
        with translated("store a generation", writing=True):
            self._control.upsert(
                ids=[f"generation:{name}"], embeddings=[_nowhere(name)], metadatas=[facts]
            )

    def generation(self, name: str) -> bytes | None:
        """A generation's record; None where there is none of that name."""
        pieces = self.generations().get(name)
        if pieces is None:
            return None
        key = f"generation:{name}"
        return self.blobs({key: pieces})[key]

    def drop_generations(self, names: Iterable[str]) -> None:
        """Take records out: from the list first, so that no half one is listed."""
        held = self.generations()
        for name in names:
            with translated("drop a generation", writing=True):
                self._control.delete(ids=[f"generation:{name}"])
            self.drop_blobs({f"generation:{name}": held.get(name, 0)})

    def put_blob(self, key: str, kind: str, data: bytes) -> int:
        """Store bytes under a key; returns how many pieces they are."""
        packed = zlib.compress(data, 6)
        pieces = [packed[at : at + PIECE] for at in range(0, len(packed), PIECE)]
        records = [
            (f"{key}#{n}", {"kind": kind, "data": base64.b85encode(piece).decode("ascii")})
            for n, piece in enumerate(pieces)
        ]
        with translated("store a file", writing=True):
            for at in range(0, len(records), AT_ONCE):
                ids, facts = zip(*records[at : at + AT_ONCE], strict=True)
                self._parts.upsert(
                    ids=list(ids), embeddings=[_nowhere(i) for i in ids], metadatas=list(facts)
                )
        return len(pieces)

    def blobs(self, pieces: Mapping[str, int]) -> dict[str, bytes]:
        """The bytes under each key of ``pieces``, which says how many pieces they are.

        Raises:
            IndexCorrupt: one is missing or damaged.
        """
        wanted = [f"{key}#{n}" for key, count in pieces.items() for n in range(count)]
        held: dict[str, str] = {}
        with translated("read files"):
            for at in range(0, len(wanted), IDS_AT_ONCE):
                rows = self._parts.get(ids=wanted[at : at + IDS_AT_ONCE], include=["metadatas"])
                found = zip(rows["ids"], rows["metadatas"], strict=True)
                held |= {piece: str(facts["data"]) for piece, facts in found}
        try:
            return {
                key: zlib.decompress(
                    b"".join(base64.b85decode(held[f"{key}#{n}"]) for n in range(count))
                )
                for key, count in pieces.items()
            }
        except (KeyError, ValueError, zlib.error) as error:
            raise IndexCorrupt(f"A file of the index on {self.url} is damaged: {error}.") from error

    def blob_pieces(self, kind: str) -> dict[str, int]:
        """Every key of a kind, and how many pieces are stored under it."""
        with translated("list files"):
            ids = self._parts.get(where={"kind": kind}, include=[])["ids"]
        found: dict[str, int] = {}
        for key in (piece.rsplit("#", 1)[0] for piece in ids):
            found[key] = found.get(key, 0) + 1
        return found

    def drop_blobs(self, pieces: Mapping[str, int]) -> None:
        """Take keys out."""
        ids = [f"{key}#{n}" for key, count in pieces.items() for n in range(count)]
        with translated("drop files", writing=True):
            for at in range(0, len(ids), IDS_AT_ONCE):
                self._parts.delete(ids=ids[at : at + IDS_AT_ONCE])

    def vectors(self, collection: str, *, create: bool = False) -> ChromaVectors:
        """The vectors in one of this library's collections."""
        return ChromaVectors.within(self._client, collection, create=create)

    def vector_collections(self) -> list[str]:
        """The names of this library's collections of vectors."""
        with translated("list the collections"):
            names = [collection.name for collection in self._client.list_collections()]
        return [name for name in names if name.startswith(f"{self.name}-vectors-")]

    def drop_collections(self, names: Iterable[str]) -> None:
        """Delete collections of vectors."""
        with translated("delete a collection", writing=True):
            for name in names:
                self._client.delete_collection(name)

    def lock(self) -> ServerLock:
        """The lock of this library's writers, not yet taken."""
        return ServerLock(self._client, f"{self.name}-lock")

    def _collection(self, name: str) -> Any:  # noqa: ANN401 (vendor type)
        return self._client.get_or_create_collection(name, embedding_function=None)


class ServerLock:
    """One writer at a time, on any machine: a collection that only one can create.

    Its holder gives signs of life; a lock that has been silent for ``LEASE`` seconds (by the
    server's clock) is taken over. Renaming it away addresses it by its own id, so of two that take
    over, the slower one cannot hit the lock of the quicker.
    """

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401
        """``client``: of the server."""
        self._client = client
        self._name = name
        self._held: Any = None
        self._done = threading.Event()

    def acquire(self) -> Self:
        """Take it.

        Raises:
            IndexLocked: somebody has it; the message names them.
        """
        with translated("lock the index", writing=True):
            for _ in range(2):
                try:
                    self._held = self._client.create_collection(
                        self._name, embedding_function=None, metadata=self._sign()
                    )
                    break
                except Exception as error:
                    if "already exists" not in str(error):
                        raise
                    self._take_over_or_fail()
        if self._held is None:
            raise IndexLocked("Another ingest is writing this index.", hint="Wait and try again.")
        threading.Thread(target=self._beat, name="ragbot-lock", daemon=True).start()
        return self

    @property
    def is_held(self) -> bool:
        """Whether it is (still) ours: a holder that was silent for too long may have lost it."""
        if self._held is None:
            return False
        with translated("check the lock"):
            names = {str(one.id): one.name for one in self._client.list_collections()}
        return names.get(str(self._held.id)) == self._name

    def release(self) -> None:
        """Give it back, if it is ours. A second call does nothing."""
        self._done.set()
        if self._held is None:
            return
        with suppress(IndexProblem), translated("release the lock", writing=True):
            if self.is_held:  # where it cannot be given back, it is given up after ``LEASE``
                self._client.delete_collection(self._name)
        self._held = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _sign(self) -> dict[str, Any]:
        seconds = self._client.heartbeat() / 1e9
        return {"pid": os.getpid(), "host": socket.gethostname(), "beat": seconds}

    def _take_over_or_fail(self) -> None:
        try:
            other = self._client.get_collection(self._name, embedding_function=None)
        except Exception as error:
            if "does not exist" in str(error):
                return  # it has just been released
            raise
        facts = other.metadata or {}
        silent = self._client.heartbeat() / 1e9 - float(facts.get("beat", 0.0))
        if silent < LEASE:
            raise IndexLocked(
                f"Another ingest is writing this index: process {facts.get('pid')} on"
                f" {facts.get('host')}, last heard of {silent:.0f} s ago.",
                hint=f"Wait until it is done; a dead one is given up after {LEASE:.0f} s.",
            )
        away = f"{self._name}-dead-{uuid.uuid4().hex}"
        other.modify(name=away)
        self._client.delete_collection(away)

    def _beat(self) -> None:
        while not self._done.wait(BEAT):
            try:
                with translated("keep the lock", writing=True):
                    self._held.modify(metadata=self._sign())
            except (IndexUnreachable, IndexCorrupt):
                continue  # ``is_held`` tells before anything is published
            except Exception:  # noqa: BLE001 - the lock is gone: likewise
                return


def _name(url: str) -> str:
    parts = urlsplit(url)
    name = PurePosixPath(parts.path).name or "ragbot"
    usable = parts.scheme in ("http", "https") and parts.hostname
    if not usable or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{2,63}", name):
        raise ConfigError(
            "RAGBOT_CHROMA_URL is no address of a Chroma server.",
            hint="Write e.g. http://localhost:8000 or http://localhost:8000/primary-care.",
        )
    return name


def _nowhere(key: str) -> list[float]:
    """A vector that means nothing, another one for each key: Chroma's graph dislikes equal ones."""
    digest = zlib.crc32(key.encode("utf-8"))
    return [1.0 + (digest & 0xFFFF) / 65536, 1.0 + (digest >> 16) / 65536]
