"""Proper names, acronyms and identifiers: each must stand, or be spelt out, in the cited source.

    agree(analyse("a trial in Norway"), Premise.of(["A trial in Sweden."]))    # False

A nationality counts as its country. A capital at the head of a sentence makes no name, unless the
word has another capital or a digit.
"""

from __future__ import annotations

import re

from ragbot.claims.words import FUNCTION, Premise, Text, Word, listed

_COUNTRIES = """
american america usa us united|australian australia|british britain uk united|canadian canada
|chinese china|danish denmark|dutch netherlands holland|english england|european europe
|finnish finland|french france|german germany|greek greece|indian india|irish ireland
|italian italy|japanese japan|norwegian norway|polish poland|scottish scotland|spanish spain
|swedish sweden|swiss switzerland|welsh wales
"""
_SAME = {word: group.split()[0] for group in _COUNTRIES.split("|") for word in group.split()}
_SAME.pop("united")
_COMMON = listed(
    """
monday tuesday wednesday thursday friday saturday sunday dr mr mrs ms prof i english
"""
)
_SUFFIX = re.compile(r"(?:s|'s)$")


def names(text: Text) -> tuple[Word, ...]:
    """The words of a text that are names, acronyms or identifiers."""
    return tuple(word for place, word in enumerate(text.words) if _is_name(text, place, word))


def agree(sentence: Text, premise: Premise) -> bool:
    """Whether the quotes, or what is known of their source, hold every name."""
    texts = (*premise.quotes, *premise.background)
    known = frozenset(_key(word) for text in texts for word in text.words)
    spelt = spelt_out(sentence, premise)
    return all(
        _key(word) in known
        or word.stem in spelt
        or any(_spelt_out(word, text) for text in (*texts, sentence))
        for word in names(sentence)
    )


def spelt_out(sentence: Text, premise: Premise) -> frozenset[str]:
    """Stems that stand for an acronym of the quotes: "general practitioners" for GPs."""
    acronyms = {_bare(w.text) for quote in premise.quotes for w in quote.words if is_acronym(w)}
    found: set[str] = set()
    words = [word for word in sentence.words if word.low not in ("of", "the", "and", "on", "for")]
    for size in (2, 3, 4, 5):
        for at in range(len(words) - size + 1):
            part = words[at : at + size]
            if "".join(word.low[0] for word in part).upper() in acronyms:
                found |= {word.stem for word in part}
    return frozenset(found)


def is_acronym(word: Word) -> bool:
    """At least two capitals: PCNs, NHS, AoP, CRD42018110790."""
    return sum(character.isupper() for character in word.text) >= 2


def _is_name(text: Text, place: int, word: Word) -> bool:
    if is_acronym(word) or (word.text[0].isalpha() and any(c.isdigit() for c in word.text)):
        return True
    if not word.text[0].isupper() or word.low in FUNCTION or word.low in _COMMON:
        return word.low in _COMMON and word.low == "english" and word.text[0].isupper()
    before = text.raw[: word.start].rstrip(" “\"'‘(")
    starts = not before or before[-1] in ".?!:\n•-–"
    return place > 0 and not starts


def _key(word: Word) -> str:
    low = _SUFFIX.sub("", word.low) if is_acronym(word) else word.low
    return _SAME.get(low, word.stem if not is_acronym(word) else low)


def _bare(text: str) -> str:
    return re.sub(r"s$", "", text).upper()


def _spelt_out(word: Word, text: Text) -> bool:
    """Whether an acronym's letters begin words that stand together, or the name's words do."""
    letters = [c.lower() for c in re.sub(r"s$", "", word.text) if c.isalpha()]
    if not is_acronym(word) or not 2 <= len(letters) <= 6:
        return False
    kept = [w for w in text.words if w.low not in ("of", "the", "and", "for")]
    heads = [w.low[0] for w in kept]
    full = [w.low[0] for w in text.words]
    return _holds(heads, letters) or _holds(full, letters)


def _holds(heads: list[str], letters: list[str]) -> bool:
    size = len(letters)
    return any(heads[i : i + size] == letters for i in range(len(heads) - size + 1))
