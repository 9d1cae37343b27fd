"""Questions without the names of those who wrote a source."""

from __future__ import annotations

import pytest

from ragbot.types import EvidenceType, MetadataField, SourceDocument
from ragbot.unnamed import Writers


def source(label: str, authors: str) -> SourceDocument:
    fields = (MetadataField("authors", authors, 0, 1),)
    return SourceDocument(label, "x.txt", 0, 9, EvidenceType.ABSTRACT, label, "…", (), fields)


WRITERS = Writers(
    (
        source("Adeyemi et al., 2018", "Ada B Adeyemi, Joe O’Hara, Li Wei"),
        source("Young & Warwick-Giles, 2020", "Ann Young, Lynsey Warwick-Giles"),
        SourceDocument("r", "r.txt", 0, 9, EvidenceType.REPORT, "The Trust report", "…", (), ()),
    ),
    words=frozenset({"young"}),
)


@pytest.mark.parametrize(
    ("question", "unnamed"),
    [
        ("How many GPs did Adeyemi et al talk to?", "How many GPs did the authors talk to?"),
        ("what did adeyemi and colleagues find", "what did the authors find"),
        ("Ada Adeyemi's view of pay", "the authors’ view of pay"),
        ("Adeyemi, O'Hara and Wei: who paid?", "the authors: who paid?"),
        ("according to Dr Adeyemi (2018), why?", "according to the authors, why?"),
        ("in the Adeyemi paper", "in the paper"),
        ("the Adeyemi glue ear study", "the glue ear study"),
        ("adeyemi pay survey - n?", "the pay survey - n?"),
        ("at the Adeyemi workshop", "at the authors workshop"),
        ("Young and Warwick-Giles’s team", "the team"),
        ("what do Young & Warwick-Giles want", "what do the authors want"),
        ("are young patients asked?", "are young patients asked?"),
        ("the young et al trial", "the trial"),
        ("is Young's syndrome common?", "is Young's syndrome common?"),
        ("what does Wei say", "what does Wei say"),  # no label names her
        ("Young patients: how many?", "Young patients: how many?"),
        ("what do young people in the study want", "what do young people in the study want"),
        ("in Adeyemi. Young found what?", "in the authors. the authors found what?"),
        ("the 2018 Adeyemi study", "the 2018 study"),
        ("which Adeyemi paper", "which paper"),
        ("Adeyemi and co-design", "the authors and co-design"),
        ("the Trust report on pay", "the Trust report on pay"),
        ("", ""),
    ],
)
def test_names_of_authors_go(question: str, unnamed: str) -> None:
    assert WRITERS.unnamed(question) == unnamed
