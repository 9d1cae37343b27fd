"""Acronyms that texts explain (Schwartz and Hearst, 2003)."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.acronyms import Acronym, find_acronyms, usable, used_in

GP = Acronym("GP", "general practitioners")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Primary Care Networks (PCNs) are groups.", [("PCN", "Primary Care Networks")]),
        ("11 General Practitioners (GPs), 2 nurses", [("GP", "General Practitioners")]),
        ("Osteoarthritis (OA) causes pain.", [("OA", "Osteoarthritis")]),
        ("on Arts on Prescription (AoP) as a pathway", [("AoP", "Arts on Prescription")]),
        ("randomised controlled trial (RCT) of coaching", [("RCT", "randomised controlled trial")]),
        (
            "the National Institute for Health and Care Research (NIHR)",
            [("NIHR", "National Institute for Health and Care Research")],
        ),
        (
            "Partnership for Responsive Policy Analysis and Research (PREPARE), a",
            [("PREPARE", "Partnership for Responsive Policy Analysis and Research")],
        ),
        ("a PCN (primary care network) is", [("PCN", "primary care network")]),
        ("GPs’ general practitioners’ (GPs) views", [("GP", "general practitioners")]),
        ("interviews (n=37) with staff", []),
        ("Vol 68 (672) and (suppl 1)", []),
        ("some words (XYZ) here", []),
        ("in England (see above).", []),
        ("()", []),
    ],
)
def test_pairs(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(pair.short, pair.long) for pair in find_acronyms(text)] == expected


def test_a_long_form_does_not_reach_over_a_sentence_end() -> None:
    assert find_acronyms("We saw Patients. Care Networks (PCN) did well.") == ()


def test_each_pair_once() -> None:
    text = "A Care Plan (CP). Another care plan (CP). Two care plans (CPs)."
    assert find_acronyms(text) == (Acronym("CP", "Care Plan"),)


def test_used_in_adds_the_form_that_is_missing() -> None:
    assert used_in("We asked GPs.", [GP]) == (GP,)
    assert used_in("A general practitioner came.", [GP]) == (GP,)
    assert used_in("The general practitioners (GPs) came.", [GP]) == ()
    assert used_in("The EGP came.", [GP]) == ()


def test_a_source_s_own_pairs_win_and_others_must_agree() -> None:
    practice = Acronym("GP", "general practice")
    assert usable([practice], [[GP], [GP]]) == (practice,)
    assert usable([], [[GP], [practice]]) == ()
    assert usable([], [[GP], [Acronym("GP", "General practitioner")], [practice]]) == (GP,)


@settings(deadline=None)
@given(st.text(alphabet="AaBb (),.;-'’\n", max_size=80))
def test_any_text_is_survived_and_pairs_are_printed_in_it(text: str) -> None:
    for pair in find_acronyms(text):
        assert pair.short
        assert len(pair.long) > len(pair.short) - 1
