"""Invented libraries → training inputs.

    drawing = Drawing(load_libraries("train"))
    for contrast in drawing.contrasts(chance): ...

The two questions of a contrast meet the same windows: where the answered one is answered, what is
near to either, and one at random. Of every sentence in them it is known whether it answers.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from eval.training.contrasts import MOST_CHARS, Contrast, Group, Item
from eval.training.examples import stretch
from eval.training.haste import as_typed
from eval.training.libraries import Library, Question
from ragbot.adapters.reader_model import Window
from ragbot.adapters.sentence_transformers import load_embeddings

TWIN = 0.75  #: share of answered questions beside the likest unanswered one of those left
SECOND = 0.5  #: share of questions that two documents answer and that meet both
NEAREST = 14  #: sentences around which near windows are cut
TAKEN = 0.45  #: chance of each of them, nearest first
TITLED = 0.6  #: share of windows that bear the title
LABELLED = 0.25  #: share of those that bear what stands before its colon: whose text it is
FIRST = 0.6  #: chance of a contrast of the first round's questions: there are more of them

Vectors = NDArray[np.float32]

Cut = tuple[str, range, Window]
"""A stretch of a document: which, its sentences, and how it is shown."""


class Drawing:
    """Makes training inputs of libraries."""

    def __init__(self, libraries: Sequence[Library]) -> None:
        """Embeds every sentence and question."""
        embeddings = load_embeddings()
        self._libraries = libraries
        self._sentences: dict[str, tuple[list[tuple[str, int]], Vectors]] = {}
        self._questions: dict[str, Vectors] = {}
        for library in libraries:
            places = [
                (key, at) for key, d in library.documents.items() for at in range(len(d.units))
            ]
            texts = [library.documents[key].units[at].text for key, at in places]
            self._sentences[library.name] = places, embeddings.encode(texts)
            asked = [question.text for question in library.questions]
            self._questions[library.name] = embeddings.encode(asked)

    def contrasts(self, chance: random.Random) -> Iterator[Contrast]:
        """One epoch: every question of the later rounds once, most of the first round's."""
        for library in self._libraries:
            for asked in self._pairs(library, chance):
                later = any(library.questions[at].round > 1 for at in asked)
                if not later and chance.random() > FIRST:
                    continue
                cuts = list(self._cuts(library, asked, chance))
                yield [_group(library.questions[at], cuts, chance) for at in asked]

    def _pairs(self, library: Library, chance: random.Random) -> Iterator[list[int]]:
        answered = [at for at, q in enumerate(library.questions) if q.answers]
        free = [at for at, q in enumerate(library.questions) if not q.answers]
        vectors = self._questions[library.name]
        chance.shuffle(answered)
        for at in answered:
            if not free:
                yield [at]
                continue
            if chance.random() < TWIN:
                other = max(free, key=lambda n: float(vectors[at] @ vectors[n]))
            else:
                other = chance.choice(free)
            free.remove(other)
            yield [at, other]
        yield from ([at] for at in free)

    def _cuts(self, library: Library, asked: Sequence[int], chance: random.Random) -> Iterator[Cut]:
        first = library.questions[asked[0]]
        own = sorted(first.answers)
        chance.shuffle(own)
        for key in own[: 2 if chance.random() < SECOND else 1]:
            yield self._cut(library, key, chance.choice(sorted(first.answers[key])), chance)
        for at in asked:
            alone = not library.questions[at].answers and len(asked) == 1
            for key, sentence in self._near(library, at, 2 if alone else 1, chance):
                yield self._cut(library, key, sentence, chance)
        key = chance.choice(sorted(library.documents))
        yield self._cut(library, key, chance.randrange(len(library.documents[key].units)), chance)

    def _near(
        self, library: Library, at: int, count: int, chance: random.Random
    ) -> list[tuple[str, int]]:
        places, vectors = self._sentences[library.name]
        order = np.argsort(-(vectors @ self._questions[library.name][at]))[:NEAREST]
        return [places[n] for n in order if chance.random() < TAKEN][:count]

    @staticmethod
    def _cut(library: Library, key: str, around: int, chance: random.Random) -> Cut:
        document = library.documents[key]
        kept = stretch(document.units, around, chance, most_chars=MOST_CHARS)
        header = _shown(document.header, chance)
        return key, kept, Window(header, document.units[kept.start : kept.stop])


def _shown(header: str, chance: random.Random) -> str:
    """A title as sources have it: many files give none, or only say whose the text is."""
    drawn = chance.random()
    if drawn < TITLED:
        return header
    label, colon, _ = header.partition(": ")
    return label if colon and drawn < TITLED + LABELLED else ""


def _group(question: Question, cuts: Sequence[Cut], chance: random.Random) -> Group:
    typed = as_typed(question.text, chance)
    return [
        Item(typed, window, [at in question.answers.get(key, ()) for at in kept])
        for key, kept, window in cuts
    ]
