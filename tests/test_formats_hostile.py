"""Files that lie, bomb or break: each is refused by itself, with what it is and what to do."""

from __future__ import annotations

import gzip
import io
import resource
import struct
import time
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsers.container import MOST_BYTES, MOST_MARKUP
from ingest.parsers.table import parse_file
from ragbot.errors import SourceError, UnsupportedFile
from tests.formats import parse
from tests.test_parser_documents import PAGE, epub, with_part, word
from tests.test_parser_exports import BIBTEX, NBIB, PUBMED_XML, RIS
from tests.test_parser_pdf import report


def assert_refused(data: bytes, match: str) -> SourceError:
    with pytest.raises(SourceError, match=match) as caught:
        parse_file("library/a.txt", data)
    assert "library/a.txt" in caught.value.message
    assert caught.value.hint
    return caught.value


def resident() -> int:
    """Bytes that this process has used at most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def bomb(name: str, size: int) -> bytes:
    """A DOCX one part of which unpacks to ``size`` bytes of blanks."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(word())) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            if part != name:
                new.writestr(part, old.read(part))
        with new.open(name, "w", force_zip64=True) as part_file:
            for _ in range(size // 1_000_000):
                part_file.write(b" " * 1_000_000)
    return out.getvalue()


def test_a_bomb_in_a_docx_is_refused_before_it_is_unpacked() -> None:
    data = bomb("word/document.xml", 60_000_000)
    before, began = resident(), time.process_time()
    assert_refused(data, "decompression bomb")
    assert time.process_time() - began < 2
    assert resident() - before < 20_000_000


def test_a_bomb_that_understates_its_size_is_refused() -> None:
    data = bytearray(bomb("word/document.xml", 60_000_000))
    for signature, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = 0
        while (at := data.find(signature, at)) >= 0:
            length = struct.unpack_from("<H", data, at + (28 if place == 24 else 26))[0]
            head = 46 if place == 24 else 30
            if data[at + head : at + head + length] == b"word/document.xml":
                struct.pack_into("<I", data, at + place, 2000)
            at += 4
    before = resident()
    assert_refused(bytes(data), "broken ZIP|bomb")
    assert resident() - before < 20_000_000


def test_many_parts_and_large_parts_are_refused() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for n in range(10_001):
            archive.writestr(f"word/document{n}.xml", "")
        archive.writestr("[Content_Types].xml", "")
    assert_refused(out.getvalue(), "10,002 parts")
    assert MOST_MARKUP < MOST_BYTES


LAUGHS = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;">]>'
)
READS_A_FILE = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.mark.parametrize("entities", [LAUGHS, READS_A_FILE])
def test_entities_are_refused_in_every_kind_of_xml(entities: str) -> None:
    body = PUBMED_XML[PUBMED_XML.index("<PubmedArticleSet>") :].replace("Letters are", "&a; are")
    assert_refused(f"{entities}{body}".encode(), "declares XML entities")
    article = f"{entities}<article><front><article-meta/></front><body><p>&a;</p></body></article>"
    assert_refused(article.encode(), "declares XML entities")
    part = f"{entities}<w:document xmlns:w='x'>&a;</w:document>"
    assert_refused(with_part(word(), "word/document.xml", part), "declares XML entities")
    assert_refused(
        epub({"a.xhtml": "<p>T.</p>"}, extra={"META-INF/encryption.xml": part}), "XML entities"
    )


def test_a_page_that_names_a_file_of_ours_does_not_get_it() -> None:
    parsed = parse(
        "<html><head><title>A page of links</title></head><body><p>See this page.</p>"
        '<object data="file:///etc/passwd"></object><iframe src="/etc/passwd"></iframe></body>'
    )
    assert "root:" not in parsed.text


def test_an_undeclared_entity_is_a_clear_error() -> None:
    assert_refused(PUBMED_XML.replace("Letters are", "&ours; are").encode(), "what is &ours;")
    assert "very cheap" in parse(PUBMED_XML.replace("are cheap", "are very&nbsp;cheap")).text


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"{\\rtf1\\ansi Hello.}", "an RTF document"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(40), "a 7-Zip archive"),
        (b"Rar!\x1a\x07\x00" + bytes(40), "a RAR archive"),
        (b"II*\x00" + bytes(40), "a TIFF image"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(40), "a film"),
        (b"RIFF\x00\x00\x00\x00WAVE" + bytes(40), "a sound"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40), "a protected Office document"),
        (gzip.compress(NBIB.encode()), "a gzip archive"),
        (b"MZ\x90\x00" + bytes(40), "a program"),
    ],
)
def test_other_files_are_named(data: bytes, what: str) -> None:
    assert_refused(data, what)


@pytest.mark.parametrize(
    ("part", "what"),
    [
        ("xl/workbook.xml", "an Excel workbook"),
        ("ppt/presentation.xml", "a PowerPoint presentation"),
        ("content.xml", "an OpenDocument file"),
        ("photo.jpg", "a ZIP archive of 1 files"),
    ],
)
def test_other_containers_are_named(part: str, what: str) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(part, "x")
    assert isinstance(assert_refused(out.getvalue(), what), UnsupportedFile)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (report(pages=1), "pdf"),
        (word(), "docx"),
        (epub({"a.xhtml": "<p>Text.</p>"}), "epub"),
        (PUBMED_XML.encode(), "pubmed_xml"),
        (PAGE.encode(), "html"),
        (NBIB.encode(), "medline"),
        (RIS.encode("utf-16"), "ris"),
        (BIBTEX.encode(), "bibtex"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("name", ["a.pdf", "a.csv", "no ending"])
def test_names_that_lie_change_nothing(data: bytes, kind: str, name: str) -> None:
    assert parse_file(f"library/{name}", data).kind == kind


def test_deep_nesting_ends() -> None:
    for deep in (
        "<div>" * 30_000 + "Deep text.",
        "<html><body>" + "<ul><li>" * 5_000 + "Deep text.",
        "<table><tr><td>" * 3_000 + "Deep text.",
    ):
        began = time.process_time()
        try:
            parse(deep)
        except SourceError as error:
            assert error.message
        assert time.process_time() - began < 20
    assert_refused(("<article><front></front>" + "<sec>" * 30_000).encode(), "broken XML")
    assert parse("> " * 3_000 + "# Deep\n\n## Text\n\nof it.").kind == "markdown"


@pytest.mark.parametrize(
    "text",
    [
        "<!-- a -->" * 3_000 + "x",
        "# H\n\n" + "<!--" * 1_500,
        "# H\n\n" + "-" * 50_000 + "x",
        "# H\n\n" + " " * 50_000 + "x",
        "# H\n\n" + "[a](" * 10_000,
        "# H\n\n" + "*_`" * 10_000,
        "@article{k, title = {" + "{" * 50_000,
        "@article{k, title = {T}, author = {A" + " " * 50_000 + "B}, abstract = {Text here.}}",
        'Title,Abstract,Year,DOI\n"T","' + '""' * 50_000,
        "TY  - JOUR\nTI  - T\nAB  - " + "A) " * 8_000 + "\nER  - \n",
        "PMID- 1\nAB  - " + "BACKGROUND " * 4_000 + "\n",
        "<p>" + "&lt;" * 50_000,
        "A" * 100_000,
        "." * 100_000,
    ],
    ids=lambda text: text[:12].strip(),
)
def test_texts_made_to_be_slow_are_not(text: str) -> None:
    began = time.process_time()
    try:
        parse(text)
    except SourceError as error:
        assert error.message
    assert time.process_time() - began < 10


SEEDS = [
    word(),
    epub({"a.xhtml": "<h1>A</h1><p>Text here.</p>"}),
    report(pages=1),
    PUBMED_XML.encode(),
]


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=8),
    st.floats(0.3, 1),
)
def test_damaged_files_are_a_file_or_a_clear_error(
    data: bytes, changes: list[tuple[float, int]], kept: float
) -> None:
    damaged = bytearray(data[: int(len(data) * kept)] if kept < 0.9 else data)
    for place, value in changes:
        damaged[int(place * (len(damaged) - 1))] = value
    try:
        parse(bytes(damaged))
    except SourceError as error:
        assert error.message
