"""Evaluation cases: what is asked, what a right answer rests on, and which split it belongs to.

One line of a case file::

    {"id": "pc-001", "type": "direct", "question": "How many GPs took part?",
     "gold": [{"path": "seeds/001_….txt", "start": 2049, "end": 2080, "quote": "…"}],
     "facts": [["n = 21", "21 GPs"]], "forbidden": ["30 GPs"]}

Only ``id`` and ``question`` are needed; what lacks gold is reported as not scored. The fields are
described in ``eval/cases/schema.json`` and ``eval/cases/README.md``. Reading and checking files is
``eval.casefile``'s business.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Split = Literal["dev", "test"]
UNTYPED = "untyped"
SPLIT_SALT = "ragbot-eval-1:"  #: changing it would move cases between the splits: never change it


@dataclass(frozen=True, slots=True)
class GoldRange:
    """A passage ``[start, end)`` of a file's canonical text."""

    path: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Gold:
    """One needed passage: any of ``ranges`` will do."""

    ranges: tuple[GoldRange, ...]  #: the passage itself, then its alternatives


@dataclass(frozen=True, slots=True)
class Case:
    """One question and what is known about its right answer."""

    id: str
    question: str
    type: str = UNTYPED
    history: tuple[Mapping[str, str], ...] = ()
    gold: tuple[Gold, ...] | None = None  #: None: not known; (): nothing in the library answers
    facts: tuple[tuple[str, ...], ...] = ()
    forbidden: tuple[str, ...] = ()
    answerable: bool | None = None  #: None: not known
    note: str = ""

    @property
    def split(self) -> Split:
        """See ``split_of``."""
        return split_of(self.id)


def split_of(case_id: str) -> Split:
    """``dev`` or ``test``, half each, by the parity of SHA-256 over the salted id.

    It is never stored, so no case can be moved by editing a file.
    """
    digest = hashlib.sha256((SPLIT_SALT + case_id).encode()).digest()
    return "test" if digest[0] & 1 else "dev"


def from_json(record: Mapping[str, Any]) -> Case:
    """A case from a record that fits the schema."""
    gold = record.get("gold")
    answerable = record.get("answerable")
    if answerable is None and gold is not None:
        answerable = bool(gold)
    return Case(
        id=record["id"],
        question=record["question"],
        type=record.get("type", UNTYPED),
        history=tuple(record.get("history", ())),
        gold=None if gold is None else tuple(_gold(entry) for entry in gold),
        facts=tuple(tuple(wordings) for wordings in record.get("facts", ())),
        forbidden=tuple(record.get("forbidden", ())),
        answerable=answerable,
        note=record.get("note", ""),
    )


def select(
    cases: Sequence[Case],
    *,
    types: Sequence[str] = (),
    split: Split | None = None,
    limit: int | None = None,
) -> tuple[Case, ...]:
    """The cases of these types and this split, in file order, at most ``limit`` of them."""
    chosen = [
        case
        for case in cases
        if (not types or case.type in types) and (split is None or case.split == split)
    ]
    return tuple(chosen[:limit])


def _gold(entry: Mapping[str, Any]) -> Gold:
    return Gold(tuple(_range(part) for part in (entry, *entry.get("alternatives", ()))))


def _range(part: Mapping[str, Any]) -> GoldRange:
    return GoldRange(part["path"], part["start"], part["end"], part["quote"])
