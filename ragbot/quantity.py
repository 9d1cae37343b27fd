"""Questions for a number, and sentences that give one.

    asks_for_number("How many GPs took part?")                      # True
    gives_number("Nine GPs took part.", "How many GPs took part?")  # True

A sentence without a number cannot answer "how many", however near it comes: of 2,701 such
questions over the invented libraries of the training, the answering sentences hold a new number in
all but 9, and of 125 for a price or a wage, money in all. Whether it is the right number is
the reader's business.
"""

from __future__ import annotations

import re

from ragbot.clauses import asks_whether, asks_why_or_how

_ASKS = re.compile(
    r"\bhow many\b|\b(?:what|which) (?:number|percentage|percent|proportion|share) of\b"
    r"|\bwhat (?:%|percent)|\bhow (?:old|long ago)\b|\b(?:average|mean|median) age\b"
    r"|^\W*(?:(?:and|so|but|ok) )?how long\b"
    r"|^\W*(?:(?:and|so|but|ok) )?how much\b"
    r"(?! (?:do|does|did|can|could|should|would|better|more|of|evidence|support|difference|trust"
    r"|say|influence)\b)"
    r"|^\W*(?:the )?number of\b(?!.*\b(?:is|are|was|were|has|have|had|why|how)\b)"
    r"|\bin pounds\W*$",
    re.IGNORECASE,
)
_FIGURE = re.compile(
    r"[-–:] ?(?:n|no\.?|number) of\b(?!.*\bor\b)"
    r"|\b(?:response rates?|sample size|(?:actual|exact|average|mean|median|overall)"
    r" (?:scores?|figures?|numbers?|percentage|rate))\W*$"
    r"|\bwhat(?:['’]?s| is| was| were)? (?:the )?(?:response rate|sample size)\b",
    re.IGNORECASE,
)
_NO_FIGURE = re.compile(
    r"^\W*what (?:affects?|influences?|drives?|matters|determines?|did|do|does)\b", re.IGNORECASE
)
_BAND = re.compile(
    r"\b(?:what|which|wot) (?:(?:pay|salary|nhs|afc|agenda for change) )*bands?\b", re.IGNORECASE
)
_MONEY = re.compile(
    r"\bhow much (?!.*\b(?:matter|influenc|affect|worr|concern|barrier|deter)\w*)"
    r"(?:money|(?:do|does|did|is|are|was|were|will|would)\b.{0,60}\b(?:costs?|paid|earn"
    r"|price|salary|budget|pay(?! (?:attention|heed|matter|mean|affect))|(?<!in )charge))\b"
    r"|\bwhat (?:is|are|was|were|do|does|did) .{0,40}\b(?:paid|cost|earn)\W*$"
    r"|\bwhat(?:['’]?s| is| are| was| were) (?:the |their |its )?(?:[\w-]+ ){0,2}"
    r"(?:salary|salaries|budget|wages?|fees?)\b(?! (?:for|used|spent|made)\b)",
    re.IGNORECASE,
)
_PAID = re.compile(
    r"[£$€]|\b(?:pounds?|pence|euros?|dollars?|cents?|francs?|kron\w+|marks|yen|bands?|free|nothing"
    r"|unpaid|costs?|cheap(?:er)?|expensive|prices?|pay|pays|paid|payments?|earn(?:s|ed|ings)?"
    r"|charge[ds]?|fees?|salar(?:y|ies)|wages?|grants?|fund(?:s|ed|ing)?|income|tariff|budget"
    r"|remunerat\w+|GBP|EUR|USD|NOK|SEK|DKK|CHF|an hour|per hour|hourly|spend|spent|saved?"
    r"|savings?|worth)\b",
    re.IGNORECASE,
)
_NO_PAY = re.compile(r"\b(?:free|unpaid)\b", re.IGNORECASE)
_GRADE = re.compile(r"\b(?:bands?|grades?|agenda for change|afc)\b", re.IGNORECASE)
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
    if any(pattern.search(question) for pattern in (_ASKS, _MONEY, _BAND)):
        return True
    if asks_whether(question) or asks_why_or_how(question) or _NO_FIGURE.match(question):
        return False
    return _FIGURE.search(question) is not None


def gives_number(sentence: str, question: str) -> bool:
    """Whether a sentence holds a number, in digits or words, that the question does not.

    Where a time is asked for, "an hour" is one; where a price or a wage is, the sentence speaks of
    money besides, or of none.
    """
    known = {found.lower() for found in _NUMBER.findall(question)}
    if _HOW_LONG.search(question) and _A_WHILE.search(sentence):
        return True
    if _MONEY.search(question):
        if _NO_PAY.search(sentence):
            return True
        if not _PAID.search(sentence):
            return False
    if _BAND.search(question) and not _GRADE.search(sentence):
        return False
    return any(found.lower() not in known for found in _NUMBER.findall(sentence))
