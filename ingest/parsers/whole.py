"""A whole file as one source of the type ``document``: what every such format has in common.

    whole_file(content, kind="html", text=text, sections=sections, fields=fields, notes=())

Its label is its title or, without one, the file's name, which is all that is taken from the name.
The reference gives what the file states of itself; nothing is filled in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.citation import source_id
from ingest.clean import one_line, trim
from ingest.parsers.blocks import Written
from ingest.parsers.content import Content
from ragbot.errors import EmptyFile
from ragbot.types import EvidenceType, MetadataField, ParsedFile, Section, SourceDocument

_STATED = ("authors", "title", "publisher", "publication_date")  #: in the order of the reference
_ENDS = (".", "?", "!")
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|indd|pptx?|xlsx?|tex|html?)\s*$|^(?:microsoft \w+|untitled|document\d*)\b",
    re.IGNORECASE,
)
_TITLE_WORDS = 3  #: a title in a file's properties with fewer is rarely one


def whole_file(
    content: Content, *, kind: str, written: Written, notes: Sequence[str] = ()
) -> ParsedFile:
    """The file whose canonical text was written by its parser.

    Raises:
        EmptyFile: there is no text under any heading.
    """
    if not written.sections:
        raise EmptyFile(f"{content.path} holds no text.")
    return ParsedFile(
        path=content.path,
        sha256=content.sha256,
        text=written.text,
        kind=kind,
        documents=(document(content.path, written.text, written.sections, fields=written.fields),),
        notes=tuple(notes),
    )


def document(
    path: str,
    text: str,
    sections: tuple[Section, ...],
    *,
    fields: Sequence[MetadataField] = (),
    also: str = "",
) -> SourceDocument:
    """The source. ``also``: a remark that closes the reference."""
    name = path.rsplit("/", 1)[-1]
    start, end = trim(text, 0, len(text))
    values = {field.name: field.value for field in reversed(fields)}
    title = values.get("title")
    stated = [_sentence(values[part]) for part in _STATED if values.get(part)]
    missing = "" if title else "[Title not given.]"
    reference = " ".join(part for part in (*stated, f"File {name}.", also, missing) if part)
    return SourceDocument(
        source_id=source_id(title or "document", text[start:end]),
        path=path,
        start=start,
        end=end,
        evidence_type=EvidenceType.DOCUMENT,
        label=title or name,
        reference=reference,
        sections=sections,
        fields=tuple(fields),
    )


def property_title(value: str) -> str:
    """The title in a file's properties, "" where it is none: a file's name, one word."""
    wanted = one_line(value)
    if len(wanted.split()) < _TITLE_WORDS or _FILE_NAME.search(wanted):
        return ""
    return wanted


def printed(text: str, name: str, value: str) -> MetadataField | None:
    """A property as a field, where the text prints it too: only then it has a place."""
    wanted = one_line(value)
    if not wanted:
        return None
    pattern = r"\s+".join(re.escape(word) for word in wanted.split())
    match = re.search(rf"(?<!\w){pattern}(?!\w)", text, re.IGNORECASE)
    return MetadataField(name, wanted, *match.span()) if match else None


def _sentence(part: str) -> str:
    return part if part.endswith(_ENDS) else f"{part}."
