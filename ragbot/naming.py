"""Questions for a name, and sentences that give one.

    asks_for_name("Which county was it done in?")                             # True
    gives_name("We asked nurses in Kent.", "Which county was it done in?")    # True

As with numbers (``ragbot.quantity``): a sentence that names nobody and nothing cannot answer "what
is the name of", however near it comes. Of 132 such questions written over other texts, the
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
    r"|cities|countries)"
)
_ASKS = re.compile(
    r"\bby name\b"
    r"|\bwhat(?:['’]?s| is| was| were| are) (?:the |its |their |his |her )?"
    r"(?:full |real |first |last |brand |trade )?names?\b"
    r"|\bnames? (?:is|are|was|were) (?:the|those|these|they|it|he|she)\b|^\W*names? of\b"
    r"|\b(?:give|list|say|tell|know|get|have)\b.{0,20}\bnames? of (?:the|those|all|that|any)\b"
    rf"|\bname the (?:\w+ )?{_NAMED}\b"
    r"|\b(?:which|what|wot) (?:(?:english|british|european|american|african|asian|other|two|three"
    rf"|four|five|\d+) )?{_PLACE}(?! (?:doctor|gp|nurse|practice|surger|people|folk|hospital))\b",
    re.IGNORECASE,
)
_NAME = re.compile(r"(?<=[\w,;:’'\")] )(?:[A-Z][a-zà-ÿ’'-]+|UK|US|USA|EU|UAE)\b")
"""A capital inside a sentence; letters alone are mostly no name."""
_WORD = re.compile(r"\w+")


def asks_for_name(question: str) -> bool:
    """Whether the answer is a proper name."""
    return _ASKS.search(question) is not None


def gives_name(sentence: str, question: str) -> bool:
    """Whether a sentence holds a name that the question does not."""
    known = _words(question)
    return any(not _words(name) <= known for name in _NAME.findall(sentence))


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}
