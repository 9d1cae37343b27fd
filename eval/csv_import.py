"""Case files for people who live in spreadsheets: CSV in, JSON Lines out.

    id,type,question,gold,facts,forbidden,answerable
    q1,direct,How many GPs took part?,"31 GPs, and 19 nurses were included",31 GPs | thirty-one,,

Only ``question`` is needed. ``gold``: text copied from a source, and several passages with " || "
between them; it is looked up in the library, so no offsets are typed. ``facts``: key facts with
" || " between them, accepted wordings of one with " | ". ``forbidden``: wordings with " || ".
``answerable``: yes or no. White space and quotation marks may differ from the source's. What it
does not do: conversations (``history``), which need JSON Lines.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.errors import CaseFileError, EvalError, Problem
from eval.textmatch import normalise

COLUMNS = ("id", "type", "question", "gold", "facts", "forbidden", "answerable", "note")
_YES = {"yes": True, "y": True, "true": True, "1": True}
_NO = {"no": False, "n": False, "false": False, "0": False}
_LOOSE = {
    "'": "['‘’‚′`´]",
    '"': '["“”„″«»]',
    "-": "[-‐‑‒–—−]",
}


def import_csv(path: Path, texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The cases of a CSV file, ready for a case file; ``texts``: canonical text by path.

    Raises:
        CaseFileError: anything is wrong with it; lines are those of the CSV file.
        EvalError: it cannot be read.
    """
    problems: list[Problem] = []
    records = []
    for line, row in _rows(path, problems):
        record = _record(line, row, texts, problems)
        if record:
            records.append(record)
    if not records and not problems:
        problems.append(Problem(0, "", "there is no row with a question in it"))
    if problems:
        raise CaseFileError(path, problems)
    return records


def write_cases(records: list[dict[str, Any]], out: Path) -> None:
    """Write a case file.

    Raises:
        EvalError: it is there already, or cannot be written.
    """
    try:
        with out.open("x", encoding="utf-8", newline="") as file:
            file.writelines(json.dumps(r, ensure_ascii=False) + "\n" for r in records)
    except FileExistsError as error:
        raise EvalError(f"{out} is there already.", hint="Name another file.") from error
    except OSError as error:
        raise EvalError(f"{out} cannot be written ({error.strerror}).") from error


def locate(quote: str, texts: Mapping[str, str]) -> list[dict[str, Any]]:
    """Every place where ``quote`` stands, white space and typography forgiven."""
    words = quote.split()
    if not words:
        return []
    pattern = re.compile(r"\s+".join(_loose(word) for word in words))
    return [
        {"path": path, "start": m.start(), "end": m.end(), "quote": m.group()}
        for path, text in texts.items()
        for m in pattern.finditer(text)
    ]


def _loose(word: str) -> str:
    plain = "".join(_plain(character) for character in word)
    return "".join(_LOOSE.get(character, re.escape(character)) for character in plain)


def _plain(character: str) -> str:
    folded = normalise(character)
    return folded if folded in _LOOSE else character


def _rows(path: Path, problems: list[Problem]) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise EvalError(f"{path} cannot be read ({error.strerror}).") from error
    except UnicodeDecodeError as error:
        hint = "In the spreadsheet, save as “CSV UTF-8”."
        raise EvalError(f"{path} is not UTF-8 (byte {error.start}).", hint=hint) from error
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator)
    names = [name.strip().lower() for name in reader.fieldnames or ()]
    unknown = [name for name in names if name not in COLUMNS]
    if "question" not in names or unknown:
        what = f"unknown column {unknown[0]!r}" if unknown else "there is no column “question”"
        problems.append(Problem(1, "", f"{what}; known: {', '.join(COLUMNS)}"))
        return
    reader.fieldnames = names
    for row in reader:
        if any(value and value.strip() for value in row.values() if isinstance(value, str)):
            if None in row:
                problems.append(Problem(reader.line_num, "", "more cells than columns"))
                continue
            yield reader.line_num, {key: (value or "").strip() for key, value in row.items()}


def _record(
    line: int, row: Mapping[str, str], texts: Mapping[str, str], problems: list[Problem]
) -> dict[str, Any] | None:
    if not row["question"]:
        problems.append(Problem(line, "question", "is empty"))
        return None
    record: dict[str, Any] = {"id": row.get("id") or f"row-{line}", "question": row["question"]}
    if row.get("type"):
        record["type"] = row["type"]
    answerable = _answerable(line, row.get("answerable", ""), problems)
    gold = [_gold(line, part, texts, problems) for part in _parts(row.get("gold", ""), "||")]
    if gold or answerable is False:
        record["gold"] = [entry for entry in gold if entry]
    if answerable is True and not gold:
        record["answerable"] = True
    facts = [_parts(part, "|") for part in _parts(row.get("facts", ""), "||")]
    if facts:
        record["facts"] = facts
    if row.get("forbidden"):
        record["forbidden"] = _parts(row["forbidden"], "||")
    if row.get("note"):
        record["note"] = row["note"]
    return record


def _answerable(line: int, word: str, problems: list[Problem]) -> bool | None:
    known = {**_YES, **_NO}
    if not word:
        return None
    if word.lower() not in known:
        problems.append(Problem(line, "answerable", f"{word!r} is neither yes nor no"))
        return None
    return known[word.lower()]


def _gold(
    line: int, quote: str, texts: Mapping[str, str], problems: list[Problem]
) -> dict[str, Any] | None:
    places = locate(quote, texts)
    if not places:
        problems.append(Problem(line, "gold", f"stands in no source: {quote[:60]!r}"))
        return None
    first, *others = places
    return {**first, "alternatives": others} if others else first


def _parts(text: str, separator: str) -> list[str]:
    return [part.strip() for part in text.split(separator) if part.strip()]
