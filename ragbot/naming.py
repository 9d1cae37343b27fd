"""Questions for a name, and sentences that give one.

    asks_for_name("Which county was it done in?")                             # True
    gives_name("We asked nurses in Kent.", "Which county was it done in?")    # True

As with numbers (``ragbot.quantity``): a sentence that names nobody and nothing cannot answer "what
is the name of", however near it comes. Of 41 such questions over the invented libraries of the
training, the answering sentences hold a new name in all.
"""

from __future__ import annotations

import re

from ragbot.clauses import asks_whether

_PLACE = (
    r"(?:count(?:y|ies)|regions?|countr(?:y|ies)|towns?|cit(?:y|ies)|universit(?:y|ies)|boroughs?"
    r"|provinces?|villages?)"
)
_NAMED = (
    r"(?:sites?|places?|towns?|people|practices|networks|members|trusts?|hospitals?|companies|firms?"
    r"|cities|countries|authors?|doctors?|nurses?|managers?|chair|director|officer|universit(?:y|ies))"
)
_COUNT = r"(?:two|three|four|five|six|seven|eight|nine|ten|\d+)"
_SITES = (
    r"(?:case.study |pilot )?(?:sites?|places?|networks?|practices?|surger(?:y|ies)|clinics?"
    r"|ccgs?|pcns?|icbs?|boards?|trusts?|hospitals?|localit(?:y|ies)|villages?|towns?|cit(?:y|ies)"
    r"|countr(?:y|ies)|compan(?:y|ies)|firms?|charit(?:y|ies))"
)
_BODIES = r"(?:ccgs?|icbs?|pcns?|commissioning groups?|health boards?|trusts?|hospitals?)"
_INVOLVED = (
    r"(?:took part|taken part|participated|(?:was|were) (?:involved|included|interviewed|visited"
    r"|surveyed|sampled|recruited|chosen|selected|studied|(?:in )?the (?:case|study|sample)))"
)
_PRODUCT = (
    r"(?:software(?: packages?)?|apps?|platforms?|brands?|makes?(?! for\b)|suppliers?|vendors?"
    r"|compan(?:y|ies)"
    r"|(?:phone|computer|record|booking|it|online) systems?)"
)
_ASKS = re.compile(
    r"\b(?:which|what|who)\b[^?]{0,60}\bby name\W*$"
    rf"|\bnames? of (?:the |those |all |that )?(?:[\w-]+ ){{0,2}}{_NAMED}\b"
    rf"|\b(?:which|what|wot) {_COUNT} (?:[\w-]+ )?{_SITES}"
    r"(?= (?:were|was|are|took|did|have|got|in the|involved|included)\b|\W*$)"
    rf"|\b(?:which|what|wot) (?:{_COUNT} )?(?:[\w-]+ )?{_BODIES} {_INVOLVED}\b"
    rf"|\bwho (?:were|are) (?:the|those) {_COUNT}"
    rf"(?= (?:[\w-]+ )?(?:{_SITES}|authors?|partners|founders|members?|witnesses)\b)"
    r"|\b(?:which|what|wot) "
    r"(?:(?!(?:should|must|can|could|would|will|do|did|does|else|really)\b)[\w-]+ )?"
    rf"{_PRODUCT} (?:is|was|were|did|do|does|are|made|had|for)\b"
    rf"|\bname the (?:\w+ )?{_NAMED}\b|\b(?:what|which|wot).{{0,40}}\b(?:actual|real) names?\b"
    r"|\b(?:which|what|wot) parts? of (?:the )?(?:country|uk|england|scotland|wales|world|europe)\b"
    r".{0,100}\b(?:from|in|based|held|done|conducted)\W*$"
    r"|\bwhere in (?:the (?:uk|country|world)|england|scotland|wales|europe)\b.{0,60}"
    r"\b(?:from|based|held|done|conducted|study|studied|interviews?)\b"
    r"|\b(?:which|what|wot) (?:(?:english|british|european|american|african|asian|other|two|three"
    rf"|four|five|\d+) )?{_PLACE}"
    r"(?! (?:doctor|gp|nurse|practice|surger|people|folk|hospital|of birth"
    r"|of the (?!country|uk|world)))\b",
    re.IGNORECASE,
)
LETTERS = frozenset({"UK", "US", "USA", "EU", "UAE"})  #: other letters alone are mostly no name
_COMPASS = re.compile(
    r"\b(?:north|south|east|west)\w*\b|\bcoast(?:al)?\b|\bmidlands\b", re.IGNORECASE
)
_WORD = re.compile(r"\w+")


def asks_for_name(question: str) -> bool:
    """Whether the answer is a proper name."""
    return _ASKS.search(question) is not None and not asks_whether(question)


def gives_name(sentence: str, question: str) -> bool:
    """Whether a sentence holds a name that the question does not; "the north" is one."""
    if _COMPASS.search(sentence) and not _COMPASS.search(question):
        return True
    known = {word.lower() for word in _WORD.findall(question)}
    words = [found.group() for found in _WORD.finditer(sentence) if found.start()]
    return any(_is_name(word) and word.lower() not in known for word in words)


def _is_name(word: str) -> bool:
    """A capital inside a sentence; "CCGs" is none."""
    letters = word.removesuffix("s").isupper()
    return word in LETTERS or (word[0].isupper() and not letters and len(word) > 1)
