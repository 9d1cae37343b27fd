"""JATS XML: the full text of an article, as PubMed Central gives it (``.nxml``).

    <article article-type="research-article"><front>…<body><sec><title>Methods</title><p>…

One source of the type ``document`` with the article's reference. The canonical text is written
here: title, authors, journal, numbers, the abstract and the body under their headings, tables row
by row. References, formulas and figures without a caption are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ingest.clean import one_line
from ingest.parsers.blocks import Block, Role, blocks, write
from ingest.parsers.content import Content
from ingest.parsers.records import Record, collect, fact
from ingest.parsers.xml_safe import as_utf8, opening, parse_xml
from ragbot.errors import EmptyFile
from ragbot.types import EvidenceType, MetadataField, ParsedFile

if TYPE_CHECKING:
    from lxml.etree import _Element

KIND = "jats"
_LOOK = 4000
_SNIFF = re.compile(r"<article\b[^>]*>.*<(?:front|article-meta)\b", re.DOTALL)
_ROLES: Mapping[str, Role] = {
    **dict.fromkeys(("title", "label"), "heading"),
    **dict.fromkeys(
        (
            "sec",
            "p",
            "abstract",
            "body",
            "caption",
            "fig",
            "table-wrap",
            "table",
            "list",
            "disp-quote",
        ),
        "block",
    ),
    "list-item": "item",
    "tr": "row",
    **dict.fromkeys(("td", "th"), "cell"),
    "break": "break",
    **dict.fromkeys(
        (
            "ref-list",
            "tex-math",
            "graphic",
            "media",
            "supplementary-material",
            "fn-group",
            "object-id",
        ),
        "skip",
    ),
}


class Jats:
    """Recognises ``<article>`` with its ``<front>``."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """The two elements near the beginning."""
        return _SNIFF.search(opening(content.text, _LOOK)) is not None

    def parse(self, content: Content) -> ParsedFile:
        """One source: the article."""
        root = parse_xml(content.path, as_utf8(content.text), utf8=True)
        meta = root.find(".//article-meta")
        if meta is None:
            meta = root
        names = [*_names(meta)]
        written = write(_blocks(root, meta, names))
        if not written.sections:
            raise EmptyFile(f"{content.path} is an article without text.")
        record = Record(
            start=0,
            end=len(written.text.rstrip()),
            fields=(*written.fields, *_authors(written.text, written.fields, names)),
            names=tuple(names),
            sections=written.sections,
            evidence_type=EvidenceType.DOCUMENT,
        )
        return collect(content, kind=KIND, text=written.text, records=[record])


def _blocks(root: _Element, meta: _Element, names: list[str]) -> Iterator[Block]:
    first, last = _text(meta.find("fpage")), _text(meta.find("lpage"))
    kept = (
        ("title", _text(meta.find(".//article-title"))),
        ("authors", "; ".join(name.rstrip(",") for name in names)),
        ("journal", _text(root.find(".//journal-title"))),
        ("year", _year(meta)),
        ("volume", _text(meta.find("volume"))),
        ("issue", _text(meta.find("issue"))),
        ("pages", f"{first}-{last}" if last and last != first else first),
        ("article_id", _text(meta.find("elocation-id"))),
        ("doi", _id(meta, "doi")),
        ("pmid", _id(meta, "pmid")),
    )
    yield from (fact(name, text) for name, text in kept if text)
    for abstract in meta.iterfind("abstract"):
        yield Block("heading", "Abstract")
        yield from _headed(abstract)
    body = root.find("body")
    if body is not None:
        yield from _headed(body)


def _headed(root: _Element) -> Iterator[Block]:
    """The blocks; a label right above a title or a caption is part of that heading."""
    label = ""
    for block in blocks(root, _ROLES):
        numbered = block.kind == "heading" and re.fullmatch(r"[\d.]+|[A-Za-z]+ \d+", block.text)
        if numbered:
            label = block.text
            continue
        text = (
            f"{label} {block.text}" if label and block.kind in ("heading", "text") else block.text
        )
        label = ""
        yield Block(block.kind, text)


def _names(meta: _Element) -> Iterator[str]:
    for person in meta.iterfind("contrib-group/contrib"):
        if person.get("contrib-type", "author") != "author":
            continue
        family, given = _text(person.find(".//surname")), _text(person.find(".//given-names"))
        group = _text(person.find("collab"))
        if family:
            yield f"{family}, {given}"
        elif group:
            yield f"{group},"


def _authors(
    text: str, fields: tuple[MetadataField, ...], names: list[str]
) -> Iterator[MetadataField]:
    line = next((field for field in fields if field.name == "authors"), None)
    position = line.start if line else 0
    for name in names if line else ():
        printed = name.rstrip(", ")
        position = text.index(printed, position)
        yield MetadataField("author", printed, position, position + len(printed))


def _year(meta: _Element) -> str:
    years = [_text(date) for date in meta.iterfind("pub-date/year")]
    return min((year for year in years if re.fullmatch(r"(?:1[5-9]|20)\d\d", year)), default="")


def _id(meta: _Element, kind: str) -> str:
    found = (e for e in meta.iterfind("article-id") if e.get("pub-id-type") == kind)
    return _text(next(found, None))


def _text(element: _Element | None) -> str:
    return one_line("".join(element.itertext())) if element is not None else ""
