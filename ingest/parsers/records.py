r"""Records of bibliographic databases: one record, one source, with all that the export says of it.

    collect(content, kind="ris", text=text, records=[Record(1, 900, fields, names, sections)])
    # ParsedFile with one source of the type ``abstract`` for each record that has an abstract

A record without an abstract is no evidence: it is named in the notes and left out. A retracted
article is marked in its label and its reference, so that no screen, export or program can show it
without the mark. The parsers find the fields; the names of journals and people stay as printed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingest.citation import NO_DATE, Work, author_label, not_given, reference, source_id
from ingest.clean import one_line, trim
from ingest.headings import split_headings
from ingest.parsers.blocks import Block
from ingest.parsers.content import Content
from ingest.statements import statements
from ragbot.errors import EmptyFile
from ragbot.types import EvidenceType, MetadataField, ParsedFile, Section, SourceDocument

EXPORTS = frozenset({"medline", "ris", "bibtex", "csv_export", "pubmed_xml"})
"""Kinds of files whose records stand together by chance, not because one page prints them."""

RETRACTED = "retracted"  #: the field that says so
DOI = re.compile(r"10\.\d{4,9}/[^\s\"<>]*[^\s\"<>.,;)\]}]")
YEAR = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)")
_MARK = "(RETRACTED)"
_CAPITALS = {"Doi": "DOI", "Pmid": "PMID"}
_RETRACTED_TYPE = re.compile(r"retracted (?:publication|article)", re.IGNORECASE)
_RETRACTED_TITLE = re.compile(
    r"\W{0,3}(?:RETRACTED(?: ARTICLE)?\b|[Rr]etracted(?: [Aa]rticle)?\s*[:\]])"
)
_INITIALS = re.compile(
    r"(?P<family>.+?)\s+(?P<initials>(?:[^\W\d_a-z]\.?-?){1,4})(?:\s+(?:Jr|Sr)\.?)?"
)
_LABEL = re.compile(  # PubMed prints the label of a part in capitals, with a colon
    r"(?<![^\s.?!)\]])(?P<label>[A-Z][A-Z0-9'’(&/,-]*(?:\s+[A-Z0-9'’(&/,)-]+){0,9}):\s+(?=\S)"
)
_LONGEST_LABEL = 80
_SENTENCE_END = re.compile(r"[.?!)\]%\"”’]\s+$")
_NAMED = 10  #: records without an abstract that are named in the note
_LONGEST_NAME = 90


@dataclass(frozen=True, slots=True)
class Record:
    """One record as its parser found it; the places are those of the canonical text."""

    start: int
    end: int
    fields: tuple[MetadataField, ...]
    names: tuple[str, ...]  #: authors for label and reference, "Family, Given"
    sections: tuple[Section, ...]  #: of the abstract; empty where there is none
    evidence_type: EvidenceType = EvidenceType.ABSTRACT

    def value(self, *names: str) -> str | None:
        """The first field of the first of those names that the record has."""
        found = {field.name: field.value for field in reversed(self.fields)}
        return next((found[name] for name in names if name in found), None)


def collect(
    content: Content,
    *,
    kind: str,
    text: str,
    records: Iterable[Record],
    notes: Sequence[str] = (),
    skipped: tuple[tuple[int, int], ...] = (),
) -> ParsedFile:
    """The file of these records.

    Raises:
        EmptyFile: none of them has an abstract; the message names them.
    """
    every = tuple(records)
    kept = [record for record in every if record.sections]
    left_out = _left_out([record for record in every if not record.sections])
    if not kept:
        raise EmptyFile(
            f"{content.path} lists {len(every)} records without an abstract. {left_out}".strip(),
            hint="Export them again with abstracts.",
        )
    return ParsedFile(
        path=content.path,
        sha256=content.sha256,
        text=text,
        kind=kind,
        documents=tuple(_document(content.path, text, record) for record in kept),
        notes=(*content.notes, *notes, *filter(None, (left_out,))),
        skipped=skipped,
    )


def abstract_sections(text: str, start: int, end: int) -> tuple[Section, ...]:
    """The parts of the abstract ``text[start:end]``: after capital labels, or the usual headings.

    Lines may be wrapped anywhere, so headings are looked for in a copy with plain spaces.
    """
    start, end = trim(text, start, end)
    flat = re.sub(r"\s", " ", text[start:end])
    labels = [
        match
        for match in _LABEL.finditer(flat)
        if len(match["label"]) <= _LONGEST_LABEL
        and sum(char.isalpha() for char in match["label"]) > 2
        and (not match.start() or _SENTENCE_END.search(flat, 0, match.start()))
    ]
    if labels and labels[0].start() == 0:
        stops = [*(match.start() for match in labels[1:]), len(flat)]
        found = [
            Section(match["label"], *trim(flat, match.end(), stop))
            for match, stop in zip(labels, stops, strict=True)
        ]
    else:
        found = [*split_headings(flat, 0, len(flat))]
    return tuple(
        Section(one_line(part.title) if part.title else None, start + part.start, start + part.end)
        for part in found
        if part.start < part.end
    )


def with_comma(name: str) -> str:
    """A name with the family name marked off: "Brinjikji W" → "Brinjikji, W"."""
    match = None if "," in name else _INITIALS.fullmatch(name)
    return f"{match['family']}, {match['initials']}" if match else name


def year_field(text: str, start: int, end: int) -> MetadataField | None:
    """The first year that stands there."""
    match = YEAR.search(text, start, end)
    return MetadataField("year", match.group(), *match.span()) if match else None


def doi_field(text: str, start: int, end: int) -> MetadataField | None:
    """The first DOI that stands there, without the address before it."""
    match = DOI.search(text, start, end)
    return MetadataField("doi", match.group(), *match.span()) if match else None


def fact(name: str, text: str) -> Block:
    """A field to be written into a canonical text, with its name before it unless it needs none."""
    shown = "" if name in ("title", "authors") else name.replace("_", " ").capitalize()
    return Block("field", text, name=name, label=_CAPITALS.get(shown, shown))


def retraction(fields: Sequence[MetadataField]) -> MetadataField | None:
    """The field in which the record says that the article was retracted, under that name."""
    for field in fields:
        by_type = field.name == "publication_type" and _RETRACTED_TYPE.fullmatch(field.value)
        if by_type or (field.name == "title" and _RETRACTED_TITLE.match(field.value)):
            return MetadataField(RETRACTED, field.value, field.start, field.end)
    return None


def label_of(work: Work) -> str:
    """Who and when; the title, where nobody is named."""
    if not work.authors:
        return work.title or "Abstract without author"
    return f"{author_label(work.authors, cut=work.cut, dated=True)}, {work.date or NO_DATE}"


def work_of(record: Record) -> Work:
    """The parts of the reference."""
    title = record.value("title")
    return Work(
        authors=record.names,
        title=title.strip("[]") if title and title.rstrip(".").endswith("]") else title,
        journal=record.value("journal"),
        date=record.value("year", "publication_date"),
        volume=record.value("volume"),
        issue=record.value("issue"),
        pages=record.value("pages", "article_id"),
        doi=record.value("doi"),
    )


def _document(path: str, text: str, record: Record) -> SourceDocument:
    work = work_of(record)
    label = label_of(work)
    fields = list(record.fields)
    withdrawn = next((f for f in fields if f.name == RETRACTED), None) or retraction(fields)
    if withdrawn and withdrawn not in fields:
        fields.append(withdrawn)
    first, last = record.sections[0].start, record.sections[-1].end
    fields += statements(text, first, last)
    parts = [reference(work), not_given(work), "[Retracted.]" if withdrawn else ""]
    return SourceDocument(
        source_id=source_id(label, _identity(record, text[first:last])),
        path=path,
        start=record.start,
        end=record.end,
        evidence_type=record.evidence_type,
        label=f"{label} {_MARK}" if withdrawn else label,
        reference=" ".join(part for part in parts if part),
        sections=record.sections,
        fields=tuple(fields),
    )


def _identity(record: Record, abstract: str) -> str:
    """What makes it this work in every export: its numbers and title, or else its words."""
    number = (record.value("doi") or record.value("pmid") or "").lower()
    named = f"{number} {record.value('title') or ''}" if number else abstract
    return " ".join(re.findall(r"[^\W_]+", named.casefold()))


def _left_out(records: Sequence[Record]) -> str:
    if not records:
        return ""
    named = [_name(record) for record in records[:_NAMED]]
    more = f"; and {len(records) - _NAMED} more" if len(records) > _NAMED else ""
    return f"Records without an abstract, left out: {len(records)}: {'; '.join(named)}{more}."


def _name(record: Record) -> str:
    title = one_line(record.value("title") or "") or "without a title"
    cut = title if len(title) <= _LONGEST_NAME else f"{title[:_LONGEST_NAME].rstrip()}…"
    year = record.value("year")
    return f"“{cut.rstrip('.')}”" + (f" ({year})" if year else "")
