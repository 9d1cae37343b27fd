"""A question → as networks read it best: the plain form of what is asked in another.

    plainly("number of nurses in it?", of_a_study=True)          # "how many nurses in it?"
    plainly("the Leeds one, who paid", of_a_study=True)          # "the Leeds study, who paid"

The reader has been trained on questions of the plain forms and takes many of the others for
unanswered. Only forms that mean the same whatever is asked; what is shown stays as typed.
"""

from __future__ import annotations

import re

_NUMBER_OF = re.compile(
    r"^\W*(?:(?:what (?:is|was) )?the )?(?:total )?(?:number|no\.?) of\b", re.IGNORECASE
)
_SAMPLE_SIZE = re.compile(
    r"^\W*(?:what(?:['’]?s| is| was| were)? )?(?:the )?sample sizes?(?: (?:of|in|for))?\b",
    re.IGNORECASE,
)
_IN_THE_EYES = re.compile(
    r"\b(?:in the (?:eyes|view|opinion|judgement|judgment) of|if you (?:ask|believe))\b",
    re.IGNORECASE,
)
_UNDER = re.compile(
    r"\b(?:under(?:neath)?|below|beneath) (?:the|this|that) (?:[\w’'-]+ ){0,3}?"
    r"(?:page|article|blog|piece|thing)\b",
    re.I,
)
_NOT_A_STUDY = (
    r"(?!(?:the|an?|that|this|is|was|only|first|second|third|fourth|other|same|last|next|previous|former|latter|right|wrong"
    r"|best|worst|big|main|new|old|good|bad|no|each|every|any|which)\b)"
)
_ONE = re.compile(
    rf"\b(?P<which>(?:the|that|this) (?:{_NOT_A_STUDY}[\w’'-]+ ){{1,3}}?)one\b"
    r"|\b(?P<the>the|that) one(?= (?:from|about|on|in|by|done)\b)",
    re.I,
)


def plainly(question: str, *, of_a_study: bool) -> str:
    """``question`` in plain forms; ``of_a_study``: the sources it names are studies."""
    question = _NUMBER_OF.sub("how many", question)
    question = _SAMPLE_SIZE.sub("how many people took part in", question)
    question = _IN_THE_EYES.sub("according to", question)
    question = _UNDER.sub("in the comments", question)
    if of_a_study:
        question = _ONE.sub(lambda m: f"{m['which'] or m['the'] + ' '}study", question)
    return question
