"""Sentences that a premise supports, and near ones that it does not: what support is learned from.

    statements = load_statements(Path("../shared/data"))
    statements[0].text, statements[0].supported, statements[0].premise

``statements.jsonl`` was written for this project over passages of ``part: train``: for each premise
two true restatements and three sentences that are wrong in one thing, of a named kind. The texts of
the premises are not ours to ship: a record names its document and a range in it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval.training.passages import read_jsonl

STATEMENTS = Path(__file__).with_name("statements.jsonl")
SUPPORTED = "true"  #: the kind of a supported statement
_DEV = 8  #: one document in so many is for calibration
_SETS = {"pubmedqa": "corpus_with_conclusion.jsonl", "covidqa": "corpus.jsonl"}

Part = Literal["train", "dev", "test"]


@dataclass(frozen=True, slots=True)
class Premise:
    """One or two sentences of a document."""

    document: str  #: its set and its id there
    title: str
    text: str  #: of the whole document
    start: int
    end: int
    part: Part  #: cut by document: "dev" is for calibration, "test" for measuring

    @property
    def words(self) -> str:
        """The premise itself."""
        return self.text[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence held against a premise."""

    premise: Premise
    text: str
    kind: str  #: "true", or what is wrong with it

    @property
    def supported(self) -> bool:
        """Whether the premise says so."""
        return self.kind == SUPPORTED


def load_statements(data: Path) -> list[Statement]:
    """All statements, in the order of the file."""
    texts = _texts(data)
    found = []
    for record in read_jsonl(STATEMENTS):
        title, text = texts[record["document"]]
        place = (record["start"], record["end"])
        part = "test" if record.get("test") else _part(record["document"])
        premise = Premise(record["document"], title, text, *place, part)
        found += [Statement(premise, one, SUPPORTED) for one in record["true"]]
        found += [Statement(premise, one, kind) for kind, one in record["false"]]
    return found


def _part(document: str) -> Part:
    digest = hashlib.sha256(document.encode()).digest()
    return "dev" if digest[0] % _DEV == 0 else "train"


def _texts(data: Path) -> dict[str, tuple[str, str]]:
    """Title and text of every document that premises were taken from."""
    found = {
        f"gpqa-{one['_id']}": (one["title"], " ".join(one["sentences"]))
        for one in read_jsonl(data / "gpqa/passages.jsonl")
    }
    for name, file in _SETS.items():
        for one in read_jsonl(data / name / file):
            found[f"{name}-{one['_id']}"] = (one.get("title", ""), one["text"])
    return found
