"""Understanding a question: typos, short forms, conversations, kinds of source."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ragbot.adapters.english import English
from ragbot.focus import Names
from ragbot.glossary import Glossary
from ragbot.query import Understanding
from ragbot.resources import folder
from ragbot.spelling import Speller
from ragbot.types import EvidenceType, MetadataField, SourceDocument, Turn

VOCABULARY = {
    "prescribing": 9,
    "organisation": 4,
    "programme": 3,
    "physiotherapists": 2,
    "pharmacist": 5,
    "patients": 9,
    "does": 3,
    "barriers": 2,
    "behaviour": 1,
    "form": 3,
    "from": 9,
}


def abstract(surname: str, year: str) -> SourceDocument:
    fields = (MetadataField("authors", f"Ann {surname}", 0, 1), MetadataField("year", year, 0, 1))
    return SourceDocument(
        f"{surname.lower()}-{year}",
        "x/y.txt",
        0,
        9,
        EvidenceType.ABSTRACT,
        f"{surname} et al., {year}",
        "…",
        (),
        fields,
    )


def comment(speaker: str) -> SourceDocument:
    kind = EvidenceType.READER_COMMENT
    label = f"Reader comment: {speaker}"
    return SourceDocument(
        speaker, "x/z.txt", 0, 9, kind, label, "…", (), speaker=speaker, about=REPORT.label
    )


REPORT = SourceDocument(
    "report",
    "x/z.txt",
    0,
    9,
    EvidenceType.REPORT,
    "The Queen’s Trust report",
    "…",
    (),
    (MetadataField("publisher", "The Queen’s Trust", 0, 9),),
)
SOURCES = (
    abstract("Adeyemi", "2018"),
    abstract("Brown", "2018"),
    abstract("Brown", "2021"),
    comment("practice nurse"),
    comment("retired paramedic"),
    REPORT,
)
KNOWN = frozenset({"dose", "weather", "barrier", "what", "the", "social"})


@pytest.fixture(scope="module")
def understanding() -> Understanding:
    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    speller = Speller(VOCABULARY, known=KNOWN)
    return Understanding(glossary=glossary, speller=speller, names=Names(SOURCES))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("social perscribing", "social prescribing"),
        ("social prescirbing?", "social prescribing?"),
        ("pharamcist", "pharmacist"),
        ("organization", "organisation"),
        ("program", "programme"),
        ("behavior", "behaviour"),
        ("PATEINTS", "patients"),
    ],
)
def test_typos_and_american_forms_are_mended(
    understanding: Understanding, typed: str, meant: str
) -> None:
    assert understanding.understand(typed).standalone == meant


def test_everyday_words_are_also_put_in_the_terms_of_the_field(
    understanding: Understanding,
) -> None:
    asked = understanding.understand("is Brown short of room, and does it pay in Money?")
    assert asked.unnamed == "is the authors short of room, and does it pay in Money?"
    assert asked.reworded == "is the authors short of estate, and does it pay in funding?"
    formal = understanding.understand("is there an estate?")
    assert formal.reworded == formal.unnamed


def test_a_country_is_meant_by_its_people_and_its_letters() -> None:
    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    names = Names(SOURCES, {"united states": {"x"}, "denmark": {"y"}})
    read = Understanding(glossary=glossary, speller=Speller({}, known=KNOWN), names=names)
    for asked in ("the US paper", "the us paper", "what do the yanks do", "any American trial"):
        assert read.understand(asked).focus == {"x"}
    assert read.understand("the nordic one").focus == {"y"}
    for other in ("does it help us", "Us GPs are tired", "CAN YOU TELL US HOW MANY LEFT?"):
        assert read.understand(other).focus == frozenset()
    assert read.understand("is there a us and them culture").focus == frozenset()
    for within in (
        "where in Denmark was it",
        "which part of the US were the nurses from",
        "whereabouts in the united states",
    ):
        assert read.understand(within).focus == frozenset()
    for named in ("where in the Denmark study is it", "where in the Danish study were they"):
        assert read.understand(named).focus == {"y"}
    assert "United States" not in read.understand("does it help us").search


def test_a_place_of_a_glossary_is_no_pattern_and_none_is_asked_within_without_one() -> None:
    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    names = Names(SOURCES, {"denmark": {"y"}})
    for places in ({}, {"fictional": ("Low (",)}):
        own = replace(glossary, places=places, regions={})
        read = Understanding(glossary=own, speller=Speller({}, known=KNOWN), names=names)
        assert read.understand("where in Denmark was it").focus == {"y"}


@pytest.mark.parametrize("typed", ["dose", "weather", "QOF", "F2F", "xyzzyqu", "fmr", "12.5", "é"])
def test_what_is_a_word_or_near_nothing_stays(understanding: Understanding, typed: str) -> None:
    assert understanding.understand(typed).standalone == typed


@pytest.mark.parametrize("word", ["graft", "levers", "classifying", "practise", "summarise"])
def test_words_of_english_are_not_corrected_to_the_librarys(word: str) -> None:
    library = {"grant": 3, "levels": 9, "clarifying": 1, "practice": 12, "summarised": 1}
    assert Speller(library, known=frozenset()).correct(word)
    assert Speller(library, known=English()).correct(word) is None


def test_misspelt_words_are_no_words_of_english() -> None:
    english = English()
    for word in ("perscribing", "recieve", "docter", "pharamcist", "baloon"):
        assert word not in english


@pytest.mark.parametrize(
    ("question", "across"),
    [
        ("which studies talk about pay", True),
        ("compare the report and the trial", True),
        ("what does the study say", False),
        ("how are networks compared", True),
        ("who pays", False),
    ],
)
def test_whether_several_sources_are_asked(
    understanding: Understanding, question: str, across: bool
) -> None:
    assert understanding.understand(question).across is across


def test_corrections_are_reported(understanding: Understanding) -> None:
    assert understanding.understand("perscribing").corrections == (("perscribing", "prescribing"),)


def test_short_forms_and_everyday_words_widen_the_search_only(understanding: Understanding) -> None:
    query = understanding.understand("fcps an premises")
    assert query.standalone == "fcps an premises"
    assert "first contact physiotherapist" in query.search
    assert "estate" in query.search


def test_a_follow_up_takes_the_topic_of_the_question_before(understanding: Understanding) -> None:
    history = [
        Turn("user", "How many GPs took part in the glue ear study?"),
        Turn("assistant", "31 GPs [1]"),
    ]
    resolved = understanding.understand("and how many nurses?", history).standalone
    assert resolved.startswith("and how many nurses?")
    assert "glue ear" in resolved


def test_a_follow_up_that_names_another_source_leaves_the_first(
    understanding: Understanding,
) -> None:
    history = [Turn("user", "What does Adeyemi find on premises?"), Turn("assistant", "“…”")]
    resolved = understanding.understand("and is it in the Brown one?", history).standalone
    assert "premises" in resolved
    assert "Adeyemi" not in resolved


def test_a_follow_up_that_is_only_another_source_asks_the_same_of_it(
    understanding: Understanding,
) -> None:
    history = [Turn("user", "who funded the Adeyemi study?"), Turn("assistant", "“…”")]
    query = understanding.understand("and the Brown 2021 one?", history)
    assert query.standalone == query.alone == "who funded the Brown 2021 study?"
    assert query.focus == {"brown-2021"}
    history += [Turn("user", "and the Brown 2021 one?"), Turn("assistant", "“…”")]
    query = understanding.understand("what about the glue ear paper", history)
    assert query.standalone == "who funded the glue ear paper?"
    assert query.focus == set()


def test_a_chain_of_follow_ups_keeps_its_topic(understanding: Understanding) -> None:
    history = [
        Turn("user", "What barriers did the autoinflation paper find?"),
        Turn("assistant", "…"),
        Turn("user", "who was interviewed?"),
        Turn("assistant", "…"),
    ]
    assert "autoinflation" in understanding.understand("and when?", history).standalone


@pytest.mark.parametrize(
    "question",
    [
        "What do patients with osteoarthritis value in consultations?",
        "did the commenter like the training course",
    ],
)
def test_a_question_that_stands_alone_takes_nothing(
    understanding: Understanding, question: str
) -> None:
    history = [Turn("user", "How many GPs took part in the glue ear study?")]
    assert understanding.understand(question, history).standalone == question


def test_the_commenter_of_the_conversation_is_leant_on(understanding: Understanding) -> None:
    history = [
        Turn("user", "What does the comment say about autoinflation?"),
        Turn("assistant", "Reader comment: a nurse (a reader’s comment …): “It is simple.” [1]"),
    ]
    question = "what did the commenter want instead of drops"
    assert "autoinflation" in understanding.understand(question, history).standalone


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("what did the pharmacist who commented say about pay", True),
        ("any reader comments on training?", True),
        ("According to the nurse writing under the page, is pay fair?", True),
        ("what did the manager who replied below the King's Fund page say", True),
        ("What was written under the pressure of time?", False),
        ("what does the report say about estates", False),
        ("do patients report feeling better", False),
        ("the paramedic who wrote in: how long in post?", True),
        ("Leaving the readers' comments aside, is pay fair?", False),
        ("What did the people leaving comments say about pay?", True),
        ("why do readers leave comments on pay", True),
        ("the report, not the readers' views: is pay fair?", False),
        ("who writes in the patient record?", False),
        ("any comments out there on premises?", True),
        ("What did the manager who wrote in suggest?", True),
        ("who wrote in BMJ Open about glue ear", False),
        ("what does the page say, not the commenters?", False),
    ],
)
def test_whether_comments_are_asked_for(
    understanding: Understanding, question: str, asked: bool
) -> None:
    assert understanding.understand(question).comments_asked_for is asked


def test_comments_can_be_left_out(understanding: Understanding) -> None:
    assert understanding.understand("is pay fair, comments aside?").comments_left_out
    assert understanding.understand("not what commenters say: is pay fair?").comments_left_out
    assert not understanding.understand("why do nurses not comment on pay?").comments_left_out
    assert not understanding.understand("what do the comments say on pay?").comments_left_out


def test_a_very_long_conversation_is_no_trouble(understanding: Understanding) -> None:
    history = [Turn("user", "and it?" * 500), Turn("assistant", "yes")] * 1500
    assert understanding.understand("and then?", history).standalone.startswith("and then?")


@pytest.mark.parametrize(
    ("question", "sources"),
    [
        ("what did adeyemi find", {"adeyemi-2018"}),
        ("the Brown papers", {"brown-2018", "brown-2021"}),
        ("Brown's 2021 paper", {"brown-2021"}),
        ("what does the queens trust say", {"report"}),
        ("The Queen’s Trust on pay", {"report"}),
        ("what did the paramedic who commented say", {"retired paramedic"}),
        ("what do paramedics do", set()),
        ("what do the comments say", set()),
        ("what does the QT say", {"report"}),
        ("what does tqt say", {"report"}),
        ("what did the paramedic who wrote in say", {"retired paramedic"}),
        ("what do readers say under the Queen's Trust page", set()),  # all comments are under it
        ("what do readers say about practice nurses", set()),  # on them, not by one
        ("apart from the comments, what does a practice nurse do", set()),
        ("the Queen's Trust page, not the comments: is pay fair?", {"report"}),
        ("brownish adeyemite", set()),
    ],
)
def test_a_question_that_names_a_source_is_about_it(
    understanding: Understanding, question: str, sources: set[str]
) -> None:
    assert understanding.understand(question).focus == sources


def test_a_follow_up_stays_with_the_source_of_the_last_answer(understanding: Understanding) -> None:
    history = [Turn("user", "Who looked at pay?"), Turn("assistant", "Adeyemi et al., 2018: “…”")]
    assert understanding.understand("and how many took part?", history).focus == {"adeyemi-2018"}
    assert understanding.understand("and in the Queen's Trust one?", history).focus == {"report"}
    later = [*history, Turn("user", "was it a success"), Turn("assistant", "They write: “…”")]
    assert understanding.understand("and how many took part?", later).focus == {"adeyemi-2018"}
    whole = "What do patients with osteoarthritis value in consultations?"
    assert understanding.understand(whole, history).focus == set()
