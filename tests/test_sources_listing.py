"""The second seed: a listing of eleven abstracts (SOURCES 7–19)."""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from ingest.clean import search_text
from ingest.parsers.table import parse_file
from ingest.split import split_file
from ragbot.types import Chunk, EvidenceType, ParsedFile, SourceDocument

SEED = Path(__file__).parents[1] / "seeds" / "001_6a3c12f13dd16704.txt"
TITLE = (
    "Delivering a primary care-based social prescribing initiative: a qualitative study of the "
    "benefits and challenges"
)


@cache
def page() -> ParsedFile:
    return parse_file(f"seeds/{SEED.name}", SEED.read_bytes())


@cache
def chunks() -> tuple[Chunk, ...]:
    return split_file(page())


def source(name: str) -> SourceDocument:
    (found,) = [document for document in page().documents if document.label.startswith(name)]
    return found


def values(document: SourceDocument) -> dict[str, str]:
    return {field.name: field.value for field in document.fields if field.name != "author"}


def titles(name: str) -> list[str | None]:
    return [section.title for section in source(name).sections]


def body(name: str, title: str | None) -> str:
    (section,) = [section for section in source(name).sections if section.title == title]
    return page().text[section.start : section.end]


def sentences(name: str, title: str | None = None) -> list[str]:
    return [
        page().text[start:end]
        for chunk in chunks()
        if chunk.source_id == source(name).source_id and title in (None, chunk.section)
        for start, end in chunk.sentences
    ]


def test_the_canonical_text_is_the_decoded_file() -> None:
    assert page().text == SEED.read_bytes().decode("utf-8")
    assert page().kind == "abstract_listing"


def test_sources_7_citation_lines_belong_to_the_record_below_them() -> None:
    """SOURCES 7: records begin at their citation lines; the second has none."""
    years = [values(document).get("year") for document in page().documents]
    assert years == [
        "2018", None, "2020", "2018", "2019", "2018", "2021", "2021", "2021", "2016", "2015",
    ]  # fmt: skip
    norman = source("Norman")
    assert page().text[norman.start :].startswith("Claire Norman")
    assert page().text[source("Sinnott").start :].startswith("2020 ◽")
    assert page().text[source("Fagerlund").start :].startswith("BMJ Open ◽")


def test_sources_7_every_source_is_an_abstract_and_none_overlaps_another() -> None:
    documents = page().documents
    assert len(documents) == 11
    assert {document.evidence_type for document in documents} == {EvidenceType.ABSTRACT}
    for before, after in pairwise(documents):
        assert before.end < after.start


def test_sources_8_labels() -> None:
    """SOURCES 8: authors and year; a title only where the file gives one."""
    assert [document.label for document in page().documents] == [
        "Skivington et al., 2018",
        "Norman, Wildman & Sowden, no date given",
        "Sinnott et al., 2020",
        "Vennik et al., 2018",
        "Fagerlund et al., 2019",
        "Riding et al., 2018",
        "Warwick-Giles et al., 2021",
        "Lyness et al., 2021",
        "Jensen & Bungay, 2021",
        "Whitelaw et al., 2016",
        "Zhang et al., 2015",
    ]
    assert [document.title for document in page().documents] == [TITLE, *[None] * 10]
    assert all("scholarly journals" not in chunk.embedding_text for chunk in chunks())


def test_sources_9_journals_are_not_read_into_identifiers() -> None:
    """SOURCES 9: two records name a journal; the identifiers stay identifiers."""
    journals = {d.label: values(d)["journal"] for d in page().documents if "journal" in values(d)}
    assert journals == {
        "Fagerlund et al., 2019": "BMJ Open",
        "Lyness et al., 2021": "BJGP Open",
    }
    assert values(source("Riding"))["article_id"] == "bjgp18X697445"
    assert values(source("Warwick-Giles"))["article_id"] == "BJGP.2020.0917"
    assert values(source("Lyness"))["article_id"] == "BJGPO.2021.0014"


@pytest.mark.parametrize(
    ("name", "reference"),
    [
        (
            "Skivington",
            f"Skivington K, Smith M, Chng NR, Mackenzie M, Wyke S, et al. {TITLE}. "
            "2018;68(672):e487-e494. [Journal not given.]",
        ),
        ("Norman", "Norman C, Wildman JM, Sowden S. [Title, journal and date not given.]"),
        (
            "Sinnott",
            "Sinnott C, Georgiadis A, Dixon-Woods M. 2020;70(700):e825-e832. "
            "[Title and journal not given.]",
        ),
        (
            "Vennik",
            "Vennik J, Williamson I, Eyles C, Everitt H, Moore M. 2018;69(678):e24-e32. "
            "[Title and journal not given.]",
        ),
        (
            "Fagerlund",
            "Fagerlund AJ, Holm IM, Zanaboni P. BMJ Open. 2019;9(5):e028251. [Title not given.]",
        ),
        (
            "Riding",
            "Riding H, Haining S, Robinson L. 2018;68(suppl 1):bjgp18X697445. "
            "[Title and journal not given.]",
        ),
        (
            "Warwick-Giles",
            "Warwick-Giles L, Hammond J, Bailey S, Checkland K. 2021. BJGP.2020.0917. "
            "[Title and journal not given.]",
        ),
        (
            "Lyness",
            "Lyness E, Vennik JL, Bishop F, Misurya P, Howick J, et al. BJGP Open. 2021. "
            "BJGPO.2021.0014. [Title not given.]",
        ),
        ("Jensen", "Jensen A, Bungay H. 2021;21(1). [Title and journal not given.]"),
        (
            "Whitelaw",
            "Whitelaw S, Thirlwall C, Morrison A, Osborne J, Tattum L, et al. 2016;18(02):112-121. "
            "[Title and journal not given.]",
        ),
        (
            "Zhang",
            "Zhang J, Chen Y, Ashfaq S, Bell K, Calvitti A, et al. 2015;23(1):137-143. "
            "[Title and journal not given.]",
        ),
    ],
)
def test_sources_10_references_go_as_far_as_the_fields(name: str, reference: str) -> None:
    """SOURCES 10: fields vary, and are kept as printed ("02", "suppl 1", 2018 with volume 69)."""
    assert source(name).reference == reference


def test_sources_10_missing_fields_stay_missing() -> None:
    assert set(values(source("Norman"))) == {"authors"}
    assert set(values(source("Warwick-Giles"))) == {"year", "article_id", "authors"}
    assert set(values(source("Jensen"))) == {"year", "volume", "issue", "authors"}
    assert values(source("Riding"))["issue"] == "suppl 1"
    assert values(source("Whitelaw"))["issue"] == "02"


def test_sources_11_separators_are_cleaned_off_and_ranges_are_exact() -> None:
    """SOURCES 11: "◽", spaces and NBSP end lines; values carry none of them."""
    assert page().text.count("\u00a0") == 75
    for document in page().documents:
        for field in document.fields:
            printed = page().text[field.start : field.end]
            assert "◽" not in field.value
            assert "\u00a0" not in field.value
            assert document.start <= field.start < field.end <= document.end
            if field.name != "authors":
                assert search_text(printed) == search_text(field.value)
        assert all("◽" not in chunk.body for chunk in chunks())


def test_sources_12_three_dots_cut_the_list() -> None:
    """SOURCES 12: "..." among the authors means that there are more."""
    cut = [d.label for d in page().documents if values(d)["authors"].endswith("et al.")]
    assert cut == [
        "Skivington et al., 2018",
        "Lyness et al., 2021",
        "Whitelaw et al., 2016",
        "Zhang et al., 2015",
    ]
    names = [field.value for field in source("Lyness").fields if field.name == "author"]
    assert names == [
        "Emily Lyness",
        "Jane Louise Vennik",
        "Felicity Bishop",
        "Pranati Misurya",
        "Jeremy Howick",
    ]
    whole = source("Lyness").field("authors")
    assert whole is not None
    assert page().text[whole.start : whole.end].endswith("...")


FIVE = ["Background", "Aim", "Design and setting", "Method", "Results", "Conclusion"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Skivington", FIVE),
        ("Sinnott", FIVE),
        ("Vennik", FIVE),
        (
            "Fagerlund",
            [
                "Objectives",
                "Design",
                "Setting",
                "Participants",
                "Method",
                "Results",
                "Conclusions",
            ],
        ),
        ("Riding", ["Background", "Aim", "Method", "Results", "Conclusion"]),
        (
            "Lyness",
            [
                "Background",
                "Aim",
                "Design & setting",
                "Setting",
                "Method",
                "Results",
                "Conclusion",
            ],
        ),
    ],
)
def test_sources_13_glued_headings(name: str, expected: list[str]) -> None:
    """SOURCES 13: "BackgroundSocial", "Method4 GPs", "Design & settingVignette" …"""
    assert titles(name) == expected


def test_sources_13_what_follows_a_glued_heading_starts_clean() -> None:
    assert body("Skivington", "Background").startswith("Social prescribing is a collaborative")
    assert body("Skivington", "Design and setting").startswith("Qualitative interview study")
    assert body("Skivington", "Method").startswith("Audiorecordings of semi-structured")
    assert body("Riding", "Method").startswith("4 GPs and 4 practice managers consented")
    assert body("Lyness", "Design & setting").startswith("Vignette study")
    assert body("Lyness", "Setting").startswith("Purposefully sampled patients (n=33)")
    assert body("Fagerlund", "Design").startswith("A qualitative study")
    assert body("Fagerlund", "Setting") == "Primary care."
    assert body("Fagerlund", "Participants").startswith("Nine GPs who were early adopters")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "Warwick-Giles",
            ["Background", "Aim", "Design and Setting", "Method", "Results", "Conclusion"],
        ),
        ("Jensen", ["Background", "Methods", "Results", "Conclusions"]),
        ("Whitelaw", ["Aim", "Background", "Methods", "Findings"]),
        (
            "Zhang",
            ["Objective", "Methods and Materials", "Results", "Discussion and Conclusion"],
        ),
        ("Norman", [None]),
    ],
)
def test_sources_14_other_styles_of_heading(name: str, expected: list[str | None]) -> None:
    """SOURCES 14: with a colon, spaced, compound, out of order, none."""
    assert titles(name) == expected


def test_sources_14_headings_and_the_word_abstract_are_in_no_section() -> None:
    assert body("Warwick-Giles", "Background").startswith("Primary Care Networks (PCNs) are")
    assert body("Jensen", "Background").startswith("There is growing evidence")
    assert body("Whitelaw", "Aim").startswith("To conduct a process-based evaluation")
    assert body("Zhang", "Objective").startswith("Electronic health records (EHRs)")
    assert body("Zhang", "Discussion and Conclusion").startswith("This study has uncovered")


def test_sources_15_words_that_only_look_like_headings() -> None:
    """SOURCES 15: the subject "Participants", "Our results", "The results", "method.Results"."""
    assert body("Skivington", "Results").startswith("Participants identified some benefits")
    assert "Participants were recruited via purposive and snowball sampling." in sentences("Norman")
    assert any(s.startswith("Our results are categorised") for s in sentences("Norman"))
    assert body("Zhang", "Results").startswith("The results show that providers face demands")
    assert body("Sinnott", "Method").endswith("the constant comparison method.")
    assert body("Sinnott", "Results").startswith("GPs reported a large burden")


def test_sources_16_sentences_do_not_run_over_glued_headings() -> None:
    """SOURCES 16: no space stands between the full stop and the next heading."""
    assert sentences("Sinnott", "Aim") == [
        "To identify operational failures in the primary care work environment and to examine how "
        "they influence GPs’ work."
    ]
    assert sentences("Sinnott", "Method") == [
        "Semi-structured interviews were conducted with GPs (n = 21).",
        "Data analysis was based on the constant comparison method.",
    ]
    words = {word for c in chunks() for word in c.body.replace(".", ". ").split()}
    assert not words & {"BackgroundSocial", "AimTo", "ResultsGPs", "ResultsParticipants"}


def test_sources_17_footer_after_the_last_record() -> None:
    """SOURCES 17: buttons are not part of the Zhang record."""
    zhang = source("Zhang")
    assert page().text[zhang.start : zhang.end].endswith("needed to improve system usability.")
    for furniture in ("Sign in", "Export Citation Format", "Share Document"):
        assert all(furniture not in chunk.embedding_text for chunk in chunks())


def test_sources_18_a_fact_stays_with_its_record() -> None:
    """SOURCES 18: like numbers and names in other records do not mix."""
    owners = {d.source_id: d for d in page().documents}
    for chunk in chunks():
        owner = owners[chunk.source_id]
        assert owner.start <= chunk.start < chunk.end <= owner.end
        assert chunk.context.startswith(owner.label)
    with_21 = [owners[c.source_id].label for c in chunks() if "21" in c.body]
    assert with_21 == ["Sinnott et al., 2020", "Zhang et al., 2015"]
    vennik = [d.label for d in page().documents if "Vennik" in values(d)["authors"]]
    assert vennik == ["Vennik et al., 2018", "Lyness et al., 2021"]
    assert "between February 2013 and September 2014" in body("Vennik", "Design and setting")
    assert values(source("Vennik"))["year"] == "2018"


def test_sources_19_search_text_is_normalised_and_quotes_are_not() -> None:
    """SOURCES 19: spaces around "=", quotes and dashes are alike in the search text only."""
    by_text = " ".join(chunk.body for chunk in chunks())
    assert "GPs (n = 21)" in by_text
    assert "patients (n = 33) aged" in by_text
    assert "n=33" not in by_text
    assert "'magic bullets'" in by_text
    assert "1-1 semi-structured interviews" in by_text
    quotes = " ".join(page().text[a:b] for chunk in chunks() for a, b in chunk.sentences)
    assert "(n=33)" in quotes
    assert "‘magic bullets’" in quotes
    assert "1–1 semi-structured" in quotes
    assert "Asbjørn Johansen Fagerlund" in values(source("Fagerlund"))["authors"]


def test_sources_19_acronyms_a_record_explains_are_spelt_out_in_its_other_chunks() -> None:
    results = [c for c in chunks() if c.source_id == source("Zhang").source_id][2]
    assert results.section == "Results"
    assert "EHR: Electronic health records" in results.context
