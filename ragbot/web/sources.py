"""The library's own pages: the list of sources, each source's stored text, and its original.

    GET /sources
    GET /source/sinnott-2020-1a2b3c4d#c2049-2188          the sentence is highlighted by CSS alone
    GET /source/sinnott-2020-1a2b3c4d?start=2050&end=2060  any range, marked by the server

The text is the stored canonical text, escaped and otherwise as it is. Nothing is reopened, cleaned
or looked up, and no page needs JavaScript.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote as url_quote

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response

from ragbot.errors import IndexProblem
from ragbot.render import KIND, escape, source_counts
from ragbot.types import Citation, EvidenceType, SourceDocument
from ragbot.web import notices, page
from ragbot.web.api import LIBRARY
from ragbot.web.engine import EngineHandle, EngineNotReady
from ragbot.web.markup import Span, annotate
from ragbot.web.originals import Originals, original_link

if TYPE_CHECKING:
    from ragbot.assistant import StoredSource

COMMENT_NOTE = "Reader’s comment – not the publisher’s findings"


def badge(evidence_type: EvidenceType) -> str:
    """What kind of text it is, in words and in a colour."""
    comment = evidence_type is EvidenceType.READER_COMMENT
    text = COMMENT_NOTE if comment else KIND[evidence_type]
    return f'<span class="rb-badge rb-badge--{evidence_type.value}">{text}</span>'


def source_href(source_id: str, *, root_path: str) -> str:
    """Address of a source's page."""
    return escape(f"{root_path}/source/{url_quote(source_id, safe='')}")


def citation_href(citation: Citation, *, root_path: str) -> str:
    """Address at which the passage is marked, with or without JavaScript."""
    place = f"?start={citation.start}&end={citation.end}#c{citation.start}-{citation.end}"
    return source_href(citation.source_id, root_path=root_path) + escape(place)


def router(engine: EngineHandle, originals: Originals, *, root_path: str) -> APIRouter:
    """The routes of the two pages and of the originals."""
    routes = APIRouter(include_in_schema=False, default_response_class=HTMLResponse)

    def unavailable(error: Exception) -> HTMLResponse:
        failure = str(error) if isinstance(error, IndexProblem) else engine.failure
        return notices.waiting(LIBRARY, failure=failure, root_path=root_path)

    async def stored_source(source_id: str) -> StoredSource | HTMLResponse:
        """The source, or the page that says why there is none."""
        try:
            return await asyncio.to_thread(engine.get().source, source_id)
        except (EngineNotReady, IndexProblem) as error:
            return unavailable(error)
        except KeyError:
            return notices.missing(root_path=root_path)

    @routes.head("/sources")
    @routes.get("/sources")
    async def sources() -> HTMLResponse:
        try:
            documents = await asyncio.to_thread(engine.get().sources)
        except (EngineNotReady, IndexProblem) as error:
            return unavailable(error)
        return HTMLResponse(list_page(documents, root_path=root_path))

    @routes.head("/source/{source_id}")
    @routes.get("/source/{source_id}")
    async def source(source_id: str, start: str = "", end: str = "") -> HTMLResponse:
        stored = await stored_source(source_id)
        if isinstance(stored, Response):
            return stored
        marked = _range(start, end, stored.document)
        original = await asyncio.to_thread(originals.offers, stored.file)
        return HTMLResponse(
            source_page(stored, marked=marked, original=original, root_path=root_path)
        )

    @routes.head("/original/{source_id}", response_class=FileResponse)
    @routes.get("/original/{source_id}", response_class=FileResponse)
    async def original(source_id: str) -> Response:
        stored = await stored_source(source_id)
        if isinstance(stored, Response):
            return stored
        place = await asyncio.to_thread(originals.find, stored.file)
        if place is None:
            return notices.no_original(root_path=root_path)
        return FileResponse(
            place,
            media_type="application/pdf",
            filename=Path(stored.file.path).name,
            content_disposition_type="inline",
            headers={"Cache-Control": "private, no-cache"},
        )

    return routes


def list_page(documents: Sequence[SourceDocument], *, root_path: str) -> str:
    """All sources of the library."""
    items = "".join(_list_item(document, root_path=root_path) for document in documents)
    body = (
        f"<h1>Sources in this library</h1><p class='rb-lead'>{escape(source_counts(documents))}</p>"
        f'<ol class="rb-cards">{items}</ol>'
    )
    return page.document(title="Sources", body=body, root_path=root_path, current="sources")


def _list_item(document: SourceDocument, *, root_path: str) -> str:
    return (
        '<li class="rb-card">'
        f'<h2><a href="{source_href(document.source_id, root_path=root_path)}">'
        f"{escape(document.label)}</a></h2>"
        f"<p>{badge(document.evidence_type)}</p>"
        f"<p>{escape(document.reference)}</p>"
        f'<p class="rb-quiet">File: <code>{escape(document.path)}</code>, '
        f"characters {document.start} to {document.end}</p></li>"
    )


def source_page(
    stored: StoredSource,
    *,
    marked: tuple[int, int] | None,
    root_path: str,
    original: bool = False,
) -> str:
    """One source: what it is, where it stands, and its text.

    ``original``: the file it was read from can be opened.
    """
    document = stored.document
    text = annotate(
        stored.file.text,
        start=document.start,
        end=document.end,
        spans=_spans(stored),
        marked=marked,
    )
    body = (
        f"<h1>{escape(document.label)}</h1><p>{badge(document.evidence_type)}</p>"
        f'<p class="rb-lead">{escape(document.reference)}</p>{_comment_note(document)}'
        f"{_retraction_note(document)}"
        f"{_facts(document)}{_section_links(document)}"
        f"{_pages(stored, marked, original=original, root_path=root_path)}<h2>Text</h2>"
        f'<div class="rb-text" id="text" data-start="{document.start}">{text}</div>'
        f"{_check(document, marked)}"
        f'<p><a href="{escape(root_path)}/sources">All sources in this library</a></p>'
    )
    return page.document(
        title=document.label, body=body, root_path=root_path, scripts=("source.js",)
    )


def _comment_note(document: SourceDocument) -> str:
    if document.evidence_type is not EvidenceType.READER_COMMENT:
        return ""
    under = f" under {escape(document.about)}" if document.about else ""
    speaker = f" The writer: {escape(document.speaker)}." if document.speaker else ""
    return (
        f'<div class="rb-note"><p>A reader wrote this{under}. It is not part of the publisher’s '
        f"report or its findings.{speaker}</p></div>"
    )


def _retraction_note(document: SourceDocument) -> str:
    stated = document.field("retracted")
    if stated is None:
        return ""
    return (
        '<div class="rb-note"><p><strong>This work was retracted.</strong> Do not rely on its '
        f"findings. Its record says: “{escape(stated.value)}”.</p></div>"
    )


def _facts(document: SourceDocument) -> str:
    # Where the list of authors is one statement, its single names need no lines of their own.
    names = {field.name for field in document.fields}
    fields = [f for f in document.fields if f.name != "author" or "authors" not in names]
    rows = "".join(
        f"<div><dt>{escape(field.name.replace('_', ' ').capitalize())}</dt>"
        f'<dd>{escape(field.value)} <a class="rb-where" href="#c{field.start}-{field.end}">'
        f'in the text<span class="rb-hidden">: {escape(field.name)}</span></a></dd></div>'
        for field in fields
    )
    where = (
        f"<div><dt>File</dt><dd><code>{escape(document.path)}</code>, "
        f"characters {document.start} to {document.end}</dd></div>"
    )
    if document.also_at:
        others = "<br>".join(f"<code>{escape(path)}</code>" for path in document.also_at)
        where += f"<div><dt>Also in</dt><dd>{others}</dd></div>"
    return f'<h2>About this source</h2><dl class="rb-facts">{rows}{where}</dl>'


def _section_links(document: SourceDocument) -> str:
    links = "".join(
        f'<li><a href="#s{section.start}">{escape(section.title)}</a></li>'
        for section in document.sections
        if section.title
    )
    return f'<nav aria-label="Sections"><h2>Sections</h2><ul>{links}</ul></nav>' if links else ""


def _pages(
    stored: StoredSource, marked: tuple[int, int] | None, *, original: bool, root_path: str
) -> str:
    """Links to the pages' beginnings in the text, and to the original."""
    starts = list(_page_starts(stored))
    if not starts:
        return ""
    links = "".join(f'<li><a href="#page-{n}">{n}</a></li>' for n, _ in starts)
    document = stored.document
    number = stored.file.page_of(marked[0] if marked else starts[0][1])
    link = original_link(document.source_id, document.label, number, root_path=root_path)
    return (
        f'<nav aria-label="Pages"><h2>Pages</h2><ul class="rb-pages">{links}</ul></nav>'
        f"{f'<p>{link}</p>' if original else ''}"
    )


def _page_starts(stored: StoredSource) -> Iterable[tuple[int, int]]:
    """(number, offset in the text) of each page that the source has text on."""
    document, starts = stored.document, stored.file.page_starts
    for number, start in enumerate(starts, start=1):
        end = starts[number] if number < len(starts) else len(stored.file.text)
        if start < document.end and end > document.start:
            yield number, max(start, document.start)


def _spans(stored: StoredSource) -> Iterable[Span]:
    for number, start in _page_starts(stored):
        yield Span(start, start, f"page-{number}", "rb-page", f"Page {number}")
    for section in stored.document.sections:
        if section.title:
            yield Span(section.start, section.end, f"s{section.start}", "rb-section", section.title)
    for start, end in stored.units:
        yield Span(start, end, f"c{start}-{end}", "rb-unit")
    for field in stored.document.fields:
        yield Span(field.start, field.end, f"c{field.start}-{field.end}", "rb-unit")


def _check(document: SourceDocument, marked: tuple[int, int] | None) -> str:
    start, end = marked or (document.start, document.end)
    code = (
        f'text = open({document.path!r}, encoding="utf-8", newline="").read()\n'
        f"print(text[{start}:{end}])"
    )
    return (
        "<details><summary>Check this text yourself</summary><p>Offsets count characters from 0 "
        "in the stored text; the end is not included. For a text file, in Python:</p>"
        f"<pre><code>{page.exact(code)}</code></pre></details>"
    )


def _range(start: str, end: str, document: SourceDocument) -> tuple[int, int] | None:
    """The range asked for, None where it is no range of this source."""
    if not all(part.isascii() and part.isdigit() and len(part) < 12 for part in (start, end)):
        return None
    left, right = int(start), int(end)
    return (left, right) if document.start <= left < right <= document.end else None
