r"""A tree of markup → blocks of text, and blocks → a canonical text with sections.

    written = write([Block("heading", "Aim"), Block("text", "To ask."), Block("item", "why")])
    written.text         # "Aim\n\nTo ask.\n\n- why\n"
    written.sections     # (Section("Aim", 5, 19),)

For formats whose file is no text that anyone reads (DOCX, HTML, EPUB, XML): what is written here is
the canonical text that the index stores. White space is collapsed as a browser does; the words are
left as they are. Trees are walked without recursion, however deep they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from ragbot.types import MetadataField, Section

if TYPE_CHECKING:
    from lxml.etree import _Element

Kind = Literal["heading", "text", "item", "row", "field"]
Role = Literal["heading", "block", "item", "row", "cell", "break", "skip"]

_SPACES = re.compile(r"[ \t\r\n\f]+")
_BREAK = "\x0b"  #: stands for a line break while white space is collapsed
GAP = "\n\n"
HTML_ROLES: Mapping[str, Role] = {
    **dict.fromkeys(("h1", "h2", "h3", "h4", "h5", "h6"), "heading"),
    **dict.fromkeys(
        (
            *("address", "article", "aside", "blockquote", "body", "caption", "center", "dd"),
            *("details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form"),
            *("header", "hr", "html", "main", "nav", "ol", "p", "pre", "section", "summary"),
            *("table", "tbody", "tfoot", "thead", "ul"),
        ),
        "block",
    ),
    "li": "item",
    "tr": "row",
    **dict.fromkeys(("td", "th"), "cell"),
    "br": "break",
    **dict.fromkeys(
        (
            *("audio", "button", "canvas", "datalist", "embed", "head", "iframe", "noscript"),
            *("object", "script", "select", "style", "svg", "template", "textarea", "video"),
        ),
        "skip",
    ),
}


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, a paragraph, an item of a list, a row of a table, or a fact (``name``)."""

    kind: Kind
    text: str
    name: str = ""  #: of the metadata field, for ``field``
    value: str = ""  #: what it says, where that is not just its text
    label: str = ""  #: what is printed before it


@dataclass(frozen=True, slots=True)
class Written:
    """The text and what stands where in it."""

    text: str
    sections: tuple[Section, ...]
    fields: tuple[MetadataField, ...]


@dataclass(slots=True)
class _Walk:
    """What has been read since the last block ended."""

    parts: list[str] = field(default_factory=list)
    item: bool = False  #: the next block is the first of a list item
    rows: int = 0  #: depth of table rows

    def flush(self, kind: Kind = "text") -> Iterator[Block]:
        collapsed = _SPACES.sub(" ", "".join(self.parts)).strip()
        text = re.sub(rf" ?{_BREAK} ?", "\n", collapsed).strip(" \n|")
        self.parts.clear()
        if text:
            yield Block("item" if self.item and kind == "text" else kind, text)
            self.item = False


def blocks(root: _Element, roles: Mapping[str, Role] = HTML_ROLES) -> Iterator[Block]:
    """The blocks of the tree below ``root``, in its order."""
    from lxml.etree import iterwalk

    walk = _Walk()
    walker = iterwalk(root, events=("start", "end"))
    for event, element in walker:
        role = roles.get(_name(element))
        if event == "start":
            if role == "skip":
                walker.skip_subtree()
                continue
            yield from _opened(walk, role)
            walk.parts.append(_plain(element.text))
        else:
            yield from _closed(walk, role)
            if element is not root:
                walk.parts.append(_plain(element.tail))
    yield from walk.flush()


def _opened(walk: _Walk, role: Role | None) -> Iterator[Block]:
    if role == "break":
        walk.parts.append(_BREAK)
    elif role == "cell":
        if "".join(walk.parts).strip():
            walk.parts.append(" | ")
    elif role in ("block", "item", "heading") and walk.rows:
        walk.parts.append(" ")
    elif role is not None:
        yield from walk.flush()
        walk.item = walk.item or role == "item"
    if role == "row":
        walk.rows += 1


def _closed(walk: _Walk, role: Role | None) -> Iterator[Block]:
    if role == "row":
        walk.rows -= 1
        walk.item = False
        yield from walk.flush("row")
    elif walk.rows:
        walk.parts.append(" " if role in ("block", "item", "heading") else "")
    elif role == "heading":
        walk.item = False
        yield from walk.flush("heading")
    elif role in ("block", "item"):
        yield from walk.flush()
        walk.item = walk.item and role != "item"


def write(found: Iterable[Block]) -> Written:
    """The blocks one under the other; a heading heads what follows up to the next one."""
    parts: list[str] = []
    fields: list[MetadataField] = []
    sections: list[Section] = []
    title: str | None = None
    opened: int | None = None  #: start of the section that is being written
    end = position = 0
    for block in found:
        mark = "- " if block.kind == "item" else f"{block.label}: " if block.label else ""
        start = position + len(mark)
        if block.kind in ("heading", "field") and opened is not None:
            sections.append(Section(title, opened, end))
            opened, title = None, None
        if block.kind == "heading":
            title = " ".join(block.text.split())
        elif block.kind == "field":
            fields.append(
                MetadataField(block.name, block.value or block.text, start, start + len(block.text))
            )
        elif opened is None:
            opened = position
        end = start + len(block.text)
        parts.append(f"{mark}{block.text}{GAP}")
        position = end + len(GAP)
    if opened is not None:
        sections.append(Section(title, opened, end))
    return Written("".join(parts).rstrip("\n") + "\n", tuple(sections), tuple(fields))


def _name(element: _Element) -> str:
    """The tag without its namespace; "" for what is no element."""
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _plain(text: str | None) -> str:
    return (text or "").replace(_BREAK, " ")
