"""Questions about a source as a whole, and which of its sentences answer them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from eval.training.zones import fit
from ragbot import metadata, parts, sections
from ragbot.assistant import MORE, Assistant
from ragbot.errors import ModelProblem
from ragbot.focus import Names
from ragbot.glossary import Glossary
from ragbot.query import Understanding
from ragbot.resources import folder
from ragbot.spelling import Speller
from ragbot.types import EvidenceType, Passage, Section, SourceDocument, Turn
from ragbot.zones import KNOWN, Part, Zones, features, place
from tests.fakes import document, passage

ZONES = Zones.read(folder("weights"))
ABSTRACT = (
    "Falls are common in older people.",
    "The aim of this study was to ask patients about falls.",
    "Twenty patients were interviewed in two clinics.",
    "Data were analysed thematically.",
    "Patients reported fear of falling (12 of 20).",
    "Balance classes were valued by 15 patients.",
    "Balance classes may help and should be offered in clinics.",
)
PARTS = [
    Part.BACKGROUND,
    Part.AIM,
    Part.METHOD,
    Part.METHOD,
    Part.RESULTS,
    Part.RESULTS,
    Part.CONCLUSION,
]


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("What was the aim of the falls study?", (Part.AIM,)),
        ("falls study main findings", (Part.RESULTS, Part.CONCLUSION)),
        ("what did the authors conclude", (Part.CONCLUSION,)),
        ("limitations of the evaluation?", (Part.LIMITATIONS,)),
        ("how was the falls study carried out", (Part.METHOD,)),
        ("what is the falls paper about", (Part.AIM, Part.CONCLUSION)),
        ("summarise the report", (Part.AIM, Part.CONCLUSION)),
        ("What further research do the authors want?", (Part.FUTURE,)),
        ("what did the study find about pay", ()),
        ("What do the findings on premises mean for the report?", ()),
        ("what did GPs find difficult", ()),
        ("results of vaccination", ()),
        ("how many nurses took part in the study", ()),
    ],
)
def test_the_part_that_a_question_asks_for(question: str, wanted: tuple[Part, ...]) -> None:
    assert parts.asked(question, named=False) == wanted


def test_a_source_that_is_named_needs_no_word_for_it() -> None:
    assert parts.asked("what did Adams conclude", named=False) == ()
    assert parts.asked("what did Adams conclude", named=True) == (Part.CONCLUSION,)


def test_what_remains_says_which_source_is_meant() -> None:
    assert parts.about("What are the main findings of the glue ear study?") == ["glue", "ear"]
    assert parts.about("what is the glue ear paper about") == ["glue", "ear"]
    assert parts.about("For my essay: what limitations do the authors own up to?") == []


def abstract(paragraphs: list[tuple[str, ...]], titles: list[str | None]) -> list[Passage]:
    texts = [" ".join(sentences) for sentences in paragraphs]
    whole = "\n".join(texts)
    starts = [whole.index(text) for text in texts]
    sections = tuple(
        Section(title, start, start + len(text))
        for title, start, text in zip(titles, starts, texts, strict=True)
    )
    base = document(whole)
    source = SourceDocument(
        base.source_id,
        base.path,
        0,
        len(whole),
        EvidenceType.ABSTRACT,
        base.label,
        base.reference,
        sections,
    )
    made = passage(whole, [s for sentences in paragraphs for s in sentences], source=source)
    return [_under(made, section, spans=made.chunk.sentences) for section in sections]


def _under(made: Passage, section: Section, *, spans: tuple[tuple[int, int], ...]) -> Passage:
    inside = tuple(span for span in spans if section.start <= span[0] < section.end)
    chunk = replace(
        made.chunk,
        start=section.start,
        end=section.end,
        section=section.title,
        sentences=inside,
    )
    return replace(made, chunk=chunk, text=made.text[section.start : section.end])


def test_without_headings_the_sentences_say_what_they_are() -> None:
    assert sections.parts_of(abstract([ABSTRACT], [None]), ZONES) == PARTS


def test_headings_come_first() -> None:
    told = sections.parts_of(
        abstract([ABSTRACT[4:6], ABSTRACT[:2], ABSTRACT[6:]], ["Findings", "Methods", "Notes"]),
        ZONES,
    )
    assert told == [Part.RESULTS, Part.RESULTS, Part.METHOD, Part.METHOD, Part.BACKGROUND]


def test_paragraphs_without_headings_are_of_one_kind() -> None:
    limits = ("Only a small sample came forward.", "We were unable to recruit men.")
    future = ("Future research should ask carers.",)
    made = [ABSTRACT[:2], ABSTRACT[2:4], ABSTRACT[4:6], limits, ABSTRACT[6:], future]
    told = sections.parts_of(abstract(made, [None] * 6), ZONES)
    assert told[:6] == PARTS[:6]
    assert told[6:] == [Part.LIMITATIONS, Part.LIMITATIONS, Part.CONCLUSION, Part.FUTURE]


def test_results_and_conclusion_take_turns_and_stand_for_each_other() -> None:
    made = abstract([ABSTRACT], [None])
    both = parts.evidence((Part.RESULTS, Part.CONCLUSION), made, PARTS)
    assert [e.text for e in both] == [ABSTRACT[4], ABSTRACT[6], ABSTRACT[5]]
    no_end = [Part.RESULTS if part is Part.CONCLUSION else part for part in PARTS]
    alone = parts.evidence((Part.CONCLUSION,), made, no_end)
    assert [e.text for e in alone] == [*ABSTRACT[4:]]
    assert parts.evidence((Part.LIMITATIONS,), made, PARTS) == ()


def test_a_source_is_meant_where_it_says_that_it_is_about_that() -> None:
    made = abstract([ABSTRACT], [None])

    def likeness(question: str, *, named: bool = False) -> int:
        def spelt(word: str) -> tuple[str, ...]:
            return ("falls",) * (word == "tumbles")

        return parts.likeness(question, made, PARTS, spelt, named=named)

    assert likeness("main findings of the study on falls in patients") > 0
    assert likeness("main findings of the study on older people") == 0
    assert likeness("main findings of the study on older people", named=True) > 0
    assert likeness("main findings of the trial on falls") == 0
    assert likeness("aim of the tumbles study") > 0
    assert likeness("main findings of the study on asthma") == 0
    assert likeness("aim of the patients study of falls") > likeness("aim of the falls study")


def test_weights_are_fitted_on_sentences_and_their_order() -> None:
    rows = [(label, f"word{label} here", True) for label in range(4)]
    zones = Zones(**fit([rows] * 30))
    assert zones.of([text for _, text, _ in rows]) == list(KNOWN)
    assert zones.of([]) == zones.of_paragraphs([]) == []


def test_features_are_words_numbers_and_the_beginning() -> None:
    assert features("In 2019, nurses’ pay fell 5%.") >= {"in", "0", "nurs", "%", "^in", "^in 0"}
    assert place(0, 1) == (0.0, 0.0, 1.0, 1.0)
    assert place(2, 3) == (1.0, 1.0, 0.0, 1.0)


def test_missing_weights_are_named(tmp_path: Path) -> None:
    with pytest.raises(ModelProblem, match=r"zones\.json"):
        Zones.read(tmp_path)


@pytest.mark.parametrize(
    ("question", "label", "beginning"),
    [
        ("what did riding conclude", "Riding", "Clinical Commissioning Groups and NHS England"),
        ("what did the zhang paper find", "Zhang", "The results show that providers face"),
        ("aim of the deep end norman study", "Norman", "This study explores the impact"),
        ("summarise the king's fund report", "King’s Fund", "We found that PCNs are in"),
    ],
)
def test_the_seeds_are_asked_about_as_a_whole(
    assistant: Assistant, question: str, label: str, beginning: str
) -> None:
    answer = assistant.ask(question)
    assert {label in c.label for c in answer.citations} == {True}
    assert answer.citations[0].quote.startswith(beginning)


def test_a_long_part_says_that_there_is_more(assistant: Assistant) -> None:
    assert assistant.ask("what did the kings fund find").note == MORE
    assert assistant.ask("what did riding conclude").note == ""


def test_a_follow_up_asks_about_the_source_of_the_answer(assistant: Assistant) -> None:
    history = [
        Turn("user", "which study was about glue ear"),
        Turn("assistant", "Vennik et al., 2018 (study abstract): “Nasal balloon …” [1]"),
    ]
    answer = assistant.ask("and what did they conclude?", history)
    assert {c.label for c in answer.citations} == {"Vennik et al., 2018"}
    assert {c.section for c in answer.citations} == {"Conclusion"}


def test_a_topic_is_still_read_for(assistant: Assistant) -> None:
    answer = assistant.ask("what does the report say about estates")
    assert "adequate estate" in answer.citations[0].quote


@pytest.mark.parametrize(
    ("question", "labels"),
    [
        ("who wrote the comments?", {"Chief Nursing Officer", "clinical pharmacist"}),
        ("summarise the comments", {"Chief Nursing Officer", "clinical pharmacist"}),
        ("what did the nurse say in her comment", {"Chief Nursing Officer"}),
        ("what does the pharmacist's comment say?", {"clinical pharmacist"}),
    ],
)
def test_comments_as_a_whole_are_named_as_comments(
    assistant: Assistant, question: str, labels: set[str]
) -> None:
    answer = assistant.ask(question)
    assert {c.evidence_type for c in answer.citations} == {EvidenceType.READER_COMMENT}
    assert {c.label.split(": ")[1].split(" at ")[0] for c in answer.citations} == labels
    assert all("comment" in sentence.lead_in for sentence in answer.sentences)


@pytest.mark.parametrize(
    "question",
    [
        "what does the nurse who left a comment say about estates",
        "who does the commenter blame?",
        "what do the comments say about pay",
    ],
)
def test_what_comments_say_on_a_topic_is_read_for(question: str) -> None:
    assert not metadata.asks_who_commented(question)
    assert parts.about_comments(question)


@pytest.mark.parametrize(
    "question",
    [
        "How do I comment?",
        "How many comments are there?",
        "Did the authors comment on this?",
        "What did the commenters say about primary care?",
        "Who commented on the Sinnott article?",
    ],
)
def test_what_only_sounds_like_asking_for_comments(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).support != 1.0
    assert "speaker" not in assistant.ask(question).text


def test_the_report_is_not_the_comment_before() -> None:
    said = "What did the commenter say about pharmacists?"
    history = [Turn("user", said), Turn("assistant", "Reader comment: a pharmacist: “…” [1]")]
    understanding = Understanding(
        glossary=Glossary.load(folder("prompts") / "glossary.toml"),
        speller=Speller({}, known=frozenset()),
        names=Names(()),
    )
    asked = understanding.understand("And what did the report say about it?", history)
    assert not asked.comments_asked_for
    assert understanding.understand("And what else did they say?", history).comments_asked_for


@pytest.mark.parametrize(
    "question",
    [
        "What were the limitations of the primary care trial?",
        "Purpose of link workers in the Skivington study",
        "What are the findings on pay in the evaluation?",
    ],
)
def test_a_thing_or_a_topic_is_not_a_source_as_a_whole(assistant: Assistant, question: str) -> None:
    assert assistant.ask(question).support != 1.0


def test_topical_headings_of_other_texts_are_no_parts() -> None:
    made = abstract([ABSTRACT[:2], ABSTRACT[2:4]], ["Infection control measures", "Our findings"])
    guide = [
        replace(p, document=replace(p.document, evidence_type=EvidenceType.DOCUMENT)) for p in made
    ]
    told = sections.parts_of(guide, ZONES)
    assert told[2:] == [Part.RESULTS, Part.RESULTS]
    assert Part.METHOD not in told


def test_a_number_asked_for_earlier_is_not_asked_for_again(assistant: Assistant) -> None:
    history = [
        Turn("user", "average age of GPs in the Sinnott study?"),
        Turn("assistant", "The sources in this library do not answer this question."),
    ]
    answer = assistant.ask("And what did they call compensatory labour?", history)
    assert answer.status == "answered"
