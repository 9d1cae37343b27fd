"""Chroma clients that can be closed, and their errors as ours.

    with translated("search the vectors"):
        client = server_client("http://localhost:8000")

What it does not do: know of collections or vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ragbot.errors import (
    IndexCorrupt,
    IndexMismatch,
    IndexUnreachable,
    IndexWriteFailed,
    RagbotError,
)

CONNECT, ANSWER = 5.0, 120.0  #: seconds to wait for a server


def embedded_client(folder: Path) -> Any:  # noqa: ANN401 (vendor type)
    """A client of the store in ``folder``, for this process alone."""
    import chromadb
    from chromadb.api.shared_system_client import SharedSystemClient as Cache
    from chromadb.config import Settings

    try:
        return chromadb.PersistentClient(str(folder), settings=Settings(anonymized_telemetry=False))
    except BaseException:
        # Chroma 1.5.9 keeps a system that failed to start, and would hand it out again.
        if str(folder) not in Cache._identifier_to_refcount:
            Cache._identifier_to_system.pop(str(folder), None)
        raise


def server_client(url: str) -> Any:  # noqa: ANN401
    """A client of a Chroma server, e.g. ``http://localhost:8000``; a path is left aside."""
    import chromadb
    import httpx
    from chromadb.config import Settings

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    client = chromadb.HttpClient(
        host=parts.hostname or "localhost",
        port=parts.port or (443 if secure else 8000),
        ssl=secure,
        settings=Settings(anonymized_telemetry=False),
    )
    for session in _sessions(client):
        session.timeout = httpx.Timeout(ANSWER, connect=CONNECT)  # Chroma itself waits for ever
    return client


def _sessions(client: Any) -> Iterator[Any]:  # noqa: ANN401
    """The connections of a client to a server; the embedded store has none."""
    for owner in (client, getattr(client, "_admin_client", None)):
        session = getattr(getattr(owner, "_server", None), "_session", None)
        if session is not None:
            yield session


def hang_up(client: Any) -> None:  # noqa: ANN401
    """Close a client; it cannot be used again."""
    client.close()
    for session in _sessions(client):  # Chroma 1.5.9 leaves them open
        session.close()


@contextmanager
def translated(doing: str, *, writing: bool = False) -> Iterator[None]:
    """Turn what Chroma raises into ragbot's errors; ours pass through."""
    import httpx
    from chromadb.errors import ChromaError

    try:
        yield
    except RagbotError:
        raise
    except httpx.HTTPError as error:
        raise IndexUnreachable(f"Chroma could not {doing}: {error or 'no answer'}.") from error
    except (ChromaError, ValueError, RuntimeError, OSError) as error:
        kind: type[RagbotError] = IndexWriteFailed if writing else IndexCorrupt
        if "expecting embedding with dimension" in str(error):
            kind = IndexMismatch
        elif "connect to a Chroma server" in str(error):
            kind = IndexUnreachable
        raise kind(f"Chroma could not {doing}: {str(error).rstrip('.')}.") from error
