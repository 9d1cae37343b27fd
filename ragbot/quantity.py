"""Questions for a number, and sentences that give one.

    asks_for_number("How many GPs took part?")                      # True
    gives_number("Nine GPs took part.", "How many GPs took part?")  # True

A sentence without a number cannot answer "how many", however near it comes: of 1,891 such questions
written over other abstracts, the answering sentences hold a new number in all but five. Whether it
is the right number is the reader's business.
"""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"\bhow many\b|\b(?:what|which) (?:number|percentage|percent|proportion|share) of\b"
    r"|\bwhat (?:%|percent)|\bhow (?:old|long ago)\b|\b(?:average|mean|median) age\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d+(?:[.,·]\d+)*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
    r"|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundreds?|thousands?|millions?|dozens?|half|thirds?|quarters?|one"
    r"|both|no|none|single|once|twice|most|majority|minority|all|every|few|many|several)\b",
    re.IGNORECASE,
)


def asks_for_number(question: str) -> bool:
    """Whether the answer is a number."""
    return _ASKS.search(question) is not None


def gives_number(sentence: str, question: str) -> bool:
    """Whether a sentence holds a number, in digits or words, that the question does not."""
    known = {found.lower() for found in _NUMBER.findall(question)}
    return any(found.lower() not in known for found in _NUMBER.findall(sentence))
