"""Acronyms that a text explains, after Schwartz and Hearst (2003).

    find_acronyms("Primary Care Networks (PCNs) are financially incentivised …")
    # (Acronym(short="PCN", long="Primary Care Networks"),)

A. S. Schwartz and M. A. Hearst, "A simple algorithm for identifying abbreviation definitions in
biomedical text", Pacific Symposium on Biocomputing 8 (2003) 451–462. It learns only what the text
itself explains; an acronym that is nowhere spelt out stays unknown here.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.clean import search_text

_SHORT = re.compile(r"^[A-Za-z0-9][\w&/-]{1,9}$")
_SENTENCE_END = re.compile(r"[.;:!?](?:\s|$)")
_PLURAL = re.compile(r"(?<=[A-Z])s$")
_LOOK_BACK = 240  #: characters before a parenthesis that may hold its long form


@dataclass(frozen=True, slots=True)
class Acronym:
    """A short form and the words it stands for, as the text prints them."""

    short: str  #: without a plural "s"
    long: str


def find_acronyms(text: str) -> tuple[Acronym, ...]:
    """The pairs that ``text`` explains, in order, each once."""
    plain = search_text(text)
    found: dict[tuple[str, str], Acronym] = {}
    for match in re.finditer(r"\(([^()]{2,120})\)", plain):
        before = plain[max(0, match.start() - _LOOK_BACK) : match.start()]
        pair = _pair(before.rstrip(), match.group(1).strip())
        if pair:
            found.setdefault((pair.short, singular(pair.long).lower()), pair)
    return tuple(found.values())


def usable(own: Sequence[Acronym], others: Iterable[Sequence[Acronym]]) -> tuple[Acronym, ...]:
    """What ``own`` source explains, then what others explain where most of them agree."""
    known = {pair.short for pair in own}
    longs: dict[str, Counter[str]] = {}
    printed: dict[str, Acronym] = {}
    for pairs in others:
        for pair in pairs:
            if pair.short not in known:
                longs.setdefault(pair.short, Counter())[singular(pair.long).lower()] += 1
                printed.setdefault(singular(pair.long).lower(), pair)
    taken = list(own)
    for counts in longs.values():
        (first, most), *rest = counts.most_common(2)
        if not rest or rest[0][1] < most:
            taken.append(printed[first])
    return tuple(taken)


def used_in(text: str, acronyms: Iterable[Acronym]) -> tuple[Acronym, ...]:
    """Those of which ``text`` (search text) uses the short or the long form, but not both."""
    used = []
    for pair in acronyms:
        short = re.search(rf"(?<!\w){re.escape(pair.short)}(?:s|'s)?(?!\w)", text)
        long = re.search(rf"(?<!\w){re.escape(singular(pair.long))}", text, re.IGNORECASE)
        if bool(short) != bool(long):
            used.append(pair)
    return tuple(used)


def singular(long: str) -> str:
    """The long form without a plural ending: "community links practitioners" → "… practitioner"."""
    return re.sub(r"(?<=[a-rt-z])s'?$", "", long)


def _pair(before: str, inside: str) -> Acronym | None:
    first = re.split(r"[,;]", inside)[0].strip()
    if _is_short(first):
        long = _long_form(first, _candidate(before, first))
        return _made(first, long)
    words = before.split()
    if words and _is_short(words[-1]) and len(inside.split()) > 1:
        long = _long_form(words[-1], inside)
        return _made(words[-1], long if long == inside else None)
    return None


def _made(short: str, long: str | None) -> Acronym | None:
    if long is None:
        return None
    return Acronym(_PLURAL.sub("", short), long.strip(" '\"-"))


def _is_short(text: str) -> bool:
    return bool(_SHORT.match(text)) and sum(char.isupper() for char in text) >= 2


def _candidate(before: str, short: str) -> str:
    """The words before the parenthesis in which the long form must lie."""
    letters = sum(char.isalnum() for char in short)
    sentence = _SENTENCE_END.split(before)[-1]
    return " ".join(sentence.split()[-min(letters + 5, letters * 2) :])


def _long_form(short: str, text: str) -> str | None:
    """The shortest end of ``text`` in which the letters of ``short`` occur in order."""
    place = len(text)
    for index in range(len(short) - 1, -1, -1):
        letter = short[index].lower()
        if not letter.isalnum():
            continue
        place -= 1
        while place >= 0 and (
            text[place].lower() != letter
            or (index == 0 and place > 0 and text[place - 1].isalnum())
        ):
            place -= 1
        if place < 0:
            return None
    return _checked(short, text[text.rfind(" ", 0, place + 1) + 1 :])


def _checked(short: str, long: str) -> str | None:
    letters = sum(char.isalnum() for char in short)
    words = re.split(r"[\s-]+", long)
    too_long = len(words) > min(letters + 5, letters * 2)
    repeats = any(word.strip("'\".,").lower() == short.lower() for word in words)
    return None if too_long or repeats or len(long) <= len(short) else long
