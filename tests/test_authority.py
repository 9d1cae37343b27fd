"""Questions for the word of a body: told from others, and answered by nobody else."""

from __future__ import annotations

import pytest

from ragbot import authority
from ragbot.types import Chunk, EvidenceType, Passage, SourceDocument

KNOWN = {
    "rcgp": ("Royal College of General Practitioners",),
    "hca": ("healthcare assistant",),
    "kids": ("children",),
}


def expansions(word: str) -> tuple[str, ...]:
    return KNOWN.get(word.lower(), ())


def passage(text: str, label: str = "Brown, 2020") -> Passage:
    document = SourceDocument("b", "b.txt", 0, 99, EvidenceType.ABSTRACT, label, "…", (), ())
    chunk = Chunk("c", "b", "b.txt", 0, len(text), None, (), ((0, len(text)),), "", text)
    return Passage(chunk, document, text, 1.0, 1)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("What does the RCGP recommend on home visits?", "RCGP"),
        ("what does the rcgp say about home visits", "RCGP"),
        ("according to the BMA, is pay fair", "BMA"),
        ("what's NICE's guidance on asthma", "NICE"),
        ("What do GPs recommend?", None),
        ("what do HCAs want", None),  # a group has no word
        ("does this say anything about pay", None),
        ("WHAT DOES THE REPORT SAY", None),
        ("how many PCNs were asked?", None),
        ("what do kids say", None),
        ("Our ICB says we must pay: is that so?", None),
        ("what did the charity want", None),
        ("did the commenter recommend it", None),
    ],
)
def test_whose_word_is_asked_for(question: str, name: str | None) -> None:
    assert authority.asked(question, expansions) == name


@pytest.mark.parametrize(
    ("name", "found", "heard"),
    [
        ("RCGP", passage("The RCGP welcomed it."), True),
        ("RCGP", passage("The Royal College of General Practitioners welcomed it."), True),
        ("RCGP", passage("Pay is low.", "RCGP report"), True),
        ("RCGP", passage("General practitioners welcomed it."), False),
        ("NICE", passage("It was nice."), False),
    ],
)
def test_whether_a_source_names_it(name: str, found: Passage, heard: bool) -> None:
    assert authority.heard(name, [found], expansions) is heard


def test_what_is_said_names_the_body() -> None:
    assert authority.silent("NICE") == "No source in the library is by, or names, NICE."
