r"""The page of one article in an aggregator: visible lines, a JSON line, and the abstract again.

    Early evidence of …: a rapid evaluation study           ← title and authors, as printed
    Judith A Smith,␣S. Parkinson
    {"title":"Early evidence …","doi":"10.3310/…","abstract":"\n \n Primary care …\n \n \n \n To …"}
    Abstract
    Primary care networks are groups of … To produce …      ← what is indexed
    查看原文 …                                               ← buttons, translation, adverts

The abstract is taken once, from the printed text; its blocks are those of the JSON abstract,
carried over by alignment and without titles, since the page gives none. DOI, journal and date are
taken from the JSON, at their places there. Nothing behind the printed abstract is read, so
translations and the titles of other articles stay out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ingest.citation import NO_DATE, Work, author_label, not_given, reference, source_id
from ingest.clean import is_blank, one_line, trim
from ingest.headings import is_heading_word, split_headings
from ingest.parsers.align import align
from ingest.parsers.content import Content
from ingest.parsers.json_object import Item, object_at, scan_object
from ingest.parsers.lines import lines
from ingest.statements import statements
from ragbot.types import EvidenceType, MetadataField, ParsedFile, Section, SourceDocument

KIND = "record_page"
_OPEN = re.compile(r"^[ \t\ufeff]*(?=\{\s*\")", re.MULTILINE)
_TRIES = 1000  #: lines that begin like an object and are looked at
_BLOCK_BREAK = re.compile(r"[^\S\n]*\n[^\S\n]*\n\s*")
_RAW_BREAK = re.compile(r"(?:\s*\\[rnt])+\s*")
_KEYS = {  # names that aggregators give a field, in the order in which they are believed
    "title": ("title", "name", "headline"),
    "authors": ("authors", "author", "creator"),
    "doi": ("doi", "DOI"),
    "journal": ("journal.name", "journal.title", "journal", "PeriodicalName", "publicationName"),
    "publication_date": ("publicationDate", "publication_date", "datePublished", "date", "year"),
    "volume": ("journal.volume", "volume"),
    "issue": ("journal.issue", "issue"),
    "pages": ("journal.pages", "pages"),
    "publisher": ("publisher", "publisher.name"),
}
_ABSTRACT_KEYS = ("abstract", "description")
_TO_APPEAR = re.compile(
    r"published\s+(?:in full\s+)?in\s+(?:the\s+)?(?P<journal>[A-Z][^;:.]{3,100})[;:,.]\s+"
    r"(?P<numbers>Vol(?:ume|\.)?\s*(?P<volume>\w+),?\s+(?:No\.?|Issue|Number)\s*(?P<issue>\w+))"
)


class RecordPage:
    """Recognises a line with a JSON object that has a title and an abstract."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """A JSON object at the start of a line, with a title, an abstract and one field more."""
        return _object_start(content.text) is not None

    def parse(self, content: Content) -> ParsedFile:
        """One source: the article's abstract."""
        text = content.text
        start = _object_start(text)
        if start is None:
            raise ValueError("not a record page: sniff() first")
        items, end = scan_object(text, start)
        found = {".".join(item.key): item for item in items}
        sections, notes = _sections(text, found, end)
        document = _document(content.path, text, found, start, sections)
        return ParsedFile(
            path=content.path,
            sha256=content.sha256,
            text=text,
            kind=KIND,
            documents=(document,),
            notes=(*content.notes, *notes),
        )


def _object_start(text: str) -> int | None:
    """Where the article's object starts; None where there is none, or a list of several."""
    starts = list(islice(_article_starts(text), 2))
    return starts[0] if len(starts) == 1 else None


def _article_starts(text: str) -> Iterator[int]:
    fields = {key.split(".")[0] for name in ("authors", "doi", "journal") for key in _KEYS[name]}
    for match in islice(_OPEN.finditer(text), _TRIES):
        read = object_at(text, match.end())
        if read is None:
            continue
        record = read[0]
        has_abstract = any(_is_text(record.get(key)) for key in _ABSTRACT_KEYS)
        if has_abstract and _is_text(record.get("title")) and fields & record.keys():
            yield match.end()


def _is_text(value: object) -> bool:
    return isinstance(value, str) and not is_blank(value)


def _sections(
    text: str, found: Mapping[str, Item], end: int
) -> tuple[tuple[Section, ...], tuple[str, ...]]:
    """The sections: of the printed text, or within the JSON where the abstract is only there."""
    abstract = next(found[k] for k in _ABSTRACT_KEYS if k in found and _is_text(found[k].value))
    blocks = [block for block in _BLOCK_BREAK.split(str(abstract.value).strip()) if block.strip()]
    ranges = align(blocks, text, end)
    if ranges is None:
        return tuple(_raw_blocks(text, abstract)), (
            "The page does not print the abstract: it is cited within its JSON line.",
        )
    titled = split_headings(text, _heading_start(text, ranges[0][0], end), ranges[-1][1])
    if any(section.title for section in titled):
        return titled, _left_out(text, ranges[-1][1])
    return tuple(Section(None, *span) for span in ranges), _left_out(text, ranges[-1][1])


def _heading_start(text: str, start: int, after: int) -> int:
    """Where a heading begins that stands before the first word of the abstract, or ``start``."""
    before = [line for line in lines(text, after, start) if not line.blank]
    if before and is_heading_word(before[-1].text.rstrip(" :.")):
        return before[-1].start
    return start


def _left_out(text: str, end: int) -> tuple[str, ...]:
    rest = one_line(text[end:])
    if not rest:
        return ()
    return (f"Not indexed: what follows the abstract ({len(rest)} characters).",)


def _raw_blocks(text: str, abstract: Item) -> Iterator[Section]:
    position = abstract.start
    for match in [*_RAW_BREAK.finditer(text, abstract.start, abstract.end), None]:
        start, end = trim(text, position, match.start() if match else abstract.end)
        if start < end:
            yield Section(None, start, end)
        position = match.end() if match else abstract.end


def _document(
    path: str, text: str, found: Mapping[str, Item], start: int, sections: Sequence[Section]
) -> SourceDocument:
    first, last = sections[0].start, sections[-1].end
    fields = [*_json_fields(text, found, start), *statements(text, first, last)]
    values = {field.name: field.value for field in reversed(fields)}
    authors = [field.value for field in fields if field.name == "author"]
    date = values.get("publication_date")
    work = Work(
        authors=authors,
        title=values.get("title"),
        journal=values.get("journal"),
        date=date,
        volume=values.get("volume"),
        issue=values.get("issue"),
        pages=values.get("pages"),
        doi=values.get("doi"),
    )
    remark, more = _to_appear(text, first, last, values)
    label = _label(work, values.get("year"))
    begin = min([first, *(field.start for field in fields)])
    end = max([last, *(field.end for field in fields)])
    return SourceDocument(
        source_id=source_id(label, text[begin:end]),
        path=path,
        start=begin,
        end=end,
        evidence_type=EvidenceType.ABSTRACT,
        label=label,
        reference=" ".join(filter(None, (reference(work), not_given(work), remark))),
        sections=tuple(sections),
        fields=(*fields, *more),
    )


def _label(work: Work, year: str | None) -> str:
    if not work.authors:
        return work.title or "Abstract without author"
    return f"{author_label(work.authors, cut=False, dated=year is not None)}, {year or NO_DATE}"


def _json_fields(text: str, found: Mapping[str, Item], start: int) -> Iterator[MetadataField]:
    """Fields of the JSON object; title and authors at their printed lines where there are any."""
    for name, keys in _KEYS.items():
        if name == "authors":
            yield from _authors(text, found, start)
            continue
        item = next((found[key] for key in keys if key in found and found[key].value), None)
        if item is None or isinstance(item.value, bool):
            continue
        value = one_line(str(item.value))
        place = _printed(text, start, value) if name == "title" else None
        yield MetadataField(name, value, *(place or (item.start, item.end)))
        if name == "publication_date":
            yield from _year(text, item)


def _year(text: str, item: Item) -> Iterator[MetadataField]:
    match = re.compile(r"(?<!\d)(?:1[5-9]|20)\d\d(?!\d)").search(text, item.start, item.end)
    if match:
        yield MetadataField("year", match.group(), *match.span())


def _printed(text: str, before: int, value: str) -> tuple[int, int] | None:
    """The line above the JSON that prints ``value``."""
    for line in lines(text, 0, before):
        if line.text.casefold() == value.casefold():
            return line.start, line.end
    return None


def _authors(text: str, found: Mapping[str, Item], start: int) -> Iterator[MetadataField]:
    items = [
        item
        for key in _KEYS["authors"]
        for name, item in found.items()
        if isinstance(item.value, str) and re.fullmatch(rf"{key}(\.\d+)?(\.name)?", name)
    ]
    if not items:
        return
    value = ", ".join(one_line(str(item.value)) for item in items)
    first, last = _printed(text, start, value) or (items[0].start, items[-1].end)
    names = [*_names(text, first, last, items)]
    yield MetadataField("authors", ", ".join(name.value for name in names), first, last)
    yield from names


def _names(text: str, first: int, last: int, items: Sequence[Item]) -> Iterator[MetadataField]:
    """Each name at its place; a list in one string is parted at ";", or else at ","."""
    printed = not items[0].start <= first < items[0].end
    spans = [(first, last)] if printed else [(item.start, item.end) for item in items]
    mark = ";" if ";" in text[first:last] else ","
    for start, end in spans:
        for match in re.compile(rf"[^{mark}]+").finditer(text, start, end):
            place = trim(text, *match.span())
            if place[0] < place[1]:
                yield MetadataField("author", one_line(text[slice(*place)]), *place)


def _to_appear(
    text: str, start: int, end: int, values: Mapping[str, str]
) -> tuple[str, tuple[MetadataField, ...]]:
    """What the text says about where it is published, kept beside what the record says."""
    match = _TO_APPEAR.search(text, start, end)
    if not match or "volume" in values:
        return "", ()
    fields = tuple(
        MetadataField(name, match.group(name), *match.span(name)) for name in ("volume", "issue")
    )
    journal, numbers = one_line(match.group("journal")), one_line(match.group("numbers"))
    return f"[Volume as the text gives it: {journal}; {numbers}.]", fields
