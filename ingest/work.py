"""One file's work, from its bytes to chunks: what a worker process does, and what it sends back.

    done = work(Order("seeds/a.txt", Path("/data/seeds/a.txt"), max_chars=900))
    done.file, done.chunks, done.marks      # a ``Parsed``; or a ``Refused`` with its reason

Everything here must be cheap to import: a worker starts for it. ``loads`` reads only these values
back: whatever takes over a worker cannot make the ingest run anything.
"""

from __future__ import annotations

import io
import pickle
import time
from dataclasses import dataclass, replace
from pathlib import Path

from ingest.parsers.table import parse_file
from ingest.sameness import facts_of, marks_of
from ingest.split import split_file
from ragbot import types
from ragbot.errors import EmptyFile, SourceError
from ragbot.types import Chunk, ParsedFile

_BUG = "ragbot could not parse {path} ({error}). Please report it with the file."
_NESTED = "{path} is nested too deeply to be read. Open it in its own program and save it again."
_GONE = "{path} cannot be read: {reason}."


@dataclass(frozen=True, slots=True)
class Order:
    """A file to be parsed."""

    path: str  #: its name in the library
    disk: Path
    max_chars: int  #: of a chunk
    ocr: bool = False  #: read scanned pages by text recognition, where it is installed


@dataclass(frozen=True, slots=True)
class Parsed:
    """A file that became evidence."""

    file: ParsedFile
    chunks: tuple[Chunk, ...]
    marks: tuple[tuple[str, ...], ...]  #: of each of its documents, see ``ingest.sameness``
    seconds: float = 0.0  #: that it took


@dataclass(frozen=True, slots=True)
class Refused:
    """A file that did not."""

    reason: str  #: what happened, to which file, and what to do
    seconds: float = 0.0  #: that it took


def work(order: Order) -> Parsed | Refused:
    """Read, parse and split one file. Only running out of memory is left to the caller."""
    began = time.perf_counter()
    try:
        done = _work(order)
    except SourceError as error:
        reason = str(error)
    except OSError as error:
        reason = _GONE.format(path=order.path, reason=error.strerror or type(error).__name__)
    except RecursionError:
        reason = _NESTED.format(path=order.path)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 (a bug in one parser must not stop the other files)
        reason = _BUG.format(path=order.path, error=f"{type(error).__name__}: {error}")
    else:
        return replace(done, seconds=time.perf_counter() - began)
    return Refused(reason, time.perf_counter() - began)


def _work(order: Order) -> Parsed:
    file = parse_file(order.path, order.disk.read_bytes(), ocr=order.ocr)
    chunks = split_file(file, max_chars=order.max_chars)
    if not chunks:
        raise EmptyFile(f"{order.path} holds nothing that could be quoted.")
    return Parsed(file, chunks, tuple(marks_of(facts_of(file, d)) for d in file.documents))


def dumps(done: Parsed | Refused) -> bytes:
    """As bytes, for a pipe."""
    return pickle.dumps(done, protocol=5)


def loads(data: bytes) -> Parsed | Refused:
    """Inverse of ``dumps``.

    Raises:
        pickle.UnpicklingError: the bytes hold anything but the values of this module.
    """
    try:
        done = _Values(io.BytesIO(data)).load()
    except pickle.UnpicklingError:
        raise
    except Exception as error:  # unpickling damaged bytes raises nearly anything
        raise pickle.UnpicklingError(f"{type(error).__name__}: {error}") from error
    if not isinstance(done, Parsed | Refused):
        raise pickle.UnpicklingError(f"a {type(done).__name__} is no result")
    return done


class _Values(pickle.Unpickler):
    """An unpickler that makes our frozen values and nothing else."""

    _ALLOWED = {  # noqa: RUF012 (never changed)
        (cls.__module__, cls.__qualname__): cls
        for cls in (
            Parsed,
            Refused,
            types.ParsedFile,
            types.SourceDocument,
            types.Section,
            types.MetadataField,
            types.Chunk,
            types.EvidenceType,
        )
    }

    def find_class(self, module: str, name: str) -> type:
        found = self._ALLOWED.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"{module}.{name} is no part of a result")
        return found
