"""PDFs made with reportlab: headings, furniture, hyphens, columns, passwords, and scans."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Callable

import pytest
from pypdf import PdfReader, PdfWriter
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import getSampleStyleSheet
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Frame,
    PageBreak,
    PageTemplate,
    Paragraph,
    SimpleDocTemplate,
    Table,
)

from ingest.parsers.pdf import ranges
from ingest.parsers.table import parse_file
from ingest.split import split_file
from ragbot.errors import EmptyFile, UnsupportedFile
from tests.formats import assert_exact, bodies, parse, shared

NAMES = ("one", "two", "three", "four", "five", "six")
PROSE = "Nurses see most wounds in the community, and few of those visits are counted. "


def report(*, pages: int = 4, title: str = "") -> bytes:
    out = io.BytesIO()
    styles = getSampleStyleSheet()
    story: list[object] = [
        Paragraph("Wound care in the community", styles["Title"]),
        Paragraph("By Edda Holm", styles["Normal"]),
    ]
    for number in range(1, pages + 1):
        story.append(Paragraph(f"Finding {NAMES[number % 6]}", styles["Heading2"]))
        story += [Paragraph(PROSE * 8, styles["Normal"]) for _ in range(2)]
        if number < pages:
            story.append(PageBreak())

    def furniture(canvas: Canvas, doc: SimpleDocTemplate) -> None:
        canvas.setFont("Helvetica", 9)
        canvas.drawString(50, 810, "Community Nursing Report")
        canvas.drawString(300, 30, f"Page {doc.page} of {pages}")

    made = SimpleDocTemplate(out, pagesize=A4, title=title, author="Edda Holm", invariant=True)
    made.build(story, onFirstPage=furniture, onLaterPages=furniture)
    return out.getvalue()


def test_headings_are_told_by_their_size() -> None:
    parsed = parse(report(), "report.bin")
    (document,) = parsed.documents
    assert document.label == "Wound care in the community"
    assert [s.title for s in document.sections] == [
        "Wound care in the community",
        "Finding two",
        "Finding three",
        "Finding four",
        "Finding five",
    ]
    author = document.field("authors")
    assert author is not None
    assert parsed.text[author.start : author.end] == "Edda Holm"
    assert document.reference == (
        "Edda Holm. Wound care in the community. File report.bin. [PDF made on 2000-01-01.]"
    )


def test_running_headers_and_page_numbers_are_not_searched() -> None:
    parsed = parse(report())
    assert parsed.text.count("Community Nursing Report") == 4
    assert "Page 2 of 4" in parsed.text
    assert "Community Nursing Report" not in bodies(parsed)
    assert "Page 2 of 4" not in bodies(parsed)
    assert {chunk.page for chunk in split_file(parsed)} == {1, 2, 3, 4}


def lines_on_pages(
    pages: list[list[str]], *, draw: Callable[[Canvas], None] | None = None
) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    for lines in pages:
        if draw:
            draw(canvas)
        text = canvas.beginText(50, 780)
        for line in lines:
            text.textLine(line)
        canvas.drawText(text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


BROKEN = [
    [
        "Community Nursing",
        "The nurses who work in the villages say that they are",
        "often not able to do a thor-",
    ],
    [
        "Community Nursing",
        "ough assessment before the end of the visit, and that",
        "the next nurse begins again.",
    ],
    ["Community Nursing", "Nobody has counted how often that happens in a year."],
]


def test_a_sentence_across_pages_is_one_sentence_without_the_header() -> None:
    parsed = parse(lines_on_pages(BROKEN))
    assert (
        "The nurses who work in the villages say that they are often not able to do a thorough "
        "assessment before the end of the visit, and that the next nurse begins again."
    ) in bodies(parsed)
    (first, *_) = split_file(parsed)
    quote = parsed.text[slice(*first.sentences[0])]
    assert quote.startswith("The nurses")
    assert quote.endswith("begins again.")
    assert "thor-\n" in quote
    assert first.page == 1


def test_contents_lines_are_not_searched() -> None:
    contents = [
        "Contents",
        "Who does it ........................ 2",
        "How often . . . . . . . . . . . 3",
    ]
    parsed = parse(lines_on_pages([contents, ["Nurses do it. They do it well."]]))
    assert "...." not in bodies(parsed)
    assert "Nurses do it." in bodies(parsed)


def test_columns_are_read_one_after_the_other() -> None:
    out = io.BytesIO()
    body = getSampleStyleSheet()["Normal"]
    left, right = Frame(50, 50, 230, 740), Frame(300, 50, 230, 740)
    made = BaseDocTemplate(out, pagesize=A4, invariant=True)
    made.addPageTemplates([PageTemplate(frames=[left, right])])
    words = [f"Sentence number {n} says that nurses see wounds in village {n}." for n in range(160)]
    made.build([Paragraph(" ".join(words), body)])
    searched = bodies(parse(out.getvalue())).replace("\n", " ")
    for word in words:
        assert word in searched


def test_a_table_keeps_its_rows() -> None:
    out = io.BytesIO()
    SimpleDocTemplate(out, invariant=True).build(
        [Table([["Wound", "Interval"], ["ulcer", "two days"]])]
    )
    assert "Wound" in parse(out.getvalue()).text


@pytest.mark.parametrize("algorithm", ["RC4-128", "AES-128", "AES-256", "AES-256-R5"])
def test_encryption_with_an_empty_and_with_a_real_password(algorithm: str) -> None:
    for password in ("", "secret"):
        writer = PdfWriter(PdfReader(io.BytesIO(report(pages=1))))
        writer.encrypt(password, "owner", algorithm=algorithm)
        out = io.BytesIO()
        writer.write(out)
        if password:
            with pytest.raises(UnsupportedFile, match="protected by a password"):
                parse(out.getvalue())
        else:
            assert "Nurses see most wounds" in parse(out.getvalue()).text


def test_a_page_of_rubbish_among_good_ones_is_named_and_not_searched() -> None:
    rubbish = "3HQCaQtSURVWHGN 7KHTXLFNEURZQ #IR[ 0#XP$SV%RYHU WK3H OD]4 5GRJ Q0Z"
    good = [f"{PROSE}{n}" for n in range(8)]
    parsed = parse(lines_on_pages([good, [rubbish] * 5, good, good]))
    assert parsed.notes == (
        "The text of 1 of 4 pages (2) comes out garbled: the fonts do not say which letters they "
        "draw.",
    )
    assert "RVWHGN" in parsed.text
    assert "RVWHGN" not in bodies(parsed)


def test_a_title_of_one_word_counts_where_it_is_the_first_line() -> None:
    parsed = parse(
        lines_on_pages([["Asthma", PROSE]], draw=lambda canvas: canvas.setTitle("Asthma"))
    )
    assert parsed.documents[0].label == "Asthma"
    other = parse(lines_on_pages([[PROSE]], draw=lambda canvas: canvas.setTitle("Asthma")))
    assert other.documents[0].title is None


def test_bookmarks_are_headings_where_a_line_prints_them() -> None:
    def bookmarks(canvas: Canvas) -> None:
        for name in ("Symptoms of asthma", "treating it", "Not printed"):
            canvas.bookmarkPage(name)
            canvas.addOutlineEntry(name, name)

    page = ["Symptoms of asthma", PROSE, "treating it", PROSE]
    (document,) = parse(lines_on_pages([page], draw=bookmarks)).documents
    assert [s.title for s in document.sections] == ["Symptoms of asthma", "treating it"]


def test_four_hundred_pages() -> None:
    pages = int(os.environ.get("RAGBOT_TEST_PDF_PAGES", "60"))
    parsed = parse(lines_on_pages([[f"Page {n} of the book. {PROSE}"] * 6 for n in range(pages)]))
    assert len(parsed.page_starts) == pages
    assert parsed.page_of(parsed.text.index(f"Page {pages - 1} of the book")) == pages


def scan(*pages: str) -> bytes:
    """Pages that are pictures of text; "" for a page with a text layer."""
    from PIL import Image, ImageDraw, ImageFont
    from reportlab.lib.utils import ImageReader

    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    font = ImageFont.load_default(size=34)
    for text in pages:
        if text:
            picture = Image.new("L", (1240, 1754), 255)
            ImageDraw.Draw(picture).multiline_text((120, 160), text, fill=0, font=font, spacing=24)
            canvas.drawImage(ImageReader(picture), 0, 0, *A4)
        else:
            canvas.drawString(50, 700, "This page has a text layer of its own.")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


SCANNED = "Nurses see most wounds at home.\nNobody counts the visits."


def test_a_scan_is_refused_unless_recognition_is_asked_for() -> None:
    with pytest.raises(EmptyFile, match=r"no text on its 1 pages.*OCR"):
        parse(scan(SCANNED))


def test_a_scan_is_read_and_marked() -> None:
    if shutil.which("tesseract") is None:
        pytest.skip("SKIPPED: tesseract is not installed: text recognition is not tested here.")
    parsed = parse_file("library/scan.pdf", scan("", SCANNED), ocr=True)
    assert_exact(parsed)
    assert parsed.notes == ("Pages read by text recognition (OCR): 2. Expect misreadings.",)
    found = {chunk.page: (chunk.section, chunk.body) for chunk in split_file(parsed)}
    assert found[1][0] is None
    assert found[2][0] == "text recognition"
    assert "Nurses see most wounds at home." in found[2][1]


def test_recognition_leaves_a_picture_that_is_a_bomb_alone() -> None:
    with pytest.raises(EmptyFile):
        parse_file("library/bomb.pdf", shared("torture/jbig2_bomb.pdf"), ocr=True)


@pytest.mark.parametrize(
    ("numbers", "shown"), [([1], "1"), ([1, 2, 3, 5], "1-3, 5"), ([2, 4, 5], "2, 4-5")]
)
def test_page_numbers_in_words(numbers: list[int], shown: str) -> None:
    assert ranges(numbers) == shown
