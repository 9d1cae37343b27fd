r"""PDF: the text of its pages, with page starts, headings, and what is furniture told apart.

    parsed = Pdf().parse(Content("library/policy.pdf", data))
    parsed.page_of(parsed.documents[0].sections[3].start)      # 7

The canonical text is the pages' text as pypdf extracts it, joined by ``"\n\f"``; ``page_starts``
says where each begins. Running headers, page numbers, contents lines and pages that come out
garbled stay in it and are left out of the search text. A scan is refused, since an empty source
would look as if it said nothing; pages without text are counted in the notes. With text recognition
switched on they are read, and the sections made of them say so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ingest.clean import blanked, is_blank, one_line
from ingest.parsers.content import Content
from ingest.parsers.flow import broken_paragraphs, furniture
from ingest.parsers.lines import lines
from ingest.parsers.ocr import Recogniser
from ingest.parsers.pdf_pages import PdfFile, PdfPage, read_pages
from ingest.parsers.sections import sections_between, sections_of
from ingest.parsers.typography import Heading, SetLine, headings, set_lines, title_of
from ingest.parsers.whole import document, printed, property_title
from ragbot.errors import EmptyFile, UnsupportedFile
from ragbot.types import MetadataField, ParsedFile, Section

KIND = "pdf"
PAGE_BREAK = "\n\f"
BY_OCR = "text recognition"  #: added to the section's name where the text was read from a picture
_HEADER = 1024  #: bytes within which "%PDF-" must stand (ISO 32000-1, annex H)
_SCAN_HINT = "It may be a scan: run text recognition (OCR) on it first."
_GARBLED = "comes out garbled: the fonts do not say which letters they draw."
_LEAST_WORDLIKE = 0.5  #: share of tokens that look like words, below which text is garbled
_ENOUGH_TOKENS = 20  #: fewer tokens say little: such a text is kept, with a note
_LATIN = re.compile(r"[\x00-\u024f‐-‟•…]+")
_WORDLIKE = re.compile(
    r"[(\[“\"‘']*(?:[^\W\d_]?[^\W\d_A-Z]+(?:[-’'/][^\W\d_]+)*|[A-Z]+s?|[\d.,:/%–-]+)[)\].,;:!?”\"’']*"
)
_ENOUGH_HEADINGS = 2  #: found by how they are set; with fewer, headings are told by their words


@dataclass(frozen=True, slots=True)
class _Text:
    """The canonical text, and what is known of it."""

    text: str
    page_starts: tuple[int, ...]
    lines: tuple[SetLine, ...]  #: in order, page by page, furniture left out
    skipped: tuple[tuple[int, int], ...]


class Pdf:
    """Recognises ``%PDF-``."""

    kind = KIND

    def __init__(self, *, recogniser: Recogniser | None = None) -> None:
        """``recogniser``: reads pages without text; None: they stay without."""
        self._recogniser = recogniser

    def sniff(self, content: Content) -> bool:
        """The PDF header near the beginning."""
        return b"%PDF-" in content.data[:_HEADER]

    def parse(self, content: Content) -> ParsedFile:
        """One source of the type ``document``, with page starts."""
        file = read_pages(content)
        if self._recogniser and any(is_blank(page.text) for page in file.pages):
            file = replace(file, pages=self._recogniser.fill(content, file.pages))
        notes = [*_page_notes(content.path, file.pages)]
        garbled = _garbled_pages(file.pages)
        made = _assemble(file.pages, garbled)
        notes += _garbled_notes(content.path, file.pages, garbled)
        found = headings(made.lines, outline=file.outline)
        sections = tuple(_sections(made, found, file.pages))
        if not sections:
            raise EmptyFile(f"{content.path} holds headings only.")
        fields = tuple(_fields(made, found, file))
        also = f"[PDF made on {file.made}.]" if file.made else ""
        return ParsedFile(
            path=content.path,
            sha256=content.sha256,
            text=made.text,
            kind=KIND,
            documents=(document(content.path, made.text, sections, fields=fields, also=also),),
            page_starts=made.page_starts,
            notes=tuple(notes),
            skipped=made.skipped,
        )


def _assemble(pages: Sequence[PdfPage], garbled: frozenset[int]) -> _Text:
    """The pages as one text; what is not to be searched; and the lines that are."""
    starts, position = [], 0
    for page in pages:
        starts.append(position)
        position += len(page.text) + len(PAGE_BREAK)
    text = PAGE_BREAK.join(page.text for page in pages)
    printed_lines = [
        lines(text, start, start + len(page.text))
        for start, page in zip(starts, pages, strict=True)
    ]
    aside = furniture(printed_lines)
    kept: list[SetLine] = []
    skipped: list[tuple[int, int]] = sorted(aside)
    for number, (page, start, found) in enumerate(zip(pages, starts, printed_lines, strict=True)):
        if number in garbled:
            skipped.append((start, start + len(page.text)))
            continue
        words = [line for line in found if (line.start, line.end) not in aside]
        kept += set_lines(words, text, page.runs, offset=start, page=number)
    skipped += broken_paragraphs(text, [line.line for line in kept])
    return _Text(text, tuple(starts), tuple(kept), tuple(sorted(skipped)))


def _sections(made: _Text, found: Sequence[Heading], pages: Sequence[PdfPage]) -> Iterator[Section]:
    """The sections; those read from pictures are cut at their pages and say so."""
    searched = blanked(made.text, made.skipped)
    if len(found) < _ENOUGH_HEADINGS:
        every = [*sections_of(searched)]
    else:
        heads = [(heading.title, heading.start, heading.end) for heading in found]
        every = [*sections_between(searched, heads)]
    if not any(page.recognised for page in pages):
        yield from every
        return
    edges = [*made.page_starts, len(made.text)]
    for section in every:
        for page, (start, end) in zip(pages, pairwise(edges), strict=True):
            first, last = max(section.start, start), min(section.end, end)
            if first < last and not is_blank(searched[first:last]):
                title = ", ".join(filter(None, (section.title, BY_OCR)))
                yield Section(title if page.recognised else section.title, first, last)


def _fields(made: _Text, found: Sequence[Heading], file: PdfFile) -> Iterator[MetadataField]:
    """Title and author of the properties, where the text prints them; else the title as set."""
    title = printed(made.text, "title", property_title(file.title)) or _first_line(made, file)
    if title:
        yield title
    elif largest := title_of(found, made.lines):
        yield MetadataField("title", largest.title, largest.start, largest.end)
    author = printed(made.text, "authors", file.author)
    if author and len(author.value.split()) > 1:
        yield author


def _first_line(made: _Text, file: PdfFile) -> MetadataField | None:
    """The first line, where it is the title of the properties, however short."""
    first = next((line.line for line in made.lines if not line.line.blank), None)
    wanted = one_line(file.title)
    if first is None or not wanted or first.text.casefold() != wanted.casefold():
        return None
    return MetadataField("title", wanted, first.start, first.end)


def _page_notes(path: str, pages: Sequence[PdfPage]) -> Iterator[str]:
    """Which pages have no text; an error where none has any."""
    empty = [number for number, page in enumerate(pages, 1) if is_blank(page.text)]
    if len(empty) == len(pages):
        raise EmptyFile(f"{path} has no text on its {len(pages)} pages.", hint=_SCAN_HINT)
    if empty:
        yield f"Pages without text: {len(empty)} of {len(pages)} ({ranges(empty)}). {_SCAN_HINT}"
    recognised = [number for number, page in enumerate(pages, 1) if page.recognised]
    if recognised:
        yield f"Pages read by text recognition (OCR): {ranges(recognised)}. Expect misreadings."


def _garbled_pages(pages: Sequence[PdfPage]) -> frozenset[int]:
    return frozenset(n for n, page in enumerate(pages) if _is_garbled(page.text, _ENOUGH_TOKENS))


def _garbled_notes(path: str, pages: Sequence[PdfPage], garbled: frozenset[int]) -> Iterator[str]:
    """What to say of text that is rubbish; an error where hardly anything is not."""
    readable = [p.text for n, p in enumerate(pages) if n not in garbled and not is_blank(p.text)]
    whole = "\n".join(page.text for page in pages)
    if not readable or _is_garbled(whole, _ENOUGH_TOKENS):
        raise UnsupportedFile(f"The text of {path} {_GARBLED}", hint=_SCAN_HINT)
    if garbled:
        numbers = sorted(number + 1 for number in garbled)
        yield f"The text of {len(numbers)} of {len(pages)} pages ({ranges(numbers)}) {_GARBLED}"
    elif _is_garbled(whole, 0):
        yield f"The text perhaps {_GARBLED}"


def _is_garbled(text: str, enough: int) -> bool:
    """Whether most of a mostly Latin text does not look like words."""
    tokens = text.split()
    latin = [token for token in tokens if _LATIN.fullmatch(token)]
    if 2 * len(latin) < len(tokens) or len(latin) < max(enough, 1):
        return False
    return sum(1 for token in latin if _WORDLIKE.fullmatch(token)) < _LEAST_WORDLIKE * len(latin)


def ranges(numbers: Sequence[int]) -> str:
    """Numbers in order as "1-3, 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
