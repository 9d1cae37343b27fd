"""Headings of structured abstracts; see also SOURCES 13–16 in test_sources_listing.py."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.headings import is_heading_word, split_headings


def split(text: str) -> list[tuple[str | None, str]]:
    return [(s.title, text[s.start : s.end]) for s in split_headings(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AimTo go.MethodGPs.", [("Aim", "To go."), ("Method", "GPs.")]),
        ("AimsTo go.MethodsGPs.", [("Aims", "To go."), ("Methods", "GPs.")]),
        ("METHODSGPs went.RESULTS30 fell.", [("METHODS", "GPs went."), ("RESULTS", "30 fell.")]),
        ("Aim: a. Results: b.", [("Aim", "a."), ("Results", "b.")]),
        ("AIM: a. RESULTS: b.", [("AIM", "a."), ("RESULTS", "b.")]),
        ("Aim – To go. Results – We went.", [("Aim", "To go."), ("Results", "We went.")]),
        ("Aim. To go. Results. We went.", [("Aim", "To go."), ("Results", "We went.")]),
        ("Aim To go. Results We went.", [("Aim", "To go."), ("Results", "We went.")]),
        ("Aim\nTo go.\n\nResults\r\nWe went.", [("Aim", "To go."), ("Results", "We went.")]),
        ("AbstractAimTo go.ResultsWe.", [("Aim", "To go."), ("Results", "We.")]),
        ("Abstract: We went home.", [(None, "We went home.")]),
        ("Abstract art helps.", [(None, "Abstract art helps.")]),
        (
            "Design, setting and participantsNine GPs.Main outcome measuresPain.",
            [("Design, setting and participants", "Nine GPs."), ("Main outcome measures", "Pain.")],
        ),
        (
            "AimTo see.ResultsParticipants came.",
            [("Aim", "To see."), ("Results", "Participants came.")],
        ),
        ("We went. Aim: a. Results: b.", [(None, "We went."), ("Aim", "a."), ("Results", "b.")]),
        ("Results Oriented Care is new. Yes.", [(None, "Results Oriented Care is new. Yes.")]),
        ("CONTEXTUAL factors.", [(None, "CONTEXTUAL factors.")]),
        ("Participants came. Results vary.", [(None, "Participants came. Results vary.")]),
        ("Aim: ", []),
        ("", []),
    ],
)
def test_styles(text: str, expected: list[tuple[str | None, str]]) -> None:
    assert split(text) == expected


def test_a_missing_full_stop_before_a_glued_heading() -> None:
    text = "AimTo improve careMethodsWe asked 12 in 2014ResultsThey came."
    assert split(text) == [
        ("Aim", "To improve care"),
        ("Methods", "We asked 12 in 2014"),
        ("Results", "They came."),
    ]


@pytest.mark.parametrize("word", ["Aims", "RESULTS", "Design & setting", "Methods and Materials"])
def test_heading_words(word: str) -> None:
    assert is_heading_word(word)


@pytest.mark.parametrize("word", ["Aiming", "results", "Comments", ""])
def test_other_words(word: str) -> None:
    assert not is_heading_word(word)


WORDS = st.sampled_from(
    [
        "Background",
        "Aim",
        "Methods",
        "Results",
        ": ",
        ". ",
        ".",
        " ",
        "\n",
        "We went",
        "GPs",
        "4 ",
        "and ",
        "setting",
        "Abstract ",
        "Design & ",
        "(x)",
        "é",
    ]
)


@settings(deadline=None)
@given(st.lists(WORDS, max_size=20).map("".join))
def test_sections_and_their_titles_make_up_the_text(text: str) -> None:
    last = 0
    for section in split_headings(text, 0, len(text)):
        assert last <= section.start < section.end <= len(text)
        assert text[section.start : section.end] == text[section.start : section.end].strip()
        gap = text[last : section.start]
        if section.title is not None:
            assert section.title in gap
        last = section.end
