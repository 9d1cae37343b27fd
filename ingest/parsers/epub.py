"""EPUB: the chapters of its spine, in order.

    parsed = Epub().parse(Content("library/handbook.epub", data))
    parsed.documents[0].title        # "dc:title" of the package

Read with ``zipfile`` and lxml: the libraries for EPUB are under the AGPL or unmaintained, and what
is needed of the format is small. The canonical text is written here; navigation pages, pictures
and styles are left out. Books with digital locks are refused.
"""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ingest.clean import one_line
from ingest.parsers import container
from ingest.parsers.blocks import Block, blocks, write
from ingest.parsers.content import Content
from ingest.parsers.html_page import html_tree
from ingest.parsers.whole import whole_file
from ingest.parsers.xml_safe import parse_xml, refuse_entities
from ragbot.errors import EmptyFile, SourceError, UnreadableFile, UnsupportedFile
from ragbot.types import ParsedFile

if TYPE_CHECKING:
    from lxml.etree import _Element

KIND = "epub"
_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_FACTS = (("title", "title"), ("creator", "authors"), ("publisher", "publisher"))


class Epub:
    """Recognises a ZIP container with ``META-INF/container.xml``."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """That part in it."""
        return container.is_zip(content) and _CONTAINER in container.names(content)

    def parse(self, content: Content) -> ParsedFile:
        """One source: the book."""
        with container.opened(content) as archive:
            found = [*_Book(content.path, archive).blocks()]
        if not any(block.kind != "field" for block in found):
            raise EmptyFile(f"{content.path} is a book without text.")
        return whole_file(content, kind=KIND, written=write(found))


class _Book:
    """The parts of one container."""

    def __init__(self, path: str, archive: zipfile.ZipFile) -> None:
        self._path = path
        self._archive = archive
        place = self._xml(_CONTAINER).find(".//{*}rootfile")
        self._opf = (place.get("full-path") if place is not None else None) or ""
        self._package = self._xml(self._opf)
        self._read = 0  #: bytes of chapters so far

    def blocks(self) -> Iterator[Block]:
        """What the package says of the book, then the chapters."""
        yield from self._facts()
        locked = self._locked()
        for name in self._chapters():
            if name in locked:
                message = f"{self._path} is locked (DRM)."
                raise UnsupportedFile(message, hint="Only unlocked books can be read.")
            data = container.part(self._archive, name, path=self._path) or b""
            self._read += len(data)
            if self._read > 2 * container.MOST_MARKUP:
                message = f"The chapters of {self._path} unpack to more than {self._read:,} bytes."
                raise UnsupportedFile(message, hint="Split it.")
            refuse_entities(self._path, data)
            root = html_tree(Content(name, data).text if data.strip() else "")
            if root is not None:
                yield from blocks(root)

    def _facts(self) -> Iterator[Block]:
        for tag, name in _FACTS:
            values = [_line(e) for e in self._package.iterfind(f".//{{*}}metadata/{{*}}{tag}")]
            text = ", ".join(value for value in values if value)
            if text:
                yield Block("field", text, name=name)
        date = _line(self._package.find(".//{*}metadata/{*}date"))
        if date:
            yield Block("field", date, name="publication_date", value=date[:10])

    def _chapters(self) -> Iterator[str]:
        """Names of the spine's parts, each once."""
        items = {item.get("id"): item for item in self._package.iterfind(".//{*}manifest/{*}item")}
        folder = posixpath.dirname(self._opf)
        seen: set[str] = set()
        for reference in self._package.iterfind(".//{*}spine/{*}itemref"):
            item = items.get(reference.get("idref"))
            if item is None or "nav" in (item.get("properties") or "").split():
                continue
            href = unquote((item.get("href") or "").partition("#")[0])
            name = posixpath.normpath(posixpath.join(folder, href))
            if "html" in (item.get("media-type") or "") and name not in seen:
                seen.add(name)
                yield name

    def _locked(self) -> frozenset[str]:
        if _ENCRYPTION not in self._archive.namelist():
            return frozenset()
        found = self._xml(_ENCRYPTION).iterfind(".//{*}CipherReference")
        return frozenset(unquote(place.get("URI") or "") for place in found)

    def _xml(self, name: str) -> _Element:
        data = container.part(self._archive, name, path=self._path)
        if not data:
            raise UnreadableFile(f"{self._path} is a broken EPUB: {name or 'a part'} is missing.")
        try:
            return parse_xml(self._path, data)
        except SourceError:
            raise
        except ValueError as error:
            raise container.broken(self._path, error) from error


def _line(element: _Element | None) -> str:
    return one_line("".join(element.itertext())) if element is not None else ""
