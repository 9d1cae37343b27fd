"""Appending to the audit log, and dropping what is too old.

    log = AuditLog(Path("audit.jsonl"), days=365)
    log.append("answered", user="amy", status="answered", cited=["sinnott-2020-1a2b3c4d"])

Each line is flushed to the disk (fsync), then the head file, before ``append`` returns; several
processes take turns by a file lock. What a crash left of a half-written line, which nobody was
answered on, is cut off at the next append, and a ``recovered`` record says so. A log that does not
end as its head file says was changed by somebody: nothing is appended, and so nobody is answered.

Once a day, lines older than ``days`` are dropped, unless the chain is broken: then the evidence
stays. What a record says is its writer's business.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from itertools import dropwhile
from pathlib import Path
from typing import Any

from ragbot.audit.chain import (
    ANCHOR,
    PRUNED,
    RECOVERED,
    Head,
    Record,
    head_path,
    lines_of,
    read_head,
    record_of,
    seal,
    verify,
)
from ragbot.errors import AuditProblem
from ragbot.index.files import flush_folder, write_atomically

LOCK_SECONDS = 10  #: that a process waits for another's append
_TAIL = 256 * 1024  #: bytes from the end in which the last line begins
_HINT = "Run: ragbot audit verify. To begin anew, move the log and its .head file away."

log = logging.getLogger(__name__)


class AuditLog:
    """Appends to one file. Safe from several threads and processes."""

    def __init__(
        self,
        path: Path,
        *,
        days: int = 0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """Use, or begin, a log.

        Args:
            path: the log; its folder exists.
            days: a record's life; 0: for ever.
            now: the time, with its zone.

        Raises:
            AuditProblem: the file cannot be used, or does not end as its head says.
        """
        self._path = path
        self._days = days
        self._now = now
        self._pruned_on: date | None = None
        with self._held():
            self._end()

    def append(self, event: str, **facts: object) -> Head:
        """Add one record and flush it to the disk; returns where the chain ends now.

        Raises:
            AuditProblem: it could not be written, or the log was changed by somebody else.
        """
        with self._held():
            head = self._end()
            if self._days and self._pruned_on != self._now().date():
                head = self._prune(head)
                self._pruned_on = self._now().date()
            return self._add(head, event, facts)

    @contextmanager
    def _held(self) -> Iterator[None]:
        from filelock import FileLock, Timeout

        try:
            with FileLock(f"{self._path}.lock", timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise AuditProblem("The audit log is held by another process.") from error
        except OSError as error:
            raise AuditProblem(
                f"The audit log {self._path} cannot be written: {error.strerror}.",
                hint="Nothing is answered without it: free disk space, or mend its permissions.",
            ) from error

    def _end(self) -> Head:
        """Where the chain ends, after cutting off a half-written line."""
        last, torn = self._last_line()
        head = read_head(self._path)
        if head is None and not last:
            head = Head()
        try:
            record = record_of(last) if last else None
        except (ValueError, KeyError, RecursionError):
            record = None
        at = Head(record["seq"], record["hash"]) if record else Head()
        crashed = record is not None and head is not None and record["prev"] == head.hash
        if head is None or not (at == head or crashed):
            raise AuditProblem(f"{self._path} does not end as it was left.", hint=_HINT)
        if torn:
            with self._path.open("rb+") as file:
                file.truncate(self._path.stat().st_size - torn)
                os.fsync(file.fileno())
            at = self._add(at, RECOVERED, {"lost_bytes": torn})
        return at

    def _last_line(self) -> tuple[bytes, int]:
        """The last whole line, and how many bytes of a torn one follow it."""
        try:
            with self._path.open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - _TAIL))
                tail = file.read()
        except FileNotFoundError:
            return b"", 0
        whole = tail.rfind(b"\n") + 1
        return tail[tail.rfind(b"\n", 0, max(0, whole - 1)) + 1 : whole], len(tail) - whole

    def _add(self, head: Head, event: str, facts: Mapping[str, object]) -> Head:
        record = {"seq": head.seq + 1, "time": self._time(), "event": event, **facts}
        line = seal(record, prev=head.hash)
        new = not self._path.exists()
        handle = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(handle, "ab") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        if new:
            flush_folder(self._path.parent)
        return self._note(record_of(line))

    def _note(self, record: Record) -> Head:
        """Say in the head file that the chain ends here."""
        head = Head(record["seq"], record["hash"])
        write_atomically(head_path(self._path), json.dumps({"seq": head.seq, "hash": head.hash}))
        return head

    def _prune(self, head: Head) -> Head:
        """Drop what is too old, in one step that a crash cannot halve."""
        cutoff = _text(self._now() - timedelta(days=self._days))
        verdict = verify(self._path)
        if verdict.problems:
            log.error("The audit log is broken, so nothing is dropped: %s", verdict.problems[0])
            return head
        dropped, last = 0, Head()
        for record in map(record_of, lines_of(self._path)):
            if record["event"] != ANCHOR:
                if record["time"] >= cutoff:
                    break
                dropped, last = dropped + 1, Head(record["seq"], record["hash"])
        if not dropped:
            return head
        anchor = seal(
            {"seq": last.seq, "time": self._time(), "event": ANCHOR, "last": last.hash},
            prev=last.hash,
        )
        facts = {"dropped": dropped, "anchor": record_of(anchor)["hash"]}
        pruned = seal(
            {"seq": head.seq + 1, "time": self._time(), "event": PRUNED, **facts}, prev=head.hash
        )
        self._replace(anchor, after=last, end=pruned)
        return self._note(record_of(pruned))

    def _replace(self, anchor: bytes, *, after: Head, end: bytes) -> None:
        """The anchor, the lines after ``after``, and ``end``, in place of the file."""
        temporary = self._path.with_name(f"{self._path.name}.new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(anchor)
            kept = dropwhile(lambda line: record_of(line)["seq"] <= after.seq, lines_of(self._path))
            file.writelines(kept)
            file.write(end)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._path)
        flush_folder(self._path.parent)

    def _time(self) -> str:
        return _text(self._now())


def export(path: Path, *, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """The records from ``since`` until just before ``until``, as they stand in the log.

    Raises:
        AuditProblem: the log cannot be read, or a line is not as it was written.
    """
    first, end = _text(since), _text(until)
    for number, line in enumerate(lines_of(path), start=1):
        try:
            record = record_of(line)
        except (ValueError, KeyError, RecursionError) as error:
            raise AuditProblem(f"Line {number} of {path} was changed.", hint=_HINT) from error
        if record["event"] != ANCHOR and first <= record["time"] < end:
            yield record


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
