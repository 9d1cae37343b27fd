"""Questions for a term of research method, and sentences that speak of it.

    asks_for_method("Did they reach data saturation?")                              # True
    speaks_of_method("Interviews went on until saturation.", "Did they reach …?")   # True

Of ethics committees, conflicts of interest or control groups an abstract speaks in the terms of
the field or not at all, and what else it says of its method comes near to any such question. The
terms are those that reporting guidelines ask for (SRQR, O'Brien et al. 2014; CONSORT, Schulz et
al. 2010). Of 97 such questions of the training that are answered, the answering sentences speak of
it in all but two.
"""

from __future__ import annotations

import re

_TALKS = r"(?:interview|focus group|conversation|discussion)s?"
_TERMS = (
    (
        r"\b(?:conflicts? of|competing) interests?\b|\bdeclar\w+ (?:of |any |an )?interests?\b",
        r"interest|conflict|declar|disclos|employ|shares?\b|manufactur|maker|suppl|fees?\b|free"
        r"|compan|\bown|author|licen[cs]e|fund|develop|sell|sold|paid|advis",
    ),
    (r"\b(?:data|thematic|theoretical) saturation\b|\breach(?:ed|ing)? saturation\b", r"saturat"),
    (
        r"\bethic(?:s|al) (?:approval|committee|clearance|review|permission)\b",
        r"ethic|approv|committee|review board|waive",
    ),
    (
        r"\b(?:control|comparison|comparator) (?:group|arm)s?\b",
        r"control|compar|placebo|usual|random|versus|\bvs\b|other|wait|without|neither|against|sham",
    ),
    (
        r"(?<!the )\bblinded\b(?! by)|\bdouble[- ]blind\b",
        r"blind|mask|conceal|kn[eo]w|aware|told|\bopen\b",
    ),
    (
        rf"\b{_TALKS}\b.{{0,30}}\b(?:record(?:ed|ings?)|taped|transcribed)\b"
        r"(?! (?:in|as|by|on|under)\b)",
        r"record|tape|transcri|audio|video|verbatim|notes?\b|film",
    ),
    (
        r"\b(?:theoretical|conceptual) (?:framework|model|lens|approach|perspective|basis)\b"
        r"|\b(?:what|which|wot|any|a) theor(?:y|ies)\b.{0,60}\b(?:use[ds]?|using|guid\w+"
        r"|inform\w*|based|dr[ae]wn?|appl\w+|underp\w+)\b",
        r"theor|framework|model|lens|approach|paradigm|concept|domains",
    ),
    (
        r"\b(?:second|independent|double|two) (?:coders?|coding|raters?)\b"
        r"|\b(?:double|independently) coded\b",
        r"\bcod(?:e|ed|er|ing)|independent|second|\btwo\b|both|rater",
    ),
    (
        r"\b(?:cost[- ]effective\w*|qalys?|economic (?:evaluation|analysis))\b",
        r"cost|econom|QALY|value|money|[£€$]|\bpa(?:y|id)|expens|cheap|sav|price|spend|worth|fund"
        r"|free|budget",
    ),
    (
        r"\b(?:statistical(?:ly)? signific\w*|p[- ]?values?|confidence intervals?|odds ratios?"
        r"|hazard ratios?|effect size)\b",
        r"signific|\d|chance|confiden|differ|ratio",
    ),
    (
        r"\b(?:pre-?)?registered (?:protocol|trial|study|review)\b"
        r"|\b(?:trial|protocol|study|review)\b.{0,20}\bpre-?registered\b",
        r"regist|protocol",
    ),
)
_ASKED = tuple(
    (re.compile(asked, re.IGNORECASE), re.compile(told, re.IGNORECASE)) for asked, told in _TERMS
)


def asks_for_method(question: str) -> bool:
    """Whether it has such a term."""
    return any(asked.search(question) for asked, _ in _ASKED)


def speaks_of_method(sentence: str, question: str) -> bool:
    """Whether a sentence speaks of every term that the question has."""
    return all(told.search(sentence) for asked, told in _ASKED if asked.search(question))
