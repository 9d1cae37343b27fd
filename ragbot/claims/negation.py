"""Negation and its scope: what one text denies, the other must not affirm.

    agree(analyse("GPs reported failures."), Premise.of(["GPs did not report failures."]))   # False

A cue denies the next content words of its clause. "Unacceptable" denies "acceptable"; "not …
unless" denies nothing for certain and is left alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from ragbot.claims.words import CUTTING, SPEECH, Premise, Text, listed, stems_of

_CUES = listed(
    """
not no never none nor neither without cannot nobody nothing nowhere hardly scarcely rarely seldom
unable insufficient insufficiently inadequate inadequately unlikely lack lacks lacked lacking
absence absent fail fails failed failing non unclear
"""
)
_LISTING = listed("no without neither nor lack lacks lacked lacking")
_PREDICATES = listed("inadequate insufficient lacking absent unclear unlikely unable none")
_DENYING = stems_of(
    "unclear few little limited need needed require required more missing gap despite difficult"
    " poor hard rather instead remain yet unmet shortage prevent impossible refuse avoid stop"
    " unless only"
    " before under-explored too"
)
_NEGATIVE = stems_of(
    "unclear few little limited missing gap difficult poor hard rather unmet prevent impossible"
    " refuse avoid stop unless too"
)
_PREFIXES = ("un", "in", "im", "ir", "il", "non", "dis", "mis")
_SCOPE = 4  #: content words that a cue denies
_FOCUS = 2  #: of them, those that decide


def is_cue(low: str) -> bool:
    """Whether a word denies what follows."""
    return low in _CUES or low.endswith("n't")


def denied(text: Text) -> frozenset[int]:
    """Indices of the words that stand in the scope of a negation."""
    return frozenset(i for _, scope in _scopes(text, _SCOPE) for i in scope)


def agree(sentence: Text, premise: Premise) -> bool:
    """Whether sentence and quotes deny and affirm the same."""
    return (
        _backed(sentence, premise)
        and _kept(sentence, premise)
        and _prefixes(sentence, premise)
        and _counted(sentence, premise)
    )


def _counted(sentence: Text, premise: Premise) -> bool:
    """In the words of a quote: no denial more than it has, and none left out between two words."""
    for quote in premise.quotes[:1]:
        if all(word.stem in quote.stems or word.low in SPEECH for word in sentence.content):
            if _cues(sentence) > _cues(quote):
                return False
            if any(
                _closed_up(sentence, quote, i) for i, w in enumerate(quote.words) if is_cue(w.low)
            ):
                return False
    return True


def _cues(text: Text) -> int:
    return sum(1 for _ in _scopes(text, 1))


def _closed_up(sentence: Text, quote: Text, cue: int) -> bool:
    """Whether the words on both sides of a cue stand together in the sentence without it."""
    ahead = [w.stem for w in quote.words[:cue] if w.is_content][-1:]
    behind = [w.stem for w in quote.words[cue + 1 :] if w.is_content][:1]
    if not ahead or not behind:
        return False
    return _together(sentence, ahead[0], behind[0]) and not _together(quote, ahead[0], behind[0])


def _together(text: Text, first: str, second: str) -> bool:
    """Whether two words stand next to each other but for function words, with no cue between."""
    for i, word in enumerate(text.words):
        if word.stem == first:
            for following in text.words[i + 1 : i + 6]:
                if following.stem == second:
                    return True
                if following.is_content or is_cue(following.low):
                    break
    return False


def _backed(sentence: Text, premise: Premise) -> bool:
    """Every negation of the sentence is one of the quotes."""
    deny = any(is_cue(w.low) or w.stem in _NEGATIVE for q in premise.quotes for w in q.words)
    for cue, scope in _scopes(sentence, _FOCUS):
        if _doubled(sentence, cue) and not any(_doubles(quote) for quote in premise.quotes):
            return False
        for stem in [sentence.words[i].stem for i in scope]:
            affirmed, negated = _where({stem}, premise.quotes)
            later = any(_later(stem, quote) for quote in premise.quotes)
            if negated or later or _has_negative_form({stem}, premise):
                break
            if affirmed:
                return False
        else:
            if scope and not deny:
                return _has_negative_form({sentence.words[i].stem for i in scope}, premise)
    return True


def _later(stem: str, text: Text) -> bool:
    """Whether a word stands in a denied list: "lack a plan, staff or money"."""
    open_list = False
    for word in text.words:
        open_list = (open_list or word.low in _LISTING) and word.low not in CUTTING
        if open_list and word.stem == stem:
            return True
    return False


def _doubled(text: Text, cue: int) -> bool:
    """Whether a denial is denied: "not unclear", "not without"."""
    following = text.words[cue + 1].low if cue + 1 < len(text.words) else ""
    return text.words[cue].low == "not" and (is_cue(following) or following == "little")


def _doubles(text: Text) -> bool:
    return any(_doubled(text, i) for i in range(len(text.words)))


def _kept(sentence: Text, premise: Premise) -> bool:
    """No negation of the quotes is left out."""
    if not premise.quotes:
        return True
    own = {word.stem for word in sentence.words}
    if (own - premise.stems) & _DENYING:
        return True
    for quote in premise.quotes[:1]:
        for cue, scope in _scopes(quote, _FOCUS):
            stems = {quote.words[i].stem for i in scope} & own
            if not stems or _conditional(quote, cue):
                continue
            affirmed, negated = _where(stems, (sentence,))
            elsewhere, _ = _where(stems, premise.quotes)
            if affirmed and not negated and not affirmed <= elsewhere:
                return _has_negative_form(stems, Premise((sentence,)))
    return True


def _prefixes(sentence: Text, premise: Premise) -> bool:
    """No "unacceptable" for "acceptable", nor the reverse, with no negation to balance it."""
    there = premise.stems
    for one, other in ((sentence.stems, there), (there, sentence.stems)):
        for stem in one - other:
            base = _base(stem)
            if base and base in other and base not in one:
                texts = (sentence,) if other is not there else premise.quotes
                _, negated = _where({base}, texts)
                if not negated:
                    return False
    return True


def _where(stems: set[str], texts: tuple[Text, ...]) -> tuple[set[str], set[str]]:
    """Which stems are affirmed somewhere, and which are denied somewhere."""
    affirmed: set[str] = set()
    negated: set[str] = set()
    for text in texts:
        out = denied(text)
        for i, word in enumerate(text.words):
            if word.stem in stems:
                (negated if i in out else affirmed).add(word.stem)
    return affirmed, negated


def _scopes(text: Text, size: int) -> Iterator[tuple[int, list[int]]]:
    for i, word in enumerate(text.words):
        if is_cue(word.low):
            only = text.raw[: word.end].rstrip().endswith("not") and _not_only(text, i)
            scope = text.after(i, 1 if word.low == "non" else size)
            if i + 1 < len(text.words) and text.words[i + 1].low[0].isdigit():
                scope = [i + 1, *scope]
            if not scope and word.low in _PREDICATES:
                scope = text.before(i, size)
            if not only:
                yield i, [j for j in scope if not is_cue(text.words[j].low)]


def _not_only(text: Text, index: int) -> bool:
    return index + 1 < len(text.words) and text.words[index + 1].low in ("only", "just", "least")


def _conditional(text: Text, cue: int) -> bool:
    return any(word.low in ("unless", "until", "without") for word in text.words[cue + 1 :])


def _has_negative_form(stems: set[str], premise: Premise) -> bool:
    """Whether the quotes have it in one word: "unclear" backs "not clear"."""
    bases = {_base(stem) for stem in premise.stems}
    return bool(stems & bases)


def _base(stem: str) -> str | None:
    for prefix in _PREFIXES:
        if stem.startswith(prefix) and len(stem) - len(prefix) >= 4:
            return stem.removeprefix(prefix)
    return None
