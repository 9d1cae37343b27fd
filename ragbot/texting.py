"""Forms of hasty typing → English: "dont", "wot", "b4", "w/".

    spelt_out("why dont drs reply b4 10", {"dont": "do not", "b4": "before"})
    # → "why do not drs reply before 10"

The forms are those of ``prompts/glossary.toml``. A word in capitals is a short form of the trade
and stays; so do the N of "n=21" and "n and who", and whatever is part of a longer word. It mends no
misspellings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_FORM = re.compile(
    r"(?<![\w’'=/.-])(?!n\b(?:\s*(?:[,;:?!&+]|$)|\s+and\b))"  # how many they were
    r"(?:w/o|w/|[A-Za-z]+\d?)(?![\w’'=-]|\.\w)",
    re.IGNORECASE,
)


def spelt_out(question: str, forms: Mapping[str, str]) -> str:
    """``question`` with every form replaced; ``forms`` has lower-case keys."""

    def replaced(found: re.Match[str]) -> str:
        word = found.group()
        return word if word.isupper() else forms.get(word.lower(), word)

    return _FORM.sub(replaced, question)
