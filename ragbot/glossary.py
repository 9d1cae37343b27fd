"""Short forms, shorthand and everyday words of general practice, from ``prompts/glossary.toml``.

    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    glossary.expansions("physios")   # ("physiotherapists",)

General knowledge of the field only: what a short form means in one source is learned from that
source when it is read in. It expands words; it does not know questions or sources.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from ragbot.errors import ConfigError

TABLES = ("acronyms", "shorthand", "synonyms", "places", "regions", "bodies")
_WORD = re.compile(r"[^\W\d_]+")
_WORDS_TOO = frozenset({"us", "Us"})  #: but for capitals they stand for nothing
_OFTEN_ELSE = frozenset({"pay", "paid", "poor", "sponsor", "stress", "training"})
"""Everyday words that are as often a verb or another thing: searched, and not reworded."""


@dataclass(frozen=True, slots=True)
class Glossary:
    """Words → what they can stand for. Keys are lower case."""

    acronyms: Mapping[str, tuple[str, ...]]
    shorthand: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, tuple[str, ...]]
    places: Mapping[str, tuple[str, ...]]
    regions: Mapping[str, tuple[str, ...]]  #: country → what else tells of it
    bodies: Mapping[str, tuple[str, ...]]
    texting: Mapping[str, str]

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read the file.

        Raises:
            ConfigError: it is missing or not as described in its head.
        """
        try:
            tables = tomllib.loads(path.read_text(encoding="utf-8"))
            expansions = {name: _table(tables.get(name, {})) for name in TABLES}
            acronyms, bodies = expansions["acronyms"], expansions["bodies"]
            expansions["bodies"] = {key: bodies[key] or acronyms.get(key, ()) for key in bodies}
            texting = {key.lower(): str(form) for key, form in tables.get("texting", {}).items()}
            return cls(**expansions, texting=texting)
        except (OSError, tomllib.TOMLDecodeError, TypeError, AttributeError) as error:
            raise ConfigError(f"The glossary {path} cannot be used ({error}).") from error

    def expansions(self, word: str) -> tuple[str, ...]:
        """What ``word`` (as typed) can stand for; empty where the glossary is silent."""
        if word in _WORDS_TOO:
            return ()
        key = word.lower()
        found: dict[str, None] = {}
        for table in (self.acronyms, self.shorthand, self.places, self.synonyms):
            for value in table.get(key, ()) or _plural(table, key):
                found.setdefault(value)
        return tuple(found)

    def in_terms(self, text: str) -> str:
        """``text`` with everyday words in the field's terms; the likeliest, as it is, of each."""

        def term(found: re.Match[str]) -> str:
            word = found.group()
            key = word.lower()
            terms = self.synonyms.get(key) or _plural(self.synonyms, key)
            return terms[0] if terms and key not in _OFTEN_ELSE else word

        return _WORD.sub(term, text)

    def places_of(self, word: str) -> tuple[str, ...]:
        """The places that an adjective such as "Norwegian" speaks of."""
        return () if word in _WORDS_TOO else self.places.get(word.lower(), ())

    def parts_of(self, country: str) -> tuple[str, ...]:
        """Letters, parts and cities that tell of a country."""
        return self.regions.get(country.lower(), ())

    @property
    def countries(self) -> tuple[str, ...]:
        """Those, and cities, that it has an adjective or parts of; the longest names first."""
        named = {name for names in self.places.values() for name in names}
        return tuple(sorted({*named, *self.regions}, key=lambda name: (-len(name), name)))

    def knows(self, word: str) -> bool:
        """Whether ``word`` is an entry: it is no misspelling then."""
        return word.lower() in self.bodies or bool(self.expansions(word))


def _plural(table: Mapping[str, tuple[str, ...]], key: str) -> tuple[str, ...]:
    """Entries for the singular of "splws", "fcps", or for the plural of "room"."""
    if key.endswith("s"):
        return table.get(key[:-1], ())
    return table.get(f"{key}s", ()) if len(key) > 2 else ()  # "u" is not the US


def _table(entries: Mapping[str, list[str]]) -> Mapping[str, tuple[str, ...]]:
    return {key.lower(): tuple(values) for key, values in entries.items()}
