"""A text as words with stems and clauses: what every check reads.

    text = analyse("GPs did not report failures, however.")
    [word.stem for word in text.content]     # ['gp', 'report', 'failur']

Clauses are cut at punctuation and at words such as "but" and "which". It is no parser.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Self

from ragbot.adapters.stems import stem


def listed(words: str) -> frozenset[str]:
    """The words of a list, as the tables of the checks write them."""
    return frozenset(words.split())


_TOKEN = re.compile(r"\d+(?:[.,·]\d+)*|[^\W_]+(?:['’][^\W\d_]+)*")
_CUT = re.compile(r"[.;:()\[\]?!–—\n]|,(?!\d)| [-/] ")
_SPOKEN = """
two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen twenty
"""
_DIGITS = {word: str(number) for number, word in enumerate(_SPOKEN.split(), start=2)}
CUTTING = listed(
    """
although because but despite however if since though unless whereas whether which while who whose
"""
)
FUNCTION = listed(
    """
a about above across after again all also although am among an and another any are around as at be
because been before being below between both but by can could did do does doing done down during
each either else etc even ever every few for from further get gets given had has have having he
her here hers him his how however i if in include included includes including into is it its
itself just least less like made make makes making many may me might mine more most much must my
neither no nor not of off often on once one ones only or other others our ours out over own per
perhaps quite rather same shall she should since so some such than that the their theirs them
themselves then there therefore these they this those though through thus to too toward towards
under unless until up upon us use used uses using very via was we well were what when where
whereas whether which while who whom whose why will with within without would yes yet you your
"""
)


SPEECH = listed(
    """
abstract accord according account add added argue argued article author authors comment commenter
commenters comments conclude concluded concludes describe described describes evidence explain
explained find finding findings finds found highlight highlighted identified identify interview
interviews mention mentioned noted notes observe observed paper papers reader readers report
reported reporting reports research researcher researchers respondent result results review say
says said shows showed show source sources state stated states studies study suggest suggested
suggests tell tells told view warn warned warns writes wrote colleague colleagues et al
publication published recommend recommends recommended stress stresses stressed emphasise
emphasises emphasised claim claims claimed propose proposes proposed urge urges urged opinion think
thinks thought believe believes
"""
)
"""Words that say who speaks, and that somebody does: they are no claim of their own."""


@dataclass(frozen=True, slots=True)
class Word:
    """One word or number of a text."""

    text: str
    low: str  #: lower case, plain apostrophes
    stem: str  #: of a number word the digits
    start: int  #: in the text
    end: int
    clause: int  #: 0-based number of its clause

    @property
    def is_content(self) -> bool:
        """A word that carries meaning of its own: no function word, no bare number."""
        return self.low not in FUNCTION and not self.low[0].isdigit() and len(self.low) > 1


@dataclass(frozen=True, slots=True)
class Text:
    """An analysed text."""

    raw: str
    words: tuple[Word, ...]

    @property
    def content(self) -> tuple[Word, ...]:
        """Its content words, in order."""
        return tuple(word for word in self.words if word.is_content)

    @property
    def stems(self) -> frozenset[str]:
        """The stems of all its words."""
        return frozenset(word.stem for word in self.words)

    def after(self, index: int, count: int) -> list[int]:
        """Indices of up to ``count`` content words behind a word, in its clause."""
        found: list[int] = []
        for i in range(index + 1, len(self.words)):
            if self.words[i].clause != self.words[index].clause or len(found) == count:
                break
            if self.words[i].is_content:
                found.append(i)
        return found

    def before(self, index: int, count: int) -> list[int]:
        """Indices of up to ``count`` content words before a word, in its clause, nearest first."""
        clause = self.words[index].clause
        ahead = range(index - 1, -1, -1)
        found = [i for i in ahead if self.words[i].clause == clause and self.words[i].is_content]
        return found[:count]

    def near(self, index: int, reach: int) -> frozenset[str]:
        """Stems of the content words at most ``reach`` words away."""
        around = self.words[max(0, index - reach) : index] + self.words[index + 1 :][:reach]
        return frozenset(word.stem for word in around if word.is_content)


@dataclass(frozen=True, slots=True)
class Premise:
    """What a sentence is held against."""

    quotes: tuple[Text, ...]  #: best first
    background: tuple[Text, ...] = ()  #: the rest of the cited passages, and what is known of them

    @classmethod
    def of(cls, quotes: Sequence[str], background: Sequence[str] = ()) -> Self:
        """From plain texts."""
        return cls(tuple(map(analyse, quotes)), tuple(map(analyse, background)))

    @property
    def stems(self) -> frozenset[str]:
        """The stems of the quotes."""
        return frozenset().union(*(quote.stems for quote in self.quotes))

    @property
    def all_stems(self) -> frozenset[str]:
        """The stems of the quotes and the background."""
        return self.stems.union(*(text.stems for text in self.background))


@lru_cache(maxsize=4096)
def analyse(text: str) -> Text:
    """Words, stems, clauses."""
    plain = text.replace("’", "'").replace("‘", "'")
    found = list(_TOKEN.finditer(plain))
    words: list[Word] = []
    clause = 0
    gaps = [plain[a.end() : b.start()] for a, b in pairwise(found)]
    for place, match in enumerate(found):
        low = unicodedata.normalize("NFKC", match.group().lower()).removesuffix("'s")
        if place and (_CUT.search(gaps[place - 1]) or low in CUTTING):
            clause += 1
        root = _DIGITS.get(low) or stem(low)
        words.append(Word(match.group(), low, root, match.start(), match.end(), clause))
    return Text(text, tuple(words))


def stems_of(listed: str) -> frozenset[str]:
    """The stems of a list of words, for the tables of the checks."""
    return frozenset(stem(word) for word in listed.split())
