"""PubMed XML, as E-utilities, PubMed's baseline and reference managers give it.

    <PubmedArticleSet><PubmedArticle><MedlineCitation>
      <PMID>29768149</PMID> … <AbstractText Label="BACKGROUND">In patients with mild asthma, …

The canonical text is written here, record by record: title, authors, journal line, numbers, and the
abstract under its labels. Articles are read one at a time. Books and translated abstracts are left
alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ingest.clean import one_line
from ingest.parsers.blocks import Block, write
from ingest.parsers.content import Content
from ingest.parsers.records import RETRACTED, Record, abstract_sections, collect, fact
from ingest.parsers.xml_safe import as_utf8, elements, opening
from ragbot.types import MetadataField, ParsedFile, Section

if TYPE_CHECKING:
    from lxml.etree import _Element

KIND = "pubmed_xml"
_SNIFF = re.compile(r"<(?:PubmedArticleSet|PubmedArticle|MedlineCitation)\b")
_LOOK = 2000
_UNLABELLED = frozenset({"", "UNLABELLED", "UNASSIGNED"})


class PubmedXml:
    """Recognises ``<PubmedArticle>``."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """One of its elements near the beginning, which is markup."""
        return _SNIFF.search(opening(content.text, _LOOK)) is not None

    def parse(self, content: Content) -> ParsedFile:
        """One source for each article with an abstract."""
        texts: list[str] = []
        records: list[Record] = []
        position = 0
        for citation in elements(content.path, as_utf8(content.text), "MedlineCitation"):
            text, record = _record(citation, position)
            texts.append(text)
            records.append(record)
            position += len(text)
        return collect(content, kind=KIND, text="".join(texts), records=records)


def _record(citation: _Element, offset: int) -> tuple[str, Record]:
    """The article as text, and as a record whose places begin at ``offset``."""
    names = [*_names(citation)]
    written = write(_blocks(citation, names))
    text = written.text + "\n"
    abstract = next(_abstract(citation), None)
    sections: tuple[Section, ...] = written.sections
    if len(sections) == 1 and sections[0].title is None and abstract:
        sections = abstract_sections(text, sections[0].start, sections[0].end)
    fields = [*written.fields, *_author_fields(text, written.fields, names)]
    return text, Record(
        start=offset,
        end=offset + len(written.text.rstrip()),
        fields=tuple(
            MetadataField(f.name, f.value, f.start + offset, f.end + offset) for f in fields
        ),
        names=tuple(names),
        sections=tuple(Section(s.title, s.start + offset, s.end + offset) for s in sections),
    )


def _blocks(citation: _Element, names: list[str]) -> Iterator[Block]:
    """What is printed of the article, in order."""
    article = citation.find("Article")
    if article is None:
        return
    kept = (
        ("title", _text(article.find("ArticleTitle")) or _text(article.find("VernacularTitle"))),
        ("authors", "; ".join(name.rstrip(",") for name in names)),
        ("journal", _text(article.find("Journal/Title")) or _text(citation.find(".//MedlineTA"))),
        ("year", _year(article)),
        ("volume", _text(article.find("Journal/JournalIssue/Volume"))),
        ("issue", _text(article.find("Journal/JournalIssue/Issue"))),
        ("pages", _text(article.find("Pagination/MedlinePgn"))),
        ("doi", _doi(citation, article)),
        ("pmid", _text(citation.find("PMID"))),
        *(("publication_type", _text(kind)) for kind in article.iterfind(".//PublicationType")),
        (RETRACTED, _retraction(citation)),
    )
    yield from (fact(name, text) for name, text in kept if text)
    yield from _abstract(citation)


def _abstract(citation: _Element) -> Iterator[Block]:
    for part in citation.iterfind("Article/Abstract/AbstractText"):
        label = one_line(part.get("Label", ""))
        text = _text(part)
        if text and label not in _UNLABELLED:
            yield Block("heading", label)
        if text:
            yield Block("text", text)


def _names(citation: _Element) -> Iterator[str]:
    """The authors, "Family, Given"; a group with a comma behind it."""
    for author in citation.iterfind("Article/AuthorList/Author"):
        family = _text(author.find("LastName"))
        given = _text(author.find("ForeName")) or _text(author.find("Initials"))
        group = _text(author.find("CollectiveName"))
        if family:
            yield f"{family}, {given}" if given else f"{family},"
        elif group:
            yield f"{group},"


def _author_fields(
    text: str, fields: tuple[MetadataField, ...], names: list[str]
) -> Iterator[MetadataField]:
    """Each author's place within the line of authors."""
    line = next((field for field in fields if field.name == "authors"), None)
    position = line.start if line else 0
    for name in names if line else ():
        printed = name.rstrip(",")
        position = text.index(printed, position)
        yield MetadataField("author", printed, position, position + len(printed))
        position += len(printed)


def _year(article: _Element) -> str:
    date = article.find("Journal/JournalIssue/PubDate")
    given = _text(date.find("Year")) or _text(date.find("MedlineDate")) if date is not None else ""
    match = re.search(r"\b(?:1[5-9]|20)\d\d\b", given or _text(article.find("ArticleDate/Year")))
    return match.group() if match else ""


def _doi(citation: _Element, article: _Element) -> str:
    for place in article.iterfind("ELocationID"):
        if place.get("EIdType") == "doi":
            return _text(place)
    root = citation.getparent()
    ids = root.iterfind("PubmedData/ArticleIdList/ArticleId") if root is not None else ()
    return next((_text(place) for place in ids if place.get("IdType") == "doi"), "")


def _retraction(citation: _Element) -> str:
    """Where the retraction was published, as the record prints it."""
    for note in citation.iterfind("CommentsCorrectionsList/CommentsCorrections"):
        if note.get("RefType") == "RetractionIn":
            return f"Retraction in: {_text(note.find('RefSource'))}".rstrip(": ")
    return ""


def _text(element: _Element | None) -> str:
    return one_line("".join(element.itertext())) if element is not None else ""
