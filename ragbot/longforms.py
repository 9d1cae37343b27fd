"""Short forms spelt out, for networks that were trained on words.

    forms = LongForms(glossary.acronyms).told(["FCP: first contact practitioner"])
    forms.question("do smrs save gp time")  # "do structured medication reviews save gp time"
    forms.text("FCPs see patients first.")  # "first contact practitioners see patients first."

What is read is spelt out as the question is, by the same table, so that both say the same even
where the table is wrong about a library. What is quoted and searched stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Self

from ragbot.shortforms import holds

MOST_WORDS = 3  #: of a long form, as measured on development data

_SHORT = re.compile(r"\b[A-Z]{2,7}s?\b")
_TYPED = re.compile(r"\b[a-z]{3,7}\b")  # in two small letters "pa" and "sp" are too often else
_EXPLAINED = re.compile(r"(?:^|; )([A-Z]{2,7}): ([^;\n]+)", re.MULTILINE)


class LongForms:
    """A table of short forms and the words that they stand for. Nothing in it changes."""

    def __init__(self, acronyms: Mapping[str, tuple[str, ...]]) -> None:
        """``acronyms``: lower-case letters → what they can stand for, the likeliest first.

        Letters that stand for one word are known as they are. Those of more than ``MOST_WORDS``
        are the name of a scheme or a body, and spelt out they outweigh the rest of a question.
        """
        firsts = {letters.upper(): forms[0] for letters, forms in acronyms.items() if forms}
        self._forms = {
            letters: form for letters, form in firsts.items() if 1 < len(form.split()) <= MOST_WORDS
        }

    def told(self, contexts: Iterable[str]) -> Self:
        """The same table with what the sources themselves explain, the earlier first.

        ``contexts``: of chunks. Letters that the table lacks stay as they are: networks read most
        of them well, and better than many long words.
        """
        told: dict[str, str] = {}
        for context in contexts:
            for letters, words in _EXPLAINED.findall(context):
                if letters in self._forms and holds(words.split(), letters):
                    told.setdefault(letters, _singular(words))
        return type(self)({key: (words,) for key, words in {**self._forms, **told}.items()})

    def question(self, text: str) -> str:
        """A question with its short forms spelt out; they may be typed in small letters."""
        return self.text(_TYPED.sub(self._capitals, text))

    def text(self, text: str) -> str:
        """A text with its short forms spelt out, but for those whose words it has already."""
        low = text.lower()

        def spelt(found: re.Match[str]) -> str:
            form = self._form(found.group())
            return form if form and form.lower() not in low else found.group()

        return _SHORT.sub(spelt, text)

    def _capitals(self, found: re.Match[str]) -> str:
        word = found.group()
        capitals = (word.upper(), word[:-1].upper() + "s" if word.endswith("s") else "")
        return next((letters for letters in capitals if self._form(letters)), word)

    def _form(self, letters: str) -> str | None:
        if not letters.endswith("s"):
            return self._forms.get(letters)
        form = self._forms.get(letters[:-1])
        return form and (form if form.endswith("s") else f"{form}s")


def _singular(words: str) -> str:
    """Without a plural ending: "community links practitioners" → "… practitioner"."""
    return re.sub(r"(?<=[a-rt-z])s'?$", "", words)
