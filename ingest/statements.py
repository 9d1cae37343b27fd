"""Who paid for, ordered and registered a study, where its text says so in the usual words.

    statements("It was funded by the NIHR (grant number X1).", 0, 44)
    # MetadataField("funder", "NIHR", …), MetadataField("grant_number", "X1", …)

Each field keeps the place of the printed words. It reads set phrases only and knows no names: a
funder mentioned in another way is not found, and nothing is inferred.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ingest.clean import one_line
from ragbot.types import MetadataField

_WORD = r"[A-Z0-9][\w’'&./-]*"
_LINK = r"(?:(?:of|for|and|the|in|on|de|&)[ \u00a0]+)*"
_BRACKET = r"(?:[ \u00a0]+\([A-Z][A-Za-z]+\))?"
_KIND = r"(?:[ \u00a0]+(?:programme|program|fund|foundation|trust|council|scheme|charity))?"
ORGANISATION = rf"{_WORD}(?:{_BRACKET}[ \u00a0]+{_LINK}{_WORD}){{0,12}}{_BRACKET}{_KIND}"
_THE = r"(?:[Tt]he[ \u00a0]+)?"
_PATTERNS = {
    "commissioner": rf"\b[Cc]ommissioned[ \u00a0]+by[ \u00a0]+{_THE}(?P<value>{ORGANISATION})",
    "funder": (
        r"\b(?:[Ff]unded|[Ff]inanced|[Ss]upported financially)[ \u00a0]+by[ \u00a0]+"
        rf"(?:a grant from[ \u00a0]+)?{_THE}(?P<value>{ORGANISATION})"
    ),
    "grant_number": (
        r"\b(?:[Gg]rant|[Aa]ward|[Pp]roject|[Ff]unding)[ \u00a0]+(?:reference[ \u00a0]+)?"
        r"(?:[Nn]umber|[Nn]o\.|[Rr]eference|[Rr]ef\.?|ID):?[ \u00a0]*(?P<value>[\w/.-]*\d[\w/-]*)"
    ),
    "registration": (
        r"\b[Rr]egistered[ \u00a0]+(?:as|with|on|in|at)[ \u00a0]+"
        r"(?P<value>(?:[A-Z][\w.]*[ \u00a0]+)*[A-Z]{2,}[\w-]*\d[\w-]*)"
    ),
}


def statements(text: str, start: int, end: int) -> Iterator[MetadataField]:
    """The first statement of each kind in ``text[start:end]``."""
    for name, pattern in _PATTERNS.items():
        match = re.compile(pattern).search(text, start, end)
        if match:
            first, last = match.span("value")
            last = first + len(text[first:last].rstrip(".,;"))
            yield MetadataField(name, one_line(text[first:last]), first, last)
