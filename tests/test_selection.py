"""Which sources have a fact: told by what their files state, and what they leave out is said."""

from __future__ import annotations

import pytest

from ragbot import selection
from ragbot.types import EvidenceType, MetadataField, SourceDocument


def source(label: str, kind: EvidenceType = EvidenceType.ABSTRACT, **stated: str) -> SourceDocument:
    fields = tuple(MetadataField(name, value, 0, 1) for name, value in stated.items())
    return SourceDocument(label, "x.txt", 0, 9, kind, label, "…", (), fields)


SOURCES = (
    source("a", year="2018", journal="BMJ Open", authors="Ann Brown, Li Wei", funder="NIHR HSDR"),
    source("b", year="2021", journal="BMJ", authors="Joe Browning"),
    source("c", funder="The National Institute for Health and Care Research (2019)"),
    source("d", EvidenceType.READER_COMMENT, speaker="nurse"),
)


def expansions(word: str) -> tuple[str, ...]:
    return ("National Institute for Health and Care Research",) if word == "NIHR" else ()


@pytest.mark.parametrize(
    ("question", "labels", "silent"),
    [
        ("which studies are from 2021?", ["b"], 1),
        ("any papers published since 2015", ["a", "b"], 1),
        ("which papers came out before 2021?", ["a"], 1),
        ("what studies do you have from between 2017 and 2020", ["a"], 1),
        ("list the papers from 2018 or later", ["a", "b"], 1),
        ("is there a paper from before 2020, please?", ["a"], 1),
        ("studies from 2018 onwards", ["a", "b"], 1),
        ("papers during 2021", ["b"], 1),
        ("Which studies were published in BMJ Open?", ["a"], 1),
        ("which paper appeared in the BMJ", ["b"], 1),
        ("which studies were funded by the NIHR?", ["a", "c"], 1),
        ("which sources were funded by Wellcome or NIHR?", ["a", "c"], 1),
        ("which papers were commissioned by NIHR", [], 3),
        ("what studies did NIHR pay for", ["a", "c"], 1),
        ("which papers are by Brown?", ["a"], 1),
        ("papers by Ann Brown et al", ["a"], 1),
        ("papers by brown and browning", ["a", "b"], 1),
        ("which papers did Brown write", ["a"], 1),
        ("what has Joe Browning published?", ["b"], 1),
        ("what is there from 2021?", ["b"], 1),
        ("anything published since 2018", ["a", "b"], 1),
        ("which studies were funded by Pfizer", [], 1),
        ("any studies from 1999?", [], 1),
        ("which studies come from Norway", [], 1),
    ],
)
def test_sources_are_chosen_by_what_they_state(
    question: str, labels: list[str], silent: int
) -> None:
    wanted = selection.asked(question, expansions)
    assert wanted is not None
    found, left = selection.chosen(wanted, SOURCES)
    assert ([document.label for document, _ in found], left) == (labels, silent)


@pytest.mark.parametrize(
    "question",
    [
        "which studies from 2020 looked at pay?",
        "what happened in 2021?",
        "what did the 2021 paper find?",
        "what is new in the contract from 2021?",
        "what has changed since 2020?",
        "which practices were funded by the board?",
        "who funded the report?",
        "which studies say that pay is unfair?",
        "any evidence that coaching works?",
        "which ones were supported by link workers?",
        "which of them were funded by the ARRS?",  # roles, perhaps
        "list the ones paid for by the practice",
        "which reviews were done by pharmacists?",
        "",
    ],
)
def test_other_questions_are_not_taken_for_it(question: str) -> None:
    assert selection.asked(question, expansions) is None


def test_a_place_is_no_journal_and_may_have_been_meant_otherwise() -> None:
    wanted = selection.asked("which studies come from Norway", expansions)
    assert wanted is not None
    assert not wanted.known


def test_what_files_leave_out_is_said() -> None:
    wanted = selection.asked("any studies from 1999?", expansions)
    assert wanted is not None
    assert selection.note(wanted, 3, 0) == ""
    assert selection.note(wanted, 3, 1) == "Of 1 source the library’s copy does not give the year."
    assert selection.note(wanted, selection.MOST + 2, 0) == "2 more sources have it."
    beside = selection.note(wanted, 0, 2)
    assert beside.startswith("Of 2 sources")
    assert selection.none(wanted, beside) == f"No source in the library gives that year. {beside}"
