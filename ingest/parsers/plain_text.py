"""Any other text: what is left when no parser knows the kind of page.

It is indexed as one source of the type ``document``, in the sections that its headings make. It has
a title only where it begins with a Markdown heading of the first level; without one its label is
the file's name, which is all that is taken from the name.
"""

from __future__ import annotations

import re

from ingest.parsers.content import Content
from ingest.parsers.sections import markdown_title, sections_of
from ingest.parsers.whole import document
from ragbot.errors import EmptyFile
from ragbot.types import ParsedFile

KIND = "plain_text"
NOT_KNOWN = "The kind of page is not known: indexed as plain text."
_MARKUP = re.compile(r"<(?:!doctype|html|body|head|\?xml|article)\b", re.IGNORECASE)
_LOOK = 1000  #: characters in which markup shows itself


class PlainText:
    """Takes every text."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """True for any text, an error for anything else."""
        return bool(content.text)

    def parse(self, content: Content) -> ParsedFile:
        """One source of the type ``document``."""
        text = content.text
        sections = tuple(sections_of(text))
        if not sections:
            raise EmptyFile(f"{content.path} holds headings only.")
        title = markdown_title(text)
        fields = (title,) if title else ()
        notes = [*content.notes]
        if _MARKUP.search(text, 0, _LOOK):
            notes.append("It holds HTML or XML markup, which is indexed with the text.")
        notes.append(NOT_KNOWN)
        return ParsedFile(
            path=content.path,
            sha256=content.sha256,
            text=text,
            kind=KIND,
            documents=(document(content.path, text, sections, fields=fields),),
            notes=tuple(notes),
        )
