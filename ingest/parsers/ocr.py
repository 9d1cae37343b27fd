"""Text recognition for pages without text, by tesseract or ocrmypdf where they are installed.

    recogniser = find_recogniser()                    # None where neither is installed
    pages = recogniser.fill(content, file.pages)      # pages[2].recognised is True

Off unless the operator asks for it: it takes seconds a page and misreads. ocrmypdf reads whole
pages; tesseract alone reads the largest picture of a page, which is the page in a scan. Both run as
programs of their own, with a time limit; pictures of absurd size are not unpacked.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from ingest.clean import is_blank
from ingest.parsers.content import Content
from ingest.parsers.pdf_pages import BROKEN, PdfPage

if TYPE_CHECKING:
    from pypdf import PageObject

SECONDS_A_PAGE = 60
_MOST_PIXELS = 60_000_000  #: A4 at 800 dpi has 62 million
_LEAST_PIXELS = 200_000  #: a smaller picture is a logo, not a page


class Recogniser(Protocol):
    """Reads pages that are pictures."""

    def fill(self, content: Content, pages: Sequence[PdfPage]) -> tuple[PdfPage, ...]:
        """``pages`` with the text of those that had none, as far as it can be read."""
        ...


def find_recogniser() -> Recogniser | None:
    """The one that is installed, ocrmypdf before bare tesseract; None where there is none."""
    tesseract = shutil.which("tesseract")
    ocrmypdf = shutil.which("ocrmypdf")
    if ocrmypdf and tesseract:
        return OcrMyPdf(ocrmypdf)
    return Tesseract(tesseract) if tesseract else None


@dataclass(frozen=True, slots=True)
class OcrMyPdf:
    """ocrmypdf: straightens, reads, and gives the PDF back with a text layer."""

    program: str

    def fill(self, content: Content, pages: Sequence[PdfPage]) -> tuple[PdfPage, ...]:
        """See ``Recogniser``; the pages as they are where the program fails."""
        from ingest.parsers.pdf_pages import read_pages
        from ragbot.errors import SourceError

        empty = sum(1 for page in pages if is_blank(page.text))
        command = [self.program, "--skip-text", "--quiet", "--output-type", "pdf", "-", "-"]
        data = _run(command, content.data, seconds=SECONDS_A_PAGE * empty)
        try:
            read = read_pages(Content(content.path, data)).pages if data else ()
        except SourceError:
            read = ()
        if len(read) != len(pages):
            return tuple(pages)
        return tuple(_filled(old, new.text) for old, new in zip(pages, read, strict=True))


@dataclass(frozen=True, slots=True)
class Tesseract:
    """tesseract on the largest picture of each page."""

    program: str

    def fill(self, content: Content, pages: Sequence[PdfPage]) -> tuple[PdfPage, ...]:
        """See ``Recogniser``."""
        from pypdf import PdfReader

        reader = PdfReader(io.BytesIO(content.data))
        if reader.is_encrypted:
            reader.decrypt("")
        return tuple(
            _filled(page, self._read(reader.pages[number])) if is_blank(page.text) else page
            for number, page in enumerate(pages)
        )

    def _read(self, page: PageObject) -> str:
        picture = _picture(page)
        if picture is None:
            return ""
        text = _run([self.program, "-", "-"], picture, seconds=SECONDS_A_PAGE)
        return text.decode("utf-8", "replace").replace("\f", "").strip()


def _filled(page: PdfPage, text: str) -> PdfPage:
    return page if is_blank(text) or not is_blank(page.text) else PdfPage(text, recognised=True)


def _picture(page: PageObject) -> bytes | None:
    """The largest picture of a page as PNG, None where there is none that may be a page."""
    from pypdf.errors import DependencyError, PyPdfError

    best: tuple[int, str] | None = None
    try:
        resources: Any = page["/Resources"]
        for name, entry in resources["/XObject"].items():
            size = _pixels(entry.get_object())
            if _LEAST_PIXELS <= size <= _MOST_PIXELS and (best is None or size > best[0]):
                best = (size, name)
        if best is None:
            return None
        image: Any = page.images[best[1]].image
        out = io.BytesIO()
        image.convert("L").save(out, "PNG")
    except (DependencyError, PyPdfError, *BROKEN):
        return None
    return out.getvalue()


def _pixels(entry: Any) -> int:  # noqa: ANN401 (pypdf's objects)
    if entry.get("/Subtype") != "/Image":
        return 0
    return int(entry.get("/Width", 0)) * int(entry.get("/Height", 0))


def _run(command: Sequence[str], data: bytes, *, seconds: float) -> bytes:
    """The program's output, b"" where it fails or takes too long."""
    try:
        done = subprocess.run(  # noqa: S603 (programs found on PATH; no shell, no names of ours)
            command, input=data, capture_output=True, timeout=seconds, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return b""
    return done.stdout if done.returncode == 0 else b""
