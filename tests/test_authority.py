"""Questions for the word of a body: told from others, and answered by nobody else."""

from __future__ import annotations

import pytest

from ragbot import authority
from ragbot.glossary import Glossary
from ragbot.resources import folder
from ragbot.types import Chunk, EvidenceType, MetadataField, Passage, SourceDocument

BODIES = {
    "rcgp": ("Royal College of General Practitioners",),
    "nice": ("National Institute for Health and Care Excellence",),
    "bma": ("British Medical Association",),
}


def source(label: str = "Brown, 2020", *fields: MetadataField) -> SourceDocument:
    return SourceDocument("b", "b.txt", 0, 99, EvidenceType.ABSTRACT, label, "…", (), fields)


def passage(text: str) -> Passage:
    kind = EvidenceType.ABSTRACT
    chunk = Chunk("c", "b", "b.txt", 0, len(text), None, kind, ((0, len(text)),), text, "")
    return Passage(chunk, source(), text, 1.0, 1)


@pytest.mark.parametrize(
    ("question", "body"),
    [
        ("What does the RCGP recommend on home visits?", "RCGP"),
        ("what does the rcgp say about home visits", "RCGP"),
        ("according to the BMA, is pay fair", "BMA"),
        ("what's NICE's guidance on asthma", "NICE"),
        ("is there nice guidance on asthma", None),
        ("what does nice say", None),
        ("any BMA guidance on rooms?", "BMA"),
        ("whats the BMA's line on rooms", "BMA"),
        ("How long does the BMA take to answer?", None),
        ("what has the BMA's GP committee called for on rooms", "BMA"),
        ("what does the Royal  College of GPs make of it", "RCGP"),
        ("did anyone from the bma write in?", "BMA"),
        ("did anyone from the trade write in?", None),
        ("What do GPs recommend?", None),
        ("what did the SPLW say", None),
        ("what did NURSES say about it?", None),
        ("according to THE report, why", None),
        ("according to the BMJ Open study, do patients travel?", None),
        ("did the docs recommend it?", None),
        ("did admin say anything", None),
        ("does this say anything about pay", None),
        ("", None),
    ],
)
def test_whose_word_is_asked_for(question: str, body: str | None) -> None:
    assert authority.asked(question, BODIES) == body


@pytest.mark.parametrize(
    ("body", "text", "heard"),
    [
        ("RCGP", "The RCGP welcomed it.", True),
        ("RCGP", "The Royal College\nof General Practitioners’ view.", True),
        ("RCGP", "General practitioners welcomed it.", False),
        ("NICE", "It was nice.", False),
    ],
)
def test_whether_a_passage_names_it(body: str, text: str, heard: bool) -> None:
    assert authority.heard(body, BODIES, [passage(text)], [source()]) is heard


def test_a_source_may_be_by_it() -> None:
    assert authority.heard("BMA", BODIES, [], [source("BMA report")])
    published = MetadataField("publisher", "British Medical Association", 0, 1)
    assert authority.heard("BMA", BODIES, [], [source("Report", published)])


def test_what_is_said_names_the_body() -> None:
    assert authority.silent("NICE").startswith("NICE: ")


def test_every_body_of_the_glossary_has_a_name() -> None:
    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    assert all(glossary.bodies.values())
    assert glossary.bodies["cqc"] == glossary.acronyms["cqc"] == ("Care Quality Commission",)
    assert glossary.knows("rcgp")
