r"""PDF, by pypdf, which is imported when the first PDF is met.

The canonical text is the pages' text, joined by ``"\n\f"``; ``page_starts`` says where each begins.
Pages that pypdf gives word by word are read again in its layout mode. Scans are not read (no OCR):
pages without text are counted in the notes, and a file without any is refused, since an empty
source would look as if it said nothing. So is text that fonts without a character map turned into
rubbish. Columns come in the order in which pypdf gives them.
"""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ingest.clean import is_blank, one_line
from ingest.parsers.content import Content
from ingest.parsers.plain_text import document
from ingest.parsers.sections import sections_of
from ragbot.errors import EmptyFile, SourceError, UnreadableFile, UnsupportedFile
from ragbot.types import MetadataField, ParsedFile

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

KIND = "pdf"
PAGE_BREAK = "\n\f"
_HEADER = 1024  #: bytes within which "%PDF-" must stand (ISO 32000-1, annex H)
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SCAN_HINT = "It may be a scan: run text recognition (OCR) on it first."
_GARBLED = "comes out garbled: the fonts do not say which letters they draw."
_WORD_BY_WORD = 1.5  #: words a line, on the average of a page, below which pypdf lost the lines
_ENOUGH_LINES = 20
_LEAST_WORDLIKE = 0.5  #: share of tokens that look like words, below which text is garbled
_ENOUGH_TOKENS = 20  #: fewer tokens say little: such a text is kept, with a note
_LATIN = re.compile(r"[\x00-\u024f‐-‟•…]+")
_WORDLIKE = re.compile(
    r"[(\[“\"‘']*(?:[^\W\d_]?[^\W\d_A-Z]+(?:[-’'/][^\W\d_]+)*|[A-Z]+s?|[\d.,:/%–-]+)[)\].,;:!?”\"’']*"
)
_TITLE_WORDS = 3  #: a title in the document's properties with fewer is rarely one
_FILE_NAME = re.compile(
    r"\.(?:docx?|pdf|indd|pptx?|xlsx?|tex)\s*$|^(?:microsoft \w+|untitled)\b", re.IGNORECASE
)
_BROKEN = (  # what broken files raise inside pypdf, beside its own errors
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    NotImplementedError,
    OSError,
    RecursionError,
    TypeError,
    ValueError,
)


class Pdf:
    """Recognises ``%PDF-``."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """The PDF header near the beginning."""
        return b"%PDF-" in content.data[:_HEADER]

    def parse(self, content: Content) -> ParsedFile:
        """One source of the type ``document``, with page starts."""
        pages, title = _read(content)
        text, page_starts = _join(pages)
        notes = tuple(_notes(content.path, pages, text))
        return ParsedFile(
            path=content.path,
            sha256=content.sha256,
            text=text,
            kind=KIND,
            documents=(
                document(
                    content.path, text, tuple(sections_of(text)), title=_title_field(text, title)
                ),
            ),
            page_starts=page_starts,
            notes=notes,
        )


def _read(content: Content) -> tuple[list[str], str]:
    """The text of each page, and the title in the document's properties."""
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs what the errors below say
    try:
        reader = PdfReader(io.BytesIO(content.data))
        if reader.is_encrypted and not reader.decrypt(""):
            pages, title = None, ""
        else:
            pages, title = [*_pages(reader)], _title(reader)
    except DependencyError as error:
        message = f"{content.path} is encrypted in a way that is not read ({error})."
        raise UnsupportedFile(message, hint="Save it without encryption.") from error
    except (PyPdfError, *_BROKEN) as error:
        raise _broken(content.path, error) from error
    if pages is None:
        message = f"{content.path} is protected by a password."
        raise UnsupportedFile(message, hint="Save it without one.")
    if not pages:
        raise UnreadableFile(f"{content.path} is a PDF without pages.")
    return pages, title


def _pages(reader: PdfReader) -> Iterator[str]:
    """Each page's text; "" for a page that cannot be read, which then counts as one without."""
    from pypdf.errors import DependencyError, PyPdfError

    for page in reader.pages:
        try:
            yield _SURROGATE.sub("\ufffd", _page_text(page))
        except (DependencyError, PyPdfError, *_BROKEN):
            yield ""


def _page_text(page: PageObject) -> str:
    text = page.extract_text() or ""
    filled = [line for line in text.splitlines() if line.strip()]
    words = sum(len(line.split()) for line in filled)
    if len(filled) < _ENOUGH_LINES or words >= _WORD_BY_WORD * len(filled):
        return text
    laid_out = page.extract_text(extraction_mode="layout") or ""
    lines = [" ".join(line.split()) for line in laid_out.splitlines()]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n") or text


def _title(reader: PdfReader) -> str:
    properties = reader.metadata
    return str(properties.title or "") if properties else ""


def _broken(path: str, error: Exception) -> SourceError:
    return UnreadableFile(
        f"{path} is a broken PDF ({type(error).__name__}: {error}).",
        hint="Open it in a PDF reader and save it again.",
    )


def _join(pages: Sequence[str]) -> tuple[str, tuple[int, ...]]:
    starts, position = [], 0
    for page in pages:
        starts.append(position)
        position += len(page) + len(PAGE_BREAK)
    return PAGE_BREAK.join(pages), tuple(starts)


def _notes(path: str, pages: Sequence[str], text: str) -> Iterator[str]:
    """What is wrong with the text; an error where hardly anything is right."""
    empty = sum(1 for page in pages if is_blank(page))
    if empty == len(pages):
        raise EmptyFile(f"{path} has no text on its {len(pages)} pages.", hint=_SCAN_HINT)
    if empty:
        yield f"Pages without text: {empty} of {len(pages)}. {_SCAN_HINT}"
    tokens = text.split()
    latin = [token for token in tokens if _LATIN.fullmatch(token)]
    wordlike = sum(1 for token in latin if _WORDLIKE.fullmatch(token))
    if 2 * len(latin) < len(tokens) or wordlike >= _LEAST_WORDLIKE * len(latin):
        return
    if len(latin) >= _ENOUGH_TOKENS:
        raise UnsupportedFile(f"The text of {path} {_GARBLED}", hint=_SCAN_HINT)
    yield f"The text perhaps {_GARBLED}"


def _title_field(text: str, title: str) -> MetadataField | None:
    """The title of the properties, where the text prints it too: only then it has a place."""
    wanted = one_line(title)
    if len(wanted.split()) < _TITLE_WORDS or _FILE_NAME.search(wanted):
        return None
    pattern = r"\s+".join(re.escape(word) for word in wanted.split())
    match = re.search(pattern, text, re.IGNORECASE)
    return MetadataField("title", wanted, *match.span()) if match else None
