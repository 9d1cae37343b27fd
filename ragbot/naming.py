"""Questions for a name, and sentences that give one.

    asks_for_name("Which county was it done in?")                             # True
    gives_name("We asked nurses in Kent.", "Which county was it done in?")    # True

As with numbers (``ragbot.quantity``): a sentence that names nobody and nothing cannot answer "what
is the name of", however near it comes. Of 115 such questions written over other texts, the
answering sentences hold a new name in all but one.
"""

from __future__ import annotations

import re

_PLACE = (
    r"(?:count(?:y|ies)|regions?|countr(?:y|ies)|towns?|cit(?:y|ies)|universit(?:y|ies)|boroughs?"
    r"|provinces?|villages?)"
)
_NAMED = (
    r"(?:sites?|places?|towns?|people|practices|networks|members|trusts?|hospitals?|companies|firms?"
    r"|cities|countries|authors?|doctors?|nurses?|managers?|chair|director|officer|universit(?:y|ies))"
)
_ASKS = re.compile(
    r"\b(?:which|what|who)\b[^?]{0,60}\bby name\W*$"
    rf"|\bnames? of (?:the |those |all |that )?(?:[\w-]+ ){{0,2}}{_NAMED}\b"
    rf"|\bname the (?:\w+ )?{_NAMED}\b"
    r"|\b(?:which|what|wot) (?:(?:english|british|european|american|african|asian|other|two|three"
    rf"|four|five|\d+) )?{_PLACE}"
    r"(?! (?:doctor|gp|nurse|practice|surger|people|folk|hospital|of the (?!country|uk|world)))\b",
    re.IGNORECASE,
)
_YES_OR_NO = re.compile(
    r"^\W*(?:(?:and|so|but|ok)\W+)?(?:do|does|did|is|are|was|were|has|have|had)\b", re.IGNORECASE
)
_LETTERS = frozenset({"UK", "US", "USA", "EU", "UAE"})  #: other letters alone are mostly no name
_WORD = re.compile(r"\w+")


def asks_for_name(question: str) -> bool:
    """Whether the answer is a proper name."""
    return _ASKS.search(question) is not None and not _YES_OR_NO.match(question)


def gives_name(sentence: str, question: str) -> bool:
    """Whether a sentence holds a name that the question does not."""
    known = {word.lower() for word in _WORD.findall(question)}
    words = [found.group() for found in _WORD.finditer(sentence) if found.start()]
    return any(_is_name(word) and word.lower() not in known for word in words)


def _is_name(word: str) -> bool:
    """A capital inside a sentence; "CCGs" is none."""
    letters = word.removesuffix("s").isupper()
    return word in _LETTERS or (word[0].isupper() and not letters and len(word) > 1)
