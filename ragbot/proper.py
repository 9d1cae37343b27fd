"""Proper nouns that tell one source from the others: "Glasgow", "San Diego", "the Deep End".

    proper_nouns({"a": "We asked nurses in Leeds.", "b": "We asked nurses in York."})
    # {"leeds": {"a"}, "york": {"b"}}

A capital inside a sentence marks them; a word that the texts also write small is none, unless it
belongs to a run of capitals that comes again. It knows no names, and reads only openings.
``with_countries`` adds those that a text names by one of their parts.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter, defaultdict
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import cache

OPENING = 4000  #: characters of a source that are looked at: a title and an abstract's worth
_SHORTEST = 4  #: letters of a single word
_TWICE = 2
_LINKS = frozenset({"of", "the"})
_RUN = re.compile(  # the capital first: what stands before it is looked at only there
    r"[A-Z](?<=[a-z,;’'()] [A-Z])(?<!['’]s [A-Z])[a-z]+"
    r"(?:[ -](?:of (?:the )?)?[A-Z][a-z]+){0,3}\b(?!-\d)"
    r"|(?<= \()[A-Z][a-z]+(?:[ -](?:of (?:the )?)?[A-Z][a-z]+){1,3}(?=\))"  # alone in brackets
)
_SMALL = re.compile(r"\b[a-z]+\b")
_DATES = frozenset(
    name.lower() for name in (*calendar.month_name, *calendar.month_abbr, *calendar.day_name)
)


def proper_nouns(
    openings: Mapping[str, str], *, common: Container[str] = frozenset()
) -> dict[str, set[str]]:
    """Name, in lower case → the keys of the texts that hold it.

    ``common``: words that name nothing by themselves when they stand in a longer name.
    """
    tokens = {token for text in openings.values() for token in text.split()}
    small = {word for token in tokens for word in _SMALL.findall(token)}

    @cache
    def names(run: str, *, again: bool) -> tuple[str, ...]:
        return tuple(_names(run, small, common, again=again))

    found: dict[str, set[str]] = defaultdict(set)
    for key, text in openings.items():
        for run, count in Counter(_RUN.findall(text)).items():
            again = count >= _TWICE and text.lower().count(run.lower()) == count
            for name in names(run, again=again):
                found[name].add(key)
    return dict(found)


def with_countries(
    found: Mapping[str, set[str]],
    openings: Mapping[str, str],
    regions: Mapping[str, Sequence[str]],
) -> dict[str, set[str]]:
    """What ``proper_nouns`` gave, each country with all texts that tell of it.

    ``regions``: country → its parts and cities, and letters, which are no proper nouns here.
    """
    told = dict(found)
    for country, parts in regions.items():
        letters = [re.escape(part) for part in parts if part.isupper()]
        names = [part.lower() for part in parts if not part.isupper()]
        keys = set[str]().union(*(found.get(name, ()) for name in (country, *names)))
        if letters:
            written = re.compile(rf"\b(?:{'|'.join(letters)})\b")
            keys.update(key for key, text in openings.items() if written.search(text))
        if keys:
            told[country] = keys
    return told


def _names(
    run: str, small: Container[str], common: Container[str], *, again: bool
) -> Iterator[str]:
    words = re.split("[ -]", run.lower())
    names = [w for w in words if w not in _LINKS and not _is_word(w, small)]
    if len(words) == 1:
        yield from (w for w in names if len(w) >= _SHORTEST)
    elif names or again:
        for count in range(_TWICE, len(words) + 1):
            if words[count - 1] not in _LINKS:
                yield " ".join(words[:count])
        yield from (w for w in names if len(w) >= _SHORTEST and w not in common)


def _is_word(word: str, small: Container[str]) -> bool:
    forms = (word, f"{word}s", word.removesuffix("s"))
    return word in _DATES or any(form in small for form in forms)
