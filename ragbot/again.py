"""The question before, put to another source, as in "and in the glue ear one?".

    same_of_another("and in the glue ear one?", "How many GPs were in the Leeds study?", called)
    # "How many GPs were in the glue ear study?"

Of such a question nothing is its own but the source that it turns to; what is asked stays. Only
what is surely one is taken for it: a study or paper, or what a source of the library is called.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

LONGEST = 120  #: characters of a question that only turns to another source
_MOST = 4  #: words that say which source
_NAME = 5  #: words of a source's name at most
_WORKS = frozenset(("study", "paper", "trial", "article", "evaluation"))
_LINKS = frozenset(("and", "but", "so", "ok", "okay", "or", "then", "now", "thanks"))
_TURNS = (("what", "about"), ("how", "about"), ("same",), ("the", "same"))
_BEFORE = frozenset(("for", "in", "of", "from", "by", "with"))
_THE = frozenset(("the", "that"))
_AFTER = frozenset(("too", "also", "then", "instead", "please", "well", "as", "et", "al"))
_ELSE = """
a an another any all each every my your our their his her its this these those other others same
first second third fourth last next former latter latest previous newest recent new old older
final full whole main similar different both rest is are was were do does did has have had can could
should will would it they who whom what when where which why how there no not for in from on of by
at with as about that
"""
_TELLS_NOT = frozenset(_ELSE.split())
"""Words that ask for more, or point at a source in a way that cannot be looked up."""
_WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")


def same_of_another(question: str, before: str, called: Callable[[str], bool]) -> str | None:
    """``before``, put to the source that ``question`` turns to; None for any other question.

    ``called``: whether a source of the library has that name.
    """
    other = _turned_to(question, before, called) if len(question) <= LONGEST else None
    if other is None:
        return None
    start, end = _source_of(before, called)
    if start == end:
        return f"{before.rstrip(' ?.')} ({other})?"
    return f"{before[:start]}{other}{before[end:]}"


def _turned_to(question: str, before: str, called: Callable[[str], bool]) -> str | None:
    words = [word.group() for word in _WORD.finditer(question)]
    low = [word.lower() for word in words]
    start = next((i for i, word in enumerate(low) if word not in _LINKS), len(low))
    turn = next((t for t in _TURNS if tuple(low[start : start + len(t)]) == t), ())
    if not start and not turn:
        return None
    start += len(turn)
    for leading in (_BEFORE, _THE):
        start += start < len(low) and low[start] in leading
    end = len(low)
    while end > start and low[end - 1] in _AFTER:
        end -= 1
    if start == end:
        return None
    name = " ".join(words[start:end]).removesuffix("'s").removesuffix("’s")
    if called(name):
        return name
    which, work = low[start : end - 1], low[end - 1]
    if work == "one" and (_works(before) or _names(before, called)):
        work = "study"
    if work not in _WORKS or not 1 <= len(which) <= _MOST or _TELLS_NOT & {*which}:
        return None
    return f"the {' '.join(words[start : end - 1])} {work}"


def _source_of(text: str, called: Callable[[str], bool]) -> tuple[int, int]:
    """Where a question says which source it means; empty where it does not, or twice."""
    found = _works(text) or _names(text, called)
    return found[0] if len(found) == 1 else (0, 0)


def _works(text: str) -> list[tuple[int, int]]:
    """Places like "the glue ear study"."""
    words = [*_WORD.finditer(text)]
    found = []
    for end, word in enumerate(words):
        if word.group().lower() in _WORKS:
            at = _the(words, end)
            if at is not None:
                found.append((words[at].start(), word.end()))
    return found


def _the(words: Sequence[re.Match[str]], end: int) -> int | None:
    """The index of the "the" that belongs to the work at ``end``."""
    for at in range(end - 1, max(-1, end - 2 - _MOST), -1):
        word = words[at].group().lower()
        if word in _THE:
            return at
        if word in _TELLS_NOT:
            break
    return None


def _names(text: str, called: Callable[[str], bool]) -> list[tuple[int, int]]:
    """Where sources are called by name, the longest name first."""
    words = [*_WORD.finditer(text)]
    found, at = [], 0
    while at < len(words):
        for end in range(min(len(words), at + _NAME), at, -1):
            start, stop = words[at].start(), words[end - 1].end()
            stop -= 2 * text[start:stop].endswith(("'s", "’s"))
            if called(text[start:stop]):
                found.append((start, stop))
                at = end - 1
                break
        at += 1
    return found
