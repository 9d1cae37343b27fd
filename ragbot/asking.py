"""Which facts of a source's record a question asks for, told by its words.

    asking = Asking.read(folder("weights"))
    asking.fields("which rag was the gout paper in?")    # ("journal",)
    asking.fields("who pays for the gout clinic?")       # ()

The rules of ``ragbot.metadata`` know the usual forms; people use many more ("whose baby is",
"who coughed up for"). A logistic regression for each fact over words and pairs of words, fitted by
``eval/training/asking.py``. It adds to the rules, and only what a source states is ever told.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Self

from ragbot.errors import ModelProblem

CARD = "asking.json"
REFERENCE = "reference"  #: what a label stands for that is no field: all that a reference has
WHOLE = ("authors", "title", "journal", "year", "volume", "issue", "pages", "doi")
_WORD = re.compile(r"\d+|[^\W\d_]+")
_YEAR_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Asking:
    """The weights, log-odds."""

    words: Mapping[str, Mapping[str, float]]  #: by field, then by feature: see ``features``
    constant: Mapping[str, float]  #: by field
    bound: float  #: the probability from which on a field is asked for

    @classmethod
    def read(cls, weights: Path) -> Self:
        """From the card in the folder of weights.

        Raises:
            ModelProblem: it is missing or lacks something.
        """
        try:
            card = json.loads((weights / CARD).read_text(encoding="utf-8"))
            return cls(**{name: card[name] for name in cls.__slots__})
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelProblem(
                f"The card {weights / CARD} cannot be read ({error}).", hint="Reinstall ragbot."
            ) from error

    def fields(self, question: str) -> tuple[str, ...]:
        """Names of metadata fields; empty for most questions."""
        found = features(question)
        needed = math.log(self.bound / (1 - self.bound))
        asked = [
            name
            for name, words in self.words.items()
            if self.constant[name] + sum(words.get(feature, 0.0) for feature in found) >= needed
        ]
        if REFERENCE in asked:
            return WHOLE
        return tuple(asked)


def features(question: str) -> frozenset[str]:
    """Its words and pairs of neighbours, "^" before the first and "$" after the last.

    In small letters and without apostrophes; "####" is a number of four digits, "#" any other.
    """
    plain = re.sub("['’]", "", question.lower())
    words = [_shape(word) for word in _WORD.findall(plain)]
    pairs = (f"{a} {b}" for a, b in pairwise(["^", *words, "$"]))
    return frozenset([*words, *pairs])


def _shape(word: str) -> str:
    if not word.isdecimal():
        return word
    return "####" if len(word) == _YEAR_DIGITS else "#"
