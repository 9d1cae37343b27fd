"""Which studies were done in a place: told by what they say of themselves."""

from __future__ import annotations

import time

import pytest

from ragbot import places
from ragbot.assistant import Assistant
from ragbot.zones import Part
from tests.fakes import passage

ADJECTIVES = {"welsh": ("Wales",)}


def places_of(word: str) -> tuple[str, ...]:
    return ADJECTIVES.get(word.lower(), ())


@pytest.mark.parametrize(
    ("question", "called"),
    [
        ("which studies come from Wales?", ("Wales",)),
        ("what papers were carried out in the east of england", ("east of england",)),
        ("any studies from leeds please", ("leeds",)),
        ("which of the studies were done in Wales", ("Wales",)),
        ("any Welsh studies?", ("Welsh", "Wales")),
        ("is there any welsh research here?", ("welsh", "Wales")),
        ("which studies were done in england or wales", ("england", "wales")),
        ("which studies were done in March", ()),
        ("any qualitative studies?", ()),
        ("which studies in Wales looked at what nurses are paid?", ()),
        ("where was the study done?", ()),
        ("what happened in Wales?", ()),
        ("", ()),
    ],
)
def test_a_question_for_the_studies_of_a_place(question: str, called: tuple[str, ...]) -> None:
    assert places.asked(question, places_of) == called


def test_a_study_is_of_the_place_that_it_says_it_was_done_in() -> None:
    before, done = (
        "Care in Wales lacks nurses.",
        "We interviewed nurses in Cardiff, Wales.",
    )
    text = f"{before} {done}"
    own = [passage(text, [before, done])]
    parts = [Part.BACKGROUND, Part.METHOD]
    found = places.naming(["wales"], own, parts)
    assert found is not None
    assert text[found.start : found.end] == done
    assert places.naming(["nurses"], own, parts) is None
    early = places.naming(["wales"], [passage(before, [before])], [Part.BACKGROUND])
    assert early is not None  # many say it only there


@pytest.mark.parametrize(
    ("name", "sentence", "named"),
    [
        ("norway", "In Norway, we asked 30 GPs.", True),
        ("scotland", "Across Scotland 40 practices took part.", True),
        ("norwegian", "The Norwegian clinics took part.", True),
        ("england", "Practices in South West England took part.", True),
        ("uk", "It was done in the UK.", True),
        ("wales", "Nurses in England and Wales took part.", True),
        ("cork", "Nurses in Cork County took part.", True),
        ("cork", "Nurses in Cork Harbour Hospital took part.", False),
        ("uk", "It ran across UK GP practices.", True),
        ("ireland", "It was done in Northern Ireland.", False),
        ("wales", "It was done in New South Wales.", False),
        ("england", "It follows NHS England policy.", False),
        ("glasgow", "The Glasgow Coma Scale was used.", False),
        ("gps", "The views of GPs were sought.", False),
        ("copd", "Care in COPD was studied.", False),
        ("care homes", "Nurses in care homes were asked.", False),
    ],
)
def test_a_place_is_told_from_other_words(name: str, sentence: str, *, named: bool) -> None:
    found = places.naming([name], [passage(sentence, [sentence])], [Part.METHOD])
    assert bool(found) is named


def test_studies_of_a_place_are_listed_with_the_words_that_say_so(assistant: Assistant) -> None:
    answer = assistant.ask("any scottish studies?")
    assert [c.label for c in answer.citations] == ["Skivington et al., 2018"]
    assert "Glasgow, Scotland" in answer.citations[0].quote
    assert answer.note == places.note(1)
    american = assistant.ask("any US studies?")  # it says only San Diego
    assert [c.label for c in american.citations] == ["Zhang et al., 2015"]
    assert "San Diego County" in american.citations[0].quote
    assert assistant.ask("which studies were done in America?").sentences == american.sentences
    english = assistant.ask("which studies were done in england")
    assert len(english.citations) > 1
    assert all("England" in c.quote for c in english.citations)
    assert assistant.ask("which studies were done in Wakanda").status == "not_in_sources"


def test_a_long_question_is_parted_from_quickly() -> None:
    began = time.perf_counter()
    for word in ("which ", "any study in ", "studies that were done ", "in a "):
        places.asked(word * (2000 // len(word)), places_of)
    assert time.perf_counter() - began < 1
