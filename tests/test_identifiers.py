"""Identifiers that name a source."""

from __future__ import annotations

import pytest

from ragbot.focus import Names
from ragbot.identifiers import identifiers, mentioned
from ragbot.types import EvidenceType, MetadataField, SourceDocument


def study(name: str, **fields: str) -> SourceDocument:
    own = tuple(MetadataField(field, value, 0, 1) for field, value in fields.items())
    return SourceDocument(name, "x.txt", 0, 9, EvidenceType.ABSTRACT, name, "…", (), own)


SOURCES = (
    study("one", doi="10.1000/Abc.12-34", pmid="30011223", registration="PROSPERO CRD42000000001"),
    study("two", article_id="e012345", year="2019"),
    study("three", pages="e101-e109", grant_number="X100200"),
    study("four", pages="7-9", grant_number="X100200"),
)
NAMES = Names(SOURCES)


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("authors of 10.1000/abc.12-34?", {"one"}),
        ("who wrote https://doi.org/10.1000/ABC.12-34.", {"one"}),
        ("who wrote (doi:10.1000/Abc.12-34)", {"one"}),
        ("PMID:30011223 - what did it find?", {"one"}),
        ("what is crd42000000001 about", {"one"}),
        ("e012345 who are the authors", {"two"}),
        ("what is on pp. e101-e109", {"three"}),
        ("who had grant X100200?", {"three", "four"}),
        ("what of 10.1000/abc.12-345", set()),
        ("were 30,011,223 seen in 2019, on pages 7-9?", set()),
        ("PROSPERO", set()),
    ],
)
def test_a_source_is_named_by_its_identifier(question: str, meant: set[str]) -> None:
    assert NAMES.named(question) == meant


def test_an_identifier_is_more_than_a_name() -> None:
    named = Names((*SOURCES, study("Adeyemi, 2020", pmid="1234567")))
    assert named.named("was Adeyemi an author of e012345?") == {"two"}


def test_one_that_many_sources_share_names_none() -> None:
    many = [study(str(n), grant_number="X100200") for n in range(9)]
    assert Names(many).named("who had grant X100200?") == frozenset()


def test_what_is_read_as_one() -> None:
    assert identifiers(study("a", year="2019", pages="7-9")) == frozenset()
    assert mentioned("a" * 2000 + "1" * 2000) == {"a" * 2000 + "1" * 2000}
    assert mentioned("10." * 700) == frozenset({("10." * 700).rstrip(".")})
