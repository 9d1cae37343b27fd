r"""MEDLINE records, as PubMed exports them (``.nbib``, "PubMed" format).

    PMID- 28754806
    TI  - Impact of balloon guide catheter on technical and clinical outcomes: a systematic
          review and meta-analysis.
    AB  - BACKGROUND AND PURPOSE: Flow arrest with …

The canonical text is the file; wrapped lines are joined in the search text. A record says that it
was retracted by its publication type or by ``RIN`` (retraction in). Nothing is looked up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ingest.clean import trim
from ingest.parsers.content import Content
from ingest.parsers.records import (
    RETRACTED,
    Record,
    abstract_sections,
    collect,
    doi_field,
    with_comma,
    year_field,
)
from ingest.parsers.tagged import MEDLINE, Tag, every, first, tags
from ragbot.types import MetadataField, ParsedFile

KIND = "medline"
_SNIFF = re.compile(r"^\ufeff?PMID- ?\d+[ \t]*\r?$", re.MULTILINE)
_ALSO = re.compile(r"^(?:TI  - |AB  - |OWN - |STAT- )", re.MULTILINE)
_PLAIN = {  # metadata name: tags, the better first
    "title": ("TI", "BTI"),
    "journal": ("JT", "TA"),
    "volume": ("VI",),
    "issue": ("IP",),
    "pages": ("PG",),
    "publication_date": ("DP",),
    "pmid": ("PMID",),
}
_LAST_OF_AUTHORS = frozenset({"FAU", "AU", "AUID"})


class Medline:
    """Recognises ``PMID-`` lines."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """A line ``PMID- 123`` and another tag of the format."""
        return bool(_SNIFF.search(content.text) and _ALSO.search(content.text))

    def parse(self, content: Content) -> ParsedFile:
        """One source for each record with an abstract."""
        text = content.text
        return collect(content, kind=KIND, text=text, records=_records(text))


def _records(text: str) -> Iterator[Record]:
    own: list[Tag] = []
    for tag in tags(text, MEDLINE, indented=True):
        if tag.name == "PMID" and own:
            yield _record(text, own)
            own = []
        if tag.name == "PMID" or own:
            own.append(tag)
    if own:
        yield _record(text, own)


def _record(text: str, own: Sequence[Tag]) -> Record:
    fields = [
        tag.field(text, name) for name, names in _PLAIN.items() if (tag := first(own, *names))
    ]
    dated = first(own, "DP")
    fields += filter(
        None, (year_field(text, dated.start, dated.end) if dated else None, _doi(text, own))
    )
    full, short = every(own, "FAU"), every(own, "AU")
    people = full if len(full) >= len(short) else short
    groups = every(own, "CN")
    fields += _authors(text, own, [*people, *groups])
    fields += [tag.field(text, "publication_type") for tag in every(own, "PT")]
    notice = first(own, "RIN")
    if notice:
        fields.append(notice.field(text, RETRACTED))
    abstract = first(own, "AB")
    names = [with_comma(tag.value(text)) for tag in people]
    start, end = trim(text, text.rfind("PMID", 0, own[0].start), own[-1].end)
    return Record(
        start=start,
        end=end,
        fields=tuple(fields),
        names=(*names, *(f"{tag.value(text)}," for tag in groups)),
        sections=abstract_sections(text, abstract.start, abstract.end) if abstract else (),
    )


def _doi(text: str, own: Sequence[Tag]) -> MetadataField | None:
    for tag in (*every(own, "LID"), *every(own, "AID"), *every(own, "SO")):
        if tag.name == "SO" or "[doi]" in text[tag.start : tag.end]:
            found = doi_field(text, tag.start, tag.end)
            if found:
                return found
    return None


def _authors(text: str, own: Sequence[Tag], people: Sequence[Tag]) -> Iterator[MetadataField]:
    """Each name; and all in one range, where no affiliations stand between them."""
    if not people:
        return
    between = {tag.name for tag in own if people[0].start < tag.start < people[-1].start}
    if between <= {*_LAST_OF_AUTHORS, "CN"}:
        value = ", ".join(tag.value(text) for tag in people)
        yield MetadataField("authors", value, people[0].start, people[-1].end)
    for tag in people:
        yield tag.field(text, "author")
