"""Which studies a question describes without naming them: "the glue ear study", "the glue ear one".

    phrases("What did the glue ear study find?")                # [[["glue", "ear"]]]
    meant([[["glue", "ear"]]], {"a": "…", "b": "… glue ear …"}, known)    # {"b"}

What is asked of one study is not to be told from another. Two that are set side by side are meant
both, or none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ragbot.adapters.stems import stem
from ragbot.query import FUNCTION

_WORK = r"(?:study|paper|trial|evaluation|project|research|survey|article|interviews?|fieldwork)"
_ARTICLE = r"(?:the|that|this|their|an?)\b"
_WHAT = rf"(?P<what>(?:(?!{_ARTICLE})[\w'’/&+-]+ ){{1,5}})"
_BEFORE_IT = re.compile(
    rf"\b(?:the|that|this|their) {_WHAT}{_WORK}\b"
    rf"|\b(?:the|that) (?P<whose>(?:(?!{_ARTICLE})[\w'’/&+-]+ ){{1,3}})"  # "the glue ear one"
    r"(?:lot|authors|researchers|evaluators"
    r"|one(?=\W*$|\s*[-–—,:;?.]| (?:and|or|from|about|on|in|say|said|says|find|found|report(?:ed)?"
    r"|talk|ask|asked|did|does|was|were|is|had|has|have|how|what|when|where|who|which)\b))\b",
    re.IGNORECASE,
)
_FIRST = re.compile(  # in haste, without the article
    r"^\W*(?:(?:and|so|ok|in|from|re|hi|hello|need|list|describe|explain|summari[sz]e) )?"
    rf"{_WHAT}{_WORK}"
    r"(?=\W*$|\s*[-–—,:;?.]| (?:what|wot|which|who|when|where|how|why|did|was|were)\b)",
    re.IGNORECASE,
)
_BEHIND_IT = re.compile(
    rf"\b(?:the|that|this|a) (?:{_WORK}|one) (?:of|on|about|into) "
    r"(?P<what>[\w'’/&+-]+(?: [\w'’/&+-]+){0,3})",
    re.IGNORECASE,
)
_SIDE_BY_SIDE = re.compile(r"\W*(?:and|or|vs|versus|than|like|with)\W*", re.IGNORECASE)
_TELLING_NOTHING = """
same other first last second third recent new old original main whole big small qualitative
quantitative one two three four key own previous above current national pilot rapid good best
aim aims objective objectives purpose method methods design finding findings result results
conclusion conclusions limitation limitations number size sample participants participant
report review guidance lead corresponding independent external internal university latest next
newest oldest biggest largest smallest longest shortest cheapest worst better bigger larger smaller
longer shorter cheaper newer white green position consensus discussion clinical patient staff
baseline quick easy another right wrong
"""
_SAYS_NOTHING = frozenset(_TELLING_NOTHING.split())
_CUT = frozenset(("of", "in", "from", "about", "for", "to", "and", "or", "with"))
"""Of "the number of patients in the trial" nothing says which trial it is."""
_WITHIN = frozenset(("on", "by", "at"))  #: a name: "care at home"
_WORD = re.compile(r"[^\W_]+")


def phrases(question: str) -> list[list[list[str]]]:
    """For each study that is described, the lower-case words that say which it is.

    Those set side by side ("the nurses' survey and the headset trial") are together in a list; one
    of them that nothing is said of has no words.
    """
    groups: list[list[list[str]]] = []
    done = None
    for start, end, words in _spoken_of(question):
        if done is not None and _SIDE_BY_SIDE.fullmatch(question, done, start):
            groups[-1].append(words)
        else:
            groups.append([words])
        done = end
    return [group for group in groups if any(group)]


def meant(
    described: Sequence[Sequence[Sequence[str]]],
    texts: Mapping[str, str],
    expansions: Callable[[str], Sequence[str]],
) -> frozenset[str]:
    """For each description the key of the one text that has all its words.

    ``expansions``: what a short form stands for. Where several texts or none fit one of those set
    side by side, nothing is said of the others either.
    """
    stems = {key: _stems(text) for key, text in texts.items()}
    found: set[str] = set()
    for group in described:
        fitting = [_having(words, stems, expansions) if words else [] for words in group]
        if all(len(keys) == 1 for keys in fitting):
            found.update(key for keys in fitting for key in keys)
    return frozenset(found)


def _spoken_of(question: str) -> list[tuple[int, int, list[str]]]:
    """Where a study is described, and by which words; none where only an article stands."""
    places = []
    first = _FIRST.match(question)
    if first and FUNCTION.difference(_WITHIN).isdisjoint(_WORD.findall(first["what"].lower())):
        places.append((first, first["what"]))
    for match in _BEFORE_IT.finditer(question):
        words = _WORD.findall((match["what"] or match["whose"]).lower())
        cut = next((i for i in range(len(words), 0, -1) if words[i - 1] in _CUT), 0)
        places.append((match, " ".join(words[cut:])))
    places += [(match, match["what"]) for match in _BEHIND_IT.finditer(question)]
    told = [(match.start(), match.end(), _content(what)) for match, what in places]
    return [
        (start, end, [word for word in words if word not in _SAYS_NOTHING])
        for start, end, words in sorted(told)
        if words
    ]


def _content(what: str) -> list[str]:
    words = _WORD.findall(what.lower())
    return [word for word in words if word not in FUNCTION and not re.fullmatch(_WORK, word)]


def _having(
    words: Sequence[str],
    stems: Mapping[str, frozenset[str]],
    expansions: Callable[[str], Sequence[str]],
) -> list[str]:
    """The texts that have all the words."""
    forms = [[_stems(form) for form in (word, *expansions(word))] for word in words]
    return [
        key
        for key, known in stems.items()
        if all(any(form <= known for form in of_one) for of_one in forms)
    ]


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word.lower()) for word in _WORD.findall(text))
