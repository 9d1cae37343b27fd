"""Several questions that were put at once, each answered by itself → one answer.

    parted("how many GPs took part and who wrote it?")  # both questions
    parts = [Part(…), Part(…)]
    draft(parts), note(parts), reading(parts), support(parts)

What one part has quoted the next does not quote again; a part that nothing answers is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ragbot import compose
from ragbot.clauses import clauses
from ragbot.metadata import fields_asked
from ragbot.query import Query
from ragbot.types import Passage, Reading


def parted(question: str) -> tuple[str, ...]:
    """What is answered part by part: a question for a fact of a source beside one for its words.

    The first is looked up, and would be all of the answer. Two for what sources say are read
    better together, as measured on development data.
    """
    parts = clauses(question)
    looked_up = [bool(fields_asked(part)) for part in parts]
    return parts if any(looked_up) and not all(looked_up) else (question,)


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
            f"“{part.question}” is not answered: {part.silent or compose.NOT_IN_SOURCES}"
            for part in parts
            if not part.found
        ]
    return " ".join(dict.fromkeys(notes))


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
