"""Questions for the word of a body: "what does the RCGP recommend on home visits?".

    body = asked("what does the RCGP recommend on home visits?", bodies)    # "RCGP"
    heard(body, bodies, passages, documents)           # does any name it, or come from it?

What others say on the matter is no answer to that, however near it comes. Only bodies that the
glossary lists are told from other letters: "what does the MDT want" is asked of people.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from ragbot.types import Passage, SourceDocument

Bodies = Mapping[str, Sequence[str]]
"""Letters in small → the names that they stand for."""

_SAYS = (
    r"(?:says?|said|recommend(?:s|ed)?|advises?d?|suggest(?:s|ed)?|thinks?|wants?|conclude[sd]?"
    r"|proposes?d?|argues?d?|warn(?:s|ed)?|believe[sd]?|requires?d?|expect(?:s|ed)?|states?d?"
    r"|mandate[sd]?|demand(?:s|ed)?|call(?:s|ed)? for|insists?|ma[dk]es? of)"
)
_WORD_OF = (
    r"(?:advice|guidance|guidelines?|recommendations?|position|views?|stance|opinion|rules?"
    r"|requirements?|standards?|policy)"
)
_ASKED = re.compile(
    rf"\b(?:does|did|has|what|the) (?P<who>\w{{3,7}})(?:['’]s (?:[\w-]+ ){{1,2}}| )"
    rf"(?:actually |really |currently )?{_SAYS}\b"
    r"|\baccording to (?:the )?(?P<by>\w{3,7})\b(?!['’])"
    r"|\b(?P<own>\w{3,7})['’]?s (?:line|take)\b"
    rf"|\b(?P<whose>\w{{3,7}})(?:['’]?s)? (?:official |current |latest )?{_WORD_OF}\b"
    r"|\b(?:any|some)(?:one|body) (?:from|at|of|in) (?:the )?(?P<of>\w{3,7})\b(?!['’])",
    re.IGNORECASE,
)
_GPS = r"General\s+Practitioners"
_WORDS = frozenset({"nice", "sign", "who"})  #: letters that only capitals tell from a word


def asked(question: str, bodies: Bodies) -> str | None:
    """The body whose word is asked for, in capital letters; None for nearly all questions."""
    for found in _ASKED.finditer(_in_letters(question, bodies)):
        name = next(name for name in found.groups() if name)
        if name.lower() in bodies and (name.isupper() or name.lower() not in _WORDS):
            return name.upper()
    return None


def _in_letters(question: str, bodies: Bodies) -> str:
    """``question`` with the names of bodies as letters: "the Royal College of GPs"."""
    for letters, names in bodies.items():
        for name in names:
            question = _called(name).sub(letters.upper(), question)
    return question


@cache
def _called(name: str) -> re.Pattern[str]:
    """The name as it is typed."""
    words = r"\s+".join(map(re.escape, name.split())).replace(_GPS, f"(?:{_GPS}|GPs)")
    return re.compile(rf"\b{words}\b", re.IGNORECASE)


def heard(
    body: str, bodies: Bodies, passages: Iterable[Passage], documents: Iterable[SourceDocument]
) -> bool:
    """Whether a passage names the body, or a source has it in its label or its metadata."""
    texts = [passage.text for passage in passages]
    texts += [f"{d.label} {d.title} " + " ".join(f.value for f in d.fields) for d in documents]
    letters = re.compile(rf"\b{re.escape(body)}\b")
    names = [" ".join(name.lower().split()) for name in bodies.get(body.lower(), ())]
    return any(
        letters.search(text) or any(name in " ".join(text.lower().split()) for name in names)
        for text in texts
    )


def silent(body: str) -> str:
    """What to say where none does."""
    return f"{body}: nothing found in the library is by it, or names it."
