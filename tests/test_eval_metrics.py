"""Every per-question figure against values worked out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest

from eval.attribution import attribution_errors, publishers
from eval.catalogue import CATALOGUE
from eval.metrics import Reply, score
from eval.passages import gold_ranks, passage_metrics
from eval.textmatch import contains, covered, merge, visible, visible_overlap
from eval.verdict import verdict
from ragbot import render
from tests.test_eval_support import (
    CASES,
    EVERYTHING,
    LIBRARY,
    PERFECT,
    SOURCES,
    answer,
    case,
    reply,
)


def scored(case_id, quotes, passages=(), **given):
    one = case(case_id)
    return score(one, reply(case_id, answer(one.question, quotes, **given), passages), LIBRARY)


def values(case_id, quotes, **given):
    return scored(case_id, quotes, **given).values


# --- wordings and ranges


@pytest.mark.parametrize(
    ("text", "wording", "found"),
    [
        ("took\u00a014  parents", "14 Parents", True),
        ("the ‘magic bullet’ – really", "'magic bullet' - really", True),
        ("Vol 9 ◽ \u00a0(5)", "vol 9 (5)", True),
        ("111 GPs", "11 GPs", False),
        ("11 GPs", "11 GPs", True),
        ("2019", "201", False),
        ("ResultsGPs reported", "GPs reported", True),
        ("", "x", False),
        ("anything", "  ", False),
    ],
)
def test_contains(text, wording, found):
    assert contains(text, wording) is found


def test_whole_words_do_not_match_inside_others():
    assert not contains("the technology", "HN", whole_words=True)
    assert contains("a coach of HN.", "HN", whole_words=True)
    assert contains("it costs £5", "£", whole_words=True)


def test_spans():
    assert merge([(5, 9), (0, 3), (2, 4), (9, 9)]) == [(0, 4), (5, 9)]
    text = "ab cd ef"
    assert visible(text, (0, 8)) == 6
    assert visible_overlap(text, (0, 8), [(0, 4), (3, 5)]) == 4
    assert covered(text, (0, 5), [(1, 4)]) == pytest.approx(2 / 4)
    assert covered("   ", (0, 3), [(0, 3)]) == 0.0


# --- answers


def test_a_perfect_answer_scores_one_everywhere():
    for one in CASES:
        given = answer(one.question, PERFECT.get(one.question, []))
        found = score(one, reply(one.id, given), LIBRARY)
        for name, value in found.values.items():
            better = CATALOGUE[name].better
            if better != "neither":
                assert value == (1.0 if better == "high" else 0.0), (one.id, name)
        assert verdict(found) == ("unscored" if one.gold is None else "right")


def test_half_of_a_synthesis():
    found = values("t2", ["Staff feel lonely.", "The vision is unclear."])
    assert found["quote_recall"] == found["quote_recall_strict"] == 0.5
    assert found["citation_precision"] == 0.5
    assert found["citation_in_right_source"] == 1.0
    # visible characters: "Stafffeellonely." 16, "Thevisionisunclear." 19
    assert found["quoted_gold_share"] == pytest.approx(16 / 35)
    assert found["fact_recall"] == 0.5
    assert found["complete"] == found["fully_right"] == 0.0
    assert found["words"] == 2 * 3 + 3 + 4


def test_an_alternative_counts_as_the_passage():
    found = values("t2", ["Premises are short there too.", "Staff feel lonely."])
    assert found["quote_recall"] == found["complete"] == found["fully_right"] == 1.0
    # The needed source sets are {fund, adams} and {fund}: both are cited.
    assert found["source_recall"] == 1.0


def test_one_quote_beside_the_point_costs_precision_only():
    found = values("t1", ["We interviewed 21 GPs.", "Staff feel lonely."])
    assert found["complete"] == 1.0
    assert found["fully_right"] == 0.0
    assert found["citation_precision"] == found["citation_in_right_source"] == 0.5


def test_part_of_a_passage_counts_from_sixty_percent_on():
    # "We interviewed 21 GPs." has 19 visible characters; "interviewed 21 GPs." 17 of them.
    assert values("t1", ["interviewed 21 GPs."])["quote_recall"] == 1.0
    assert values("t1", ["interviewed 21 GPs."])["quote_recall_strict"] == 0.0
    assert values("t1", ["21 GPs."])["quote_recall"] == 0.0  # 6 of 19
    assert values("t1", ["21 GPs."])["citation_precision"] == 1.0
    assert values("t1", ["We interviewed", "21 GPs."])["quote_recall_strict"] == 1.0


def test_wrong_source():
    found = scored("t1", ["Salary is an issue."])
    assert found.values["right_source"] == found.values["source_recall"] == 0.0
    assert found.values["citation_precision"] == 0.0
    assert verdict(found) == "wrong_source"


def test_refusals():
    wrongly = scored("t1", [])
    assert wrongly.values["false_refusal"] == 1.0
    assert wrongly.values["quote_recall"] == wrongly.values["fact_recall"] == 0.0
    assert "citation_precision" not in wrongly.values  # nothing cited: not scored
    assert verdict(wrongly) == "false_refusal"
    assert values("t4", []) == {"refusal_recall": 1.0}
    unfounded = scored("t4", ["Staff feel lonely."])
    assert unfounded.values["refusal_recall"] == 0.0
    assert "quote_recall" not in unfounded.values
    assert verdict(unfounded) == "unfounded"


def test_no_gold_is_not_scored_and_not_guessed():
    found = values("t6", ["The vision is unclear."])
    known = {"attribution_error", "words", "citation_recall", "quote_exact", "sentence_supported"}
    assert set(found) == known


def test_a_failure_has_no_figures():
    found = score(case("t1"), Reply("t1", "ragbot", 1, None, (), "broke"), LIBRARY)
    assert found.values == {}
    assert found.reply.failed
    assert verdict(found) == "failed"
    record = render.to_json(replace(answer("q", []), status="error"))
    assert score(case("t1"), Reply("t1", "ragbot", 1, record), LIBRARY).values == {}


def test_forbidden_claims_only_where_it_answers():
    said = {"Salary is an issue.": "The Fund found, as a reader commented:"}
    assert values("t3", ["Salary is an issue."], leads=said)["forbidden_claim"] == 1.0
    assert values("t3", [])["forbidden_claim"] == 0.0
    assert "forbidden_claim" not in values("t2", ["Staff feel lonely."])


def test_the_label_of_a_source_is_no_claim():
    one = replace(case("t1"), forbidden=("Adams",), facts=(("Adams et al.",),))
    given = answer(one.question, ["We interviewed 21 GPs."])
    found = score(one, reply("t1", given), LIBRARY)
    assert "Adams et al.:" in given.sentences[0].text
    assert found.values["forbidden_claim"] == found.values["fact_recall"] == 0.0


@pytest.mark.parametrize(
    ("lead", "wrong"),
    [
        ("Reader comment: pharmacist (a reader’s comment):", False),
        ("A pharmacist commented:", False),
        ("", True),
        ("A pharmacist says:", True),
        ("The Fund says, in a comment:", True),
        ("According to the Fund, and readers:", True),
        ("A reader’s comment under The Fund report, not its findings:", False),
    ],
)
def test_a_comment_must_be_called_one(lead, wrong):
    quote = "Salary is an issue."
    assert values("t3", [quote], leads={quote: lead})["attribution_error"] == float(wrong)


def test_the_sources_own_words_do_not_name_the_speaker():
    given = render.to_json(answer("q", ["I am a pharmacist."], leads={"I am a pharmacist.": ""}))
    assert attribution_errors(given, LIBRARY)
    assert publishers(SOURCES) == ["fund", "fund report"]


def test_inexact_quote():
    record = render.to_json(answer("How many GPs?", ["We interviewed 21 GPs."]))
    record["citations"][0]["quote"] = "We interviewed 22 GPs."
    found = score(case("t1"), Reply("t1", "ragbot", 1, record), LIBRARY)
    assert found.values["quote_exact"] == 0.0
    assert found.values["complete"] == 0.0
    record["citations"][0]["path"] = "library/unknown.txt"
    assert score(case("t1"), Reply("t1", "x", 1, record), LIBRARY).values["quote_exact"] == 0.0


def test_citation_recall_wants_every_sentence_supported():
    record = render.to_json(answer("How many GPs?", ["We interviewed 21 GPs."]))
    record["sentences"].append({"text": "So it is.", "citations": [], "support": "unverified"})
    record["sentences"].append({"text": "Others.", "citations": [1], "support": "unverified"})
    record["sentences"].append({"text": "21 gps", "citations": [1], "support": "verbatim"})
    found = score(case("t1"), Reply("t1", "ragbot", 1, record), LIBRARY)
    assert found.values["citation_recall"] == 0.5


# --- properties


def test_dumping_every_sentence_does_not_score_one():
    for one in CASES:
        found = values(one.id, EVERYTHING)
        if one.gold:
            assert found["quote_recall"] == 1.0
            assert found["citation_precision"] < 0.5
            assert found["quoted_gold_share"] < 0.5
            assert found["fully_right"] == 0.0
        elif one.gold == ():
            assert found["refusal_recall"] == 0.0


def test_refusing_everything_does_not_score_one():
    for one in CASES:
        found = values(one.id, [])
        if one.gold:
            high = [v for k, v in found.items() if CATALOGUE[k].better == "high"]
            assert set(high) == {0.0}
            assert found["false_refusal"] == 1.0


# --- passages


def test_gold_ranks():
    passages = reply("t2", answer("q", []), ["The vision is unclear.", "Staff feel lonely."])
    assert gold_ranks(case("t2"), passages.passages, LIBRARY) == [None, 2]


def test_passage_figures_by_hand():
    order = ["The vision is unclear.", "Staff feel lonely.", "Premises are short there too."]
    pairs = [
        (case("t2"), reply("t2", answer("q", []), order)),
        (case("t1"), reply("t1", answer("q", []), order)),
        (case("t4"), reply("t4", answer("q", []), order)),
        (case("t1"), Reply("t1", "ragbot", 1, None)),
        (case("t1"), reply("t1", answer("q", []), [])),
    ]
    both, none, *rest = passage_metrics(pairs, LIBRARY)
    assert both["passage_rr"] == 0.5
    assert both["passage_recall_5"] == both["passage_recall_20"] == 1.0
    # gains at ranks 2 and 3 against an ideal at 1 and 2
    dcg, ideal = 1 / 1.58496 + 1 / 2, 1 + 1 / 1.58496
    assert both["passage_ndcg_10"] == pytest.approx(dcg / ideal, abs=1e-4)
    assert none == dict.fromkeys(both, 0.0)
    assert rest == [{}, {}, {}]


def test_recall_counts_passages_not_gold_entries():
    others = ["The vision is unclear.", "I am a pharmacist.", "Salary is an issue.",
              "They did compensatory labour.", "We interviewed 21 GPs."]  # fmt: skip
    late = reply("t2", answer("q", []), [*others, "Staff feel lonely.", "Premises are short."])
    (found,) = passage_metrics([(case("t2"), late)], LIBRARY)
    assert found["passage_recall_5"] == 0.0
    assert found["passage_recall_20"] == 1.0
    assert found["passage_rr"] == pytest.approx(1 / 6)
