"""Names, labels, references, ids, and what a text states about its making."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.citation import (
    Work,
    author_label,
    family_name,
    not_given,
    reference,
    slug,
    source_id,
    vancouver_name,
)
from ingest.statements import statements


@pytest.mark.parametrize(
    ("name", "family", "vancouver"),
    [
        ("Carol Sinnott", "Sinnott", "Sinnott C"),
        ("Josephine M. Wildman", "Wildman", "Wildman JM"),
        ("S Haining", "Haining", "Haining S"),
        ("S. Parkinson", "Parkinson", "Parkinson S"),
        ("Mary Dixon-Woods", "Dixon-Woods", "Dixon-Woods M"),
        ("Ana de la Cruz", "de la Cruz", "de la Cruz A"),
        ("Sam Lee Jr", "Lee Jr", "Lee Jr S"),
        ("WHO", "WHO", "WHO"),
    ],
)
def test_names(name: str, family: str, vancouver: str) -> None:
    assert family_name(name) == family
    assert vancouver_name(name) == vancouver


@pytest.mark.parametrize(
    ("authors", "cut", "dated", "label"),
    [
        (["Bo Ek"], False, True, "Ek"),
        (["Bo Ek"], True, True, "Ek et al."),
        (["Bo Ek", "Al Lo"], False, True, "Ek & Lo"),
        (["Bo Ek", "Al Lo", "Cy Mo"], False, True, "Ek et al."),
        (["Bo Ek", "Al Lo", "Cy Mo"], False, False, "Ek, Lo & Mo"),
        (["Bo Ek", "Al Lo", "Cy Mo", "Di No"], False, False, "Ek et al."),
    ],
)
def test_labels(authors: list[str], *, cut: bool, dated: bool, label: str) -> None:
    assert author_label(authors, cut=cut, dated=dated) == label


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        (Work(), ""),
        (Work(title="Why walk?"), "Why walk?"),
        (Work(date="2001", volume="3", issue="2", pages="1-9"), "2001;3(2):1-9."),
        (Work(volume="3"), "3."),
        (Work(date="2001", pages="e5"), "2001. e5."),
        (Work(authors=["Bo Ek"], cut=True, doi="10.1/a"), "Ek B, et al. doi:10.1/a."),
    ],
)
def test_references_of_what_is_given(work: Work, expected: str) -> None:
    assert reference(work) == expected


def test_what_is_not_given_is_said() -> None:
    assert not_given(Work()) == "[Title, journal and date not given.]"
    assert not_given(Work(title="A", date="2001")) == "[Journal not given.]"
    assert not_given(Work(title="A", journal="B", date="2001")) == ""


@settings(deadline=None)
@given(st.text(), st.text())
def test_ids_are_safe_in_a_url(label: str, text: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}-[0-9a-f]{8}", source_id(label, text))


def test_slugs() -> None:
    assert slug("Sinnott et al., 2020") == "sinnott-et-al-2020"
    assert slug("Åsa Ærø’s – Überblick") == "asa-rs-uberblick"
    assert slug("报告") == "source"
    assert len(slug("word " * 50)) <= 40


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "This was funded by the Meadow Foundation (grant number MF-22/7) in May.",
            {"funder": "Meadow Foundation", "grant_number": "MF-22/7"},
        ),
        (
            "It was commissioned by the Department of Work and Health and funded by Elm Trust.",
            {"commissioner": "Department of Work and Health", "funder": "Elm Trust"},
        ),
        ("Registered as PROSPERO CRD1234.", {"registration": "PROSPERO CRD1234"}),
        ("registered at ISRCTN 123", {}),
        ("It was funded by charities and us.", {}),
        ("unless funding is available", {}),
    ],
)
def test_statements(text: str, expected: dict[str, str]) -> None:
    found = list(statements(text, 0, len(text)))
    assert {field.name: field.value for field in found} == expected
    assert all(text[field.start : field.end] == field.value for field in found)
