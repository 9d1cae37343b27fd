"""How much of a sentence its quotes hold, word by word, and which words took others' places.

    coverage(analyse("Nine GPs took part."), [analyse("Nine GPs were interviewed.")], ())   # 0.5
    overlap = substitutions(sentence, premise, content=…, known=…, embed=…, near=0.5)
    overlap.recall, overlap.swap

A word matches by its stem, or in part by the likeness of its vector. Where a sentence repeats its
quote but for one word, that swap is judged by the likeness of the two words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any

import numpy as np

from ragbot.claims.words import Premise, Text, listed

Embed = Callable[[Sequence[str]], np.ndarray[Any, np.dtype[np.float32]]]
_FRAME = 3  #: equal content words around a swap
_REPEATED = 0.6  #: share of the quote that a sentence must hold to be a repetition of it
_LONGEST = 3  #: words of a swap; a longer one is another wording, not another word
_LONGEST_SUBJECT = 6  #: content words
_VERBS = listed(
    """
is are was were be been has have had do does did can could may might will would should must shall
found saw took gave made came led held ran felt thought said says put stayed became remains remain
provides provide require requires needs need shows show suggests suggest
"""
)
_BEFORE_VERBS = listed(
    """
to will would may might can could should must not they we it he she i who that do does did is are
was were be been have has had
"""
)
_OPENERS = listed("it they we i he she this these those there that to in when while although if as")
_NEIGHBOURS = 6  #: words between two that count as near each other


@dataclass(frozen=True, slots=True)
class Overlap:
    """What the words of a sentence have in common with its quotes."""

    recall: float  #: in [0, 1]
    order: float  #: in [0, 1]: neighbours in the sentence that are near in a quote
    swap: float  #: likeness of the one word that took another's place; 1 where that is not all
    subject: float  #: mean likeness of the subject's words to their nearest in the quotes
    unmatched: tuple[str, ...]  #: content words with no match


def coverage(sentence: Text, quotes: Sequence[Text], known: Collection[str]) -> float:
    """The share of the sentence's words of content, and numbers, whose stems the quotes hold."""
    there = frozenset(known).union(*(quote.stems for quote in quotes))
    own = [word.stem for word in sentence.words if word.is_content or word.low[0].isdigit()]
    return sum(stem in there for stem in own) / len(own) if own else 0.0


def facts(sentence: Text, quotes: Sequence[Text]) -> frozenset[str]:
    """Stems of the sentence's figures and capitalised words that the quotes lack."""
    there = frozenset[str]().union(*(quote.stems for quote in quotes))
    own = [w for w in sentence.words[1:] if w.text[0].isupper() or w.text[0].isdigit()]
    return frozenset(word.stem for word in own) - there


def substitutions(
    sentence: Text,
    premise: Premise,
    *,
    content: Sequence[str],
    known: Collection[str],
    embed: Embed,
    near: float,
) -> Overlap:
    """Recall with near words counted in part, and the worst swap.

    ``content``: stems that must be found, ``known``: stems that count as found.
    """
    there = premise.stems | frozenset(known)
    spelt = {word.stem: word.low for word in sentence.words}
    missing = [stem for stem in dict.fromkeys(content) if stem not in there]
    swap = _swap(sentence, premise.quotes[0], content) if premise.quotes else None
    rows = [spelt[stem] for stem in missing] + ([swap[0]] if swap else [])
    columns = sorted({w.low for q in premise.quotes for w in q.content})
    likeness = _likeness(rows, [*columns, *([swap[1]] if swap else [])], embed)
    nearest = {
        stem: float(likeness[i, : len(columns)].max()) if columns else 0.0
        for i, stem in enumerate(missing)
    }
    got = sum(1.0 if stem in there else _part(nearest[stem], near) for stem in content)
    return Overlap(
        recall=got / len(content) if content else 0.0,
        order=_order(content, premise),
        swap=float(likeness[-1, -1]) if swap else 1.0,
        subject=_mean(
            [1.0 if s in there else nearest.get(s, 1.0) for s in subject(sentence, content)]
        ),
        unmatched=tuple(stem for stem in missing if nearest[stem] < near),
    )


def subject(sentence: Text, content: Sequence[str]) -> list[str]:
    """Stems of the words before the first verb that this module knows; empty for pronouns."""
    found: list[str] = []
    for i, word in enumerate(sentence.words):
        past = word.low.endswith("ed") and i > 0 and len(word.low) > 4
        if word.low in _VERBS or (past and found):
            return found[:_LONGEST_SUBJECT]
        if word.low in _OPENERS and not found:
            return []
        if word.stem in content and word.is_content:
            found.append(word.stem)
    return []


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 1.0


def _part(likeness: float, near: float) -> float:
    return likeness if likeness >= near else 0.0


def _likeness(
    rows: Sequence[str], columns: Sequence[str], embed: Embed
) -> np.ndarray[Any, np.dtype[np.float32]]:
    if not rows or not columns:
        return np.zeros((len(rows), len(columns)), dtype=np.float32)
    vectors = embed([*rows, *columns])
    return vectors[: len(rows)] @ vectors[len(rows) :].T


def _swap(sentence: Text, quote: Text, content: Sequence[str]) -> tuple[str, str] | None:
    """(sentence's words, quote's words) where that swap is all that tells the two apart."""
    one, other = list(sentence.words), list(quote.words)
    matcher = SequenceMatcher(None, [w.stem for w in one], [w.stem for w in other], autojunk=False)
    swaps = []
    same = 0
    for tag, a, b, c, d in matcher.get_opcodes():
        mine = [word for word in one[a:b] if word.stem in content]
        its = [word for word in other[c:d] if word.is_content]
        if tag == "equal":
            same += len(mine)
        elif a and (one[a - 1].is_content or one[a - 1].low in _BEFORE_VERBS):
            continue  # a verb's place: verbs have too many near ones
        elif tag == "replace" and mine and its and max(b - a, d - c) <= _LONGEST:
            swaps.append((" ".join(w.low for w in mine), " ".join(w.low for w in its)))
        elif mine:
            return None
    repeated = same >= max(_FRAME, _REPEATED * len(quote.content))
    return swaps[0] if len(swaps) == 1 and repeated else None


def _order(content: Sequence[str], premise: Premise) -> float:
    """Whether what stands side by side in the sentence stands near in one quote."""
    places = [_places(quote) for quote in premise.quotes]
    pairs = list(pairwise(content))
    if not pairs:
        return 1.0
    near = sum(
        any(
            abs(i - j) <= _NEIGHBOURS
            for where in places
            for i in where.get(a, ())
            for j in where.get(b, ())
        )
        for a, b in pairs
    )
    return near / len(pairs)


def _places(text: Text) -> dict[str, list[int]]:
    where: dict[str, list[int]] = {}
    for i, word in enumerate(text.words):
        where.setdefault(word.stem, []).append(i)
    return where
