"""Several questions in one: where one ends and the next begins.

    clauses("how many GPs did they interview and who funded it?")
    # ("how many GPs did they interview", "who funded it?")

Only what asks twice is parted: at a question mark, or at an "and" before a word that asks. A clause
that asks for nothing of its own ("and why?") stays with the one before it.
"""

from __future__ import annotations

import re

from ragbot.query import FUNCTION

LONG = 5  #: words from which a clause without an auxiliary is taken to have its verb
MOST = 3  #: clauses; what comes after stays with the last
_WH = r"(?:who(?:m|se|['’]s)?|what(?:['’]s)?|when|where|which|why|how)"
_VERB = r"(?:did|does|do|is|are|was|were|can|could|has|have|had|should|would|will)"
_ASKS = rf"(?:{_WH}|{_VERB}(?! not\b|n['’]t\b))\b"
_OPENS = r"^\W*(?:(?:and|so|but|ok)\W+)?"
_ASKS_FIRST = re.compile(rf"{_OPENS}{_ASKS}", re.IGNORECASE)
_WHETHER = re.compile(rf"{_OPENS}(?!(?:can|could|would|will|do) you\b){_VERB}\b", re.IGNORECASE)
_WHY_OR_HOW = re.compile(rf"{_OPENS}(?:why|how)\b", re.IGNORECASE)
_LINK = r"(?:(?:and|but|also|plus|so)\s+)*"
_BOUNDARY = re.compile(
    rf"(?<=\?)\s*[-–—]?\s*(?={_LINK}{_ASKS})"
    rf"|\s*[,;]?\s+(?:and|nd?|plus|&)\s+(?:also\s+)?(?={_WH}\b\s+\w)"
    rf"|\s*[,;]\s*(?:and|but)\s+(?={_VERB}\s+(?:the|they|it|he|she|there|these|any|this|that)\b)",
    re.IGNORECASE,
)
_ASKING = re.compile(rf"\b(?:{_WH}|{_VERB})\b", re.IGNORECASE)
_WHOLE = re.compile(rf"\b(?:who|what['’]s|{_VERB})\b", re.IGNORECASE)
_WORD = re.compile(r"[A-Za-z][A-Za-z’'-]*|\d+")


def asks_whether(question: str) -> bool:
    """Whether yes or no answers it; "can you tell me which year" asks for the year."""
    return _WHETHER.match(question) is not None


def asks_why_or_how(question: str) -> bool:
    """Whether it opens with one of these words."""
    return _WHY_OR_HOW.match(question) is not None


def opens_asking(clause: str) -> bool:
    """Whether it opens with a word that asks; what tells something first does not."""
    return _ASKS_FIRST.match(clause) is not None


def clauses(question: str) -> tuple[str, ...]:
    """The questions that ``question`` puts, in order; most often only itself."""
    parted: list[str] = []
    for piece in _BOUNDARY.split(" ".join(question.split())):
        if parted and (len(parted) == MOST or not (_asks(piece) and _asks(parted[-1]))):
            return (question,)  # an end that means nothing alone belongs to all before it
        parted.append(piece.strip())
    return tuple(parted)


def _asks(clause: str) -> bool:
    """Whether it is a question for something: "how many nurses" alone is half of one."""
    words = [word.lower() for word in _WORD.findall(clause)]
    whole = _WHOLE.search(clause) or len(words) >= LONG
    return bool(whole and _ASKING.search(clause)) and any(word not in FUNCTION for word in words)
