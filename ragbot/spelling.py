"""Misspelt words of a question → words of the library.

    speller = Speller({"prescribing": 12, …}, known=English())
    speller.correct("perscribing")   # "prescribing"

A word is left alone if the library or ordinary English has it, if it is short, or if nothing near
is found: a wrong correction costs more than a missed one. The distance is Damerau-Levenshtein
(optimal string alignment) from rapidfuzz, which counts the swaps that fast typing makes as one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from rapidfuzz import process
from rapidfuzz.distance import OSA

MIN_LENGTH = 4  #: shorter words are too near to too many others
LONG = 8  #: from this length on two slips are forgiven

_AMERICAN = (
    ("yze", "yse"),
    ("yzi", "ysi"),
    ("ize", "ise"),
    ("izi", "isi"),
    ("iza", "isa"),
    ("avior", "aviour"),
    ("olor", "olour"),
    ("abor", "abour"),
    ("center", "centre"),
    ("fiber", "fibre"),
    ("ediatric", "aediatric"),
    ("naesthe", "nesthe"),
    ("program", "programme"),
    ("enrollment", "enrolment"),
    ("counselor", "counsellor"),
    ("modeling", "modelling"),
    ("labeled", "labelled"),
)


class Speller:
    """Corrects against one library's vocabulary."""

    def __init__(self, vocabulary: Mapping[str, int], *, known: Container[str]) -> None:
        """``vocabulary``: lower-case word → in how many chunks; ``known``: ordinary words."""
        self._vocabulary = vocabulary
        self._known = known
        self._by_initial: dict[str, list[str]] = {}
        for word in vocabulary:
            if len(word) >= MIN_LENGTH and word.isalpha():
                self._by_initial.setdefault(word[0], []).append(word)

    def correct(self, word: str) -> str | None:
        """The library's word that ``word`` is meant to be; None where it should stay as it is."""
        low = word.lower()
        if len(low) < MIN_LENGTH or not low.isalpha() or low in self._vocabulary:
            return None
        if low in self._known or any(other in self._known for other in _across(low)):
            return None
        slips = 2 if len(low) >= LONG else 1
        found = process.extract(
            low,
            self._candidates(low),
            scorer=OSA.distance,
            score_cutoff=slips,
            limit=5,
        )
        if not found:
            return None
        best = min(found, key=lambda hit: (hit[1], -self._vocabulary[hit[0]], hit[0]))
        return str(best[0])

    def variant(self, word: str) -> str | None:
        """The other side's spelling (British for American or the reverse) if the library has it."""
        low = word.lower()
        if low in self._vocabulary:
            return None
        return next((other for other in _across(low) if other in self._vocabulary), None)

    def _candidates(self, word: str) -> list[str]:
        """Words with the same first letter, or with the first two swapped."""
        first = self._by_initial.get(word[0], [])
        return first + (self._by_initial.get(word[1], []) if word[1] != word[0] else [])


def _across(low: str) -> Iterator[str]:
    """The spellings of a word on the other side of the Atlantic."""
    for american, british in _AMERICAN:
        for old, new in ((american, british), (british, american)):
            if old in low:
                yield low.replace(old, new)
