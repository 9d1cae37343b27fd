"""Several questions that were put at once, each answered by itself → one answer.

    parted("how many GPs took part and who wrote it?", named)  # both questions
    parts = [Part(…), Part(…)]
    draft(parts), note(parts), reading(parts), support(parts)

What one part has quoted the next does not quote again; a part that nothing answers is named.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from ragbot import compose
from ragbot.clauses import clauses
from ragbot.metadata import fields_asked
from ragbot.parts import about
from ragbot.quantity import asks_for_number
from ragbot.query import Query, asks_for_comments
from ragbot.types import Passage, Reading

_COMPARES = re.compile(
    r"\b(?:agree[sd]?|differ(?:s|ent|ence)?|compare[sd]?|same(?!-)|similar(?:ly)? to|versus|vs)\b"
    r"|\b(?:too|also)\W*$",
    re.IGNORECASE,
)
_OF_SOURCES = re.compile(
    r"(?:report|page|stud(?:y|ies)|paper|comment\w*|readers?|one|sa(?:y|ys|id)|thinks?|adds?"
    r"|reckons?|feels?|wants?|(?:19|20)\d\d)",
    re.IGNORECASE,
)
_REPORT = re.compile(r"\bthe (?:report|page)\b", re.IGNORECASE)


def parted(question: str, named: Callable[[str], frozenset[str]]) -> tuple[str, ...]:
    """What is answered part by part: a question for a fact of a source beside one for its words.

    The first is looked up, and would be all of the answer. Two for what sources say are read
    better together, as measured on development data, unless each is put to a source of its own:
    then what the one says would stand for the other. ``named``: the sources that a text names.
    """
    parts = clauses(question)
    looked_up = [bool(fields_asked(part)) for part in parts]
    if any(looked_up) and not all(looked_up):
        return parts
    whose = [_whose(part, named) for part in parts]
    apart = len(parts) > 1 and all(whose) and len({*whose}) == len(parts)
    if not apart or _COMPARES.search(parts[-1]):
        return (question,)
    first, *others = parts
    takes = not (asks_for_number(first) or _is_bare(first, named))  # "and what did Brown find"
    return (question,) if takes and any(_is_bare(part, named) for part in others) else parts


def _is_bare(part: str, named: Callable[[str], frozenset[str]]) -> bool:
    """Whether it says of a source, but not on what: "what did Brown 2019 find"."""
    words = [word for word in about(part) if not (named(word) or _OF_SOURCES.fullmatch(word))]
    return not words or bool(named(" ".join(words)))


def _whose(part: str, named: Callable[[str], frozenset[str]]) -> str:
    """The one source, or kind of source, that a part is put to; empty where it says none."""
    sources = named(part)
    if len(sources) == 1:
        return min(sources)
    if sources:
        return ""
    if asks_for_comments(part):
        return "comments"
    return "report" if _REPORT.search(part) else ""


@dataclass(frozen=True, slots=True)
class Part:
    """What one of the questions came to."""

    question: str  #: as typed
    asked: Query
    passages: tuple[Passage, ...]
    found: compose.Draft | None  #: None where nothing answers
    support: float
    seconds: float  #: until its passages were found
    reading: Reading | None = None  #: None where a source says it of itself
    silent: str = ""  #: what to say instead of an answer, where there is more to say than that
    note: str = ""


def draft(parts: Sequence[Part]) -> compose.Draft | None:
    """All that was found, in the order asked; None where nothing was."""
    found = [part.found for part in parts if part.found]
    return compose.joined(found) if found else None


def reading(parts: Sequence[Part]) -> Reading | None:
    """What was read for all parts; None where a source answers one of itself."""
    read = [part.reading for part in parts if part.reading]
    if len(read) < len(parts):
        return None
    once = {(e.passage.chunk.path, e.start, e.end): e for r in reversed(read) for e in r.evidence}
    evidence = sorted(once.values(), key=lambda e: -e.score)
    return read[0] if len(read) == 1 else Reading(tuple(evidence), support(parts))


def support(parts: Sequence[Part]) -> float:
    """How likely the library answers any of it, in [0, 1]."""
    return max(part.support for part in parts)


def silent(parts: Sequence[Part]) -> str:
    """What to say where nothing answers any of it."""
    return next((part.silent for part in parts if part.silent), compose.NOT_IN_SOURCES)


def note(parts: Sequence[Part]) -> str:
    """What is left out of the answer."""
    notes = [part.note for part in parts if part.note]
    if any(part.found for part in parts):
        notes += [
            not_answered(part.question, part.silent or compose.NOT_IN_SOURCES)
            for part in parts
            if not part.found
        ]
    return " ".join(dict.fromkeys(notes))


def not_answered(question: str, why: str) -> str:
    """What is said of a half of a question beside the answer to the other."""
    return f"“{question}” is not answered: {why}"


def share(rules: compose.Rules, among: int) -> compose.Rules:
    """Rules under which so many parts together are no longer than one answer."""
    if among == 1:
        return rules
    return replace(
        rules,
        max_words=rules.max_words // among,
        max_sentences=max(2, rules.max_sentences // among),
    )


def unquoted(read: Reading, parts: Sequence[Part]) -> Reading:
    """``read`` without what earlier parts quote."""
    quoted = {
        (c.path, c.start, c.end) for part in parts if part.found for c in part.found.citations
    }
    kept = [e for e in read.evidence if (e.passage.chunk.path, e.start, e.end) not in quoted]
    return replace(read, evidence=tuple(kept))
