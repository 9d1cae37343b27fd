"""DOCX, by mammoth, which turns Word's styles into HTML; the rest is the walk of ``blocks``.

    parsed = Docx().parse(Content("library/policy.docx", data))
    parsed.documents[0].sections[0].title        # the first heading

Headings, paragraphs, lists, table rows, footnotes and endnotes, text in content controls and
tracked insertions; deleted text, comments, headers and footers are left out, and so are pictures.
Title and author of the properties count where the document prints them. Macros are never run.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ingest.parsers import container
from ingest.parsers.blocks import Block, blocks, write
from ingest.parsers.content import Content
from ingest.parsers.html_page import html_tree
from ingest.parsers.whole import printed, property_title, whole_file
from ingest.parsers.xml_safe import parse_xml, refuse_entities
from ragbot.errors import EmptyFile, SourceError
from ragbot.types import MetadataField, ParsedFile

KIND = "docx"
NOTES = "Notes"  #: heading of footnotes and endnotes
_MAIN = "[Content_Types].xml"
_STYLES = "p[style-name='Title'] => h1:fresh\np[style-name='Subtitle'] => p:fresh"
_DC = "{http://purl.org/dc/elements/1.1/}"
_BROKEN = (  # what damaged files raise inside mammoth
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
    zipfile.BadZipFile,
)


class Docx:
    """Recognises a ZIP container with Word's main part."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """``word/document.xml`` in it, by whatever number."""
        if not container.is_zip(content):
            return False
        inside = container.names(content)
        return _MAIN in inside and any(
            name.startswith("word/document") and name.endswith(".xml") for name in inside
        )

    def parse(self, content: Content) -> ParsedFile:
        """One source: the document."""
        with container.opened(content) as archive:
            for name in archive.namelist():
                if name.endswith((".xml", ".rels")):
                    refuse_entities(
                        content.path, container.part(archive, name, path=content.path) or b""
                    )
            core = container.part(archive, "docProps/core.xml", path=content.path)
        root = html_tree(_html(content))
        found = [*_blocks(root)] if root is not None else []
        if not found:
            raise EmptyFile(f"{content.path} is a Word document without text.")
        written = write(found)
        fields = tuple(_properties(content.path, core, written.text))
        return whole_file(content, kind=KIND, written=replace(written, fields=fields))


def _html(content: Content) -> str:
    """The document as HTML."""
    import mammoth

    def no_picture(_image: Any) -> dict[str, str]:  # noqa: ANN401 (mammoth has no types)
        return {}

    try:
        result = mammoth.convert_to_html(
            io.BytesIO(content.data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(no_picture),
        )
    except SourceError:
        raise
    except (*_BROKEN, SyntaxError) as error:
        raise container.broken(content.path, error) from error
    return f"<body>{result.value}</body>"


def _blocks(root: Any) -> Iterator[Block]:  # noqa: ANN401 (lxml's elements)
    """The blocks; the marks of notes go, and the notes get a heading."""
    for mark in root.xpath(
        "//sup[a[starts-with(@id, 'footnote-ref') or starts-with(@id, 'endnote-ref')]]"
    ):
        _drop(mark)
    for back in root.xpath(
        "//a[starts-with(@href, '#footnote-ref') or starts-with(@href, '#endnote-ref')]"
    ):
        _drop(back)
    notes = root.xpath("//li[starts-with(@id, 'footnote-') or starts-with(@id, 'endnote-')]")
    texts: list[Block] = []
    for note in notes:
        texts += blocks(note)
        _drop(note)
    yield from blocks(root)
    if texts:
        yield Block("heading", NOTES)
        yield from texts


def _drop(element: Any) -> None:  # noqa: ANN401
    """Take an element out and leave the text behind it."""
    parent, before = element.getparent(), element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _properties(path: str, core: bytes | None, text: str) -> Iterator[MetadataField]:
    if core is None:
        return
    root = parse_xml(path, core)
    title = property_title(root.findtext(f"{_DC}title") or "")
    author = root.findtext(f"{_DC}creator") or ""
    yield from filter(None, [printed(text, "title", title), printed(text, "authors", author)])
