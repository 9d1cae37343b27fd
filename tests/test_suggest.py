"""Questions to go on with: from the library, answerable, few, and never late."""

from __future__ import annotations

from dataclasses import replace

from ragbot.assistant import Assistant
from ragbot.suggest import MOST, suggest
from ragbot.types import Answer, Citation, EvidenceType, Section
from tests.fakes import document

HEADINGS = ("Background", "Aim", "Methods", "Results", "Conclusion", "Pay and hours")
STUDY = replace(
    document("x" * 60),
    sections=tuple(Section(t, 10 * i, 10 * i + 9) for i, t in enumerate(HEADINGS)),
)
REPORT = replace(
    STUDY,
    source_id="report-1",
    label="The Report",
    evidence_type=EvidenceType.REPORT,
    sections=(Section(None, 0, 5), Section("Estates", 5, 9), Section("Long " * 20, 10, 19)),
)
REMARK = replace(
    REPORT, source_id="c-1", evidence_type=EvidenceType.READER_COMMENT, about="The Report"
)


def cited(source_id: str, section: str | None = None) -> Citation:
    return Citation(
        1, source_id, "L", "R", EvidenceType.ABSTRACT, section, "q", "p", 0, 1, None, "/source/x"
    )


def answered(question: str, *sources: str, section: str | None = None) -> Answer:
    citations = tuple(cited(source, section) for source in sources)
    return Answer(question, question, "answered", "", citations=citations)


def test_what_is_answered_by_the_source_itself_is_offered_conclusions_first() -> None:
    asked: list[str] = []

    def ask(question: str) -> Answer:
        asked.append(question)
        return answered(question, STUDY.source_id)

    found = suggest(answered("Why?", STUDY.source_id, section="Results"), [STUDY], ask=ask)
    assert found == (
        "What did Adams et al., 2020 conclude?",
        "What was the aim of Adams et al., 2020?",
        "How was Adams et al., 2020 carried out?",
    )
    assert len(asked) == MOST


def test_each_source_has_its_turn() -> None:
    found = suggest(
        answered("Why?"),
        [STUDY, REPORT, REMARK],
        ask=lambda q: answered(q, STUDY.source_id, REPORT.source_id, REMARK.source_id),
    )
    assert found == (
        "What did Adams et al., 2020 conclude?",
        "What does the Report say under “Estates”?",
        "What do readers’ comments on the Report say?",
    )


def test_what_is_not_answered_or_from_elsewhere_is_not_offered() -> None:
    silent = Answer("", "", "not_in_sources", "")
    assert suggest(answered("Why?"), [STUDY], ask=lambda _: silent) == ()
    assert suggest(answered("Why?"), [STUDY], ask=lambda q: answered(q, "another")) == ()


def test_the_question_itself_is_not_offered_again() -> None:
    question = "what did ADAMS et al 2020 conclude"
    found = suggest(answered(question), [STUDY], ask=lambda q: answered(q, STUDY.source_id))
    assert "What did Adams et al., 2020 conclude?" not in found


def test_time_is_bounded() -> None:
    now = [0.0]

    def slow(question: str) -> Answer:
        now[0] += 2
        return answered(question, STUDY.source_id)

    found = suggest(answered("Why?"), [STUDY], ask=slow, seconds=3, clock=lambda: now[0])
    assert len(found) == 2


def test_over_the_real_library_each_is_answered_from_its_source(assistant: Assistant) -> None:
    answer = assistant.ask("What did GPs call compensatory labour?")
    found = assistant.suggest(answer)
    assert 1 <= len(found) <= MOST
    for question in found:
        assert assistant.ask(question).status == "answered"
