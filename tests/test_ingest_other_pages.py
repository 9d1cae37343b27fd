"""Pages of our own invention: the parsers know kinds of pages by their structure, not the seeds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ingest.parsers.table import PARSERS, parse_file
from ingest.split import split_file
from ragbot.errors import EmptyFile
from ragbot.types import EvidenceType, ParsedFile, SourceDocument

LISTING = """\
journal article Walking groups and blood pressure: a cohort study in coastal towns

Coastal Health Review ◽ \u00a0
1998 ◽ \u00a0
Vol 7 (Spring) ◽ \u00a0
pp. 12–19 ◽ \u00a0
Author(s): \u00a0
Ana de la Cruz

OBJECTIVE To describe walking groups. DESIGN Cohort study. RESULTS Forty walkers (n=40) took part. \
Blood pressure fell by 3.5 mmHg vs. the year before. CONCLUSIONS Walking helps.

Does a reminder letter bring people back for their blood test?

2007 ◽ \u00a0
doi:10.1234/abc.5 ◽ \u00a0
Author(s): \u00a0
Bo Ek ◽ \u00a0
Mary O’Neil Jr ◽ \u00a0

Background. Letters are cheap. Methods. We sent 200 letters. Results. Sixty people came \
(see Table 2).

Author(s): \u00a0
Unn Dahl ◽ \u00a0
... \u00a0

BACKGROUND: Nurses see most wounds. WHAT THIS STUDY ADDS: Dressings by nurses heal as fast.

Save

Cite this article
"""

REPORT = """\
Night clinics in three market towns
By Edda Holm and Piet Vos
Published: 4 March 2011
What we did
Between 2009 and 2010 we visited three clinics. At the Northfield Trust, we talked to 12 nurses.
What we learned
The clinics differ in many ways:
- Staff change often
- Rooms are shared with the library
- Patients come without an appointment
It was funded by the Meadow Foundation (grant reference MF-22/7).
Readers' comments (3)
Hello. I am a practice manager in a small surgery. We closed our night clinic in 2008.
As a manager, I would not open it again.
As head of care at Elm Homes, a private provider of night care, I disagree. Our nurses fill the gap.
We are a mobile clinic company that tours villages. Rooms are no problem for us.
Leave a comment
"""

ENGLISH = [
    "Falls are common among older people. Many happen at “home”, and few are reported.",
    "We asked 30 carers about stairs. Interviews lasted an hour.",
    "Carers named lighting first. Handrails came second; nobody named shoes.",
]
RECORD_JSON = {
    "type": "article",
    "title": "Stairs and falls: what carers say",
    "authors": [{"name": "Tove Lind"}, {"name": "Sam Achebe"}],
    "journal": {"name": "Journal of Home Care", "volume": "3", "pages": "1-9"},
    "year": 2014,
    "doi": "10.5555/jhc.3.1",
    "abstract": "\n \n".join(ENGLISH).replace("“home”", '"home"'),
}
RECORD = (
    "\ufeffStairs and falls: what carers say\r\n\r\nTove Lind, Sam Achebe\r\n"
    + json.dumps(RECORD_JSON)
    + "\r\nDownload\r\n\r\nAbstract\r\n"
    + "\r\n".join(ENGLISH)
    + "\r\n\r\nRelated articles\r\nShoes and falls in hospital wards.\r\n"
)


def parse(text: str) -> ParsedFile:
    return parse_file("library/page.txt", text.encode("utf-8"))


def values(document: SourceDocument) -> dict[str, str]:
    return {field.name: field.value for field in document.fields if field.name != "author"}


def authors(document: SourceDocument) -> list[str]:
    return [field.value for field in document.fields if field.name == "author"]


def sections(parsed: ParsedFile, document: SourceDocument) -> dict[str | None, str]:
    return {s.title: parsed.text[s.start : s.end] for s in document.sections}


@pytest.mark.parametrize(
    ("text", "kind"),
    [(LISTING, "abstract_listing"), (REPORT, "report_page"), (RECORD, "record_page")],
)
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_the_kind_is_told_by_structure(text: str, kind: str, newline: str) -> None:
    parsed = parse(text.replace("\r\n", "\n").replace("\n", newline))
    assert parsed.kind == kind
    for document in parsed.documents:
        for field in document.fields:
            assert document.start <= field.start < field.end <= document.end
        for chunk in split_file(parsed):
            assert parsed.text[chunk.start : chunk.end].strip()


def test_a_listing_with_titles_capitals_full_stops_and_furniture() -> None:
    parsed = parse(LISTING)
    walking, letters, wounds = parsed.documents
    assert walking.title == "Walking groups and blood pressure: a cohort study in coastal towns"
    assert walking.label == "de la Cruz, 1998"
    assert walking.reference == (
        "de la Cruz A. Walking groups and blood pressure: a cohort study in coastal towns. "
        "Coastal Health Review. 1998;7(Spring):12–19."
    )
    assert list(sections(parsed, walking)) == ["OBJECTIVE", "DESIGN", "RESULTS", "CONCLUSIONS"]
    assert letters.title == "Does a reminder letter bring people back for their blood test?"
    assert letters.label == "Ek & O’Neil Jr, 2007"
    assert values(letters)["doi"] == "10.1234/abc.5"
    assert sections(parsed, letters) == {
        "Background": "Letters are cheap.",
        "Methods": "We sent 200 letters.",
        "Results": "Sixty people came (see Table 2).",
    }
    assert wounds.label == "Dahl et al., no date given"
    assert list(sections(parsed, wounds)) == ["BACKGROUND", "WHAT THIS STUDY ADDS"]
    assert parsed.text[wounds.start : wounds.end].endswith("heal as fast.")


def test_a_record_without_an_abstract_is_left_out_and_noted() -> None:
    parsed = parse(LISTING + "\n1999 ◽ \u00a0\nAuthor(s): \u00a0\nNo Body\n")
    assert len(parsed.documents) == 3
    assert parsed.notes == ("Records without an abstract, left out: 1.",)


def test_a_report_with_title_authors_date_and_another_publisher() -> None:
    parsed = parse(REPORT)
    report = parsed.documents[0]
    assert report.label == "Northfield Trust report"
    assert values(report) == {
        "title": "Night clinics in three market towns",
        "authors": "Edda Holm and Piet Vos",
        "publication_date": "4 March 2011",
        "publisher": "Northfield Trust",
        "funder": "Meadow Foundation",
        "grant_number": "MF-22/7",
    }
    assert authors(report) == ["Edda Holm", "Piet Vos"]
    assert report.reference == (
        "Northfield Trust. Holm E, Vos P. Night clinics in three market towns. 4 March 2011. "
        "Report page."
    )
    assert list(sections(parsed, report)) == ["What we did", "What we learned"]


def test_a_list_with_its_lead_in_stays_in_one_chunk() -> None:
    parsed = parse(REPORT)
    for max_chars in (160, 900):
        chunk = next(c for c in split_file(parsed, max_chars=max_chars) if "Staff" in c.body)
        assert [parsed.text[a:b] for a, b in chunk.sentences][:4] == [
            "The clinics differ in many ways:",
            "Staff change often",
            "Rooms are shared with the library",
            "Patients come without an appointment",
        ]


def test_comments_of_three_speakers_one_of_whom_reminds_of_a_role() -> None:
    manager, homes, clinic = parse(REPORT).documents[1:]
    assert manager.label == "Reader comment: practice manager"
    assert manager.speaker == "practice manager in a small surgery"
    assert manager.end - manager.start > len("Hello. I am a practice manager in a small surgery.")
    assert homes.label == "Reader comment: head of care at Elm Homes"
    assert homes.speaker == "head of care at Elm Homes, a private provider of night care"
    assert values(homes)["organisation"] == "Elm Homes"
    assert values(clinic)["company"] == "mobile clinic company"
    assert "own service" in homes.reference
    assert "own service" in clinic.reference
    assert "own service" not in manager.reference
    assert all(d.about == "Northfield Trust report" for d in (manager, homes, clinic))
    assert {d.sections[0].title for d in (manager, homes, clinic)} == {"Readers' comments (3)"}


def test_a_report_that_does_not_name_itself_is_a_report_page() -> None:
    text = (
        "What happened\nThe Ministry of Health has asked us to look at beds, and we did.\n"
        "This study has limits and we know them.\nComments\nVery good.\n"
    )
    report, comment = parse(text).documents
    assert report.label == "Report page"
    assert report.field("publisher") is None
    assert report.reference == "Report page. [Title, author and date not given.]"
    assert comment.label == "Reader comment"
    assert comment.speaker is None
    assert comment.reference == (
        "Reader’s comment under: Report page. Not a finding of the report. "
        "[Name and date not given.]"
    )


def test_a_record_with_other_keys_crlf_and_a_byte_order_mark() -> None:
    parsed = parse(RECORD)
    (document,) = parsed.documents
    assert parsed.text == RECORD
    assert document.label == "Lind & Achebe, 2014"
    assert document.reference == (
        "Lind T, Achebe S. Stairs and falls: what carers say. Journal of Home Care. "
        "2014;3:1-9. doi:10.5555/jhc.3.1."
    )
    assert [parsed.text[s.start : s.end] for s in document.sections] == ENGLISH
    assert all("Shoes and falls" not in chunk.body for chunk in split_file(parsed))


def test_a_record_whose_printed_abstract_has_headings_takes_those() -> None:
    printed = "Background: " + ENGLISH[0] + " Methods: " + ENGLISH[1] + " Results: " + ENGLISH[2]
    text = "Title\n" + json.dumps(RECORD_JSON) + "\nAbstract\n" + printed + "\n"
    (document,) = parse(text).documents
    assert [section.title for section in document.sections] == ["Background", "Methods", "Results"]
    own_lines = printed.replace("Background: ", "Background\n")
    own_lines = own_lines.replace(" Methods: ", "\nMethods\n").replace(" Results: ", "\nResults\n")
    (document,) = parse("Title\n" + json.dumps(RECORD_JSON) + "\nAbstract\n" + own_lines).documents
    assert [section.title for section in document.sections] == ["Background", "Methods", "Results"]


def test_a_record_that_prints_no_abstract_is_cited_within_its_json() -> None:
    text = json.dumps(RECORD_JSON, ensure_ascii=False) + "\n"
    parsed = parse(text)
    (document,) = parsed.documents
    assert [parsed.text[s.start : s.end] for s in document.sections][1:] == ENGLISH[1:]
    assert parsed.notes == (
        "The page does not print the abstract: it is cited within its JSON line.",
    )


def test_a_listing_that_has_come_apart_is_plain_text() -> None:
    """Lines in another order: what stands below ``Author(s):`` is no longer names and a text."""
    seed = Path(__file__).parents[1] / "seeds" / "001_6a3c12f13dd16704.txt"
    printed = seed.read_bytes().decode("utf-8").splitlines()
    for order in ([line for line in printed if line.strip()], sorted(printed), printed[::-1]):
        shuffled = parse("\n".join(order))
        assert shuffled.kind == "plain_text"
        assert len(shuffled.documents) == 1


def test_a_listing_without_any_abstract_is_refused_as_one() -> None:
    with pytest.raises(EmptyFile, match="lists records without an abstract"):
        parse("1999 ◽ \u00a0\nAuthor(s): \u00a0\nNo Body\n\n2001\nAuthor(s):\nBo Ek\n")


@pytest.mark.parametrize(
    "text",
    [
        "Just a paragraph. And another sentence.",
        "Comments\nNothing above it.",
        "A heading\nText of it.\nComments\n",
        '{"title": "Only a title"}\nText.',
        '{"title": "Broken", "abstract": "x"\nText.',
        "The author(s): we do not know.",
        "Letters\nAuthors:\nWe sent 200 letters to people at home.\n\nBackground\nSixty came.",
        "Methods\nWe asked.\nComment\nThis is what it means.",
        '{"title": "A", "abstract": "B", "doi": "c"}\n{"title": "D", "abstract": "E", "doi": "f"}',
        "{" * 2000,
    ],
)
def test_what_only_resembles_a_known_page_is_plain_text(text: str) -> None:
    parsed = parse(text)
    assert parsed.kind == "plain_text"
    assert parsed.notes[0] == "The kind of page is not known: indexed as plain text."
    assert parsed.documents[0].evidence_type is EvidenceType.DOCUMENT


def test_plain_text_has_the_sections_of_its_headings() -> None:
    text = (
        "# Care at home\n\nIntro text.\n\n## Nurses\n\nThey visit.\n\nOpening hours\n\nFrom nine.\n"
    )
    parsed = parse(text)
    (document,) = parsed.documents
    assert document.title == document.label == "Care at home"
    assert sections(parsed, document) == {
        "Care at home": "Intro text.",
        "Nurses": "They visit.",
        "Opening hours": "From nine.",
    }


def test_plain_text_without_a_title_is_labelled_by_its_file_but_identified_by_its_text() -> None:
    one = parse_file("a/one.txt", b"Some text.").documents[0]
    two = parse_file("b/two.txt", b"Some text.").documents[0]
    assert (one.label, two.label) == ("one.txt", "two.txt")
    assert one.reference == "File one.txt. [Title not given.]"
    assert one.source_id == two.source_id
    assert one.source_id.startswith("document-")


def test_the_same_abstract_pasted_as_plain_text_keeps_its_headings() -> None:
    text = "BackgroundNurses see wounds.AimTo count them.ResultsWe counted 12."
    parsed = parse(text)
    assert sections(parsed, parsed.documents[0]) == {
        "Background": "Nurses see wounds.",
        "Aim": "To count them.",
        "Results": "We counted 12.",
    }


def test_every_parser_has_a_kind_of_its_own() -> None:
    assert [parser.kind for parser in PARSERS] == [
        "pdf",
        "docx",
        "epub",
        "pubmed_xml",
        "jats",
        "html",
        "medline",
        "ris",
        "bibtex",
        "csv_export",
        "record_page",
        "abstract_listing",
        "report_page",
        "markdown",
        "plain_text",
    ]
