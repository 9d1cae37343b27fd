"""Which studies name a place as theirs: "which papers come from Norway?", "any Scottish studies?".

    names = asked("any scottish studies?", glossary.places_of)      # ("scottish", "Scotland")
    sentence = naming(names, passages, parts)                        # where it does so, or None

A place is what a text is in, from or across, or what stands after another name and a comma. Best
said of aim, methods or findings; many say it only where they tell what was known before.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence

from ragbot.naming import LETTERS
from ragbot.sections import sentences_of
from ragbot.selection import END, LEAD, SOURCES, WHICH
from ragbot.types import MetadataField, Passage
from ragbot.zones import Part

PlacesOf = Callable[[str], Sequence[str]]
"""The places that an adjective speaks of."""

MOST = 12  #: sources told of

_WHERE = (
    rf"{WHICH}(?: (?:done|set|carried out|conducted|based|run|made|undertaken|performed"
    r"|took place|take place|come|comes|came))*"
    r" (?:from|in) (?:the )?(?P<place>[^\W\d][\w’'-]{1,30}(?: [\w’'-]{1,30}){0,3}?)"
)
_ADJECTIVE = rf"{LEAD}(?P<place>[^\W\d][\w-]{{1,20}}) (?:{SOURCES}|research)"
_ASKED = tuple(re.compile(f"{p}{END}", re.IGNORECASE) for p in (_WHERE, _ADJECTIVE))
_BEFORE = (Part.BACKGROUND, Part.OTHER)
_OR = re.compile(r" (?:or|and) ", re.IGNORECASE)
_MONTHS = frozenset(name.lower() for name in (*calendar.month_name, *calendar.month_abbr))


def asked(question: str, places_of: PlacesOf) -> tuple[str, ...]:
    """What the place that is asked about is called; empty for nearly all questions."""
    where, adjective = (pattern.match(question) for pattern in _ASKED)
    if where:
        names = [name for name in _OR.split(where["place"]) if name.lower() not in _MONTHS]
        return (*names, *(place for name in names for place in places_of(name)))
    places = places_of(adjective["place"]) if adjective else ()
    return (adjective["place"], *places) if adjective and places else ()


def note(found: int) -> str:
    """What an answer of so many studies leaves out."""
    more = f"{found - MOST} more name it. " if found > MOST else ""
    return f"{more}Other studies may not say where they were done."


def naming(
    names: Sequence[str], passages: Sequence[Passage], parts: Sequence[Part]
) -> MetadataField | None:
    """The sentence of a source that names the place, None where none does.

    ``passages``: all of it; ``parts``: of its sentences.
    """
    called = [_as_place(name) for name in names if name]
    found = [
        (part in _BEFORE, span)
        for (passage, span), part in zip(sentences_of(passages), parts, strict=True)
        if any(name.search(passage.slice(*span)) for name in called)
    ]
    if not found:
        return None
    _, (start, end) = min(found, key=lambda one: one[0])
    return MetadataField("place", "", start, end)


def _as_place(name: str) -> re.Pattern[str]:
    """The name as a text writes a place: large, and behind what shows that it is one."""
    first, *others = re.split("[ -]+", name)
    words = [re.escape(first[:1].upper() + first[1:].lower())]
    words += [f"(?i:{re.escape(word[:1])}){re.escape(word[1:].lower())}" for word in others]
    written = name.upper() if name.upper() in LETTERS else "[ -]".join(words)
    lead = (
        r"(?:\b(?i:in|from|across|around|near|throughout|within|of|the|and|or|among|with|between"
        r"|rural|urban|greater|central)"
        r"|(?<!New )\b(?i:(?!northern)(?:north|south|east|west)\w*)"  # Northern Ireland is another
        r"|\b[A-Z]\w+(?: [A-Z]\w+)?,|\()"
    )
    kinds = r"(?!(?:NHS|GPs?|General|Primary|Practices?|County|City|Province)\b)"
    return re.compile(rf"{lead} ?{written}\b(?! {kinds}[A-Z]|-)")
