"""The promises of the product, on real answers over the real sources."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ragbot import render
from ragbot.assistant import BY_A_READER, NOT_STATED, STATED, Assistant
from ragbot.metadata import asks_of_thing, fields_asked
from ragbot.types import Answer, EvidenceType, Turn

ROOT = Path(__file__).parent.parent
CASES = ROOT / "eval/cases/primary_care.jsonl"
MANY = 110


@pytest.fixture(scope="module")
def answers(assistant: Assistant) -> list[tuple[dict[str, object], Answer]]:
    """Many questions of the shipped set, answered once; `ragbot eval` asks all of them."""
    records = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    return [
        (r, assistant.ask(r["question"], [Turn(**t) for t in r.get("history", ())]))
        for r in records[:: max(1, len(records) // MANY)][:MANY]
    ]


def quotes(answers: list[tuple[dict[str, object], Answer]]) -> Iterator[tuple[Answer, object]]:
    for _, answer in answers:
        for citation in (*answer.citations, *answer.nearest):
            yield answer, citation


@pytest.mark.slow
def test_every_citation_slices_to_its_quote(
    answers: list[tuple[dict[str, object], Answer]], seeds: Path
) -> None:
    texts = {f"seeds/{p.name}": p.read_bytes().decode("utf-8") for p in seeds.glob("0*.txt")}
    seen = 0
    for _, answer in answers:
        for citation in (*answer.citations, *answer.nearest):
            assert texts[citation.path][citation.start : citation.end] == citation.quote
            seen += 1
    assert seen > MANY


@pytest.mark.slow
def test_every_sentence_is_its_quote_and_no_comment_passes_as_the_report(
    answers: list[tuple[dict[str, object], Answer]],
) -> None:
    for _, answer in answers:
        by_number = {c.n: c for c in answer.citations}
        for sentence in answer.sentences:
            assert sentence.support == "verbatim"
            cited = [by_number[n] for n in sentence.citations]
            assert sentence.text == f"{sentence.lead_in} “{cited[0].quote}”".strip()
            if cited[0].evidence_type is EvidenceType.READER_COMMENT:
                assert "comment" in sentence.lead_in


@pytest.mark.slow
def test_status_and_contents_agree(answers: list[tuple[dict[str, object], Answer]]) -> None:
    statuses = {answer.status for _, answer in answers}
    assert statuses == {"answered", "not_in_sources", "refused"}
    for case, answer in answers:
        if answer.status == "refused":
            assert case["type"] == "manipulation"
        assert bool(answer.citations) == (answer.status == "answered")
        assert bool(answer.nearest) <= (answer.status == "not_in_sources")
        assert set(render.to_json(answer)) >= {
            "question", "standalone_question", "status", "reason", "text", "sentences",
            "citations", "nearest", "engine", "index", "timings_ms",
        }  # fmt: skip


def test_the_same_question_gets_the_same_answer(assistant: Assistant) -> None:
    question = "what do GPs think of digital services"
    first, second = assistant.ask(question), assistant.ask(question)
    assert (first.text, first.citations, first.support) == (
        second.text,
        second.citations,
        second.support,
    )


@pytest.mark.parametrize("question", ["", "   ", "?!", "\x00\x07"])
def test_an_empty_question_is_refused(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).reason == "empty"


def test_a_question_that_is_too_long_is_refused(assistant: Assistant) -> None:
    answer = assistant.ask("why " * 12_500)
    assert (answer.status, answer.reason) == ("refused", "too_long")
    assert len(answer.question) <= 2000


def test_markup_and_controls_in_a_question_are_text(assistant: Assistant) -> None:
    answer = assistant.ask('<script>alert(1)</script> \u202e link **workers** "AND" OR title:*')
    assert answer.status in ("answered", "not_in_sources")
    assert "<script>" not in answer.text
    assert "\u202e" not in answer.question


def test_a_search_syntax_error_cannot_be_asked(assistant: Assistant) -> None:
    for question in ("AND OR NOT", 'field:"', "((((", "a^2 +b -c ~d", "\\", "'; DROP TABLE chunks"):
        assert assistant.search(question, 5) is not None


def test_as_a_runnable_and_as_a_retriever(assistant: Assistant) -> None:
    question = "What is compensatory labour?"
    assert assistant.as_runnable().invoke(question).text == assistant.ask(question).text
    assert len(assistant.as_runnable().batch([question, "estates"])) == 2
    found = assistant.as_retriever(k=3).invoke("glue ear")
    assert len(found) == 3
    assert "Vennik" in found[0].metadata["label"]


def test_streaming_grows_to_the_whole_answer(assistant: Assistant) -> None:
    parts = list(assistant.stream("What does the report recommend?"))
    assert [len(part.sentences) for part in parts] == list(range(1, len(parts) + 1))
    assert all({n for s in p.sentences for n in s.citations} == {c.n for c in p.citations}
               for p in parts)  # fmt: skip


def test_who_wrote_it_is_answered_from_the_citation_lines(assistant: Assistant) -> None:
    answer = assistant.ask("who wrote the nasal balloon paper?")
    assert "Jane Vennik" in answer.citations[0].quote
    assert answer.support == STATED
    assert assistant.ask("which journal published the Norwegian study?").citations[0].quote == (
        "BMJ Open"
    )


def test_facts_are_told_of_a_source_that_is_meant_and_no_others_instead(
    assistant: Assistant,
) -> None:
    answer = assistant.ask("authors on the compensatory labour paper")
    assert "Sinnott" in answer.citations[0].quote
    assert answer.support == STATED
    silent = assistant.ask("who are the named authors of the additional roles page")
    assert silent.status == "not_in_sources"  # nor who funded it, which it does state
    other = assistant.ask("authors on the paper about zebra fish fins")
    assert other.status == "not_in_sources"


@pytest.mark.parametrize(
    "question",
    [
        "Did the King's Fund conclude that free pharmacists make GPs stop hiring?",
        "what does the page say about health coaching",
    ],
)
def test_what_a_reader_says_is_not_taken_for_the_reports(
    assistant: Assistant, question: str
) -> None:
    answer = assistant.ask(question)
    assert answer.status == "answered"
    assert BY_A_READER in answer.note
    assert {c.evidence_type for c in answer.citations} == {EvidenceType.READER_COMMENT}
    assert all("not its findings" in s.text for s in answer.sentences[:1])


def test_what_the_report_says_itself_stays_the_reports(assistant: Assistant) -> None:
    answer = assistant.ask("What does the King's Fund report say about premises?")
    assert BY_A_READER not in answer.note
    assert answer.citations[0].evidence_type is EvidenceType.REPORT


def test_what_a_file_does_not_say_is_not_filled_in(assistant: Assistant) -> None:
    answer = assistant.ask("which journal was the nasal balloon study published in?")
    assert answer.status == "not_in_sources"
    assert answer.support == NOT_STATED


def test_the_source_that_is_named_is_the_one_that_does_not_say(assistant: Assistant) -> None:
    answer = assistant.ask("Who paid for the Skivington study, and what was the grant?")
    assert answer.text.startswith("Skivington et al., 2018: the library’s copy does not give")


def test_what_the_library_holds_on_a_topic_is_not_all_it_holds(assistant: Assistant) -> None:
    everything = assistant.ask("what studies do you have")
    topic = assistant.ask("what studies do you have on glue ear")
    assert len({c.source_id for c in everything.citations}) == len(assistant.sources())
    assert len({c.source_id for c in topic.citations}) < 4
    assert topic.citations[0].label.startswith("Vennik")


@pytest.mark.parametrize(
    ("field", "question", "asked"),
    [
        ("registration", "what was the registration of the balloon trial", True),
        ("registration", "prospero no?", True),
        ("registration", "is the review registered anywhere", True),
        ("registration", "Has it been registered?", True),
        ("registration", "what is the registration number of Smith 2023", True),
        (
            "registration",
            "What does it cost to keep a practice's registration with the regulator?",
            False,
        ),
        ("registration", "was anyone refused registration for not answering", False),
        ("registration", "how many patients are registered with deep end practices", False),
        ("registration", "How many registered patients took part in the study?", False),
        ("registration", "did the trial include patients registered at the practice", False),
        ("registration", "are patients registered for a medication review?", False),
        ("authors", "who did the glue ear study", True),
        ("authors", "who did the glue ear study and when was it published?", True),
        ("authors", "who did the glue ear study interview", False),
        ("authors", "who did the study in Glasgow interview?", False),
        ("authors", "who ran this?", True),
        ("authors", "Who led the national survey?", True),
        ("authors", "who led the huddles", False),
        ("authors", "who did the finger prick tests and how soon", False),
        ("authors", "who ran the receptionists' course", False),
        ("authors", "what did the authors of the EHR study say about design", False),
        ("authors", "do the authors recommend more training?", False),
        ("authors", "who are the authors of the EHR study", True),
        ("authors", "how old is the nurse who wrote in?", False),
        ("authors", "what would the nurse who wrote in have done", False),
        ("authors", "who wrote in 2018 about link workers", True),
        ("authors", "who wrote in the journal about glue ear", True),
        ("authors", "who wrote in the British Journal of General Practice on it", True),
        ("authors", "who was the lead author in the glue ear study?", True),
        ("journal", "Journal club tomorrow: what are its limits?", False),
        ("journal", "in what periodical is the glue ear study?", True),
        ("authors", "who are the people behind the glue ear study?", True),
        ("authors", "does going online leave some people behind?", False),
        ("authors", "how did the people behind the report get their facts", False),
        ("year", "when was the glue ear paper published?", True),
        ("year", "when did the King's Fund publish the report", True),
        ("year", "when will the next ratings be published", False),
        ("year", "is there a date by when it must be put on paper?", False),
        ("pages", "which pages is it on?", True),
        ("pages", "what is the volume, issue and pages of the glue ear paper", True),
        ("pages", "what does nurse coaching cost pp", False),
        ("pages", "what must we put on our practice's pages?", False),
        ("title", "what is the glue ear study called?", True),
        ("title", "what is it called", True),
        ("title", "what was the wound app called", False),
        ("title", "what is the paper on nurses called", True),
        ("title", "what is it called when patients wait for a bed", False),
        ("authors", "team behind the frailty study?", True),
        ("year", "when was the report written and who by", True),
        ("year", "when was it written down", False),
        ("year", "when were paper records still used", False),
        ("year", "how old were the patients in the paper", False),
        ("year", "how old is the paper", True),
        ("pages", "authors, title and pages of the glue ear study", True),
        ("pages", "how many pages is the report", True),
        ("pages", "what did the app cost pp per year", False),
    ],
)
def test_a_field_is_asked_of_a_paper(field: str, question: str, *, asked: bool) -> None:
    assert (field in fields_asked(question)) is asked


@pytest.mark.parametrize(
    ("question", "of_thing"),
    [
        ("who funded the headsets", True),
        ("who paid for this equipment?", True),
        ("who asked for more work", True),
        ("who paid for team building", True),
        ("who paid for it?", False),
        ("who funded this and when", False),
        ("who paid for the headset RCT", False),
        ("who asked for that piece of work", False),
        ("who was the funder", False),
        ("what was the source of funding for the dementia cohort", False),
    ],
)
def test_who_paid_for_a_thing_is_not_who_paid_for_a_study(question: str, *, of_thing: bool) -> None:
    assert asks_of_thing(question) is of_thing
