r"""RIS, in the dialects of PubMed tools, Ovid, Embase, Scopus, Zotero, EndNote and Rayyan.

    TY  - JOUR
    TI  - Cellular structure of dinosaur scales …
    AU  - Yang, Z.
    AB  - Fossil feathers have transformed …
    ER  -

The dialects differ in which tag holds what (abstract in AB or N2, title in TI or T1, journal in T2,
JF, JO or JA); each field takes the first tag that is filled. Lines outside ``TY`` … ``ER`` are left
alone. The canonical text is the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.parsers.content import Content
from ingest.parsers.records import (
    Record,
    abstract_sections,
    collect,
    doi_field,
    with_comma,
    year_field,
)
from ingest.parsers.tagged import LOOSE_RIS, RIS, Tag, every, first, tags
from ragbot.types import MetadataField, ParsedFile

KIND = "ris"
_SNIFF = re.compile(r"^\ufeff?[ \t]*TY[ \t]{1,3}-[ \t]+[A-Z]{2,10}[ \t]*\r?$", re.MULTILINE)
_STRICT = re.compile(r"^\ufeff?[ \t]*TY  -[ \t]", re.MULTILINE)
_PLAIN = {
    "title": ("TI", "T1", "CT", "BT"),
    "journal": ("T2", "JF", "JO", "JA", "J2"),
    "volume": ("VL",),
    "issue": ("IS", "CP"),
}
_TYPES = ("PT", "M3", "KW")
_PMID = re.compile(r"(?:PMID|PubMed(?: ID)?)\s*:?\s*(?P<pmid>\d{4,9})\b", re.IGNORECASE)
_RETRACTED = re.compile(r"retracted (?:publication|article)", re.IGNORECASE)


class Ris:
    """Recognises ``TY  - JOUR``."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """A line that opens a record, and another tag."""
        return bool(_SNIFF.search(content.text) and len([*_head(content.text)]) > 1)

    def parse(self, content: Content) -> ParsedFile:
        """One source for each record with an abstract."""
        text = content.text
        return collect(content, kind=KIND, text=text, records=_records(text))


def _pattern(text: str) -> re.Pattern[str]:
    return RIS if _STRICT.search(text) else LOOSE_RIS


def _head(text: str) -> Iterator[Tag]:
    opened = _SNIFF.search(text)
    return tags(text[opened.start() : opened.start() + 5000] if opened else "", _pattern(text))


def _records(text: str) -> Iterator[Record]:
    own: list[Tag] = []
    for tag in tags(text, _pattern(text)):
        if tag.name in ("TY", "ER") and own:
            yield _record(text, own)
            own = []
        if tag.name == "TY" or (own and tag.name != "ER"):
            own.append(tag)
    if own:
        yield _record(text, own)


def _record(text: str, own: Sequence[Tag]) -> Record:
    people = every(own, "AU", "A1")
    fields = [
        tag.field(text, name) for name, names in _PLAIN.items() if (tag := first(own, *names))
    ]
    fields += filter(None, (_year(text, own), _pages(text, own), _doi(text, own), _pmid(text, own)))
    if people:
        value = ", ".join(tag.value(text).rstrip(",") for tag in people)
        fields.append(MetadataField("authors", value, people[0].start, people[-1].end))
        fields += [tag.field(text, "author") for tag in people]
    fields += [
        tag.field(text, "publication_type")
        for tag in own
        if tag.name in _TYPES and _RETRACTED.fullmatch(tag.value(text))
    ]
    abstract = first(own, "AB", "N2")
    start = text.rfind("TY", 0, own[0].start)
    return Record(
        start=start,
        end=max(tag.end for tag in own),
        fields=tuple(fields),
        names=tuple(_name(tag.value(text)) for tag in people),
        sections=abstract_sections(text, abstract.start, abstract.end) if abstract else (),
    )


def _name(printed: str) -> str:
    """The name with a comma; a group, which has none, stays whole."""
    plain = printed.rstrip(", ")
    return with_comma(plain) if "," in plain or len(plain.split()) < 4 else f"{plain},"


def _year(text: str, own: Sequence[Tag]) -> MetadataField | None:
    for name in ("PY", "Y1", "DA"):
        tag = first(own, name)
        found = year_field(text, tag.start, tag.end) if tag else None
        if found:
            return found
    return None


def _pages(text: str, own: Sequence[Tag]) -> MetadataField | None:
    """The first page, and the last where it stands in the next line."""
    start, stop = first(own, "SP"), first(own, "EP")
    if start is None:
        return None
    if stop is None or "-" in start.value(text):
        return start.field(text, "pages")
    value = f"{start.value(text)}-{stop.value(text)}"
    adjoining = 0 < own.index(stop) - own.index(start) < 2
    return MetadataField("pages", value, start.start, stop.end if adjoining else start.end)


def _doi(text: str, own: Sequence[Tag]) -> MetadataField | None:
    tagged = [*every(own, "DO"), *every(own, "DI"), *every(own, "M3"), *every(own, "L3")]
    links = [tag for name in ("UR", "L2", "LK") for tag in every(own, name)]
    for tag in [*tagged, *(link for link in links if "doi.org/" in link.value(text))]:
        found = doi_field(text, tag.start, tag.end)
        if found:
            return found
    return None


def _pmid(text: str, own: Sequence[Tag]) -> MetadataField | None:
    """Where the record says that a number is PubMed's; an accession number alone is anybody's."""
    database = first(own, "DB", "DP")
    medline = database and re.search(r"medline|pubmed", database.value(text), re.IGNORECASE)
    number = first(own, "AN")
    if medline and number and number.value(text).isdigit():
        return number.field(text, "pmid")
    for tag in own:
        match = _PMID.search(text, tag.start, tag.end) if tag.name in _PMID_TAGS else None
        if match:
            return MetadataField("pmid", match["pmid"], *match.span("pmid"))
    return None


_PMID_TAGS = frozenset({"N1", "M1", "M2", "U1", "C1", "C2", "C5", "AN", "NO"})
