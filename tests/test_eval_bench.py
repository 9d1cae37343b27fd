"""The benchmarks' own parts: sets are read and cut, rankings fused and measured. No ingest here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from eval.bench.corpus import make_files
from eval.bench.precision import overlap
from eval.bench.retrieval import evaluate, fuse, main, table
from eval.bench.sets import load_set
from eval.bench.speed import Bench, report
from eval.bench.synthetic import Maker
from eval.bench.systems import split
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


def test_one_task_runs_in_a_process_of_its_own_and_says_what_it_cost(tmp_path):
    folder = tmp_path / "ragbot"

    def run(*words):
        command = [sys.executable, "-m", "eval.bench.worker", "ragbot", *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        return json.loads(done.stdout)

    built = run("build", str(folder), "--chunks", "60", "--embedded", "4")
    assert built["mb"] > 0.1 and built["memory_mb"] > 50 and built["built_s"] > 0
    asked = run("search", str(folder), "--chunks", "60", "--queries", "2")
    assert 0 < asked["p50_ms"] <= asked["p95_ms"]


def test_the_report_gives_ratios_to_the_textbook_and_says_what_failed(tmp_path):
    bench = Bench(tmp_path, ["ragbot", "textbook", "txtai"])
    bench.found["ingest", "ragbot", 0] = {"seconds": 2.0, "mb": 3.0}
    bench.found["ingest", "textbook", 0] = {"seconds": 8.0, "mb": 2.0}
    bench.found["search", "ragbot", 1000] = {"p50_ms": 10.0}
    bench.failed.append("ingest txtai: out of memory")
    text = report(bench, documents=5, sizes=[1000])
    assert "| Ingest of 5 documents, s | 2.0 (0.25) | 8.0 (1.00) | – |" in text
    assert "| 1,000 chunks: warm search, p50 ms | 10.0 | – | – |" in text
    assert text.endswith("Failed: ingest txtai: out of memory")


def test_made_vectors_are_near_real_ones_and_the_same_for_the_same_seed(tmp_path):
    kept = tmp_path / "base.npy"
    one, two = (Maker.fresh(seed=1, embedded=3, kept=kept) for _ in range(2))
    rows = one.vectors(50)
    assert np.array_equal(rows, two.vectors(50))
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert (rows @ one.base.T).max(1).min() > 0.9
    file, chunks = one.document(7)
    assert [file.text[c.start : c.end] for c in chunks] == [c.body for c in chunks]


def test_overlap_by_hand():
    rows = np.eye(12, dtype=np.float32)
    assert overlap(rows, rows) == 1.0


def test_both_peers_are_given_pieces_of_the_textbooks_size(tmp_path):
    pieces = split(make_files(tmp_path, count=2, seed=0))
    assert len(pieces) >= 4
    assert max(map(len, pieces)) <= 1000
