"""Which study a question describes without naming it: "the glue ear study", "the survey of nurses".

    phrases("What did the glue ear study find?")                     # [["glue", "ear"]]
    meant([["glue", "ear"]], {"a": "…", "b": "… glue ear …"}, known)    # "b"

What is asked of one study is not to be told from another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ragbot.adapters.stems import stem
from ragbot.query import FUNCTION

_WORK = r"(?:study|paper|trial|evaluation|project|research|survey|article|interviews?|fieldwork)"
_BEFORE_IT = re.compile(
    rf"\b(?:the|that|this|their) (?P<what>(?:[\w'’/&+-]+ ){{1,5}}){_WORK}\b", re.IGNORECASE
)
_BEHIND_IT = re.compile(
    rf"\b(?:the|that|this|a) {_WORK} (?:of|on|about|into) "
    r"(?P<what>[\w'’/&+-]+(?: [\w'’/&+-]+){0,3})",
    re.IGNORECASE,
)
_TELLING_NOTHING = """
same other first last second third recent new old original main whole big small qualitative
quantitative one two three four key own previous above current national pilot rapid good best
aim aims objective objectives purpose method methods design finding findings result results
conclusion conclusions limitation limitations number size sample participants participant
"""
_SAYS_NOTHING = frozenset(_TELLING_NOTHING.split())
_CUT = frozenset(("of", "in", "from", "about", "on", "for", "to", "by", "at", "with", "and", "or"))
"""Of "the number of patients in the trial" nothing says which trial it is."""
_WORD = re.compile(r"[^\W_]+")


def phrases(question: str) -> list[list[str]]:
    """For each study that is described, the lower-case words that say which it is."""
    found = []
    for match in _BEFORE_IT.finditer(question):
        words = _WORD.findall(match["what"].lower())
        cut = next((i for i in range(len(words), 0, -1) if words[i - 1] in _CUT), 0)
        found.append(_telling(words[cut:]))
    behind = _BEHIND_IT.finditer(question)
    found += [_telling(_WORD.findall(match["what"].lower())) for match in behind]
    return [words for words in found if words]


def _telling(words: Sequence[str]) -> list[str]:
    silent = _SAYS_NOTHING | FUNCTION
    return [word for word in words if word not in silent and not re.fullmatch(_WORK, word)]


def meant(
    described: Sequence[Sequence[str]],
    texts: Mapping[str, str],
    expansions: Callable[[str], Sequence[str]],
) -> str | None:
    """The key of the one text that has all words of a description, None where several have.

    ``expansions``: what a short form stands for. Of two descriptions that mean two texts, none.
    """
    stems = {key: _stems(text) for key, text in texts.items()}
    found = set()
    for words in described:
        forms = [[_stems(form) for form in (word, *expansions(word))] for word in words]
        having = [
            key
            for key, known in stems.items()
            if all(any(form <= known for form in of_one) for of_one in forms)
        ]
        if len(having) == 1:
            found.add(having[0])
    return found.pop() if len(found) == 1 else None


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word.lower()) for word in _WORD.findall(text))
