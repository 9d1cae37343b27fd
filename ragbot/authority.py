"""Questions for the word of a body: "what does the RCGP recommend on home visits?".

    name = asked("what does the RCGP recommend on home visits?", expansions)    # "RCGP"
    heard(name, passages, expansions)                                            # does one name it?

What others say on the matter is no answer to that, however near it comes: where no source is by
such a body, nor names it, the library is silent. Only names in capital letters are told from other
words with certainty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence

from ragbot.shortforms import holds
from ragbot.types import Passage

_SAYS = (
    r"(?:says?|said|recommend(?:s|ed)?|advises?d?|suggest(?:s|ed)?|thinks?|wants?|conclude[sd]?"
    r"|proposes?d?|argues?d?|warn(?:s|ed)?|believe[sd]?|requires?d?|expect(?:s|ed)?|states?d?"
    r"|mandate[sd]?|demand(?:s|ed)?|call(?:s|ed)? for|insists?|tells?)"
)
_WORD_OF = (
    r"(?:advice|guidance|guidelines?|recommendations?|position|views?|stance|opinion|rules?"
    r"|requirements?|standards?|policy|line)"
)
_ASKED = re.compile(
    r"\b(?i:according to (?:the )?)(?P<by>[A-Z]{3,7})\b"
    rf"|\b(?i:does|did|has|the|what) (?P<who>[A-Z]{{3,7}})"
    rf" (?i:(?:actually |really |currently )?{_SAYS})\b"
    rf"|\b(?P<whose>[A-Z]{{3,7}})['’]s (?i:(?:official |current |latest )?{_WORD_OF})\b"
)
_IN_SMALL_LETTERS = re.compile(
    rf"\b(?i:does|did|has) (?i:the )?(?P<who>[a-z]{{3,7}}) (?i:{_SAYS})\b"
)
_WORD = re.compile(r"[^\W_]+")

Expansions = Callable[[str], Sequence[str]]
"""What letters stand for."""


def asked(question: str, expansions: Expansions) -> str | None:
    """The body whose word is asked for, in capital letters; None for nearly all questions.

    In small letters only what has ``expansions`` by its letters is told from a word.
    """
    found = None if question.isupper() else _ASKED.search(question)
    if found:
        return next(name for name in found.groups() if name)
    small = _IN_SMALL_LETTERS.search(question)
    name = small["who"].upper() if small else ""
    return name if any(holds(form.split(), name) for form in expansions(name)) else None


def heard(name: str, passages: Iterable[Passage], expansions: Expansions) -> bool:
    """Whether any of the passages names it, or is by it."""
    letters = re.compile(rf"\b{re.escape(name)}s?\b")
    forms = [_plain(form) for form in expansions(name)]
    return any(
        letters.search(text) or any(form in _plain(text) for form in forms)
        for text in (f"{p.document.label} {p.document.title} {p.text}" for p in passages)
    )


def silent(name: str) -> str:
    """What to say where none does."""
    return f"No source in the library is by, or names, {name}."


def _plain(text: str) -> str:
    return f" {' '.join(word.lower() for word in _WORD.findall(text))} "
