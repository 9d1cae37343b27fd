r"""Tagged exports: ``TAG - value`` lines and the lines that go on, with their places.

    [*tags("TI  - A title that\n      goes on\nVI  - 7\n", MEDLINE)]
    # [Tag("TI", 6, 31), Tag("VI", 38, 39)]

The libraries that read these formats (rispy, nbib) do not say where in the file a value stands, and
a citation needs that. The tests compare with what rispy reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.clean import one_line, trim
from ragbot.types import MetadataField

MEDLINE = re.compile(r"^\ufeff?(?P<tag>[A-Z][A-Z0-9]{1,3})(?: {0,2})(?<=[A-Z0-9 ]{4})- ", re.M)
RIS = re.compile(r"^\ufeff?[ \t]*(?P<tag>[A-Z][A-Z0-9])  -(?:[ \t]+|(?=[\r\n]|\Z))", re.M)
LOOSE_RIS = re.compile(
    r"^\ufeff?[ \t]*(?P<tag>[A-Z][A-Z0-9])[ \t]{1,3}-(?:[ \t]+|(?=[\r\n]|\Z))", re.M
)
_INDENTED = re.compile(r"[^\r\n]*(?:(?:\r\n|\n|\r)[ \t]+[^\r\n]*)*")


@dataclass(frozen=True, slots=True)
class Tag:
    """One tagged value; ``text[start:end]``, continuation lines included."""

    name: str
    start: int
    end: int

    def value(self, text: str) -> str:
        """The value in one line."""
        return one_line(text[self.start : self.end])

    def field(self, text: str, name: str) -> MetadataField:
        """The value as a metadata field."""
        return MetadataField(name, self.value(text), self.start, self.end)


def tags(text: str, pattern: re.Pattern[str], *, indented: bool = False) -> Iterator[Tag]:
    """Every tagged value, in order; an empty one has ``start == end``.

    ``indented``: only indented lines go on; otherwise every line up to the next tag does.
    """
    found = [*pattern.finditer(text)]
    stops = [*(match.start() for match in found[1:]), len(text)]
    for match, stop in zip(found, stops, strict=True):
        if indented:
            going_on = _INDENTED.match(text, match.end(), stop)
            stop = going_on.end() if going_on else stop
        start, end = trim(text, match.end(), stop)
        yield Tag(match["tag"], start, max(start, end))


def first(found: Sequence[Tag], *names: str) -> Tag | None:
    """The first tag with a value, of the first of ``names`` that has one."""
    for name in names:
        for tag in found:
            if tag.name == name and tag.start < tag.end:
                return tag
    return None


def every(found: Sequence[Tag], *names: str) -> list[Tag]:
    """All tags of the first of ``names`` that has any."""
    for name in names:
        some = [tag for tag in found if tag.name == name and tag.start < tag.end]
        if some:
            return some
    return []
