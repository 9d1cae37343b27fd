"""The ordinary words of English, from pyspellchecker's list of some 160,000.

    "graft" in English()    # True

The list is used to leave words alone, never to put one in another's place: it knows no trade.
"""

from __future__ import annotations

from collections.abc import Container
from functools import cached_property


class English(Container[str]):
    """Words in lower case: the ones given, and the list, read when it is first needed (0.3 s)."""

    def __init__(self, besides: Container[str] = ()) -> None:
        """``besides``: asked first."""
        self._besides = besides

    def __contains__(self, word: object) -> bool:
        """Whether it is one of them."""
        return word in self._besides or word in self._listed

    @cached_property
    def _listed(self) -> frozenset[str]:
        from spellchecker import SpellChecker

        return frozenset(SpellChecker(language="en").word_frequency.words())
