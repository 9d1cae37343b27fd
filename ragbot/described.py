"""Which study a question describes without naming it: "the glue ear study", "the survey of nurses".

    phrases("What did the glue ear study find?")                     # [["glue", "ear"]]
    meant([["glue", "ear"]], {"a": "…", "b": "… glue ear …"}, known)    # {"b"}

What is asked of one study is not to be told from another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ragbot.adapters.stems import stem
from ragbot.query import FUNCTION

_WORK = r"(?:study|paper|trial|evaluation|project|research|survey|article|interviews?|fieldwork)"
_OR_BY = "(?:one|lot|authors|researchers|evaluators)"  #: "the glue ear one"
_WHAT = r"(?P<what>(?:[\w'’/&+-]+ ){1,5}?)"
_BEFORE_IT = re.compile(rf"\b(?:the|that|this|their) {_WHAT}(?:{_WORK}|{_OR_BY})\b", re.IGNORECASE)
_FIRST = re.compile(  # in haste, without the article
    rf"^\W*(?:(?:and|so|ok|in|from|re) )?{_WHAT}(?:{_WORK}|{_OR_BY})\b", re.IGNORECASE
)
_BEHIND_IT = re.compile(
    rf"\b(?:the|that|this|a) (?:{_WORK}|one) (?:of|on|about|into) "
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
_CUT = frozenset(("of", "in", "from", "about", "for", "to", "and", "or", "with"))
"""Of "the number of patients in the trial" nothing says which trial it is."""
_WITHIN = frozenset(("on", "by", "at"))  #: a name: "arts on prescription"
_WORD = re.compile(r"[^\W_]+")


def phrases(question: str) -> list[list[str]]:
    """For each study that is described, the lower-case words that say which it is.

    None where one of several is not: "the nurses' survey and the pilot study".
    """
    spoken_of = []
    first = _FIRST.match(question)
    if first and FUNCTION.difference(_WITHIN).isdisjoint(_WORD.findall(first["what"].lower())):
        spoken_of.append(_content(first["what"]))
    for match in _BEFORE_IT.finditer(question):
        words = _WORD.findall(match["what"].lower())
        cut = next((i for i in range(len(words), 0, -1) if words[i - 1] in _CUT), 0)
        spoken_of.append(_content(" ".join(words[cut:])))
    spoken_of += [_content(match["what"]) for match in _BEHIND_IT.finditer(question)]
    found = [
        [word for word in of_one if word not in _SAYS_NOTHING] for of_one in spoken_of if of_one
    ]
    return found if all(found) else []


def _content(what: str) -> list[str]:
    words = _WORD.findall(what.lower())
    return [word for word in words if word not in FUNCTION and not re.fullmatch(_WORK, word)]


def meant(
    described: Sequence[Sequence[str]],
    texts: Mapping[str, str],
    expansions: Callable[[str], Sequence[str]],
) -> frozenset[str]:
    """For each description the key of the one text that has all its words.

    ``expansions``: what a short form stands for. Empty where several texts or none fit one of them.
    """
    stems = {key: _stems(text) for key, text in texts.items()}
    found: set[str] = set()
    for words in described:
        forms = [[_stems(form) for form in (word, *expansions(word))] for word in words]
        having = [
            key
            for key, known in stems.items()
            if all(any(form <= known for form in of_one) for of_one in forms)
        ]
        if len(having) != 1:
            return frozenset()
        found.update(having)
    return frozenset(found)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word.lower()) for word in _WORD.findall(text))
