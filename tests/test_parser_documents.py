"""Documents that people write: HTML, Markdown, DOCX, EPUB and JATS, made here."""

from __future__ import annotations

import io
import zipfile
from functools import cache
from urllib.parse import quote

import docx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsers.blocks import Block, write
from ingest.parsers.html_page import WHOLE_PAGE
from ingest.split import split_file
from ragbot.errors import EmptyFile, SourceError
from ragbot.types import EvidenceType
from tests.formats import bodies, parse, sections, shared, values

PAGE = """<!DOCTYPE html><html lang="en"><head><title>Asthma reviews in practice</title>
<meta name="author" content="Jane Doe"><meta property="article:published_time" content="2024-03-05">
<style>p{color:red}</style></head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/a">About us</a></li></ul></nav>
<main><article><h1>Asthma reviews in practice</h1>
<p>People with asthma should have a review <b>every year</b>. It takes 20 minutes and is
usually done by a nurse.</p>
<h2>What happens</h2><p>The nurse checks how the inhaler is used &amp; asks about symptoms at night.
They may change the dose.</p><ul><li>peak flow is measured</li><li>the plan is updated</li></ul>
<h2>How often</h2><table><tr><th>Age</th><th>Interval</th></tr>
<tr><td>under 5</td><td>6 months</td></tr></table>
<p>Some people need it more often, for example after an admission to hospital.</p>
<script>alert("x")</script></article></main>
<section id="comments" class="comments"><h3>Comments</h3>
<p>I hate reviews, they never help anybody.</p></section>
<footer><p>Copyright Example Trust. All rights reserved.</p></footer></html>"""


def test_html_gives_the_main_content_and_what_the_page_says_of_itself() -> None:
    parsed = parse(PAGE, "page.txt")
    assert parsed.kind == "html"
    assert parsed.notes == ()
    (document,) = parsed.documents
    assert document.evidence_type is EvidenceType.DOCUMENT
    assert document.reference == "Jane Doe. Asthma reviews in practice. 2024-03-05. File page.txt."
    found = sections(parsed, document)
    assert list(found) == [None, "What happens", "How often"]
    assert "- peak flow is measured" in found["What happens"]
    assert "under 5 | 6 months" in found["How often"]
    for gone in ("alert", "Copyright", "About us", "hate reviews", "color"):
        assert gone not in parsed.text


def test_a_page_without_main_content_is_taken_whole() -> None:
    parsed = parse("<html><body><div>Hi there. <br>Now go.</div></body></html>")
    assert parsed.text == "Hi there.\nNow go.\n"
    assert parsed.notes in ((), (WHOLE_PAGE,))


def test_the_encoding_that_a_page_declares() -> None:
    page = '<html><head><meta charset="iso-8859-15"></head><p>Es kostet 5 \u20ac.</p></html>'
    parsed = parse(page.encode("iso-8859-15"))
    assert "5 €." in parsed.text
    assert parsed.notes[0] == "Not UTF-8: read as iso-8859-15."


@pytest.mark.parametrize("page", ["<html></html>", "<p> </p>", "<html><script>x</script></html>"])
def test_a_page_without_text(page: str) -> None:
    with pytest.raises(EmptyFile, match="web page without text"):
        parse(page)


def test_a_hostile_page_is_only_text() -> None:
    parsed = parse(
        "<html><body><p>One &lt;script&gt;alert(1)&lt;/script&gt; word.</p>"
        "<p onclick='x()'>Two words &#0; here.</p><p>Three \x00 words.</body></html>"
    )
    assert "<script>alert(1)</script>" in parsed.text
    assert "onclick" not in parsed.text


MARKDOWN = """\
---
title: "Care at home"
author: Edda Holm
---
# Care at home

Intro with **bold** words, a [link](https://example.org/x_(y)?a=1) and `code`.

## Nurses

**They visit** every week. wo**r**d

```
# not a heading
```

Opening hours
-------------

| day | time |
| --- | --- |
| Mon | nine |

**Next steps**

- *first* thing
- second\\* thing

**Background** Nurses see wounds that inte-

grate badly into the day, and nobody counts them.
<!-- hidden -->
"""


def test_markdown_sections_and_search_text() -> None:
    parsed = parse(MARKDOWN, "care.txt")
    assert parsed.kind == "markdown"
    assert parsed.text == MARKDOWN
    (document,) = parsed.documents
    assert document.label == "Care at home"
    assert document.reference == "Edda Holm. Care at home. File care.txt."
    assert [s.title for s in document.sections] == [
        "Care at home",
        "Nurses",
        "Opening hours",
        "Next steps",
        "Background",
    ]
    searched = bodies(parsed)
    assert "Intro with bold words, a link and code." in searched
    assert "They visit every week. word" in searched
    assert "wounds that integrate badly" in searched
    assert "example.org" not in searched
    assert "hidden" not in searched
    assert "title:" not in searched
    quotes = [parsed.text[a:b] for c in split_file(parsed) for a, b in c.sentences]
    assert "**They visit** every week." in quotes


def test_markdown_conversions_of_real_pdfs() -> None:
    data = shared("nhs_real/bmc2024_district_nurse_needs_index.md")
    parsed = parse(data)
    assert parsed.text == data.decode()
    titles = [s.title for s in parsed.documents[0].sections]
    assert titles[2:6] == ["Background", "Methods", "Results", "Conclusion"]


@cache
def word(*, footnote: bool = False) -> bytes:
    made = docx.Document()
    made.core_properties.title = "Wound care in practice"
    made.core_properties.author = "python-docx"
    made.add_heading("Wound care in practice", 0)
    made.add_paragraph("Edda Holm wrote this policy.")
    made.add_heading("Who does it", 1)
    made.add_paragraph("Nurses see most wounds. They do it well.")
    made.add_paragraph("cleaning", style="List Bullet")
    made.add_paragraph("dressing", style="List Bullet")
    made.add_heading("How often", 2)
    table = made.add_table(rows=2, cols=2)
    for n, text in enumerate(("Wound", "Interval", "ulcer", "two days")):
        table.rows[n // 2].cells[n % 2].text = text
    out = io.BytesIO()
    made.save(out)
    data = out.getvalue()
    return with_part(data, "word/footnotes.xml", FOOTNOTES, note=True) if footnote else data


FOOTNOTES = (
    '<?xml version="1.0"?><w:footnotes xmlns:w="http://schemas.openxmlformats.org/wordprocessingml'
    '/2006/main"><w:footnote w:id="2"><w:p><w:r><w:t>Counted in 2019.</w:t></w:r></w:p>'
    "</w:footnote></w:footnotes>"
)


def with_part(data: bytes, name: str, text: str, *, note: bool = False) -> bytes:
    """The container with a part more, or another one in its place."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.namelist():
            body = old.read(part)
            if note and part == "word/document.xml":
                mark = b'<w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
                body = body.replace(
                    b"They do it well.</w:t></w:r></w:p>", b"They do it well.</w:t></w:r>" + mark
                )
                inserted = (
                    b"<w:ins><w:r><w:t> Inserted words.</w:t></w:r></w:ins>"
                    b"<w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del></w:p>"
                )
                body = body.replace(
                    b"wrote this policy.</w:t></w:r></w:p>",
                    b"wrote this policy.</w:t></w:r>" + inserted,
                )
            if note and part == "word/_rels/document.xml.rels":
                relation = (
                    b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/'
                    b'2006/relationships/footnotes" Target="footnotes.xml"/></Relationships>'
                )
                body = body.replace(b"</Relationships>", relation)
            if note and part == "[Content_Types].xml":
                kind = (
                    b'<Override PartName="/word/footnotes.xml" ContentType="application/vnd.openxml'
                    b'formats-officedocument.wordprocessingml.footnotes+xml"/></Types>'
                )
                body = body.replace(b"</Types>", kind)
            if part != name:
                new.writestr(part, body)
        new.writestr(name, text)
    return out.getvalue()


def test_docx_headings_lists_and_tables() -> None:
    parsed = parse(word(), "policy.pdf")
    assert parsed.kind == "docx"
    (document,) = parsed.documents
    assert document.label == "Wound care in practice"
    assert values(document) == {"title": "Wound care in practice"}
    assert sections(parsed, document) == {
        "Wound care in practice": "Edda Holm wrote this policy.",
        "Who does it": "Nurses see most wounds. They do it well.\n\n- cleaning\n\n- dressing",
        "How often": "Wound | Interval\n\nulcer | two days",
    }


def test_docx_footnotes_and_tracked_changes() -> None:
    parsed = parse(word(footnote=True))
    found = sections(parsed, parsed.documents[0])
    assert found["Notes"] == "- Counted in 2019." or found["Notes"] == "Counted in 2019."
    assert found["Wound care in practice"].endswith("policy. Inserted words.")
    assert "Gone" not in parsed.text
    assert "[1]" not in parsed.text


def test_a_real_docx() -> None:
    parsed = parse(shared("torture/word_sample.docx"), "a.txt")
    assert parsed.kind == "docx"
    assert "Swimming in the lake" in [s.title for s in parsed.documents[0].sections]


@pytest.mark.parametrize("length", [200, 5000, 20000])
def test_a_truncated_docx_is_a_clear_error(length: int) -> None:
    with pytest.raises(SourceError) as caught:
        parse(word()[:length])
    assert caught.value.hint


def epub(chapters: dict[str, str], *, extra: dict[str, str] | None = None) -> bytes:
    out = io.BytesIO()
    items = "".join(
        f'<item id="c{n}" href="text/{quote(name)}" media-type="application/xhtml+xml"/>'
        for n, name in enumerate(chapters)
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "OEBPS/book.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Handbook of visits</dc:title>'
            "<dc:creator>Edda Holm</dc:creator><dc:creator>Piet Vos</dc:creator>"
            "<dc:date>2011-03-04T00:00:00Z</dc:date></metadata>"
            f"<manifest>{items}</manifest><spine>{spine}</spine></package>",
        )
        for name, body in chapters.items():
            archive.writestr(f"OEBPS/text/{name}", f"<html><body>{body}</body></html>")
        for name, body in (extra or {}).items():
            archive.writestr(name, body)
    return out.getvalue()


def test_epub_chapters_in_the_order_of_the_spine() -> None:
    parsed = parse(
        epub(
            {
                "z first.xhtml": "<h1>Visits</h1><p>We visit&nbsp;people at home.</p>",
                "a.xhtml": "<h2>Notes</h2><p>Write them <em>at once</em>.</p><svg>x</svg>",
            }
        ),
        "book.zip",
    )
    assert parsed.kind == "epub"
    (document,) = parsed.documents
    assert document.reference == (
        "Edda Holm, Piet Vos. Handbook of visits. 2011-03-04. File book.zip."
    )
    assert sections(parsed, document) == {
        "Visits": "We visit\u00a0people at home.",
        "Notes": "Write them at once.",
    }


def test_broken_and_locked_books() -> None:
    with pytest.raises(EmptyFile, match="book without text"):
        parse(epub({"a.xhtml": ""}))
    with pytest.raises(SourceError, match="broken ZIP container"):
        parse(epub({"a.xhtml": "<p>Text.</p>"})[:500])
    lock = '<encryption xmlns="urn:x"><CipherReference URI="OEBPS/text/a.xhtml"/></encryption>'
    with pytest.raises(SourceError, match="DRM"):
        parse(epub({"a.xhtml": "<p>Text.</p>"}, extra={"META-INF/encryption.xml": lock}))


@pytest.mark.parametrize("name", ["PMC1475568.nxml", "PMC3187863.nxml"])
def test_real_full_texts(name: str) -> None:
    parsed = parse(shared(f"nhs_real/{name}"), name)
    assert parsed.kind == "jats"
    (document,) = parsed.documents
    assert document.label in ("DeWalt et al., 2006", "Bernitz et al., 2011")
    assert values(document)["doi"].startswith("10.1")
    titles = [s.title for s in document.sections]
    assert {"Background", "Methods", "Results", "Discussion"} & set(titles)


BLOCKS = st.lists(
    st.builds(
        Block,
        st.sampled_from(["heading", "text", "item", "row", "field"]),
        st.text(alphabet="ab c.\u00a0é", min_size=1, max_size=12).filter(lambda t: t.strip() == t),
        name=st.just("title"),
        label=st.sampled_from(["", "DOI"]),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(BLOCKS)
def test_what_is_written_stands_where_it_is_said_to(found: list[Block]) -> None:
    written = write(found)
    fields = [block for block in found if block.kind == "field"]
    assert [written.text[f.start : f.end] for f in written.fields] == [b.text for b in fields]
    covered = "".join(written.text[s.start : s.end] for s in written.sections)
    for block in found:
        if block.kind in ("text", "item", "row"):
            assert block.text in covered
    ends = [(s.start, s.end) for s in written.sections]
    assert ends == sorted(ends)
    assert all(start < end for start, end in ends)
