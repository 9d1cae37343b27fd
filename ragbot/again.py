"""The question before, put to another source, as in "and in the glue ear one?".

    same_of_another("and in the glue ear one?", "How many GPs were in the Leeds study?", named)
    # "How many GPs were in the glue ear study?"

Of such a question nothing is its own but the source that it turns to; what is asked stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_WORK = r"(?:study|paper|trial|report|article|evaluation|page|review|survey|abstract|one)"
_TURN = re.compile(
    r"^\W*(?:(?:and|but|so|ok|okay|or|then|now)\b\W*)*"
    r"(?:(?:what|how) about\b|(?:the )?same(?: (?:question|thing))?\b)?\W*"
    r"(?:(?:for|in|of|from|by|with|at|on)\s+)?(?:(?:the|that|this)\s+)?"
    rf"(?P<other>[\w’'&+-]+(?:\s+[\w’'&+-]+){{0,3}}?)(?:\s+(?P<work>{_WORK}))?"
    r"(?:,?\s+(?:too|as well|also|then|instead))?\W*$",
    re.IGNORECASE,
)
_LINKED = re.compile(
    r"^\W*(?:and|but|so|ok|okay|or|then|now|what about|how about|(?:the )?same)\b", re.IGNORECASE
)
_ASKS_MORE = re.compile(  # or says which in no way that can be looked up
    r"\b(?:is|are|was|were|do|does|did|has|have|had|can|could|should|will|would|it|they|who|whom"
    r"|what|when|where|which|why|how|any|there|no|not|for|in|from|on|other|others|same|first"
    r"|second|last|next|previous|both|rest)\b",
    re.IGNORECASE,
)
_A_WORK = re.compile(
    rf"\b(?:the|that|this)\s+(?:[\w’'&+-]+\s+){{0,4}}?{_WORK}\b(?!\s+[\w’'-]+\s+{_WORK}\b)",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w’'-]+")
_NAME = 3  #: words of a name that stands without "study" or "paper"


def same_of_another(question: str, before: str, named: Callable[[str], bool]) -> str | None:
    """``before``, put to the source that ``question`` turns to; None for any other question.

    ``named``: whether a text names a source of the library.
    """
    turn = _TURN.match(question) if _LINKED.match(question) else None
    if not turn or _ASKS_MORE.search(turn["other"]):
        return None
    other, work = turn["other"], turn["work"]
    words = _WORD.findall(other)
    if not work and not (len(words) <= _NAME and named(other)):
        return None
    source = f"the {other} {'study' if work.lower() == 'one' else work}" if work else other
    start, end = _source_of(before, named)
    if start == end:
        return f"{before.rstrip(' ?.')} ({source})?"
    return f"{before[:start]}{source}{before[end:]}"


def _source_of(text: str, named: Callable[[str], bool]) -> tuple[int, int]:
    """Where a question says which source it means; empty where it does not, or twice."""
    works = [*_A_WORK.finditer(text)]
    if len(works) == 1:
        return works[0].span()
    names = [word.span() for word in _WORD.finditer(text) if named(word.group())]
    if works or not names:
        return 0, 0
    return names[0][0], names[-1][1]
