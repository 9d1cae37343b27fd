r"""The pages of a PDF as pypdf gives them: text, how it is set, bookmarks, properties.

    file = read_pages(content)
    file.pages[0].text, file.pages[0].runs[0].size, file.title

pypdf is imported when the first PDF is met. Columns come in the order in which the file draws them,
which is the reading order in what TeX and word processors write. Pages that come word by word are
read again in pypdf's layout mode, which does not say how they are set.
"""

from __future__ import annotations

import io
import logging
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ingest.clean import is_blank, one_line
from ingest.parsers.content import Content
from ingest.parsers.typography import Run, is_bold
from ragbot.errors import SourceError, UnreadableFile, UnsupportedFile

if TYPE_CHECKING:
    from pypdf import PageObject, PdfReader

_SURROGATE = re.compile(r"[\ud800-\udfff]")
_WORD_BY_WORD = 1.5  #: words a line, on the average of a page, below which pypdf lost the lines
_ENOUGH_LINES = 20
_MOST_BOOKMARKS = 5000
_YEARS = (1990, 2100)  #: a date of making outside says that the clock was wrong
BROKEN = (  # what broken files raise inside pypdf, beside its own errors
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


@dataclass(frozen=True, slots=True)
class PdfPage:
    """One page."""

    text: str
    runs: tuple[Run, ...] = ()  #: empty where it is not known how the page is set
    recognised: bool = False  #: the text was read from a picture (OCR)


@dataclass(frozen=True, slots=True)
class PdfFile:
    """What was read of a file."""

    pages: tuple[PdfPage, ...]
    title: str = ""  #: of the properties, as they are
    author: str = ""
    made: str = ""  #: ISO date of making, "" where it is not known or makes no sense
    outline: frozenset[str] = frozenset()  #: bookmarks, case folded


def read_pages(content: Content) -> PdfFile:
    """Every page's text; "" for a page that cannot be read.

    Raises:
        UnreadableFile: the file is broken, or has no pages.
        UnsupportedFile: it needs a password, or an encryption that cannot be read.
    """
    from pypdf.errors import DependencyError, PyPdfError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs what the errors below say
    try:
        file = _read(content)
    except DependencyError as error:
        message = f"{content.path} is encrypted in a way that is not read ({error})."
        raise UnsupportedFile(
            message, hint="Install what it names (pip install cryptography), or save it without."
        ) from error
    except (PyPdfError, *BROKEN) as error:
        raise _broken(content.path, error) from error
    if file is None:
        message = f"{content.path} is protected by a password."
        raise UnsupportedFile(message, hint="Save it without one.")
    if not file.pages:
        raise UnreadableFile(f"{content.path} is a PDF without pages.")
    return file


def _read(content: Content) -> PdfFile | None:
    """The file, None where it needs a password."""
    from pypdf import PdfReader

    reader = PdfReader(io.BytesIO(content.data))
    if reader.is_encrypted and not reader.decrypt(""):
        return None
    pages = tuple(_pages(reader))
    title, author, made = _properties(reader)
    return PdfFile(pages, title, author, made, _outline(reader))


def _pages(reader: PdfReader) -> Iterator[PdfPage]:
    from pypdf.errors import DependencyError, PyPdfError

    for page in reader.pages:
        try:
            yield _page(page)
        except (DependencyError, PyPdfError, *BROKEN):
            yield PdfPage("")


def _page(page: PageObject) -> PdfPage:
    runs: list[Run] = []
    length = 0

    def visit(text: str, cm: list[float], tm: list[float], font: Any, size: float) -> None:  # noqa: ANN401
        nonlocal length
        if not is_blank(text):
            drawn = size * math.hypot(tm[2], tm[3]) * math.hypot(cm[2], cm[3])
            name = str(font.get("/BaseFont", "")) if font else ""
            runs.append(Run(length, round(drawn, 1), is_bold(name)))
        length += len(text)

    text = page.extract_text(visitor_text=visit) or ""
    filled = [line for line in text.splitlines() if line.strip()]
    words = sum(len(line.split()) for line in filled)
    if len(filled) >= _ENOUGH_LINES and words < _WORD_BY_WORD * len(filled):
        laid_out = page.extract_text(extraction_mode="layout") or ""
        lines = [" ".join(line.split()) for line in laid_out.splitlines()]
        again = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
        if again:
            return PdfPage(_SURROGATE.sub("\ufffd", again))
    return PdfPage(_SURROGATE.sub("\ufffd", text), tuple(runs) if length == len(text) else ())


def _properties(reader: PdfReader) -> tuple[str, str, str]:
    """Title, author and date of making; "" for each that is not there or cannot be read."""
    from pypdf.errors import PyPdfError

    try:
        properties = reader.metadata
        if not properties:
            return "", "", ""
        title, author = str(properties.title or ""), str(properties.author or "")
    except (PyPdfError, *BROKEN):
        return "", "", ""
    try:
        made = properties.creation_date
        sane = made is not None and _YEARS[0] <= made.year < _YEARS[1]
        return title, author, made.date().isoformat() if made and sane else ""
    except (PyPdfError, *BROKEN):
        return title, author, ""


def _outline(reader: PdfReader) -> frozenset[str]:
    """The titles of the bookmarks."""
    from pypdf.errors import PyPdfError

    found: set[str] = set()
    try:
        waiting: list[Any] = [*reader.outline]
    except (PyPdfError, *BROKEN):
        return frozenset()
    while waiting and len(found) < _MOST_BOOKMARKS:
        entry = waiting.pop()
        if isinstance(entry, list):
            waiting += entry
        else:
            found.add(one_line(str(entry.get("/Title", ""))).casefold())
    return frozenset(found - {""})


def _broken(path: str, error: Exception) -> SourceError:
    return UnreadableFile(
        f"{path} is a broken PDF ({type(error).__name__}: {error}).",
        hint="Open it in a PDF reader and save it again.",
    )
