"""How strongly something is said: quantities, certainty, duty, cause.

    quantity(analyse("All GPs agreed."), Premise.of(["Some GPs agreed."]))                 # False
    modality(analyse("It works."), Premise.of(["It may work."]))                           # False
    causation(analyse("Smoking causes it."), Premise.of(["It is linked to smoking."]))     # False

A sentence may be weaker than its quotes, never stronger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragbot.claims.words import Premise, Text, listed, stems_of

_LEVELS = {
    1: "some several few sometimes occasionally certain various minority handful one partly"
    " partially somewhat",
    2: "many often frequently much numerous lot large commonly common number",
    3: "most majority mainly typically usually largely generally predominantly mostly primarily",
    4: "all every each always everyone everybody everything entirely entire completely universally"
    " whole wholly any exclusively solely never none nobody invariably unanimously fully"
    " everywhere nothing",
}
_LEVEL = {word: level for level, listed in _LEVELS.items() for word in listed.split()}
_UNSAID = 2  #: the most that may be claimed where the quotes give no quantity
_WHOLE = 4

_HEDGES = listed(
    """
may might could can possible possibly potential potentially perhaps probably likely unlikely
appear appears appeared seem seems seemed suggest suggests suggested tend tends risk risks would
felt feel feels believe believed perceive perceived perception think thought view views opinion
argue argued consider considered expected expect opportunity chance prospect promising if whether
when where until unless though uncertain unclear reportedly indicate indicates indicated
"""
)
_MAY = listed(
    """
may might could possibly potentially perhaps probably likely appears appear appeared seem seems
seemed tend tends potential
"""
)
_STRONG = listed(
    """
will must definitely certainly undoubtedly proves proved proven prove guarantee guarantees
guaranteed inevitably clearly surely obviously indisputably conclusively demonstrably undeniably
confirms confirmed shall
"""
)
_DUTY = listed(
    """
should must need needs needed ought recommend recommends recommended recommendation
recommendations require requires required necessary necessity essential crucial important
importance call calls called advise advised urge urged priority proposed propose proposes
suggested suggest suggests critical vital future further could would will want wanted aim aims
intended has to have
"""
)
_SHOULD = listed("should must ought")
_SURE = re.compile(
    r"\b(?:(?:certain|sure|bound|guaranteed) to"
    r"|(?:is|are|was|were|be) (?:certain|sure|definite))\b",
    re.IGNORECASE,
)
_BINDING = listed(
    "required requires require need needs important essential crucial necessary vital"
)
_FUTURE = listed("will would shall going expected expect soon")
_LINKED = stems_of(
    "associated association linked link correlated correlation related relationship connected"
    " connection predict predicted predictor likely observed"
)
_CAUSES = stems_of(
    "cause caused causes causing causal because due lead leads led leading result resulted results"
    " trigger triggers triggered induce induces induced responsible attributed attributable"
)
_CAUSING = stems_of("cause caused causes causing trigger triggers triggered induce induced")
_CAUSED_BY = ("leads", "led", "results", "resulted", "due", "because")
_SPEAKS_OF_SELF = listed("result results")


def quantity(sentence: Text, premise: Premise) -> bool:
    """Whether no quantity is greater than the quotes give, and none of "some" is left out."""
    there = [(quote, *found[1:]) for quote in premise.quotes for found in _quantities(quote)]
    said = {w.low for quote in premise.quotes for w in quote.words}
    for word, level, nouns in _quantities(sentence):
        if level < _UNSAID or (word in said and word not in ("all", "every", "each", "most")):
            continue
        about = [lv for _, lv, heads in there if nouns & heads]
        if not about and (level < _WHOLE or not nouns & premise.stems):
            about = [lv for _, lv, _ in there]
        if level > max(about, default=_UNSAID):
            return False
    return _keeps_some(sentence, there)


def modality(sentence: Text, premise: Premise) -> bool:
    """Whether nothing is more certain, or more of a duty, than in the quotes."""
    own = {word.low for word in sentence.words}
    there = {word.low for quote in premise.quotes for word in quote.words}
    if _SURE.search(sentence.raw) and not any(_SURE.search(q.raw) for q in premise.quotes):
        return False
    stronger = (own & _STRONG) - there
    foretold = stronger <= {"will", "shall"} and there & _FUTURE
    bound = stronger <= {"must", "shall"} and there & _BINDING
    if stronger and not foretold and not bound:
        return False
    if own & _STRONG and _harder(sentence, premise, _STRONG, _MAY):
        return False
    if not own & _HEDGES and _harder(sentence, premise, None, _MAY):
        return False
    return bool(own & _DUTY) or not _harder(sentence, premise, None, _SHOULD)


def causation(sentence: Text, premise: Premise) -> bool:
    """Whether a cause is only named where the quotes name one."""
    own, there = sentence.stems, premise.stems
    named = bool(own & _CAUSING) or any(w.low in _CAUSED_BY for w in sentence.words)
    if not named or (own & _LINKED & there and not own & _CAUSING):
        return True
    return bool(there & _CAUSES) or not there & _LINKED


def _quantities(text: Text) -> Iterator[tuple[str, int, frozenset[str]]]:
    """(word, level, stems of the words it may belong to) of each quantity."""
    for i, word in enumerate(text.words):
        level = _LEVEL.get(word.low)
        if level is None or _is_idiom(text, i):
            continue
        if i and text.words[i - 1].low == "not":
            level = 1
        yield word.low, level, frozenset(text.words[j].stem for j in text.after(i, 2))


def _is_idiom(text: Text, index: int) -> bool:
    """Whether a word says no quantity here: "one" as a number, "at all", "the most"."""
    word = text.words[index].low
    before = text.words[index - 1].low if index else ""
    following = text.words[index + 1].low if index + 1 < len(text.words) else ""
    if word == "one":
        return following != "of"
    if word in ("number", "lot"):
        return before != "a" and before not in ("large", "small")
    if word in ("certain", "common", "large", "much", "generally", "primarily", "few"):
        return following not in ("of", "people", "patients") and word not in ("few",)
    if word == "most":
        return before in ("the", "at")
    if word in ("whole", "entire"):
        return before in ("a", "the") and not following
    behind = text.raw[text.words[index].end :].lstrip()[:1]
    return word in ("all", "any") and (
        before in ("at", "after") or (before == "in" and behind == ",")
    )


def _keeps_some(sentence: Text, there: list[tuple[Text, int, frozenset[str]]]) -> bool:
    """Whether "some GPs" has not become "GPs"."""
    if any(level < _WHOLE for _, level, _ in _quantities(sentence)):
        return True
    own = {word.low for word in sentence.words}
    if own & _HEDGES or own & {"there", "not", "no"}:
        return True
    firsts = [word.stem for word in sentence.content[:2]]
    for quote, level, nouns in there:
        opening = {word.stem for word in quote.content[:2]}
        if level == 1 and nouns & opening & set(firsts[:2]):
            return False
    return True


def _harder(
    sentence: Text, premise: Premise, ours: frozenset[str] | None, soft: frozenset[str]
) -> bool:
    """Whether the sentence says plainly (or with a word of ``ours``) what a quote only softens."""
    plain = _governed(sentence, ours) if ours else [word.stem for word in sentence.content]
    for quote in premise.quotes:
        for stems in _governed_lists(quote, soft):
            if stems and stems[0] in plain and not _said_plainly(stems[0], premise, soft):
                return True
    return False


def _governed(text: Text, modals: frozenset[str]) -> list[str]:
    return [stem for stems in _governed_lists(text, modals) for stem in stems[:1]]


def _governed_lists(text: Text, modals: frozenset[str]) -> Iterator[list[str]]:
    """For each modal word the stems of the content words that it governs, nearest first."""
    for i, word in enumerate(text.words):
        if word.low in modals:
            yield [text.words[j].stem for j in text.after(i, 3) if text.words[j].low not in _HEDGES]


def _said_plainly(stem: str, premise: Premise, soft: frozenset[str]) -> bool:
    """Whether some quote has the word outside the reach of a softening word."""
    for quote in premise.quotes:
        governed = {
            j for i, w in enumerate(quote.words) if w.low in soft for j in quote.after(i, 3)
        }
        if any(w.stem == stem and j not in governed for j, w in enumerate(quote.words)):
            return True
    return False
