"""A question as it is typed between two patients.

    as_typed("What does the evaluation say about waiting times?", random.Random(1))

Lower case, no punctuation, a slip of the keyboard: the reader must not lean on what haste leaves
out. Kinds of slip after Damerau (1964), https://doi.org/10.1145/363958.363994: a letter left out,
doubled, or swapped with the next.
"""

from __future__ import annotations

import random
import re

SHARE = 0.35  #: of questions that are changed at all
_LONG = 5  #: shorter words are left alone: a slip in them often makes another word


def as_typed(question: str, chance: random.Random) -> str:
    """The question, or a hurried form of it."""
    if chance.random() >= SHARE:
        return question
    text = question.rstrip(" ?.") if chance.random() < 0.8 else question
    if chance.random() < 0.8:
        text = text.lower()
    if chance.random() < 0.4:
        text = re.sub("['\N{RIGHT SINGLE QUOTATION MARK}]", "", text)
    if chance.random() < 0.5:
        text = _slip(text, chance)
    return text or question


def _slip(text: str, chance: random.Random) -> str:
    words = [m for m in re.finditer(r"[a-z]+", text) if len(m.group()) >= _LONG]
    if not words:
        return text
    word = chance.choice(words)
    at = chance.randrange(word.start() + 1, word.end() - 1)
    replaced = chance.choice(("", text[at] * 2, text[at + 1] + text[at]))
    length = 2 if len(replaced) == 2 and replaced[0] != replaced[1] else 1
    return text[:at] + replaced + text[at + length :]
