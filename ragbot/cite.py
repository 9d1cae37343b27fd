"""Markers ↔ citations, and the one place where a citation is made and checked.

    cite(1, document, text=canonical, start=2049, end=2188, section="Results", page=None)
    markers("Two studies [1, 2] say so [3].")  # → (Marker(12, 18, (1, 2)), Marker(26, 29, (3,)))

Pure: no files, no index. It does not decide what is worth citing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote as url_quote

from ragbot.errors import QuoteMismatch
from ragbot.types import Answer, Citation, SourceDocument

_MARKER = re.compile(r"\[(\d{1,3}(?:\s{0,3},\s{0,3}\d{1,3}){0,9})\]")


@dataclass(frozen=True, slots=True)
class Marker:
    """A ``[1]`` or ``[1, 2]`` in an answer's text; ``[start, end)`` covers the brackets."""

    start: int
    end: int
    numbers: tuple[int, ...]


def markers(text: str) -> Iterator[Marker]:
    """All markers in ``text``, left to right. Linear in the length of the text."""
    for found in _MARKER.finditer(text):
        numbers = tuple(int(part) for part in found.group(1).split(","))
        yield Marker(found.start(), found.end(), numbers)


def cite(
    n: int,
    document: SourceDocument,
    *,
    text: str,
    start: int,
    end: int,
    section: str | None,
    page: int | None,
) -> Citation:
    """Citation ``n`` of canonical ``text[start:end]``.

    Raises:
        QuoteMismatch: the range is empty, outside the source, or outside the text.
    """
    quote = text[start:end]
    if not (document.start <= start < end <= document.end and len(quote) == end - start):
        raise QuoteMismatch(f"[{start}, {end}) is not a passage of {document.path}.")
    return Citation(
        n=n,
        source_id=document.source_id,
        label=document.label,
        reference=document.reference,
        evidence_type=document.evidence_type,
        section=section,
        quote=quote,
        path=document.path,
        start=start,
        end=end,
        page=page,
        url=source_url(document.source_id, start, end),
    )


def source_url(source_id: str, start: int, end: int) -> str:
    """Where the passage can be opened, without the server's root path."""
    return f"/source/{url_quote(source_id, safe='')}#c{start}-{end}"


def check(answer: Answer, text_of: dict[str, str]) -> None:
    """Check every citation of ``answer`` against canonical texts by path, and every marker.

    Raises:
        QuoteMismatch: a quote is not the range it claims, or a marker names no citation.
    """
    for citation in (*answer.citations, *answer.nearest):
        if text_of[citation.path][citation.start : citation.end] != citation.quote:
            raise QuoteMismatch(
                f"[{citation.start}, {citation.end}) of {citation.path} is not the quote shown."
            )
    known = {citation.n for citation in answer.citations}
    used = {n for sentence in answer.sentences for n in sentence.citations}
    if used != known:
        raise QuoteMismatch(f"Markers {sorted(used ^ known)} and citations do not match.")
