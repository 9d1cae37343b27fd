"""The third seed: the page of one article (SOURCES 20–24)."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ingest.parsers.table import parse_file
from ingest.split import split_file
from ragbot.types import Chunk, EvidenceType, ParsedFile, SourceDocument

SEED = Path(__file__).parents[1] / "seeds" / "002_0a999b10218ebe9f.txt"
TITLE = (
    "Early evidence of the development of primary care networks in England: a rapid evaluation "
    "study"
)


@cache
def page() -> ParsedFile:
    return parse_file(f"seeds/{SEED.name}", SEED.read_bytes())


@cache
def chunks() -> tuple[Chunk, ...]:
    return split_file(page())


def record() -> SourceDocument:
    (document,) = page().documents
    return document


def values() -> dict[str, str]:
    return {field.name: field.value for field in record().fields if field.name != "author"}


def test_the_canonical_text_is_the_decoded_file() -> None:
    assert page().text == SEED.read_bytes().decode("utf-8")
    assert page().kind == "record_page"
    assert record().evidence_type is EvidenceType.ABSTRACT


def test_sources_20_the_abstract_is_indexed_once_from_the_english_text() -> None:
    """SOURCES 20: not from the JSON line, and not from the machine translation."""
    json_end = page().text.index("}\n引用次数")
    translation = page().text.index("查看原文")
    assert all(json_end < chunk.start < chunk.end <= translation for chunk in chunks())
    phrase = "A qualitative cross-comparative case study evaluation comprised four work packages"
    assert page().text.count(phrase) == 2
    assert sum(phrase in chunk.body for chunk in chunks()) == 1
    assert all("\\n" not in chunk.embedding_text for chunk in chunks())
    assert all(char < "\u3000" for chunk in chunks() for char in chunk.embedding_text)
    assert page().notes == ("Not indexed: what follows the abstract (2398 characters).",)


def test_sources_21_fields_of_the_json_with_their_places_there() -> None:
    """SOURCES 21: DOI, journal and date stand in the JSON only; volume and issue in the text."""
    found = values()
    assert found["doi"] == "10.3310/hsdr-tr-129678"
    assert found["journal"] == "Health and social care delivery research"
    assert found["publication_date"] == "2020-10-01"
    assert found["year"] == "2020"
    assert (found["volume"], found["issue"]) == ("10", "27")
    assert "pages" not in found
    for field in record().fields:
        assert page().text[field.start : field.end].replace("\u00a0", " ") == field.value
    doi = record().field("doi")
    assert doi is not None
    assert page().text[: doi.start].endswith('"doi":"')


def test_sources_21_label_and_reference() -> None:
    assert record().label == "Smith et al., 2020"
    assert record().reference == (
        f"Smith JA, Parkinson S, Harshfield A, Sidhu M. {TITLE}. "
        "Health and social care delivery research. 2020-10-01. doi:10.3310/hsdr-tr-129678. "
        "[Volume as the text gives it: Health and Social Care Delivery Research; Vol. 10, No. 27.]"
    )
    assert "2023" not in record().reference


def test_sources_21_volume_and_number_do_not_end_a_sentence() -> None:
    quotes = [page().text[start:end] for start, end in chunks()[-1].sentences]
    assert len(quotes) == 2
    assert quotes[0].endswith("Health and Social Care Delivery Research; Vol. 10, No. 27.")
    assert quotes[1].startswith("See the NIHR Journals Library website")


def test_sources_21_what_the_text_states_about_its_making() -> None:
    assert values()["registration"] == "PROSPERO CRD42018110790"
    assert values()["funder"] == (
        "National Institute for Health and Care Research (NIHR) Health and Social Care and "
        "Delivery Research programme"
    )


def test_sources_22_nine_blocks_carried_over_without_titles() -> None:
    """SOURCES 22: the JSON's block boundaries cut the English paragraph; no label is inferred."""
    begins = [page().text[section.start :][:24] for section in record().sections]
    assert begins == [
        "Primary care networks ar",
        "To produce early evidenc",
        "A qualitative cross-comp",
        "Primary care networks ha",
        "Arranging and carrying o",
        "Key lessons focus on inc",
        "Future work could involv",
        "This study is registered",
        "This project was funded ",
    ]
    assert {section.title for section in record().sections} == {None}
    assert {chunk.section for chunk in chunks()} == {None}
    for section in record().sections:
        assert page().text[section.end - 1] == "."


def test_sources_23_authors_are_parted_at_comma_and_nbsp() -> None:
    """SOURCES 23: four names, each with its place in the printed line."""
    names = [field for field in record().fields if field.name == "author"]
    assert [name.value for name in names] == [
        "Judith A Smith",
        "S. Parkinson",
        "A. Harshfield",
        "M. Sidhu",
    ]
    line = page().text.splitlines()[2]
    assert all(page().text[n.start : n.end] in line for n in names)
    assert names[0].start == page().text.index("Judith A Smith")
    assert values()["authors"] == "Judith A Smith, S. Parkinson, A. Harshfield, M. Sidhu"
    assert record().title == TITLE


def test_sources_24_page_furniture_and_other_articles_stay_out() -> None:
    """SOURCES 24: nothing from 查看原文 on; no aggregator's figures."""
    everything = " ".join(chunk.embedding_text for chunk in chunks()) + record().reference
    for furniture in (
        "workplace psychological ill-health",
        "StaRQ",
        "Reducing health inequalities through general practice",
        "CiteScore",
        "Copyright",
        "BibTeX",
        "Semanticscholar",
    ):
        assert furniture in page().text
        assert furniture not in everything
    assert {"citationCount", "citations", "impact_factor"}.isdisjoint(values())
    assert record().end == page().text.index("\n查看原文")
