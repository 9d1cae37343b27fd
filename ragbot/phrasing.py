"""A question → as networks read it best: the plain form of what is asked in another.

    plainly("number of nurses in it?", of_a_study=True)          # "how many nurses in it?"
    plainly("the Leeds one, who paid", of_a_study=True)          # "the Leeds study, who paid"

The reader has been trained on questions of the plain forms and takes many of the others for
unanswered. Only forms that mean the same whatever is asked; what is shown stays as typed.
"""

from __future__ import annotations

import re

_NUMBER_OF = re.compile(
    r"^\W*(?:(?:what (?:is|was) )?the )?(?:total )?(?:number|no\.) of\b(?=[^,;:.–]*$)"
    r"(?!.*\b(?:is|are|was|were|has|have|had|fell|falls|rose|went|why|how)\b)",
    re.IGNORECASE,
)
_SAMPLE_SIZE = re.compile(
    r"^\W*(?:what(?:['’]?s| is| was| were)? )?(?:the )?sample sizes? (?:of|in|for)"
    r"(?= (?:the|this|that|it|their)\b)",
    re.IGNORECASE,
)
_N = re.compile(r"^\W*n(?=\s*(?:[,;:?&+]|and\b|$))|(?<=[,;:–-] )n(?=\W*$)", re.IGNORECASE)
_IN_THE_EYES = re.compile(r"\bin the (?:eyes|view|opinion|judge?ment) of\b", re.IGNORECASE)
_UNDER = re.compile(
    r"\b(?:under(?:neath)?|below|beneath) (?:the|this|that) (?:[\w’'-]+ ){0,3}?"
    r"(?:page|article|blog|piece)\b(?! (?:of|\d))",
    re.IGNORECASE,
)
_NO_STUDY = (
    r"(?!(?:the|an?|that|this|is|was|only|first|second|third|fourth|other|same|last|next|previous"
    r"|former|latter|right|wrong|best|worst|big|main|new|old|good|bad|no|each|every|any|which|number"
    r"|day|level|least|most|more|less|than|in|of|for|from|at|by|with|on|to|if|when|just|about|and|or"
    r"|not|some|all)\b)"
)
_ONE = re.compile(
    rf"\b(?P<which>(?:the|that|this) (?:{_NO_STUDY}[\w’'-]+ ){{1,3}}?)one\b"
    r"(?!['’-]| (?:reason|practice|gp|doctor|nurse|patient|thing|day|site)s?\b)"
    r"|\b(?P<the>the|that) one(?= (?:from|about|on|in|by|done)\b)",
    re.IGNORECASE,
)
_STUDY = re.compile(r"\b(?:study|trial|paper|report|review)\b", re.IGNORECASE)


def plainly(question: str, *, of_a_study: bool) -> str:
    """``question`` in plain forms; ``of_a_study``: the sources it names are studies."""
    question = _NUMBER_OF.sub("how many", question)
    question = _SAMPLE_SIZE.sub("how many people took part in", question)
    question = _N.sub("how many people took part", question)
    question = _IN_THE_EYES.sub("according to", question)
    question = _UNDER.sub("in the comments", question)
    if of_a_study and not _STUDY.search(question):  # else it is one of something in the study
        question = _ONE.sub(lambda m: f"{m['which'] or m['the'] + ' '}study", question)
    return question
