"""The first seed: a report's page with readers' comments (SOURCES 1–6)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ingest.parsers.table import parse_file
from ingest.split import split_file
from ragbot.types import Chunk, EvidenceType, ParsedFile, SourceDocument

SEED = Path(__file__).parents[1] / "seeds" / "000_f7a70f3d400ee0f7.txt"
LEAD_IN = (
    "We found examples of good practice and positive stories of implementation, but to ensure "
    "successful implementation of the roles we make recommendations including:"
)
SHARED = "a clearer, shared vision for a multidisciplinary model of care"


@cache
def page() -> ParsedFile:
    return parse_file(f"seeds/{SEED.name}", SEED.read_bytes())


@cache
def chunks() -> tuple[Chunk, ...]:
    return split_file(page())


def parts() -> tuple[SourceDocument, SourceDocument, SourceDocument]:
    report, company, pharmacist = page().documents
    return report, company, pharmacist


def text_of(document: SourceDocument) -> str:
    return page().text[document.start : document.end]


def chunks_of(document: SourceDocument) -> list[Chunk]:
    return [chunk for chunk in chunks() if chunk.source_id == document.source_id]


def values(document: SourceDocument) -> dict[str, str]:
    return {field.name: field.value for field in document.fields}


def test_the_canonical_text_is_the_decoded_file() -> None:
    assert page().text == SEED.read_bytes().decode("utf-8")
    assert page().kind == "report_page"
    assert page().notes == ()


def test_sources_1_report_up_to_the_bare_line_comments() -> None:
    """SOURCES 1: three headed sections, then readers; the button is page furniture."""
    report, company, pharmacist = parts()
    assert [section.title for section in report.sections] == [
        "Background",
        "Our research",
        "Our findings",
    ]
    assert report.evidence_type is EvidenceType.REPORT
    assert (report.start, report.end) == (0, 5583)
    assert text_of(report).endswith("embedded in GP specialist training.")
    assert [d.evidence_type for d in (company, pharmacist)] == [EvidenceType.READER_COMMENT] * 2
    assert all("Add your comment" not in text_of(document) for document in page().documents)
    assert all("Add your comment" not in chunk.embedding_text for chunk in chunks())


def test_sources_1_section_bodies_leave_their_headings_out() -> None:
    report = parts()[0]
    begins = [page().text[section.start :][:20] for section in report.sections]
    assert begins == ["The King’s Fund has ", "This work focused on", "- We found that PCNs"]


def test_sources_2_two_comments_without_a_separator() -> None:
    """SOURCES 2: a new comment starts where a new speaker is introduced."""
    _, company, pharmacist = parts()
    assert text_of(company).startswith("A very interesting report – thank you")
    assert text_of(company).endswith("further successful implementation in the years to come.")
    assert text_of(pharmacist).startswith(
        "I am a clinical pharmacist with over 20 years experience"
    )
    assert text_of(pharmacist).endswith("a variant of the Medicines Optimisation Teams.")
    assert company.label == "Reader comment: Chief Nursing Officer at HN"
    assert pharmacist.label == "Reader comment: clinical pharmacist"
    assert company.about == pharmacist.about == "The King’s Fund report"


def test_sources_2_speakers_in_their_own_words() -> None:
    _, company, pharmacist = parts()
    assert company.speaker == "Chief Nursing Officer at HN, a healthcare company"
    assert pharmacist.speaker == (
        "clinical pharmacist with over 20 years experience working in primary care"
    )
    assert values(company) == {
        "speaker": company.speaker,
        "organisation": "HN",
        "company": "healthcare company",
    }


def test_sources_2_every_chunk_of_a_comment_says_who_speaks() -> None:
    _, company, pharmacist = parts()
    assert len(chunks_of(company)) > 3
    for chunk in chunks_of(company):
        assert "Reader comment. Chief Nursing Officer at HN, a healthcare company." in chunk.context
        assert "A company about its own service" in chunk.context
    for chunk in chunks_of(pharmacist):
        assert "Reader comment. clinical pharmacist with over 20 years" in chunk.context
        assert "company" not in chunk.context


def test_sources_2_the_reference_says_whose_words_they_are() -> None:
    _, company, pharmacist = parts()
    assert company.reference == (
        "Reader’s comment by “Chief Nursing Officer at HN, a healthcare company” under: "
        "The King’s Fund report. Not a finding of The King’s Fund. "
        "It speaks of that company’s own service. [Name and date not given.]"
    )
    assert "own service" not in pharmacist.reference


def test_sources_3_position_tells_report_from_comment() -> None:
    """SOURCES 3: one phrase stands word for word in the report and in a comment."""
    report, company, _ = parts()
    first = page().text.index(SHARED)
    second = page().text.index(SHARED, first + 1)
    assert report.start <= first < report.end
    assert company.start <= second < company.end
    types = [chunk.evidence_type for chunk in chunks() if SHARED in chunk.body]
    assert types == [EvidenceType.REPORT, EvidenceType.READER_COMMENT]


def test_sources_4_recommendations_keep_their_lead_in() -> None:
    """SOURCES 4: the last five bullets stand in one chunk with the bullet that leads them in."""
    last = chunks_of(parts()[0])[-1]
    quotes = [page().text[start:end] for start, end in last.sentences]
    assert quotes == [
        LEAD_IN,
        SHARED,
        "a comprehensive package of support for implementation of the scheme including improved "
        "support for clinical and managerial supervision",
        "streamlining and communicating current guidance and roadmaps in different ways that make "
        "them more accessible and practical for PCNs, practices and professionals to understand "
        "and implement",
        "a focus on future sustainability, including funding, estates strategy and career "
        "progression",
        "leadership and management skills development embedded in GP specialist training.",
    ]
    assert last.section == "Our findings"
    assert "Recommendations" in last.context.splitlines()
    assert all("Recommendations" not in chunk.context for chunk in chunks() if chunk != last)


def test_sources_4_with_little_room_the_lead_in_goes_into_the_context() -> None:
    small = [c for c in split_file(page(), max_chars=300) if c.source_id == parts()[0].source_id]
    items = [chunk for chunk in small if "Recommendations" in chunk.context.splitlines()]
    assert len(items) > 2
    assert page().text[items[0].start : items[0].end] == LEAD_IN
    assert all(LEAD_IN in chunk.context for chunk in items[1:])
    assert all(LEAD_IN not in chunk.body for chunk in items[1:])


def test_sources_4_a_short_bullet_is_one_unit_and_a_long_one_is_its_sentences() -> None:
    findings = [c for c in chunks_of(parts()[0]) if c.section == "Our findings"]
    units = [page().text[start:end] for chunk in findings for start, end in chunk.sentences]
    assert len(units) == 24
    assert not any(unit.startswith("-") for unit in units)
    place = units.index("A lack of an adequate estate is fast becoming an issue in many areas.")
    assert units[place + 1].startswith("The solutions will require expertise")
    assert units[-1] == (
        "leadership and management skills development embedded in GP specialist training."
    )


def test_sources_5_no_title_author_or_date_is_made_up() -> None:
    """SOURCES 5: commissioner, funder and grant number are what the text states."""
    report = parts()[0]
    assert values(report) == {
        "publisher": "The King’s Fund",
        "commissioner": "Department of Health and Social Care",
        "funder": "NIHR Policy Research Programme",
        "grant_number": "NIHR200702",
    }
    assert report.title is None
    assert report.label == "The King’s Fund report"
    assert report.reference == ("The King’s Fund. Report page. [Title, author and date not given.]")


def test_sources_5_every_field_says_where_it_is_printed() -> None:
    for document in page().documents:
        for field in document.fields:
            assert page().text[field.start : field.end] == field.value
            assert document.start <= field.start < field.end <= document.end


def test_sources_6_words_that_the_text_lacks_are_not_put_into_it() -> None:
    """SOURCES 6: FCP, SPLW, premises … are for the question side; here nothing is guessed."""
    report, _, pharmacist = parts()
    own = " ".join(chunk.embedding_text for chunk in chunks_of(report))
    for word in ("FCP", "SPLW", "premises", "SMR", "IIF", "PCPEP", "CPPE", "APEL"):
        assert word not in own
    theirs = chunks_of(pharmacist)
    for word in ("SMR", "IIF", "DES", "PCPEP", "CPPE", "APEL"):
        assert any(word in chunk.body for chunk in theirs)
        assert all(f"{word}:" not in chunk.context for chunk in theirs)


def test_sources_6_what_the_text_spells_out_is_searchable_both_ways() -> None:
    company = parts()[1]
    first_trials = next(c for c in chunks_of(company) if "randomised controlled trials" in c.body)
    assert "(RCT)" in first_trials.body


def test_ids_do_not_depend_on_the_file_name() -> None:
    other = parse_file("elsewhere/renamed.txt", SEED.read_bytes())
    assert [d.source_id for d in other.documents] == [d.source_id for d in page().documents]
    assert [d.source_id for d in page().documents] == [
        "the-kings-fund-report-8b00ef01",
        "reader-comment-chief-nursing-officer-at-72be7c80",
        "reader-comment-clinical-pharmacist-ce6782ca",
    ]
