"""Numbers of a sentence against those of its quotes: value, percent, and what they count.

    agree(analyse("Twenty-one GPs took part."), Premise.of(["GPs (n = 21) met."]))     # True

Words count as digits ("fourteen", "half"); "one" does not: it is mostly no number. Sums and
roundings are not worked out: a sentence that says 8 where the source says 4 and 4 is not supported.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ragbot.claims.words import Premise, Text

_SMALL = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_VALUES = {word: float(n) for n, word in enumerate(_SMALL)}
_VALUES |= {word: float(20 + 10 * n) for n, word in enumerate(_TENS)}
_VALUES |= {"dozen": 12.0, "half": 0.5, "twice": 2.0, "double": 2.0, "doubled": 2.0}
_SCALES = {"hundred": 100.0, "thousand": 1000.0, "million": 1e6, "billion": 1e9}
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_PERCENT = re.compile(r"(?:\s*(?:-|–|to|and)\s*[\d.]+)?\s*(?:%|per ?cent\b|percent\b)")
_COUNT_OF = re.compile(r"\(?\bn\s*=\s*$", re.IGNORECASE)
_AROUND = 6  #: words on each side, of which one must stand near the number in the quote too
_REACH = 3  #: content words behind a number that may be what it counts


@dataclass(frozen=True, slots=True)
class Number:
    """A number with what it counts."""

    value: float
    percent: bool
    nouns: tuple[str, ...]  #: stems of the next content words, nearest first
    near: frozenset[str]  #: stems of the content words around it
    spoken: bool  #: written as a word
    digits: str  #: as written
    before: str  #: the word or letter right before it: "BRCA" of "BRCA 1"


def numbers(text: Text) -> tuple[Number, ...]:
    """Every number of a text, in order; "one" left out."""
    return tuple(_numbers(text))


def agree(sentence: Text, premise: Premise) -> bool:
    """Whether every number stands in the quotes and counts the same there."""
    known = [number for quote in premise.quotes for number in numbers(quote)]
    own = numbers(sentence)
    return _not_repeated(own, known) and all(
        _known(number, known) or any(_part_of_name(number, quote) for quote in premise.quotes)
        for number in own
    )


def _not_repeated(own: Sequence[Number], known: Sequence[Number]) -> bool:
    """Whether no figure stands more often than in the quotes: "76% and 76%" for 76% and 81%."""
    return all(
        sum(_same(number, other) for other in own) <= sum(_same(number, other) for other in known)
        for number in own
        if any(_same(number, other) for other in known) and not number.spoken
    )


def _part_of_name(number: Number, quote: Text) -> bool:
    """Whether the quote has word and figure in one: "BRCA1" for "BRCA 1"."""
    if not number.before[:1].isalpha() or number.spoken:
        return False
    joined = rf"\b{re.escape(number.before)}-?{re.escape(number.digits)}\b"
    return re.search(joined, quote.raw, re.IGNORECASE) is not None


def _known(number: Number, known: list[Number]) -> bool:
    same = [other for other in known if _same(number, other)]
    if not same:
        return False
    if number.near and not any(number.near & other.near for other in same):
        return False
    noun = number.nouns[0] if number.nouns else None
    if noun is None or any(noun in other.nouns for other in same):
        return True
    rivals = [other for other in known if other.nouns and other.nouns[0] == noun]
    return not rivals


def _same(one: Number, other: Number) -> bool:
    if one.percent != other.percent:
        part, whole = (other, one) if one.percent else (one, other)
        return part.spoken and math.isclose(100 * part.value, whole.value)
    if math.isclose(one.value, other.value, rel_tol=1e-9):
        return True
    places = len(one.digits.partition(".")[2])  # "76%" for 76.3%, never the other way round
    return "." in other.digits and math.isclose(round(other.value, places), one.value)


def _numbers(text: Text) -> Iterator[Number]:
    words = text.words
    index = 0
    while index < len(words):
        value, used = _value(text, index)
        if value is None:
            index += 1
            continue
        spoken = not words[index].low[0].isdigit()
        end = words[index + used - 1].end
        percent = bool(_PERCENT.match(text.raw, end))
        if not (spoken and value == 1):
            counted = _counted(text, index, index + used - 1)
            before = words[index - 1].text if index else ""
            near = text.near(index, _AROUND)
            yield Number(value, percent, counted, near, spoken, words[index].low, before)
        index += used


def _counted(text: Text, first: int, last: int) -> tuple[str, ...]:
    """What stands behind the number; before it where it is written "(n = 21)"."""
    if _COUNT_OF.search(text.raw[: text.words[first].start]):
        before = [word for word in text.words[:first] if word.is_content]
        return tuple(word.stem for word in before[-2:][::-1])
    return tuple(text.words[i].stem for i in text.after(last, _REACH))


def _value(text: Text, index: int) -> tuple[float | None, int]:
    """The number that begins at a word, and how many words it takes."""
    low = text.words[index].low
    if low[0].isdigit():
        return _digits(low), 1
    if low not in _VALUES:
        return None, 0
    value, used = _VALUES[low], 1
    while index + used < len(text.words):
        following = text.words[index + used].low
        if following in _SCALES:
            value *= _SCALES[following]
        elif value >= 20 and value % 10 == 0 and 0 < _VALUES.get(following, 0) < 10:
            value += _VALUES[following]
        else:
            break
        used += 1
    return value, used


def _digits(low: str) -> float | None:
    try:
        if _THOUSANDS.fullmatch(low):
            return float(low.replace(",", ""))
        return float(low.replace("·", ".").replace(",", "."))
    except ValueError:
        return None  # a date or a version: it is compared as a name
