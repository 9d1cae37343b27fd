"""Identifiers by which a question names a source: a DOI, a PMID, an article or a trial's number.

    identifiers(document)                                 # {"10.3310/hsdr", "crd42018110790"}
    mentioned("authors of https://doi.org/10.3310/hsdr?") # {"10.3310/hsdr", …}

What is compared is as people paste it: in any case, with or without the resolver's address, at the
end of a sentence or in brackets.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ragbot.types import SourceDocument

FIELDS = ("doi", "pmid", "article_id", "pages", "registration", "grant_number")
_TOKEN = re.compile(r"[^\s,;:?!\"“”<>|]+")
_DOI = re.compile(r"10\.\d{4,9}/.+")
_DIGITS = re.compile(r"\d")
_LEAST_DIGITS = 4  #: fewer are a number of something
_YEAR = re.compile(r"(?:19|20)\d\d")
_ROUND = "().[]{}*_'’"


def identifiers(document: SourceDocument) -> frozenset[str]:
    """Those that its record gives, in small letters."""
    found: set[str] = set()
    for name in FIELDS:
        field = document.field(name)
        if field:
            found.update(_of(field.value))
    return frozenset(found)


def mentioned(text: str) -> frozenset[str]:
    """What in ``text`` may be one, in small letters."""
    return frozenset(_of(text))


def _of(text: str) -> Iterator[str]:
    for token in _TOKEN.findall(text.lower()):
        bare = token.strip(_ROUND)
        doi = _DOI.search(bare)
        if doi:
            yield doi.group()
        elif len(_DIGITS.findall(bare)) >= _LEAST_DIGITS and not _YEAR.fullmatch(bare):
            yield bare
