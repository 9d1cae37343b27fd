"""A web page: its main content, told apart by trafilatura, and what the page says of itself.

    parsed = HtmlPage().parse(Content("library/a.html", b"<!doctype html>…"))
    parsed.documents[0].title       # the page's own title

The canonical text is written here (see ``blocks``): title, author, date, then headings, paragraphs,
list items and table rows. Menus, banners, scripts and readers' comments stay out. Nothing is
fetched. Where no main content can be told, the whole page is taken, and a note says so.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ingest.clean import one_line
from ingest.parsers.blocks import Block, Role, blocks, write
from ingest.parsers.content import Content
from ingest.parsers.whole import whole_file
from ragbot.errors import EmptyFile
from ragbot.types import ParsedFile

if TYPE_CHECKING:
    from lxml.etree import _Element

KIND = "html"
WHOLE_PAGE = "No main content could be told apart: the whole page is indexed."
_SNIFF = re.compile(
    r"\ufeff?\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--(?:(?!-->).)*-->\s*)*"
    r"<(?:!doctype\s+html|html|head|body|main|article|section|div|p|h1|table|ul)\b",
    re.IGNORECASE | re.DOTALL,
)
_LEAST_SHARE = 0.2  #: of the page's words: with less, the main content was hardly found
_SMALL = 120  #: words of a page on which there is little to leave out


class HtmlPage:
    """Recognises a page that begins with a tag of HTML."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """The first thing in it is such a tag."""
        return _SNIFF.match(content.text) is not None

    def parse(self, content: Content) -> ParsedFile:
        """One source: the page."""
        root = html_tree(content.text)
        everything = [*blocks(root)] if root is not None else []
        if not everything:
            raise EmptyFile(f"{content.path} is a web page without text.")
        main, facts = _main(content.text)
        words = _words(everything)
        notes = [*content.notes]
        if _words(main) < (_LEAST_SHARE * words if words > _SMALL else words / 2):
            main = everything
            notes.append(WHOLE_PAGE)
        return whole_file(content, kind=KIND, written=write(_page(main, facts)), notes=notes)


def html_tree(text: str) -> _Element | None:
    """The tree of an HTML text, however broken; None where there is nothing in it."""
    from lxml import etree

    parser = etree.HTMLParser(
        encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True
    )
    data = text.replace("\x00", "\ufffd").encode("utf-8", "replace")
    try:
        return etree.fromstring(data, parser)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError:
        return None


def _main(text: str) -> tuple[list[Block], dict[str, str]]:
    """The main content and the page's statements about itself; nothing where there is none."""
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it logs what is None below
    found: Any = bare_extraction(
        text,
        with_metadata=True,
        include_comments=False,
        include_tables=True,
        include_formatting=True,
        date_extraction_params={"extensive_search": False, "original_date": True},
    )
    if found is None or found.body is None:
        return [], {}
    facts = {
        "title": one_line(found.title or ""),
        "authors": one_line(found.author or ""),
        "publisher": one_line(found.sitename or ""),
        "publication_date": one_line(found.date or ""),
    }
    return [*blocks(found.body, _TRAFILATURA)], facts


def _page(main: Sequence[Block], facts: dict[str, str]) -> Iterator[Block]:
    """What the page says of itself, then its text, without the title a second time."""
    yield from (Block("field", text, name=name) for name, text in facts.items() if text)
    for number, block in enumerate(main):
        if number or block.kind != "heading" or block.text != facts.get("title"):
            yield block


def _words(found: Sequence[Block]) -> int:
    return sum(len(block.text.split()) for block in found)


_TRAFILATURA: Mapping[str, Role] = {  # the names of its own tree
    "head": "heading",
    **dict.fromkeys(("p", "list", "quote", "code", "table", "body", "main", "div"), "block"),
    "item": "item",
    "row": "row",
    "cell": "cell",
    "lb": "break",
    "graphic": "skip",
}
