"""Case files: read them, and say exactly what is wrong with them.

    lines = load(Path("eval/cases/primary_care.jsonl"))
    check_gold(lines, {"seeds/001_….txt": text})   # → [Problem(12, "gold[0].quote", "…")]

Every problem names its line and field, and one pass finds them all. The shape is held by
``eval/cases/schema.json`` (JSON Schema 2020-12). What it does not do: judge whether a question is
a good one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.case import Case, GoldRange, from_json
from eval.errors import CaseFileError, EvalError, Problem

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
    from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]

SCHEMA = Path(__file__).resolve().parent / "cases" / "schema.json"
MAX_LINE = 1_000_000  #: bytes; a longer line is no case but a mistake


@dataclass(frozen=True, slots=True)
class Line:
    """A case and where it stands, so that a later problem can still name the line."""

    number: int  #: 1-based
    case: Case


def load(path: Path) -> tuple[Line, ...]:
    """Every case of a file, in order.

    Raises:
        CaseFileError: anything is wrong with it; says where.
        EvalError: the file cannot be read.
    """
    lines, problems = read(path)
    if problems:
        raise CaseFileError(path, problems)
    return lines


def read(path: Path) -> tuple[tuple[Line, ...], list[Problem]]:
    """The cases that are right, and every problem of the others.

    Raises:
        EvalError: the file cannot be read.
    """
    lines: list[Line] = []
    problems: list[Problem] = []
    first: dict[str, int] = {}
    for number, record in _records(path, problems):
        found = _problems_of(number, record)
        if not found:
            case = from_json(record)
            if case.id in first:
                found = [
                    Problem(number, "id", f"{case.id!r} is already used in line {first[case.id]}")
                ]
            first.setdefault(case.id, number)
        if found:
            problems += found
        else:
            lines.append(Line(number, case))
    if not lines and not problems:
        problems.append(Problem(0, "", "there is no case in it"))
    problems.sort(key=lambda problem: problem.line)
    return tuple(lines), problems


def check_gold(lines: Sequence[Line], texts: Mapping[str, str]) -> list[Problem]:
    """Where gold does not stand in ``texts`` (canonical text by path),."""
    problems: list[Problem] = []
    for line in lines:
        for place, gold in enumerate(line.case.gold or ()):
            for rank, part in enumerate(gold.ranges):
                field = f"gold[{place}]" + (f".alternatives[{rank - 1}]" if rank else "")
                problem = _range_problem(part, texts)
                if problem:
                    problems.append(Problem(line.number, f"{field}.{problem[0]}", problem[1]))
    return problems


def _records(path: Path, problems: list[Problem]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Each line that is a JSON object; what is wrong with the others goes to ``problems``."""
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, start=1):
                if not raw.strip():
                    continue
                try:
                    yield number, _record(raw)
                except ValueError as error:
                    problems.append(Problem(number, "", str(error)))
    except OSError as error:
        raise EvalError(f"{path} cannot be read ({error.strerror}).") from error


def _record(raw: bytes) -> dict[str, Any]:
    if len(raw) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE:,} bytes")
    try:
        record = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.start})") from error
    except json.JSONDecodeError as error:
        raise ValueError(f"not JSON: {error.msg} (column {error.colno})") from error
    except RecursionError as error:
        raise ValueError("not JSON that can be read: nested too deeply") from error
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of error a line
    return record


def _problems_of(number: int, record: dict[str, Any]) -> list[Problem]:
    problems = [
        Problem(number, _field(error), _in_words(error))
        for error in _validator().iter_errors(record)
    ]
    if not problems:
        problems += [
            Problem(number, field, message) for field, message in _beyond_the_schema(record)
        ]
    return problems


def _beyond_the_schema(record: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What JSON Schema cannot say."""
    if not record["question"].strip():
        yield "question", "is blank"
    if record.get("answerable") is False and record.get("gold"):
        yield "answerable", "is false, but there is gold"
    if record.get("answerable") is True and record.get("gold") == []:
        yield "answerable", "is true, but gold is []; leave gold out where it is not known"
    for place, gold in enumerate(record.get("gold", ())):
        for rank, part in enumerate((gold, *gold.get("alternatives", ()))):
            if part["end"] - part["start"] != len(part["quote"]):
                field = f"gold[{place}]" + (f".alternatives[{rank - 1}]" if rank else "")
                length = len(part["quote"])
                yield f"{field}.end", f"end - start is not the quote's length, {length}"


def _range_problem(part: GoldRange, texts: Mapping[str, str]) -> tuple[str, str] | None:
    text = texts.get(part.path)
    if text is None:
        return "path", f"{part.path} is not in the library"
    if text[part.start : part.end] == part.quote:
        return None
    at = text.find(part.quote)
    if at < 0:
        return "quote", f"does not stand in {part.path}: {part.quote[:60]!r}"
    return "start", f"is {part.start}, but the quote stands at {at} in {part.path}"


@cache
def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(SCHEMA.read_text(encoding="utf-8")))


def _field(error: ValidationError) -> str:
    field = ""
    for part in error.absolute_path:
        field += f"[{part}]" if isinstance(part, int) else f"{'.' if field else ''}{part}"
    if error.validator == "required":
        missing = next((name for name in error.validator_value if name not in error.instance), "?")
        field += f"{'.' if field else ''}{missing}"
    return field


_KINDS = {
    "string": "text",
    "integer": "a whole number",
    "array": "a list",
    "object": "an object {…}",
    "boolean": "true or false",
}


def _in_words(error: ValidationError) -> str:
    match error.validator:
        case "required":
            return "is missing"
        case "type":
            return f"is not {_KINDS.get(str(error.validator_value), error.validator_value)}"
        case "minLength" | "minItems":
            return "is empty"
        case "maxLength":
            return f"is longer than {error.validator_value} characters"
        case "pattern":
            return "holds white space"
        case "additionalProperties":
            known = ", ".join(sorted(error.schema.get("properties", {})))
            return f"{error.message.removesuffix('.')}; known fields: {known}"
        case _:
            return str(error.message)
