"""tantivy: analysis, queries made of user text, errors."""

import subprocess
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.adapters.lexical import LexicalIndex
from ragbot.errors import IndexCorrupt, IndexWriteFailed
from ragbot.types import Chunk, EvidenceType


def chunk(chunk_id, body, context=""):
    kind = EvidenceType.DOCUMENT
    return Chunk(chunk_id, "s", "p", 0, 1, None, kind, ((0, 1),), body, context)


def built(folder, chunks, **options):
    opened = LexicalIndex.create(folder, **options)
    opened.add(chunks)
    opened.commit()
    return opened


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    chunks = [
        chunk("a", "Children's asthma was reviewed by the practice nurse."),
        chunk("b", "HbA1c fell by 5.5 mmol/mol; COVID-19 was excluded."),
        chunk("c", "Die Versorgung in Köln und 日本語", "asthma"),
    ]
    with built(tmp_path_factory.mktemp("lexical") / "index", chunks) as opened:
        yield opened


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("Reviews reviewed REVIEWING", ["review", "review", "review"]),
        ("naïve CAFÉ", ["naiv", "cafe"]),
        ("the of and to", []),
        ("children's HbA1c, 5.5 mmol/l", ["children", "s", "hba1c", "5", "5", "mmol", "l"]),
        ("COVID-19", ["covid", "19"]),
        ("", []),
        ("  \n\t…—!?", []),
        ("x" * 100, []),
        ("bro\ud800ken", ["bro", "ken"]),
    ],
)
def test_terms(index, text, terms):
    assert index.terms(text) == terms


def test_words_match_across_inflection_case_and_accents(index):
    assert [key for key, _ in index.search("REVIEWS", 5)] == ["a"]
    assert [key for key, _ in index.search("koln", 5)] == ["c"]


def test_the_context_counts_less_than_the_body(index, tmp_path):
    assert [key for key, _ in index.search("asthma", 5)] == ["a", "c"]
    chunks = [
        chunk("a", "asthma is here", "other words"),
        chunk("b", "other words", "asthma is here"),
    ]
    with built(tmp_path / "even", chunks, context_boost=1.0) as even:
        scores = dict(even.search("asthma", 2))
        assert scores["a"] == pytest.approx(scores["b"])
    with LexicalIndex.open(tmp_path / "even", context_boost=0.25) as quarter:
        scores = dict(quarter.search("asthma", 2))
        assert scores["b"] == pytest.approx(scores["a"] / 4)


@pytest.mark.parametrize(
    "question",
    [
        'body:asthma "asthma',
        "asthma AND NOT asthma",
        "+asthma -asthma",
        "(asthma",
        "asthma) OR [* TO *]",
        "asthma^1000 ~asthma* \\",
        "chunk_id:b asthma",
        "/asthma/",
        "'; DROP TABLE chunks; -- asthma",
    ],
)
def test_the_syntax_of_query_languages_means_nothing(index, question):
    assert dict(index.search(question, 1)) == pytest.approx(dict(index.search("asthma", 1)))


@given(st.text(max_size=200))
def test_any_text_is_a_question(index, text):
    for key, score in index.search(text, 3):
        assert key in {"a", "b", "c"}
        assert score > 0


def test_a_repeated_word_counts_once(index):
    assert index.search("asthma asthma asthmas", 3) == index.search("asthma", 3)


def test_nothing_is_found_for_nothing(index):
    assert index.search("", 5) == []
    assert index.search("the", 5) == []
    assert index.search("zebra", 5) == []
    assert index.search("asthma", 0) == []


def test_many_threads_search_one_index(index):
    wanted = index.search("asthma nurse covid", 3)
    wrong = []

    def ask():
        for _ in range(50):
            if index.search("asthma nurse covid", 3) != wanted:
                wrong.append(1)

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_what_was_not_committed_is_forgotten(tmp_path):
    opened = built(tmp_path / "index", [chunk("a", "asthma")])
    opened.add([chunk("b", "asthma")])
    opened.close()
    opened.close()
    with LexicalIndex.open(tmp_path / "index") as again:
        assert again.ids() == ["a"]


def test_an_empty_index_answers(tmp_path):
    with built(tmp_path / "index", []) as opened:
        assert opened.search("asthma", 3) == []
        assert (opened.ids(), opened.count()) == ([], 0)
    with LexicalIndex.open(tmp_path / "index") as again:
        assert again.count() == 0


def test_reading_changes_no_file(tmp_path):
    built(tmp_path / "index", [chunk("a", "asthma")]).close()

    def state():
        return {
            path.name: (path.stat().st_mtime_ns, path.read_bytes())
            for path in (tmp_path / "index").iterdir()
            if path.suffix != ".lock"
        }

    before = state()
    with LexicalIndex.open(tmp_path / "index") as opened:
        opened.search("asthma", 1)
        opened.ids()
    assert state() == before


def test_a_lone_surrogate_does_not_stop_an_ingest(tmp_path):
    with built(tmp_path / "index", [chunk("a", "asthma \udcff inhaler", "\ud800")]) as opened:
        assert opened.search("inhaler", 1)[0][0] == "a"


@pytest.mark.parametrize("missing", [".idx", ".store", ".term", "meta.json"])
def test_a_missing_file_is_corrupt(tmp_path, missing):
    built(tmp_path / "index", [chunk("a", "asthma")]).close()
    next(p for p in (tmp_path / "index").iterdir() if p.name.endswith(missing)).unlink()
    with pytest.raises(IndexCorrupt, match="tantivy could not open"):
        LexicalIndex.open(tmp_path / "index")


def test_a_folder_that_cannot_be_made_is_a_write_failure(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(IndexWriteFailed):
        LexicalIndex.create(tmp_path / "file" / "index")


def test_importing_the_adapter_does_not_import_tantivy():
    code = "import sys, ragbot.adapters.lexical; print('tantivy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
