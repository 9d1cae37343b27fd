"""What a question takes a report to have said."""

from __future__ import annotations

import pytest

from ragbot.attributed import claim
from ragbot.focus import Names
from ragbot.types import EvidenceType, MetadataField, SourceDocument


def source(name: str, kind: EvidenceType, **fields: str) -> SourceDocument:
    own = tuple(MetadataField(field, value, 0, 1) for field, value in fields.items())
    return SourceDocument(name, "x.txt", 0, 9, kind, name, "…", (), own)


NAMES = Names(
    (
        source("The Moor Trust report", EvidenceType.REPORT, publisher="The Moor’s Trust"),
        source("Adeyemi et al., 2018", EvidenceType.ABSTRACT, authors="Ada Adeyemi, Li Wei"),
        source("Reader comment (nurse)", EvidenceType.READER_COMMENT, speaker="nurse"),
    )
)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("What did the Moor's Trust conclude about bank staff and rotas?", "bank staff and rotas?"),
        ("what does the report say re band 4", "band 4"),
        ("Did Moors Trust researchers find that rotas slip", "rotas slip"),
        ("so MT reckon rotas are fine?", "rotas are fine?"),
        ("Where is the Trust page's finding that rotas slip?", ""),
        ("Where is the Moor’s Trust’s finding that rotas slip?", "rotas slip?"),
        ("moors trust evidence on rotas", "rotas"),
        ("what share of nurses did the report find had left", "what share of nurses had left"),
        ("how many left, according to the article?", "how many left"),
        ("acc to the Moor's Trust, who left?", "who left?"),
        ("is it true that the report says nurses left?", "nurses left?"),
        ("What did the nurses find?", ""),
        ("What did Adeyemi find about rotas?", ""),
        ("what did the Adeyemi report say about rotas", ""),
        ("Who wrote the Moor's Trust report on rotas?", ""),
        ("did the page move", ""),
        ("What did the authors conclude about rotas?", ""),
        ("the report", ""),
        ("", ""),
    ],
)
def test_whose_it_is_said_to_be_is_taken_off(question: str, said: str) -> None:
    assert claim(question, NAMES.report).rstrip(",") == said


def test_what_a_report_is_called() -> None:
    for called in ("the report", "that page", "The Moor's Trust", "MT", "moors trust report team"):
        assert NAMES.report(called)
    for other in ("the authors", "people", "Adeyemi", "the Adeyemi report", "the nurse", "", "the"):
        assert not NAMES.report(other)


@pytest.mark.parametrize("text", ["did the report ", "what did ", "find that ", "a ", "per the, "])
def test_long_questions_hang_nothing(text: str) -> None:
    for length in (400, 2000):
        assert claim((text * 2000)[:length], lambda _: False) == ""
