"""The files of one run: replies as they come, so that an interrupted run goes on where it stopped.

    store = RunFiles(Path("runs/latest"))
    store.append(reply, timings)          # durable at once
    store.replies()                       # what is there already; a torn last line is dropped
    store.finish(order)                   # answers.jsonl in the run's own order

``answers.jsonl`` holds no times and is written in a fixed order, so that a rerun of a repeatable
engine gives the same bytes; times are in ``timings.jsonl``. It knows nothing about scores.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval.errors import EvalError
from eval.metrics import Reply

ANSWERS = "answers.jsonl"
TIMINGS = "timings.jsonl"
MANIFEST = "manifest.json"
METRICS = "metrics.json"
SCORES = "scores.jsonl"
SUMMARY = "summary.md"
REPORT = "report.html"
JUDGEMENTS = "judgements.jsonl"
OURS = (ANSWERS, TIMINGS, MANIFEST, METRICS, SCORES, SUMMARY, REPORT, JUDGEMENTS)

Key = tuple[str, int, str]
"""(system, repeat, case id): one answer of a run."""


class RunFiles:
    """One output folder."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is made when something is written."""
        self.folder = folder

    def path(self, name: str) -> Path:
        """One of the run's files."""
        return self.folder / name

    def clear(self) -> None:
        """Remove what an earlier run left; other files in the folder stay."""
        for name in OURS:
            self.path(name).unlink(missing_ok=True)

    def replies(self) -> dict[Key, Reply]:
        """Every reply that is there."""
        found = {}
        for row in _rows(self.path(ANSWERS)):
            reply = reply_from_json(row)
            found[key_of(reply)] = reply
        return found

    def timings(self) -> dict[Key, Mapping[str, float]]:
        """Milliseconds by stage, of every reply that has them."""
        return {
            (row["system"], row["repeat"], row["id"]): row["timings_ms"]
            for row in _rows(self.path(TIMINGS))
        }

    def append(self, reply: Reply, timings_ms: Mapping[str, float]) -> None:
        """Keep one reply. Its time goes first: a reply without a time would never get one."""
        row = {"id": reply.case_id, "system": reply.system, "repeat": reply.repeat}
        self.append_row(TIMINGS, {**row, "timings_ms": dict(timings_ms)})
        self.append_row(ANSWERS, reply_to_json(reply))

    def finish(self, order: Sequence[Key]) -> None:
        """Rewrite the answers and the times in ``order``, and nothing beside it."""
        replies, timings = self.replies(), self.timings()
        rows = [reply_to_json(replies[key]) for key in order if key in replies]
        self.write_rows(ANSWERS, rows)
        self.write_rows(
            TIMINGS,
            [
                {"id": key[2], "system": key[0], "repeat": key[1], "timings_ms": timings[key]}
                for key in order
                if key in timings
            ],
        )

    def mend(self) -> None:
        """Cut off half a line that an interrupt left; what is appended starts a line of its own."""
        for name in (ANSWERS, TIMINGS, JUDGEMENTS):
            path = self.path(name)
            if path.is_file() and not path.read_bytes().endswith(b"\n"):
                data = path.read_bytes()
                path.write_bytes(data[: data.rfind(b"\n") + 1])

    def write_rows(self, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
        """A JSON Lines file, whole or not at all."""
        self.write(name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))

    def write_json(self, name: str, document: Mapping[str, Any]) -> None:
        """A JSON file, whole or not at all."""
        self.write(name, json.dumps(document, ensure_ascii=False, indent=1) + "\n")

    def write(self, name: str, text: str) -> None:
        """A text file, whole or not at all.

        Raises:
            EvalError: the folder cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = self.path(f"{name}.part")
            draft.write_text(text, encoding="utf-8", newline="")
            draft.replace(self.path(name))
        except OSError as error:
            raise EvalError(f"{self.path(name)} cannot be written ({error.strerror}).") from error

    def read_json(self, name: str) -> dict[str, Any] | None:
        """A JSON object that is there, None where there is none.

        Raises:
            EvalError: it is not a JSON object.
        """
        try:
            found = json.loads(self.path(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise EvalError(f"{self.path(name)} cannot be read: {error}.") from error
        return found if isinstance(found, dict) else None

    def read_rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a JSON Lines file; none where there is no such file."""
        return list(_rows(self.path(name)))

    def append_row(self, name: str, row: Mapping[str, Any]) -> None:
        """Add a row to a JSON Lines file; it is on the disk when this returns.

        Raises:
            EvalError: the file cannot be written.
        """
        try:
            with self.path(name).open("a", encoding="utf-8", newline="") as file:
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise EvalError(f"{self.path(name)} cannot be written ({error.strerror}).") from error


def key_of(reply: Reply) -> Key:
    """Where a reply belongs in its run."""
    return (reply.system, reply.repeat, reply.case_id)


def reply_to_json(reply: Reply) -> dict[str, Any]:
    """A row of ``answers.jsonl``."""
    return {
        "id": reply.case_id,
        "system": reply.system,
        "repeat": reply.repeat,
        "error": reply.error,
        "answer": reply.answer,
        "passages": list(reply.passages),
    }


def reply_from_json(row: Mapping[str, Any]) -> Reply:
    """The reply in a row of ``answers.jsonl``."""
    return Reply(
        case_id=row["id"],
        system=row["system"],
        repeat=row["repeat"],
        answer=row["answer"],
        passages=tuple(row["passages"]),
        error=row["error"],
    )


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            for line in file:
                if line.endswith("\n"):
                    yield json.loads(line)
    except FileNotFoundError:
        return
    except ValueError as error:
        raise EvalError(f"{path} is damaged: {error}.", hint="Run again with --fresh.") from error
