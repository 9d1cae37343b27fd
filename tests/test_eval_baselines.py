"""The baselines: what they find and quote, without a model."""

from __future__ import annotations

from contextlib import ExitStack

from eval.baselines import Found, QuoteBaseline, sentences, textbook_find
from eval.metrics import Reply, score
from eval.sentence_scores import Bm25Score, CosineScore
from tests.fakes import WordEmbeddings
from tests.test_eval_support import LIBRARY, PAGE, STUDY, TEXTS, case


def test_sentences():
    spans = sentences(PAGE, (0, len(PAGE)))
    assert [PAGE[a:b] for a, b in spans] == [
        "Premises are short.",
        "Staff feel lonely.",
        "The vision is unclear.",
        "Comments",
        "I am a pharmacist.",
        "Salary is an issue.",
    ]
    assert sentences(" . \n", (0, 4)) == ()


def test_bm25_by_hand():
    found = Bm25Score(["red cat", "red dog", "blue bird"])
    first, second, third = found("a red cats", ["red cat", "red dog", "blue bird"])
    # idf(red) = ln(1 + 1.5/2.5) = .470, idf(cat) = ln(1 + 2.5/1.5) = .981; tf part is 1 at tf 1
    assert round(first, 3) == round(0.470 + 0.981, 3)
    assert round(second, 3) == 0.470
    assert third == 0.0


def test_quotes_the_best_three_of_the_first_five():
    def find(question: str, k: int) -> list[Found]:
        path = "library/page.txt"
        return [Found(path, 0, len(PAGE), sentences(PAGE, (0, len(PAGE))))] * 2

    baseline = QuoteBaseline(
        "bm25",
        find=find,
        score=Bm25Score([PAGE[a:b] for a, b in sentences(PAGE, (0, len(PAGE)))]),
        library=LIBRARY,
    )
    outcome = baseline.answer(case("t3"))
    quotes = [c["quote"] for c in outcome.answer["citations"]]
    assert len(quotes) == len(set(quotes)) == 3
    assert outcome.answer["support"] == 0.0  # no word in common with "What of pay?"
    found = score(case("t3"), Reply("t3", "bm25", 1, outcome.answer), LIBRARY)
    assert found.values["quote_exact"] == 1.0


def test_the_textbook_pipeline_has_exact_offsets():
    embeddings = WordEmbeddings()
    with ExitStack() as resources:
        find = textbook_find(TEXTS, embeddings, resources=resources)
        baseline = QuoteBaseline(
            "textbook", find=find, score=CosineScore(embeddings), library=LIBRARY
        )
        outcome = baseline.answer(case("t1"))
    for passage in outcome.passages:
        assert TEXTS[passage["path"]][passage["start"] : passage["end"]].strip()
    for citation in outcome.answer["citations"]:
        text = TEXTS[citation["path"]]
        assert text[citation["start"] : citation["end"]] == citation["quote"]
    assert STUDY.strip() in {
        TEXTS[p["path"]][p["start"] : p["end"]].strip() for p in outcome.passages
    }
