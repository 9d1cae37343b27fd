"""What is quoted, in which order, and who is said to say it."""

from __future__ import annotations

from ragbot.compose import Rules, attribution, choose, compose, nearest
from ragbot.lists import lists
from ragbot.types import EvidenceType
from tests.fakes import document, passage, reading

RULES = Rules(min_support=0.5, min_score=0.4, completeness=1.0, max_sentences=3, max_words=40)
TEXT = "Staff were busy. Rooms were short. Pay was low."
REPORT = document(
    TEXT, source_id="report-1", label="The Institute report", evidence_type=EvidenceType.REPORT
)
COMMENT = document(
    TEXT,
    source_id="comment-1",
    label="Reader comment: a nurse",
    evidence_type=EvidenceType.READER_COMMENT,
    about="The Institute report",
)
REPORTED = passage(TEXT, ["Staff were busy.", "Rooms were short."], source=REPORT)
COMMENTED = passage(TEXT, ["Pay was low.", "Staff were busy."], source=COMMENT, rank=2)
OTHER = passage("Pay was fair.", ["Pay was fair."], source=document("Pay was fair."), rank=3)
TEXTS = {REPORT.path: TEXT, COMMENT.path: TEXT}


def answer(*scored: tuple[object, str, float], support: float = 0.9, asked: bool = False):  # type: ignore[no-untyped-def]
    found = reading(*scored, support=support)  # type: ignore[arg-type]
    return compose(found, rules=RULES, comments_asked_for=asked, texts=TEXTS)


def test_weak_support_is_no_answer() -> None:
    assert answer((REPORTED, "Staff were busy.", 0.9), support=0.49) is None


def test_every_sentence_is_a_quote_with_its_marker() -> None:
    draft = answer((REPORTED, "Rooms were short.", 0.9), (REPORTED, "Staff were busy.", 0.8))
    assert draft is not None
    assert [c.quote for c in draft.citations] == ["Rooms were short.", "Staff were busy."]
    assert [s.citations for s in draft.sentences] == [(1,), (2,)]
    assert draft.sentences[0].text == "The Institute report (Results): “Rooms were short.”"
    assert draft.sentences[1].text == "“Staff were busy.”"
    assert "“Staff were busy.” [2]" in draft.text


def test_a_comment_gives_way_to_the_report_unless_it_is_asked_for() -> None:
    scored = ((COMMENTED, "Pay was low.", 0.95), (REPORTED, "Rooms were short.", 0.6))
    plain = answer(*scored)
    assert plain is not None
    assert {c.evidence_type for c in plain.citations} == {EvidenceType.REPORT}
    asked = answer(*scored, asked=True)
    assert asked is not None
    assert {c.evidence_type for c in asked.citations} == {EvidenceType.READER_COMMENT}


def test_a_comment_that_alone_answers_says_in_every_sentence_that_it_is_one() -> None:
    draft = answer(
        (COMMENTED, "Pay was low.", 0.95),
        (COMMENTED, "Staff were busy.", 0.9),
        (REPORTED, "Rooms were short.", 0.1),
    )
    assert draft is not None
    assert len(draft.sentences) == 2
    assert all("reader’s comment" in sentence.text for sentence in draft.sentences)
    assert "not its findings" in draft.sentences[0].text


def test_no_sentence_is_quoted_twice_even_from_two_sources() -> None:
    other = document(TEXT, source_id="report-2", label="Other", evidence_type=EvidenceType.REPORT)
    twin = passage(TEXT, ["Staff were busy."], source=other)
    chosen = choose(
        reading((REPORTED, "Staff were busy.", 0.9), (twin, "Staff were busy.", 0.8)).evidence,
        rules=RULES,
        comments_asked_for=False,
    )
    assert len(chosen) == 1


def test_weaker_sentences_and_too_many_words_are_left_out() -> None:
    long = "word " * 39 + "end."
    text = f"Short one. {long} Weak one."
    whole = passage(text, ["Short one.", long, "Weak one."])
    chosen = choose(
        reading((whole, "Short one.", 0.9), (whole, long, 0.8), (whole, "Weak one.", 0.3)).evidence,
        rules=RULES,
        comments_asked_for=False,
    )
    assert [e.text for e in chosen] == ["Short one."]


def test_sentences_are_quoted_while_they_make_the_answer_better() -> None:
    sentences = [f"Sentence number {n}." for n in range(6)]
    whole = passage(" ".join(sentences), sentences)

    def count(scores: list[float], completeness: float) -> int:
        scored = [(whole, text, score) for text, score in zip(sentences, scores, strict=True)]
        rules = Rules(completeness=completeness, max_sentences=6)
        return len(choose(reading(*scored).evidence, rules=rules, comments_asked_for=False))

    sure, split, even = [0.9, 0.02, 0.02, 0.02, 0.02, 0.02], [0.8, 0.7, 0.1, 0.1, 0, 0], [0.5] * 6
    assert [count(scores, 1.0) for scores in (sure, split, even)] == [1, 2, 6]
    assert [count(scores, 2.0) for scores in (sure, split, even)] == [1, 2, 6]
    close = [0.8, 0.45, 0.3, 0.2, 0.1, 0.1]
    assert (count(close, 0.5), count(close, 1.0), count(close, 3.0)) == (1, 2, 6)


def test_where_all_seem_unlikely_more_than_the_likeliest_is_quoted() -> None:
    def count(*scores: float, least: float) -> int:
        texts = ("Staff were busy.", "Rooms were short.", "Pay was low.")
        scored = [(REPORTED, text, score) for text, score in zip(texts, scores, strict=False)]
        rules = Rules(least_right=least)
        return len(choose(reading(*scored).evidence, rules=rules, comments_asked_for=False))

    assert count(0.04, 0.03, 0.001, least=0.0) == 1
    assert count(0.04, 0.03, 0.001, least=1.5) == 2
    assert count(0.9, 0.05, 0.02, least=1.5) == 1
    assert count(0.0, 0.0, least=1.5) == 1


def test_the_same_words_from_two_sources_count_once() -> None:
    other = document(TEXT, source_id="report-2", label="Other", evidence_type=EvidenceType.REPORT)
    twin = passage(TEXT, ["Staff were busy."], source=other)
    pair = [(REPORTED, "Staff were busy.", 0.6), (REPORTED, "Rooms were short.", 0.28)]
    for scored in (pair, [*pair, (twin, "Staff were busy.", 0.6)]):
        evidence = reading(*scored).evidence
        rules = Rules(least_right=0.0)
        assert len(choose(evidence, rules=rules, comments_asked_for=False)) == 1


def test_the_first_sentence_is_whole_however_long() -> None:
    long = "word " * 60 + "end."
    whole = passage(long, [long])
    chosen = choose(reading((whole, long, 0.9)).evidence, rules=RULES, comments_asked_for=False)
    assert [e.text for e in chosen] == [long]


def test_best_source_first_and_in_each_its_best_sentence() -> None:
    chosen = choose(
        reading(
            (COMMENTED, "Pay was low.", 0.9),
            (REPORTED, "Rooms were short.", 0.8),
            (REPORTED, "Staff were busy.", 0.7),
        ).evidence,
        rules=Rules(),
        comments_asked_for=False,
    )
    assert [(e.passage.document.source_id, e.start) for e in chosen] == [
        ("report-1", 17),
        ("report-1", 0),
    ]


def test_nearest_passages_are_exact_and_at_most_three() -> None:
    found = nearest([REPORTED, COMMENTED, REPORTED, COMMENTED], texts=TEXTS)
    assert [c.n for c in found] == [1, 2, 3]
    assert all(c.quote == TEXT[c.start : c.end] for c in found)


def test_attribution_names_the_kind_of_source() -> None:
    assert attribution(document(TEXT), "Aim") == "Adams et al., 2020 (study abstract, Aim)"
    assert attribution(REPORT, None) == "The Institute report"
    assert "a reader’s comment under The Institute report" in attribution(COMMENT, None)


LIST = "We recommend:\n- clear aims\n- more rooms\n- better pay\n- fewer forms"


def test_what_introduces_a_list_brings_the_list() -> None:
    items = ["We recommend:", "clear aims", "more rooms", "better pay", "fewer forms"]
    whole = passage(LIST, items)
    scored = [(whole, text, 0.9 if text == "We recommend:" else 0.2) for text in items]
    chosen = choose(reading(*scored).evidence, rules=RULES, comments_asked_for=False)
    assert [e.text for e in chosen] == items


def test_most_of_a_list_brings_the_rest_and_one_item_does_not() -> None:
    items = ["clear aims", "more rooms", "better pay", "fewer forms"]
    whole = passage(LIST, items)
    three = [(whole, text, 0.9 if text != "fewer forms" else 0.1) for text in items]
    chosen = choose(reading(*three).evidence, rules=RULES, comments_asked_for=False)
    assert [e.text for e in chosen] == items
    one = [(whole, text, 0.9 if text == "better pay" else 0.1) for text in items]
    chosen = choose(reading(*one).evidence, rules=RULES, comments_asked_for=False)
    assert [e.text for e in chosen] == ["better pay"]


def test_an_item_that_is_no_sentence_comes_with_what_introduces_it() -> None:
    text = "We recommend:\n- clear aims\n- more rooms\nRooms are short."
    whole = passage(text, ["We recommend:", "clear aims", "more rooms", "Rooms are short."])
    scores = ((("more rooms"), 0.9), ("clear aims", 0.1), ("We recommend:", 0.1))
    found = reading(*((whole, text, score) for text, score in scores)).evidence
    chosen = choose(found, rules=RULES, comments_asked_for=False)
    assert [e.text for e in chosen] == ["We recommend:", "more rooms"]


def test_the_best_sentence_is_read_first_unless_it_leans_on_another() -> None:
    text = "Nine GPs met. Rooms were short. They were tired."
    whole = passage(text, ["Nine GPs met.", "Rooms were short.", "They were tired."])

    def order(*texts: str) -> list[str]:
        made = reading(*((whole, text, 0.9 - 0.01 * i) for i, text in enumerate(texts)))
        return [e.text for e in choose(made.evidence, rules=RULES, comments_asked_for=False)]

    assert order("Rooms were short.", "They were tired.", "Nine GPs met.") == [
        "Rooms were short.",
        "They were tired.",
        "Nine GPs met.",
    ]
    assert order("They were tired.", "Rooms were short.")[0] == "Rooms were short."


def test_two_lists_of_one_passage_are_two() -> None:
    text = "Often:\n• tired\n• pale. Very\n• cold\nThat is all.\nSeldom:\n1. an itch\n2. a cough"
    names = ["Often:", "tired", "pale.", "Very", "cold", "That is all.", "Seldom:", "an itch"]
    whole = passage(text, [*names, "a cough"])
    (often, seldom) = lists(whole)
    assert [whole.slice(*span) for span in often.items] == ["tired", "pale.", "Very", "cold"]
    assert [whole.slice(*span) for span in seldom.items] == ["an itch", "a cough"]
    assert seldom.lead
    assert whole.slice(*seldom.lead) == "Seldom:"
    scored = [(whole, name, 0.9 if name == "Seldom:" else 0.1) for name in [*names, "a cough"]]
    chosen = choose(reading(*scored).evidence, rules=RULES, comments_asked_for=False)
    assert [e.text for e in chosen] == ["Seldom:", "an itch", "a cough"]


def test_what_introduces_nothing_is_not_quoted_beside_what_says_something() -> None:
    lead, other = (
        passage("We found:", ["We found:"]),
        passage("Rooms are short.", ["Rooms are short."]),
    )
    both = reading((lead, "We found:", 0.9), (other, "Rooms are short.", 0.8)).evidence
    chosen = choose(both, rules=RULES, comments_asked_for=False)
    assert [e.text for e in chosen] == ["Rooms are short."]
    alone = choose(both[:1], rules=RULES, comments_asked_for=False)
    assert [e.text for e in alone] == ["We found:"]


def test_a_question_that_names_a_source_is_answered_from_it_alone() -> None:
    scored = reading(
        (REPORTED, "Rooms were short.", 0.8),
        (OTHER, "Pay was fair.", 0.7),
        (REPORTED, "Staff were busy.", 0.6),
    ).evidence
    named = choose(scored, rules=RULES, comments_asked_for=False, focus=frozenset({"report-1"}))
    assert [e.text for e in named] == ["Rooms were short.", "Staff were busy."]
    elsewhere = choose(scored, rules=RULES, comments_asked_for=False, focus=frozenset({"third"}))
    assert "Pay was fair." in [e.text for e in elsewhere]


def test_across_sources_the_best_of_each_comes_before_the_second_of_any() -> None:
    scored = reading(
        (REPORTED, "Rooms were short.", 0.9),
        (REPORTED, "Staff were busy.", 0.8),
        (OTHER, "Pay was fair.", 0.3),
    ).evidence
    few = Rules(max_sentences=2)
    usual = choose(scored, rules=few, comments_asked_for=False)
    assert {e.passage.document.source_id for e in usual} == {"report-1"}
    across = choose(scored, rules=few, comments_asked_for=False, across=True)
    assert [e.text for e in across] == ["Rooms were short.", "Pay was fair."]
    far = reading((REPORTED, "Rooms were short.", 0.9), (OTHER, "Pay was fair.", 0.1)).evidence
    one = choose(far, rules=Rules(max_sentences=1), comments_asked_for=False, across=True)
    assert [e.text for e in one] == ["Rooms were short."]
