r"""CSV exports of PubMed, Embase, Cochrane, Scopus and their like: one row, one record.

    "Title","Author Names","Source title","Publication Year","Volume",…,"Abstract",…,"DOI"
    "Living birds …","Yang Z., Jiang B.","Nature Communications","2024","15",…

The columns are told by their names; rows before the header (a search strategy) are left alone. The
canonical text is the file, so a quote shows a doubled quotation mark as the file has it. PubMed's
own CSV holds no abstracts: its records are listed, and none becomes evidence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice

from ingest.clean import one_line, trim
from ingest.parsers.content import Content
from ingest.parsers.csv_cells import Cell, doubled_quotes, scan
from ingest.parsers.records import (
    Record,
    abstract_sections,
    collect,
    doi_field,
    with_comma,
    year_field,
)
from ragbot.types import MetadataField, ParsedFile

KIND = "csv_export"
_COLUMNS = {  # what a column may be called, in small letters, the better first
    "title": ("title", "article title", "primary title", "document title"),
    "abstract": ("abstract", "abstract note", "summary"),
    "authors": ("author names", "authors", "author(s)", "author", "author full names"),
    "journal": (
        "source title",
        "journal/book",
        "journal",
        "journal title",
        "publication title",
        "source",
        "publication",
    ),
    "year": ("publication year", "year", "pub year", "date of publication", "date"),
    "volume": ("volume",),
    "issue": ("issue", "number"),
    "pages": ("pages", "page range"),
    "first_page": ("first page", "page start", "start page"),
    "last_page": ("last page", "page end", "end page"),
    "article_id": ("art. no.", "article number"),
    "doi": ("doi", "digital object identifier"),
    "pmid": ("medline pmid", "pmid", "pubmed id"),
    "publication_type": ("publication type", "document type", "publication types"),
}
_KNOWN = frozenset(chain.from_iterable(_COLUMNS.values()))
_ENOUGH = 4  #: known columns that make a row the header of such an export
_HEADER_ROWS = 20  #: rows in which the header must come
_HEAD = 20_000  #: characters in which it must
_RETRACTED = re.compile(r"retracted (?:publication|article)", re.IGNORECASE)
_NAME = re.compile(r"[^;]+")
_COMMA_NAME = re.compile(r"[^,]+")


class CsvExport:
    """Recognises a header with the columns of a bibliographic export."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """A row among the first with a title column and three more that are known."""
        return _header(content.text[:_HEAD]) is not None

    def parse(self, content: Content) -> ParsedFile:
        """One source for each row with an abstract."""
        text = content.text
        header = _header(text[:_HEAD])
        if header is None:
            raise ValueError("not a CSV export: sniff() first")
        delimiter, columns, skip = header
        rows = [*islice(scan(text, delimiter), skip, None)]
        place = columns.get("abstract", -1)
        skipped = [
            pair
            for row in rows
            if 0 <= place < len(row)
            for pair in doubled_quotes(text, row[place])
        ]
        return collect(
            content,
            kind=KIND,
            text=text,
            records=(_record(text, row, columns) for row in rows),
            skipped=tuple(skipped),
        )


def _header(head: str) -> tuple[str, Mapping[str, int], int] | None:
    """The delimiter, the columns by what they hold, and the rows up to and with the header."""
    for delimiter in ",;\t":
        if head.count(delimiter) < _ENOUGH - 1:
            continue
        for number, row in enumerate(islice(scan(head, delimiter), _HEADER_ROWS), 1):
            names = [one_line(cell.value(head)).lower() for cell in row]
            if len(_KNOWN.intersection(names)) >= _ENOUGH and names.count("title") <= 1:
                columns = _columns(names)
                if "title" in columns:
                    return delimiter, columns, number
    return None


def _columns(names: Sequence[str]) -> dict[str, int]:
    found = {}
    for field, aliases in _COLUMNS.items():
        place = next((names.index(alias) for alias in aliases if alias in names), None)
        if place is not None:
            found[field] = place
    return found


def _record(text: str, row: Sequence[Cell], columns: Mapping[str, int]) -> Record:
    cells: dict[str, tuple[int, int]] = {}
    for name, place in columns.items():
        if place < len(row):
            start, end = trim(text, row[place].start, row[place].end)
            if start < end:
                cells[name] = (start, end)
    names = [*_names(text, *cells["authors"])] if "authors" in cells else []
    abstract = cells.get("abstract")
    return Record(
        start=row[0].start,
        end=max(cell.end for cell in row),
        fields=(*_fields(text, cells), *names),
        names=tuple(with_comma(name.value) for name in names),
        sections=abstract_sections(text, *abstract) if abstract else (),
    )


def _fields(text: str, cells: Mapping[str, tuple[int, int]]) -> Iterator[MetadataField]:
    for name in ("title", "authors", "journal", "volume", "issue", "pages", "article_id", "pmid"):
        if name in cells:
            yield MetadataField(name, _value(text, *cells[name]), *cells[name])
    if "year" in cells:
        yield from filter(None, [year_field(text, *cells["year"])])
    if "doi" in cells:
        yield from filter(None, [doi_field(text, *cells["doi"])])
    if "first_page" in cells and "pages" not in cells:
        first, last = cells["first_page"], cells.get("last_page")
        value = _value(text, *first) + (f"-{_value(text, *last)}" if last else "")
        yield MetadataField("pages", value, *first)
    kind = cells.get("publication_type")
    match = _RETRACTED.search(text, *kind) if kind else None
    if match:
        yield MetadataField("publication_type", match.group(), *match.span())


def _value(text: str, start: int, end: int) -> str:
    return one_line(text[start:end].replace('""', '"'))


def _names(text: str, start: int, end: int) -> Iterator[MetadataField]:
    """Each author: parted by semicolons where there are any, otherwise by commas."""
    several = ";" in text[start:end] or text.count(",", start, end) == 0
    for match in (_NAME if several else _COMMA_NAME).finditer(text, start, end):
        first, last = trim(text, *match.span(), also=".,") if several else trim(text, *match.span())
        if first < last:
            yield MetadataField("author", one_line(text[first:last]), first, last)
