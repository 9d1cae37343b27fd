"""The benchmarks' own parts: sets are read and cut, rankings fused and measured. No ingest here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from eval.bench.retrieval import evaluate, fuse, main, table
from eval.bench.sets import load_set
from eval.bench.speed import make_files
from eval.errors import EvalError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "tiny"
    place.mkdir()
    corpus = [{"_id": f"d{n}", "title": f"Title {n}", "text": f"Text {n}."} for n in range(20)]
    queries = [
        {"_id": f"q{n}", "text": f"Query {n}", "part": "test" if n % 2 else "train"}
        for n in range(10)
    ]
    (place / "corpus.jsonl").write_text("\n".join(map(json.dumps, corpus)))
    (place / "queries.jsonl").write_text("\n".join(map(json.dumps, queries)))
    rows = ["query-id\tcorpus-id\tscore", *(f"q{n}\td{n}\t1" for n in range(9)), "q9\td9\t0"]
    (place / "qrels.tsv").write_text("\n".join(rows))
    return place


def test_reads_a_set(folder):
    data = load_set(folder, part="test", limit=None, seed=0)
    assert data.corpus["d3"] == "Title 3\n\nText 3."
    assert sorted(data.queries) == ["q1", "q3", "q5", "q7"]  # q9 has nothing relevant
    assert data.qrels["q3"] == {"d3": 1}
    assert len(load_set(folder, part=None, limit=None, seed=0).queries) == 9


def test_cuts_a_set_and_keeps_what_is_needed(folder):
    data = load_set(folder, part=None, limit=6, seed=1)
    assert (len(data.corpus), data.whole) == (6, 20)
    assert len(data.queries) == 3
    assert all(doc in data.corpus for grades in data.qrels.values() for doc in grades)
    assert data == load_set(folder, part=None, limit=6, seed=1)


def test_reads_gpqa(tmp_path):
    (tmp_path / "passages.jsonl").write_text(
        '{"_id": "p", "title": "T", "sentences": ["A.", "B."]}'
    )
    questions = [
        {"_id": "a", "passage": "p", "text": "a?", "sentences": [0], "part": "test"},
        {"_id": "b", "passage": "p", "text": "b?", "sentences": [], "part": "test"},
    ]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    data = load_set(tmp_path, part="test", limit=None, seed=0)
    assert data.corpus == {"p": "T\n\nA. B."}
    assert data.qrels == {"a": {"p": 1}}


def test_what_is_no_set(tmp_path, folder, capsys):
    with pytest.raises(EvalError, match="is no retrieval set"):
        load_set(tmp_path, part=None, limit=None, seed=0)
    with pytest.raises(EvalError, match="no judged query of part other"):
        load_set(folder, part="other", limit=None, seed=0)
    assert main([str(tmp_path)]) == 2
    assert "is no retrieval set" in capsys.readouterr().err


def test_figures_by_hand():
    found = evaluate({"q": {"a": 1, "b": 1}, "r": {"c": 1}}, {"q": ["x", "a"], "r": []})
    assert found["RR@10"] == [0.5, 0.0]
    assert found["R@10"] == [0.5, 0.0]
    assert found["nDCG@10"][0] == pytest.approx((1 / 1.58496) / (1 + 1 / 1.58496), abs=1e-4)


def test_fusion_by_hand():
    # a: 1/61 + 1/62; b: 1/62 + 1/61; c: 1/63
    assert fuse([["a", "b", "c"], ["b", "a"]]) == ["a", "b", "c"]
    assert fuse([["a"], ["b"], ["b"]]) == ["b", "a"]


def test_table():
    assert table([["s", "1", "2", "bm25", "a", "b", "c"]]).splitlines()[2].startswith("| s | 1")


def test_made_files_are_the_same_for_the_same_seed(tmp_path):
    one = make_files(tmp_path / "one", count=2, seed=3)
    two = make_files(tmp_path / "two", count=2, seed=3)
    assert [path.read_text() for path in one] == [path.read_text() for path in two]
    assert one[0].read_text() != one[1].read_text()
