"""Which parser takes a file: the first in the table that recognises its content.

    parsed = parse_file("seeds/a.txt", data)
    parsed.kind        # "abstract_listing"

A kind of page is told by its structure, never by a file's name. A new format is one file beside
this one and one line below. Reading the disk is the pipeline's job.
"""

from __future__ import annotations

from typing import Protocol

from ingest.parsers.abstract_listing import AbstractListing
from ingest.parsers.bibtex import Bibtex
from ingest.parsers.content import Content
from ingest.parsers.csv_export import CsvExport
from ingest.parsers.docx import Docx
from ingest.parsers.epub import Epub
from ingest.parsers.html_page import HtmlPage
from ingest.parsers.jats import Jats
from ingest.parsers.markdown import Markdown
from ingest.parsers.medline import Medline
from ingest.parsers.ocr import find_recogniser
from ingest.parsers.pdf import Pdf
from ingest.parsers.plain_text import PlainText
from ingest.parsers.pubmed_xml import PubmedXml
from ingest.parsers.record_page import RecordPage
from ingest.parsers.report_page import ReportPage
from ingest.parsers.ris import Ris
from ragbot.types import ParsedFile

PARSER_VERSION = "5"
"""Part of a file's fingerprint: raise it when any parser, cleaner or splitter gives other results,
and every file is read again at the next ingest."""


class Parser(Protocol):
    """Makes sources of one kind of file."""

    @property
    def kind(self) -> str:
        """The name of the kind, e.g. "abstract_listing"."""
        ...

    def sniff(self, content: Content) -> bool:
        """Whether ``content`` is of this kind, by its structure.

        Raises:
            SourceError: the file is no text, and this parser is for texts.
        """
        ...

    def parse(self, content: Content) -> ParsedFile:
        """The canonical text and the sources in it.

        Raises:
            SourceError: the file cannot become evidence.
        """
        ...


PARSERS: tuple[Parser, ...] = (
    Pdf(),
    Docx(),
    Epub(),
    PubmedXml(),
    Jats(),
    HtmlPage(),
    Medline(),
    Ris(),
    Bibtex(),
    CsvExport(),
    RecordPage(),
    AbstractListing(),
    ReportPage(),
    Markdown(),
    PlainText(),
)


def parse_file(path: str, data: bytes, *, ocr: bool = False) -> ParsedFile:
    """Parse one file's bytes; ``path`` is relative to the ingested folder's parent.

    ``ocr``: read scanned pages by text recognition, where a program for it is installed.

    Raises:
        SourceError: the file cannot become evidence; the message says why.
    """
    content = Content(path, data)
    parser = next(parser for parser in PARSERS if parser.sniff(content))
    if ocr and parser.kind == "pdf":
        parser = Pdf(recogniser=find_recogniser())
    return parser.parse(content)
