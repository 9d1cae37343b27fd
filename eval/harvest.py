"""From use to test: what readers said about answers, as draft cases for a person to complete.

    drafts = harvest(Path("feedback.db"), texts)      # only what its sender agreed to pass on

The chat stores feedback in a local SQLite file (``ragbot.feedback`` writes it and holds its schema;
ragbot never imports this package). A question's text is there only where the operator allows it
(``RAGBOT_LOG_QUESTIONS``) *and* the sender agreed; items without either cannot become cases and are
counted. Questions in which ragbot's guard sees personal data are left out even then.
A draft is no yardstick yet: its note says what a person has to fill in.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote as url_quote

from eval.errors import EvalError
from eval.textmatch import normalise
from ragbot import guard
from ragbot.feedback import VERSION

COLUMNS = ("at", "status", "verdict", "reason", "citations", "consent", "question", "history")
_REASONS = {
    "wrong_evidence": "the evidence does not support it",
    "missing": "something is missing",
    "wrong_source": "it is from the wrong source",
    None: "no reason given",
}


@dataclass(frozen=True, slots=True)
class Harvest:
    """Draft cases, and how much there was that could not become one."""

    drafts: tuple[dict[str, Any], ...]
    without_consent: int
    without_question: int
    personal: int  #: left out because the guard sees personal data


def harvest(database: Path, texts: Mapping[str, str]) -> Harvest:
    """Draft cases from a feedback file; ``texts``: canonical text by path.

    Raises:
        EvalError: there is no such file, or it is not a feedback file of this version.
    """
    drafts: dict[str, dict[str, Any]] = {}
    without_consent = without_question = personal = 0
    for row in _rows(database):
        if not row["consent"]:
            without_consent += 1
        elif not (row["question"] or "").strip():
            without_question += 1
        elif _personal(row):
            personal += 1
        else:
            draft = _draft(row, texts)
            drafts[draft["id"]] = draft  # the newest word on a question counts
    return Harvest(tuple(drafts.values()), without_consent, without_question, personal)


def append_new(drafts: tuple[dict[str, Any], ...], out: Path) -> int:
    """Append the drafts whose ids are not in ``out`` yet; returns how many.

    What a person has completed there is never touched.

    Raises:
        EvalError: the file cannot be read or written.
    """
    try:
        lines = out.read_text(encoding="utf-8").splitlines() if out.exists() else []
        known = {json.loads(line)["id"] for line in lines if line.strip()}
        new = [draft for draft in drafts if draft["id"] not in known]
        with out.open("a", encoding="utf-8", newline="") as file:
            if lines and not out.read_text(encoding="utf-8").endswith("\n"):
                file.write("\n")
            file.writelines(json.dumps(draft, ensure_ascii=False) + "\n" for draft in new)
    except OSError as error:
        raise EvalError(f"{out} cannot be written ({error.strerror}).") from error
    except (ValueError, KeyError, TypeError) as error:
        hint = "Run `ragbot eval validate` on it."
        raise EvalError(f"{out} is no case file: {error}.", hint=hint) from error
    return len(new)


def _rows(database: Path) -> list[dict[str, Any]]:
    if not database.is_file():
        raise EvalError(f"There is no feedback file {database}.")
    address = f"file:{url_quote(str(database.absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True)
        try:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                raise EvalError(f"{database} has version {version}; this one reads {VERSION}.")
            query = f"SELECT {', '.join(COLUMNS)} FROM feedback ORDER BY id"  # noqa: S608
            rows = connection.execute(query).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise EvalError(f"{database} is no feedback file: {error}.") from error
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def _personal(row: Mapping[str, Any]) -> bool:
    said = [row["question"], *(turn["content"] for turn in _history(row))]
    return any(guard.refusal(text, max_chars=10**6) == "personal_data" for text in said)


def _draft(row: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any]:
    history = _history(row)
    key = normalise(row["question"]) + json.dumps(history)
    draft: dict[str, Any] = {
        "id": f"use-{hashlib.sha256(key.encode()).hexdigest()[:10]}",
        "type": "from_use",
        "question": row["question"].strip(),
    }
    if history:
        draft["history"] = history
    cited = [entry for part in json.loads(row["citations"]) if (entry := _gold(part, texts))]
    if row["verdict"] == "up" and cited:
        draft["gold"] = cited
        said = "a reader found the answer right: check the gold"
    else:
        said = f"a reader found the answer wrong ({_REASONS[row['reason']]}): add gold"
        said += ", or [] where the library does not answer"
    draft["note"] = f"DRAFT of {row['at']}; {said}, add facts and forbidden wordings."
    return draft


def _gold(part: Mapping[str, Any], texts: Mapping[str, str]) -> dict[str, Any] | None:
    quote = texts.get(part["path"], "")[part["start"] : part["end"]]
    if not quote.strip():
        return None
    return {"path": part["path"], "start": part["start"], "end": part["end"], "quote": quote}


def _history(row: Mapping[str, Any]) -> list[dict[str, str]]:
    return list(json.loads(row["history"])) if row["history"] else []
