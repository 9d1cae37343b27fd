"""What each sentence of an abstract is for: its background, method, results or conclusion.

    zones = Zones.read(folder("weights"))
    zones.of(["Falls are common.", "Twenty nurses were interviewed.", "They felt tired."])
    # [Part.BACKGROUND, Part.METHOD, Part.RESULTS]

Sequential sentence classification (Dernoncourt and Lee 2017, "PubMed 200k RCT") in its simplest
form: a logistic regression over words and place, and the likeliest sequence by Viterbi's algorithm.
``eval/training/zones.py`` fits it on structured abstracts, whose headings say what is what. It is
for abstracts that have lost theirs; of anything else it knows nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from pathlib import Path
from typing import Self

import numpy as np

from ragbot.adapters.stems import stem
from ragbot.errors import ModelProblem

CARD = "zones.json"


class Part(StrEnum):
    """What a stretch of a source is for."""

    BACKGROUND = "background"
    AIM = "aim"
    METHOD = "method"
    RESULTS = "results"
    LIMITATIONS = "limitations"
    CONCLUSION = "conclusion"
    FUTURE = "future"
    OTHER = "other"  #: registration, funding


KNOWN = (Part.BACKGROUND, Part.METHOD, Part.RESULTS, Part.CONCLUSION)
"""What is told apart here, in the order of the weights; an aim is background."""

_WORD = re.compile(r"\d+(?:[.,·]\d+)*|[a-z]+|[%=]")


@dataclass(frozen=True, slots=True)
class Zones:
    """The weights; every row has one number for each of ``KNOWN``, all are log-odds."""

    words: Mapping[str, Sequence[float]]  #: see ``features``
    place: Sequence[Sequence[float]]  #: for each number that ``place`` gives
    constant: Sequence[float]
    start: Sequence[float]  #: of a first sentence
    follow: Sequence[Sequence[float]]  #: row: of a sentence, column: of the next one
    turn: Sequence[Sequence[float]]  #: the same of one section and the next

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

    def of(self, sentences: Sequence[str]) -> list[Part]:
        """The part of each sentence of one abstract, in order."""
        return self._likeliest([[sentence] for sentence in sentences], self.follow)

    def of_paragraphs(self, paragraphs: Sequence[Sequence[str]]) -> list[Part]:
        """The same of an abstract that has a paragraph for each part; none is empty."""
        return self._likeliest(paragraphs, self.turn)

    def _likeliest(
        self, paragraphs: Sequence[Sequence[str]], turns: Sequence[Sequence[float]]
    ) -> list[Part]:
        if not paragraphs:
            return []
        sentences = [sentence for paragraph in paragraphs for sentence in paragraph]
        each = np.array([self._scores(sentences, i) for i in range(len(sentences))])
        edges = np.cumsum([0, *(len(paragraph) for paragraph in paragraphs)])
        # The mean: sentences of one paragraph are of one kind and place, and do not add up.
        scores = np.array([each[a:b].mean(axis=0) for a, b in pairwise(edges)])
        follow = np.array(turns)
        best = scores[0] + np.array(self.start)
        back: list[list[int]] = []
        for score in scores[1:]:
            ways = best[:, None] + follow
            back.append([int(i) for i in ways.argmax(axis=0)])
            best = ways.max(axis=0) + score
        path = [int(best.argmax())]
        for came_from in reversed(back):
            path.append(came_from[path[-1]])
        return [KNOWN[i] for i in reversed(path)]

    def _scores(self, sentences: Sequence[str], index: int) -> list[float]:
        rows = [self.words[name] for name in features(sentences[index]) if name in self.words]
        where = place(index, len(sentences))
        return [
            self.constant[k]
            + sum(row[k] for row in rows)
            + sum(x * row[k] for x, row in zip(where, self.place, strict=True))
            for k in range(len(KNOWN))
        ]


def features(sentence: str) -> frozenset[str]:
    """Its stems, every number as "0", and its first one and two with a "^" before them."""
    words = _WORD.findall(sentence.lower().replace("’", "'"))
    stems = ["0" if word[0].isdigit() else stem(word) for word in words]
    return frozenset([*stems, "^" + " ".join(stems[:1]), "^" + " ".join(stems[:2])])


def place(index: int, count: int) -> tuple[float, ...]:
    """Where the sentence stands among ``count``: share of the way, its square, first, last."""
    share = index / max(1, count - 1)
    return share, share * share, float(index == 0), float(index == count - 1)
