"""PDF files, made here from a few lines of PDF."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from ingest.parsers.table import parse_file
from ingest.split import split_file
from ragbot.errors import EmptyFile, SourceError, UnreadableFile, UnsupportedFile
from ragbot.types import EvidenceType


def pdf(pages: Sequence[Sequence[str]], *, title: str = "", drawn: str = "") -> bytes:
    """A PDF with the given lines on each page; ``drawn`` adds operators to the first."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, lines in enumerate(pages):
        shown = "".join(f"({line}) Tj T* " for line in lines)
        stream = f"BT /F1 12 Tf 14 TL 50 750 Td {shown}ET" if lines else ""
        stream += drawn if n == 0 else ""
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    objects.append(f"<< /Title ({title}) >>")
    out = io.BytesIO(b"%PDF-1.4\n")
    out.seek(0, io.SEEK_END)
    places = []
    for n, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{n} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write("".join(f"{place:010} 00000 n \n" for place in places).encode())
    info = len(objects)
    out.write(f"trailer << /Size {info + 1} /Root 1 0 R /Info {info} 0 R >>\n".encode())
    out.write(f"startxref\n{start}\n%%EOF".encode())
    return out.getvalue()


FIRST = ["Walking and health in towns", "Walking is good for people.", "It costs nothing at all."]
SECOND = ["Some walk every day of", "the week. Others do not."]


def test_pages_become_text_with_page_starts() -> None:
    parsed = parse_file("library/walks.pdf", pdf([FIRST, SECOND]))
    assert parsed.kind == "pdf"
    assert parsed.text == "\n".join(FIRST) + "\n\n\f" + "\n".join(SECOND) + "\n"
    assert parsed.page_starts == (0, parsed.text.index("Some walk"))
    assert parsed.notes == ()
    (document,) = parsed.documents
    assert document.evidence_type is EvidenceType.DOCUMENT
    assert document.label == "walks.pdf"
    assert document.title is None


def test_a_citation_of_a_pdf_has_its_page() -> None:
    parsed = parse_file("library/walks.pdf", pdf([FIRST, SECOND]))
    chunks = split_file(parsed, max_chars=60)
    pages = {parsed.text[c.start : c.end].split()[0]: c.page for c in chunks}
    assert pages["Walking"] == 1
    assert pages["Some"] == 2


def test_a_title_of_the_properties_counts_where_the_text_prints_it() -> None:
    parsed = parse_file("library/a.pdf", pdf([FIRST], title="Walking and Health in Towns"))
    field = parsed.documents[0].field("title")
    assert field is not None
    assert field.value == "Walking and Health in Towns"
    assert parsed.text[field.start : field.end] == FIRST[0]


@pytest.mark.parametrize("title", ["Microsoft Word - walks.docx", "untitled", "A title not in it"])
def test_other_titles_of_the_properties_do_not(title: str) -> None:
    assert parse_file("library/a.pdf", pdf([FIRST], title=title)).documents[0].title is None


def test_pages_without_text_are_counted() -> None:
    parsed = parse_file("library/a.pdf", pdf([FIRST, [], []]))
    assert parsed.notes == (
        "Pages without text: 2 of 3 (2-3). It may be a scan: run text recognition (OCR) on it "
        "first.",
    )


def test_a_scan_is_refused() -> None:
    with pytest.raises(EmptyFile, match="has no text on its 2 pages"):
        parse_file("library/a.pdf", pdf([[], []]))


def test_words_one_a_line_are_put_back_into_lines() -> None:
    """As word processors draw them: every word, and the space after it in another size, alone."""
    words = " ".join([*FIRST[1:], *SECOND] * 2).split()
    drawn = ""
    for n, word in enumerate(words):
        x, y = 50 + 70 * (n % 6), 700 - 14 * (n // 6)
        drawn += f"BT /F1 12 Tf 1 0 0 1 {x} {y} Tm ({word}) Tj ET "
        drawn += f"BT /F1 1 Tf 1 0 0 1 {x + 40} {y + 6} Tm ( ) Tj ET "
    parsed = parse_file("library/a.pdf", pdf([[]], drawn=drawn))
    assert parsed.text.splitlines()[0] == "Walking is good for people. It"
    assert parsed.text.split() == words


def test_letters_that_mean_nothing_are_refused() -> None:
    line = "3HQCaQtSURVWHGN 7KHTXLFNEURZQ #IR[ 0#XP$SV%RYHU WK3H OD]4\\\\ 5GRJ Q0Z"
    with pytest.raises(UnsupportedFile, match="comes out garbled"):
        parse_file("library/a.pdf", pdf([[line] * 5]))


def test_a_password_is_a_clear_error() -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf([FIRST]))))
    writer.encrypt("secret", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(UnsupportedFile, match="protected by a password"):
        parse_file("library/a.pdf", out.getvalue())


def test_an_empty_password_opens() -> None:
    from pypdf import PdfReader, PdfWriter

    writer = PdfWriter(PdfReader(io.BytesIO(pdf([FIRST]))))
    writer.encrypt("", "owner", algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    assert "Walking is good" in parse_file("library/a.pdf", out.getvalue()).text


@pytest.mark.parametrize("data", [b"%PDF-1.7", b"%PDF-1.4\n" + b"junk " * 50, pdf([FIRST])[:300]])
def test_broken_files_are_clear_errors(data: bytes) -> None:
    with pytest.raises(UnreadableFile, match="is a broken PDF") as caught:
        parse_file("library/a.pdf", data)
    assert caught.value.hint


def test_every_truncation_is_a_file_or_a_clear_error() -> None:
    data = pdf([FIRST, SECOND])
    for length in range(20, len(data), 97):
        try:
            parse_file("library/a.pdf", data[:length])
        except SourceError as error:
            assert error.message
