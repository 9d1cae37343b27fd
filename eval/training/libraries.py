"""Small invented libraries of primary care, with questions put to each as a whole.

    library = load_libraries("train")[0]
    library.documents["a"].header, library.questions[0].answers     # …, {"a": frozenset({3})}

What shared/data lacks: questions of which it is known for *every* document of a library whether it
answers, and texts about how care is organised (a page, readers' comments under it, studies that are
easily mixed up). Documents and questions are invented (libraries.jsonl, CC0); nothing in them is
about a shipped source. Cut by library: part "test" is never trained on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval.training.passages import read_jsonl
from ragbot.adapters.reader_model import Unit, Window

LIBRARIES = Path(__file__).with_name("libraries.jsonl")

Part = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question with every sentence of the library that answers it."""

    text: str
    answers: Mapping[str, frozenset[int]]  #: document → 0-based indices; empty: not answered
    round: int = 1
    """2: in wholly other words than the texts and longer; 3: as in a chat log; 4: spoken idiom, and
    a number, place, name or comparison beside which a near one stands."""


@dataclass(frozen=True, slots=True)
class Library:
    """A few documents on one topic."""

    name: str
    documents: Mapping[str, Window]  #: whole, each under its title
    questions: tuple[Question, ...]


def load_libraries(part: Part) -> list[Library]:
    """Those of one part, in a fixed order."""
    return [
        Library(
            record["set"],
            {
                document["id"]: Window(
                    document["title"], tuple(Unit(*pair) for pair in document["sentences"])
                )
                for document in record["documents"]
            },
            tuple(
                Question(
                    question["text"],
                    {key: frozenset(at) for key, at in question["answers"].items()},
                    question.get("round", 1),
                )
                for question in record["questions"]
            ),
        )
        for record in read_jsonl(LIBRARIES)
        if record["part"] == part
    ]
