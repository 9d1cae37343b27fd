"""Lines that seal each other: making one, reading one, and checking a whole file of them.

    line = seal({"seq": 2, "time": "2026-11-22T09:30:00.123Z", "event": "asked"}, prev=GENESIS)
    record_of(line)["hash"]
    verify(Path("audit.jsonl")).problems      # () or what is wrong, in words

A line is JSON in ASCII, its last key ``hash`` the SHA-256 of everything before it, the key before
that ``prev``, the hash of the line above. So a change of any byte shows, and so does a line that is
missing, doubled or moved. Where old lines were dropped, the first line is an *anchor* that carries
the number and hash of the last one dropped, and a ``pruned`` record further down seals the anchor.

It shows tampering to whoever kept a hash elsewhere: somebody who may write both the log and its
head file can make a whole new chain.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ragbot.errors import AuditProblem

GENESIS = "0" * 64  #: what the first line has for ``prev``
ANCHOR, PRUNED, RECOVERED = "anchor", "pruned", "recovered"  #: events of the log's own

Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Head:
    """The last line of a chain."""

    seq: int = 0  #: 1-based number of the line; 0 where there is none
    hash: str = GENESIS


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check of a whole log found."""

    records: int  #: right ones, from the beginning
    head: Head  #: the last line that is right
    problems: tuple[str, ...]


def seal(record: Mapping[str, Any], *, prev: str) -> bytes:
    """``record`` as a line of the chain, with its newline.

    Raises:
        ValueError: it is no JSON, or uses a key of the chain's own.
    """
    if {"prev", "hash"} & set(record):
        raise ValueError("prev and hash are the chain's own keys")
    text = json.dumps({**record, "prev": prev}, separators=(",", ":"), allow_nan=False)
    digest = hashlib.sha256(text.encode("ascii")).hexdigest()
    return f'{text[:-1]},"hash":"{digest}"}}\n'.encode("ascii")


def record_of(line: bytes) -> Record:
    """The record of a line that is whole and as it was written.

    Raises:
        ValueError: it is not.
    """
    record = json.loads(line.decode("ascii"))
    if not isinstance(record, dict):
        raise ValueError("no record")  # noqa: TRY004 - one kind of error a line
    body = {key: value for key, value in record.items() if key not in ("prev", "hash")}
    if seal(body, prev=str(record.get("prev"))) != line or not isinstance(record["seq"], int):
        raise ValueError("changed")
    return record


def head_path(path: Path) -> Path:
    """The file beside a log that says where it ends."""
    return path.with_name(f"{path.name}.head")


def read_head(path: Path) -> Head | None:
    """What the head file of the log ``path`` says, None where there is no such file.

    Raises:
        AuditProblem: it cannot be read.
    """
    try:
        found = json.loads(head_path(path).read_text(encoding="ascii"))
        return Head(int(found["seq"]), str(found["hash"]))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise AuditProblem(f"{head_path(path)} cannot be read.") from error


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a log, with their newlines; none where there is no file.

    Raises:
        AuditProblem: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            yield from file
    except FileNotFoundError:
        return
    except OSError as error:
        raise AuditProblem(f"{path} cannot be read: {error.strerror}.") from error


def hashes(path: Path) -> frozenset[str]:
    """The hashes that a log holds, the anchor's last dropped line included.

    Raises:
        AuditProblem: it cannot be read.
        ValueError: a line is not as it was written; see ``verify``.
    """
    records = [record_of(line) for line in lines_of(path)]
    return frozenset(str(record[key]) for record in records for key in ("hash", "prev"))


def verify(path: Path) -> Verdict:
    """Check every line of a log, their order, and its head file.

    Raises:
        AuditProblem: a file cannot be read.
    """
    at, count, previous = Head(), 0, Head()
    anchor, sealed = "", False
    for number, line in enumerate(lines_of(path), start=1):
        try:
            record = record_of(line)
        except (ValueError, KeyError, RecursionError):
            return Verdict(count, at, (f"Line {number} is not as it was written.",))
        if number == 1 and record.get("event") == ANCHOR:
            at, anchor = Head(record["seq"], str(record.get("last"))), record["hash"]
            continue
        if record["prev"] != at.hash or record["seq"] != at.seq + 1:
            words = f"Line {number} does not follow the line before it."
            return Verdict(count, at, (words,))
        sealed = sealed or (record.get("event") == PRUNED and record.get("anchor") == anchor)
        previous, at, count = at, Head(record["seq"], record["hash"]), count + 1
    problems = [] if sealed or not anchor else ["Nothing in the log seals its anchor."]
    return Verdict(count, at, (*problems, *_ends_wrongly(path, at, previous)))


def _ends_wrongly(path: Path, at: Head, previous: Head) -> Iterator[str]:
    head = read_head(path)
    if head is None:
        if at.seq:
            yield f"{head_path(path).name} is missing: lines may have been cut off the end."
    elif head not in (at, previous):  # one behind: the process was killed between the two writes
        yield f"The log ends at line {at.seq}, and should end at line {head.seq}."
