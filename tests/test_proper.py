"""Proper nouns that tell sources apart, and what they point at."""

from __future__ import annotations

import pytest

from ragbot.focus import Names
from ragbot.proper import proper_nouns, with_countries
from ragbot.types import EvidenceType, MetadataField, SourceDocument

TEXTS = {
    "a": "A study in Leeds. We asked nurses in Leeds, and in San Marino County. The Low Road "
    "project is new, and staff of the Low Road spoke to us in March.",
    "b": "The low wall. Here a road ends. We asked patients in York, and Patients answered, in the "
    "Department of Health in England. An initiative (Healthy Fens Together) began. "
    "It is known (Smith, 2019; Likert Scale 5).",
    "c": "They wrote from the East of England, from England.",
}


def names(text: str = "") -> dict[str, set[str]]:
    return proper_nouns(TEXTS)


@pytest.mark.parametrize(
    ("name", "sources"),
    [
        ("leeds", {"a"}),
        ("york", {"b"}),
        ("san marino", {"a"}),
        ("san marino county", {"a"}),
        ("low road", {"a"}),  # both words are also written small, but the pair is not
        ("east of england", {"c"}),
        ("department of health", {"b"}),
        ("england", {"b", "c"}),
        ("healthy fens", {"b"}),  # in brackets, too
    ],
)
def test_a_capital_inside_a_sentence_names(name: str, sources: set[str]) -> None:
    assert names()[name] == sources


@pytest.mark.parametrize("word", ["we", "they", "the", "patients", "march", "low", "smith"])
def test_what_only_begins_a_sentence_or_is_also_written_small_names_nothing(word: str) -> None:
    assert word not in names()


def test_common_words_of_a_longer_name_do_not_stand_for_it() -> None:
    assert "county" in proper_nouns(TEXTS)
    assert "county" not in proper_nouns(TEXTS, common={"county"})


def test_a_country_is_told_by_its_parts_cities_and_letters() -> None:
    regions = {
        "france": ("Lyon",),
        "united states": ("US", "Boston"),
        "peru": ("Lima",),
    }
    texts = {
        "a": "We asked nurses in Lyon and in Boston.",
        "b": "It was done in France. So tell US officials, not us.",
        "c": "Nurses of the Lyons practice were asked.",
    }
    found = proper_nouns(texts)
    told = with_countries(found, texts, regions)
    assert told["france"] == {"a", "b"}
    assert told["united states"] == {"a", "b"}
    assert "peru" not in told
    assert (told["lyon"], found["france"]) == ({"a"}, {"b"})


def study(key: str, surname: str) -> SourceDocument:
    fields = (MetadataField("authors", f"Ann {surname}", 0, 1),)
    label = f"{surname} et al., 2018"
    return SourceDocument(key, "x.txt", 0, 9, EvidenceType.ABSTRACT, label, "…", (), fields)


SOURCES = [study("a", "Adeyemi"), study("b", "Brown"), study("c", "York")]


@pytest.mark.parametrize(
    ("question", "meant"),
    [
        ("what did the leeds nurses say", {"a"}),
        ("nurses, East of England?", {"c"}),  # the longest name, not England
        ("England", {"b", "c"}),
        ("Brown in Leeds", {"a", "b"}),
        ("what york found", {"c"}),  # an author's name comes before a place in a text
        ("is there a low road", {"a"}),
        ("nothing that is named", set()),
    ],
)
def test_a_question_means_the_sources_whose_names_it_holds(question: str, meant: set[str]) -> None:
    assert Names(SOURCES, proper_nouns(TEXTS)).named(question) == meant


def test_a_name_of_many_sources_points_at_none() -> None:
    many = {str(n): "We met in Leeds." for n in range(9)}
    assert Names([study("a", "Adeyemi")], proper_nouns(many)).named("in Leeds") == frozenset()
