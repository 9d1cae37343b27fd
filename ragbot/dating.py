"""Questions for a year, a month or a date, and sentences that give one.

    asks_for_date("In which months were they interviewed?")        # True
    gives_date("Interviews ran from May to July 2019.", question)   # True

As with numbers (``ragbot.quantity``). Only what asks for a date in so many words: "when" is as
often answered by what came before. Of 39 such questions over the invented libraries of the
training, the answering sentences hold one in all.
"""

from __future__ import annotations

import re

from ragbot.clauses import asks_whether, asks_why_or_how

_ASKS = re.compile(
    r"\b(?:what|which|wot) (?:years?|yrs?|months?|dates?|seasons?)\b"
    r"(?! (?:of (?!publication)|group|olds?|\d)|.* or )",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"\b(?:1[89]|20)\d\d\b|\b\d{1,2}(?:st|nd|rd|th)\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b"
    r"|\b(?-i:May|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b"
    r"|\b(?:with)?in \d+ (?:day|week|month)s|\b(?:at|after) \d+ (?:week|month)s"
    r"|\byear (?:one|two|three|four|five|\d)\b|\b(?:january|february|march|april|june|july"
    r"|august|september|october|november|december|spring|summer|autumn|winter|christmas|easter"
    r"|(?:first|second|third|fourth|fifth|final|last|next|this)[ -](?:year|month|quarter))\b",
    re.IGNORECASE,
)


def asks_for_date(question: str) -> bool:
    """Whether the answer is a year, a month or a day."""
    otherwise = asks_whether(question) or asks_why_or_how(question)
    return _ASKS.search(question) is not None and not otherwise


def gives_date(sentence: str, question: str) -> bool:
    """Whether a sentence holds one that the question does not."""
    known = {found.lower() for found in _DATE.findall(question)}
    return any(found.lower() not in known for found in _DATE.findall(sentence))
