"""Chunks: whole sentences of one section, with their context."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsers.table import parse_file
from ingest.sentences import units
from ingest.split import split_file
from ragbot.types import Chunk, EvidenceType, ParsedFile, Section, SourceDocument

LINES = st.sampled_from(
    [
        "We asked nurses. ",
        "They said so (n=3). ",
        "Many did:",
        "\n- one thing",
        "\n- a third",
        "\n\n",
        "\n",
        "Care Plans (CPs) help. ",
        "CPs work. ",
        "“Yes.” ",
        "é😀\u00a0",
        "\f",
        "Vol. 2, No. 1. ",
        "\r\n",
        "\x00",
        "… ",
        "word " * 30,
    ]
)
TEXTS = st.lists(LINES, max_size=40).map("".join)


def made(text: str, cuts: list[int]) -> ParsedFile:
    """A file with one source that has sections between ``cuts``."""
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    sections = tuple(Section(None if a % 2 else f"Part {a}", a, b) for a, b in pairwise(edges))
    document = SourceDocument(
        source_id="ek-2007-0a1b2c3d",
        path="library/a.txt",
        start=0,
        end=len(text),
        evidence_type=EvidenceType.ABSTRACT,
        label="Ek, 2007",
        reference="Ek B. 2007.",
        sections=sections,
    )
    return ParsedFile("library/a.txt", "0" * 64, text, "plain_text", (document,), (0, 10, 300))


@settings(deadline=None)
@given(TEXTS, st.lists(st.integers(0, 400), max_size=4), st.integers(1, 500))
def test_chunks_hold_every_sentence_once_whole_and_in_order(
    text: str, cuts: list[int], max_chars: int
) -> None:
    file = made(text, cuts)
    chunks = split_file(file, max_chars=max_chars)
    expected = [
        (unit.start, unit.end)
        for section in file.documents[0].sections
        for unit in units(text, section.start, section.end)
    ]
    assert [span for chunk in chunks for span in chunk.sentences] == expected
    last = 0
    for chunk in chunks:
        assert last <= chunk.start < chunk.end <= len(text)
        assert (chunk.start, chunk.end) == (chunk.sentences[0][0], chunk.sentences[-1][1])
        assert chunk.end - chunk.start <= max_chars or len(chunk.sentences) == 1
        assert {file.page_of(start) for start, _ in chunk.sentences} == {chunk.page}
        last = chunk.end
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)


@settings(deadline=None)
@given(TEXTS, st.lists(st.integers(0, 400), max_size=4))
def test_a_chunk_lies_in_one_section(text: str, cuts: list[int]) -> None:
    file = made(text, cuts)
    for chunk in split_file(file, max_chars=200):
        (section,) = [
            s for s in file.documents[0].sections if s.start <= chunk.start and chunk.end <= s.end
        ]
        assert chunk.section == section.title


def one(text: str, **changes: object) -> list[Chunk]:
    file = made(text, [])
    document = replace(file.documents[0], **changes)  # type: ignore[arg-type]
    return list(split_file(replace(file, documents=(document,))))


def test_sentences_are_shared_out_evenly() -> None:
    text = " ".join(f"This is sentence number {n} of the text." for n in range(10, 40))
    chunks = split_file(replace(made(text, []), page_starts=()), max_chars=900)
    lengths = [chunk.end - chunk.start for chunk in chunks]
    assert len(lengths) == 2
    assert max(lengths) - min(lengths) < 50


def test_the_body_is_search_text_and_the_context_names_the_source() -> None:
    (chunk,) = one("We asked ‘GPs’\u00a0(n=3).")
    assert chunk.body == "We asked 'GPs' (n = 3)."
    assert chunk.context == "Ek, 2007.\nPart 0"
    assert chunk.embedding_text == f"{chunk.context}\n{chunk.body}"


def test_an_acronym_is_spelt_out_where_the_chunk_does_not_explain_it() -> None:
    text = "Care Plans (CPs) help.\n\n" + "Nurses write them. " * 50 + "CPs are short."
    chunks = one(text)
    assert len(chunks) > 1
    assert "CP" not in chunks[0].context
    assert chunks[-1].context.endswith("CP: Care Plans")


def test_the_id_stands_for_place_words_and_context() -> None:
    (chunk,) = one("A sentence.")
    assert chunk.chunk_id.startswith("ek-2007-0a1b2c3d-")
    assert one("A sentence.")[0].chunk_id == chunk.chunk_id
    assert one("Another one.")[0].chunk_id != chunk.chunk_id
    assert one(" A sentence.")[0].chunk_id != chunk.chunk_id
    assert one("A sentence.", label="Ek, 2008")[0].chunk_id != chunk.chunk_id


def test_the_id_does_not_depend_on_what_stands_before_the_source() -> None:
    listing = "2001 ◽ \nAuthor(s): \nBo Ek\n\nWe asked nurses.\n"
    more = "1999 ◽ \nAuthor(s): \nAnn Lee\n\nWe asked cooks.\n\n\n"
    alone = split_file(parse_file("a/a.txt", listing.encode()))
    second = split_file(parse_file("a/b.txt", (more + listing).encode()))
    assert second[-1].chunk_id == alone[0].chunk_id
    assert second[-1].start > alone[0].start


def test_a_parted_list_carries_its_lead_in_as_context_only() -> None:
    text = "We recommend:\n- " + "\n- ".join(f"thing number {n} of many" for n in range(60))
    chunks = one(text)
    assert len(chunks) > 1
    assert all("Recommendations" in chunk.context for chunk in chunks)
    assert "We recommend:" in chunks[1].context
    assert "We recommend:" not in chunks[1].body


@pytest.mark.parametrize("max_chars", [0, -1])
def test_room_must_be_positive(max_chars: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        split_file(made("Text.", []), max_chars=max_chars)
