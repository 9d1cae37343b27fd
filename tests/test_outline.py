"""An abstract's aim, and the sentences that only open it, which weigh less."""

from __future__ import annotations

from dataclasses import astuple, replace

from ragbot.assistant import Assistant
from ragbot.read import Regression, Signals, best_of
from ragbot.types import EvidenceType


def test_background_and_aim_of_abstracts_are_openings_and_the_aim_is_told(
    assistant: Assistant,
) -> None:
    passages = assistant.search("nasal balloon glue ear", 12)
    outline = assistant.outline(passages)
    openings = outline.openings
    told = {
        p.slice(start, end): (p.document.source_id, start) in openings
        for p in passages
        for start, end in p.chunk.sentences
    }
    aims = [text for text in told if text.startswith("To explore parent and healthcare")]
    results = [text for text in told if text.startswith("In all, 14 parents")]
    assert [told[text] for text in aims] == [True]
    assert [told[text] for text in results] == [False]
    abstracts = {
        p.document.source_id for p in passages if p.document.evidence_type is EvidenceType.ABSTRACT
    }
    assert {source for source, _ in openings} <= abstracts
    assert outline.aims.keys() <= abstracts
    assert aims[0] in outline.aims.values()
    assert assistant.outline(passages) == outline  # remembered


def test_an_opening_weighs_less_and_says_nothing_of_the_question() -> None:
    weights = Regression(1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0)
    finding = Signals(1.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    opening = replace(finding, opening=1.0)
    assert weights.probability(opening) < weights.probability(finding)
    assert astuple(best_of([opening, opening])) == astuple(finding)
