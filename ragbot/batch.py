"""Many questions in one process: JSON Lines in, JSON Lines out, in order.

    {"id": "q1", "question": "…", "history": [{"role": "user", "content": "…"}]}
    {"id": "q1", "question": "…", "status": "answered", …}

A line that cannot be parsed gives a line out with ``status: "error"``; it stops nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ragbot import guard, render
from ragbot.assistant import Assistant
from ragbot.errors import RagbotError, UnreadableFile
from ragbot.types import Answer, Turn

Row = dict[str, Any]


def ask_many(assistant: Assistant, questions: Path, answers: Path) -> int:
    """Answer every line of ``questions``; returns how many lines failed.

    Raises:
        UnreadableFile: a file that cannot be read or written.
    """

    def answer(record: Mapping[str, Any]) -> Row:
        reply = assistant.ask(_text(record, "question"), parse_history(record.get("history")))
        return render.to_json(reply)

    return _each(questions, answers, answer)


def search_many(assistant: Assistant, queries: Path, results: Path, *, k: int) -> int:
    """Search for every line of ``queries`` ("query", or "question"); returns the failures.

    Raises:
        UnreadableFile: a file that cannot be read or written.
    """

    def find(record: Mapping[str, Any]) -> Row:
        query = _text(record, "query" if "query" in record else "question")
        passages = assistant.search(query, k)
        searched = guard.searchable(query)  # what the search itself goes by
        return {"query": searched, "passages": [render.passage_json(p) for p in passages]}

    return _each(queries, results, find)


def check_paths(source: Path, target: Path) -> None:
    """Find out before the model is loaded that a file is missing.

    Raises:
        UnreadableFile: ``source`` is no file, ``target``'s folder does not exist, or both are one.
    """
    if not source.is_file():
        raise UnreadableFile(f"There is no file {source}.")
    if not target.parent.is_dir():
        raise UnreadableFile(f"There is no folder {target.parent} to write {target.name} into.")
    if target.exists() and source.samefile(target):
        raise UnreadableFile(
            f"{target} would be read and overwritten at once.", hint="Name another file."
        )


def parse_history(value: object) -> tuple[Turn, ...]:
    """A conversation from JSON.

    Raises:
        ValueError: it is not a list of {"role": "user"|"assistant", "content": str}.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        raise ValueError('"history" is not a list')  # noqa: TRY004 - one kind of error a line
    turns = []
    for item in value:
        match item:
            case {"role": "user" | "assistant" as role, "content": str(content)}:
                turns.append(Turn(role, content))
            case _:
                raise ValueError('"history" holds something that is not {"role", "content"}')
    return tuple(turns)


def _each(source: Path, target: Path, work: Callable[[Mapping[str, Any]], Row]) -> int:
    check_paths(source, target)
    failed = 0
    try:
        lines = _lines(source)
        with target.open("w", encoding="utf-8", errors="backslashreplace") as out:
            for number, line in lines:
                row = _row(number, line, work)
                failed += row.get("status") == "error"
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
                out.flush()
    except OSError as error:
        name = error.filename or target
        raise UnreadableFile(f"{name} cannot be used ({error.strerror}).") from error
    return failed


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield number, line


def _row(number: int, line: bytes, work: Callable[[Mapping[str, Any]], Row]) -> Row:
    key: object = None
    try:
        record = json.loads(line)
        if not isinstance(record, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004, TRY301
        key = record.get("id")
        return {"id": key, **work(record)}
    except (ValueError, RagbotError) as error:
        message = f"Line {number}: {error}"
        failed = Answer("", "", "error", message)
        return {"id": key, **render.to_json(failed)}


def _text(record: Mapping[str, Any], name: str) -> str:
    value = record.get(name)
    if not isinstance(value, str):
        raise ValueError(f'"{name}" is missing or not text')  # noqa: TRY004 - as above
    return value
