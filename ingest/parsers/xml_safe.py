"""XML from strangers: no entities, no network, no file but the one that was given.

    root = parse_xml("library/a.xml", data)

A document that declares entities is refused; external ones are never fetched. The names that HTML
knows (``&nbsp;``), which a DTD would have declared, are read as what they mean. Depth and size
limits are libxml2's own (``huge_tree`` is off).
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from html.entities import html5
from typing import TYPE_CHECKING

from ragbot.errors import UnreadableFile, UnsupportedFile

if TYPE_CHECKING:
    from lxml.etree import _Element

_DECLARES = re.compile(rb"<!ENTITY\b|<\0?!\0?E\0?N\0?T\0?I\0?T\0?Y", re.IGNORECASE)
_NAMED = re.compile(rb"&([A-Za-z][A-Za-z0-9]{0,31});")
_OF_XML = frozenset({"amp", "lt", "gt", "quot", "apos"})
_HINT = "Open it in the program that made it and save it again."


def opening(text: str, length: int) -> str:
    """The first characters of markup, by which its kind is told; "" of any other text."""
    head = text[:length]
    return head if head.lstrip("\ufeff \t\r\n").startswith("<") else ""


def as_utf8(text: str) -> bytes:
    """A text that has been decoded, as bytes for ``parse_xml`` and ``elements``."""
    return text.removeprefix("\ufeff").encode("utf-8", "surrogatepass")


def parse_xml(path: str, data: bytes, *, utf8: bool = False) -> _Element:
    """The root element. ``utf8``: ``data`` is UTF-8, whatever its declaration says.

    Raises:
        UnreadableFile: it is not well-formed.
        UnsupportedFile: it declares entities.
    """
    from lxml import etree

    data = _without_names(path, data)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8" if utf8 else None,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise broken(path, error) from error


def elements(path: str, data: bytes, tag: str) -> Iterator[_Element]:
    """Each element ``tag`` of UTF-8 ``data``, one at a time; it is emptied when the next is taken.

    Raises:
        UnreadableFile: it is not well-formed.
        UnsupportedFile: it declares entities.
    """
    from lxml import etree

    data = _without_names(path, data)
    stream = etree.iterparse(
        io.BytesIO(data),
        events=("end",),
        tag=tag,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        encoding="utf-8",
    )
    try:
        for _, element in stream:
            yield element
            element.clear(keep_tail=False)
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError as error:
        raise broken(path, error) from error


def refuse_entities(path: str, data: bytes) -> None:
    """An error where the document declares entities: the way of bombs and of reading other files.

    Raises:
        UnsupportedFile: it does.
    """
    if _DECLARES.search(data):
        raise UnsupportedFile(f"{path} declares XML entities, which are not read.", hint=_HINT)


def _without_names(path: str, data: bytes) -> bytes:
    """The document with numbers in place of the names of characters."""
    refuse_entities(path, data)

    def numbered(match: re.Match[bytes]) -> bytes:
        name = match.group(1).decode("ascii")
        if name in _OF_XML:
            return match.group()
        if f"{name};" not in html5:
            raise UnreadableFile(f"{path} is broken XML (what is &{name};?).", hint=_HINT)
        return "".join(f"&#{ord(char)};" for char in html5[f"{name};"]).encode("ascii")

    return _NAMED.sub(numbered, data)


def broken(path: str, error: Exception) -> UnreadableFile:
    """What to say of XML that is not well-formed."""
    return UnreadableFile(f"{path} is broken XML ({error}).", hint=_HINT)
