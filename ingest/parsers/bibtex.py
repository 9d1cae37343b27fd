r"""BibTeX, as reference managers and publishers export it.

    @article{sinnott2020,
      author = {Sinnott, Carol and Dixon-Woods, Mary},
      title = {Operational failures in {GP} practices},
      abstract = {Background: …},
    }

The canonical text is the file; metadata is read from TeX's spelling (``M{\"u}ller``) by pylatexenc,
and the braces and backslashes of an abstract are left out of the search text. Braces and quotes are
matched here, since no library says where in the file a value stands. ``@string`` names and ``#``
are not resolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from ingest.clean import one_line, trim
from ingest.parsers.content import Content
from ingest.parsers.records import (
    Record,
    abstract_sections,
    collect,
    doi_field,
    with_comma,
    year_field,
)
from ragbot.types import MetadataField, ParsedFile

KIND = "bibtex"
_ENTRY = re.compile(
    r"^[ \t\ufeff]*@(?P<type>[A-Za-z]+)\s*[{(]\s*(?P<key>[^\s,{}]*)\s*,", re.MULTILINE
)
_NAME = re.compile(r"[\s,]*(?P<name>[A-Za-z][\w:-]*)\s*=\s*")
_BARE = re.compile(r"[^\s,{}\"]+")
_AND = re.compile(r"(?<=\s)and(?=\s)")
_MARKUP = re.compile(r"(?<!\\)[{}]|\\(?=[%&_#$~{}])|\\[a-zA-Z]+\s?(?=\{)")
_TEX = re.compile(r"[\\{}~$]|--")
_MOST_TEX = 20_000  #: characters; a longer title or name is none
_NOT_WORKS = frozenset({"string", "preamble", "comment"})
_PLAIN = {
    "title": ("title",),
    "journal": ("journal", "journaltitle", "booktitle"),
    "volume": ("volume",),
    "issue": ("number", "issue"),
    "pages": ("pages",),
    "pmid": ("pmid",),
}
_RETRACTED = re.compile(r"retracted (?:publication|article)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Entry:
    start: int
    end: int
    values: Mapping[str, tuple[int, int]]  #: by name in small letters; without the delimiters


class Bibtex:
    """Recognises ``@article{key,``."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """An entry with a title."""
        match = _ENTRY.search(content.text)
        return match is not None and "title" in _entry(content.text, match).values

    def parse(self, content: Content) -> ParsedFile:
        """One source for each entry with an abstract."""
        text = content.text
        entries = [*_entries(text)]
        abstracts = [entry.values["abstract"] for entry in entries if "abstract" in entry.values]
        skipped = [match.span() for span in abstracts for match in _MARKUP.finditer(text, *span)]
        records = (_record(text, entry) for entry in entries)
        return collect(content, kind=KIND, text=text, records=records, skipped=tuple(skipped))


def _entries(text: str) -> Iterator[_Entry]:
    position = 0
    while match := _ENTRY.search(text, position):
        entry = _entry(text, match)
        position = max(entry.end, match.end())
        if match["type"].lower() not in _NOT_WORKS:
            yield entry


def _entry(text: str, match: re.Match[str]) -> _Entry:
    values: dict[str, tuple[int, int]] = {}
    position = match.end()
    while name := _NAME.match(text, position):
        start, end, position = _span(text, name.end())
        start, end = trim(text, start, end)
        if start < end:
            values.setdefault(name["name"].lower(), (start, end))
    start = text.index("@", match.start())
    return _Entry(start, min(position + 1, len(text)), values)


def _span(text: str, start: int) -> tuple[int, int, int]:
    """The value at ``start`` without its delimiters, and where reading goes on."""
    opened = text[start : start + 1]
    if opened == "{":
        end = _closing(text, start, "}")
        return start + 1, end, end + 1
    if opened == '"':
        end = _closing(text, start, '"')
        return start + 1, end, end + 1
    bare = _BARE.match(text, start)
    end = bare.end() if bare else start
    return start, end, max(end, start)


def _closing(text: str, start: int, closer: str) -> int:
    """The closer of the value that opens at ``start``; the text's end where it is missing."""
    depth = 0
    for match in re.compile(r'\\.|[{}"]', re.DOTALL).finditer(text, start + 1):
        sign = match.group()
        if depth == 0 and sign == closer:
            return match.start()
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return match.start()
    return len(text)


def _record(text: str, entry: _Entry) -> Record:
    values = entry.values
    fields = [
        MetadataField(name, plain(text[slice(*values[key])]), *values[key])
        for name, keys in _PLAIN.items()
        if (key := next((key for key in keys if key in values), None))
    ]
    for key in ("year", "date"):
        if key in values and (year := year_field(text, *values[key])):
            fields.append(year)
            break
    for key in ("doi", "url"):
        if key in values and (doi := doi_field(text, *values[key])):
            fields.append(doi)
            break
    for key in ("keywords", "note", "type"):
        match = _RETRACTED.search(text, *values[key]) if key in values else None
        if match:
            fields.append(MetadataField("publication_type", match.group(), *match.span()))
    people = [*_authors(text, *values["author"])] if "author" in values else []
    if people:
        listed = ", ".join(person.value for person in people)
        fields += [MetadataField("authors", listed, *values["author"]), *people]
    abstract = values.get("abstract")
    return Record(
        start=entry.start,
        end=entry.end,
        fields=tuple(fields),
        names=tuple(_name(text, person) for person in people),
        sections=abstract_sections(text, *abstract) if abstract else (),
    )


def _authors(text: str, start: int, end: int) -> Iterator[MetadataField]:
    position = start
    for stop, following in [*(m.span() for m in _AND.finditer(text, start, end)), (end, end)]:
        first, last = trim(text, position, stop)
        if first < last:
            yield MetadataField("author", plain(text[first:last]), first, last)
        position = following


def _name(text: str, person: MetadataField) -> str:
    """A name in braces is a group and stays whole."""
    group = text[person.start] == "{" and text[person.end - 1] == "}"
    return f"{person.value}," if group else with_comma(person.value)


def plain(printed: str) -> str:
    """TeX's spelling in plain letters, in one line."""
    if not _TEX.search(printed):
        return one_line(printed)
    try:
        if len(printed) <= _MOST_TEX:
            return one_line(_decoder().latex_to_text(printed.replace("\n", " ")))
    except RecursionError:
        pass  # braces nested deeper than the decoder can follow: read like what is too long for it
    # The letters alone: what the spelling means is lost, no word of the text is.
    return one_line(re.sub(r"[{}\\]", "", printed))


@cache
def _decoder():  # type: ignore[no-untyped-def]  # noqa: ANN202 (pylatexenc has no types)
    from pylatexenc.latex2text import LatexNodes2Text

    return LatexNodes2Text(strict_latex_spaces=False, keep_comments=True, math_mode="verbatim")
