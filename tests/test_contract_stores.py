"""What every store must do, with values: Chroma embedded, Chroma on a server, tantivy."""

from itertools import count

import numpy as np
import pytest

from ragbot.adapters.chroma import ChromaVectors
from ragbot.adapters.lexical import LexicalIndex
from ragbot.errors import IndexMismatch, IndexProblem
from ragbot.types import Chunk, EvidenceType

IDS = [
    "plain",
    "ümläut-é",
    "日本語:3-aa",
    "emoji🙂",
    "with space",
    "a/b#c?d",
    "'quote\"",
    "x" * 200,
]
DIMENSION = 24


def clustered(rows, *, seed=0, clusters=40, dimension=DIMENSION):
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, dimension))
    noise = rng.normal(size=(rows, dimension)) * 0.5
    return (centres[rng.integers(0, clusters, rows)] + noise).astype(np.float32)


def exact(vectors, query):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit @ (query / np.linalg.norm(query))


class Embedded:
    """Backend: Chroma in this process."""

    def __init__(self, folder):
        self.folder, self.opened = folder, []

    def make(self):
        return self._note(ChromaVectors.create(self.folder / "store"))

    def reopen(self):
        return self._note(ChromaVectors.open(self.folder / "store"))

    def _note(self, store):
        self.opened.append(store)
        return store


class Server(Embedded):
    """Backend: a Chroma server."""

    numbers = count()

    def __init__(self, url):
        self.url, self.opened, self.name = url, [], f"generation-{next(self.numbers)}"

    def make(self):
        return self._note(ChromaVectors.connect(self.url, collection=self.name, create=True))

    def reopen(self):
        return self._note(ChromaVectors.connect(self.url, collection=self.name))


@pytest.fixture(params=["embedded", "server"])
def backend(request, tmp_path):
    if request.param == "embedded":
        made = Embedded(tmp_path)
    else:
        made = Server(request.getfixturevalue("chroma_server"))
    yield made
    for store in made.opened:
        store.close()


def test_vectors_come_back_in_the_order_and_with_the_cosines_of_exact_search(backend):
    vectors = clustered(len(IDS))
    store = backend.make()
    store.put(IDS, ["s"] * len(IDS), vectors)
    for query in (*vectors, *clustered(5, seed=9)):
        wanted = exact(vectors, query)
        order = np.argsort(-wanted)
        found = store.search(query, len(IDS))
        assert [chunk_id for chunk_id, _ in found] == [IDS[i] for i in order]
        np.testing.assert_allclose([score for _, score in found], wanted[order], atol=2e-6)


def test_recall_at_10_on_clustered_vectors(backend):
    vectors = clustered(3000)
    store = backend.make()
    store.put([f"c{i}" for i in range(3000)], ["s"] * 3000, vectors)
    hits = 0
    for query in clustered(100, seed=1):
        nearest = {f"c{i}" for i in np.argsort(-exact(vectors, query))[:10]}
        hits += len(nearest & {chunk_id for chunk_id, _ in store.search(query, 10)})
    assert hits / 1000 >= 0.99


def test_the_scores_do_not_depend_on_the_length_of_a_vector(backend):
    vectors = clustered(4)
    store = backend.make()
    store.put(list("abcd"), ["s"] * 4, vectors * np.array([[1], [7], [0.01], [300]], np.float32))
    for query in vectors:
        wanted = exact(vectors, query)
        np.testing.assert_allclose(
            [score for _, score in store.search(query * 50, 4)], sorted(wanted)[::-1], atol=2e-6
        )


def test_equal_scores_are_ordered_by_id(backend):
    row = clustered(1)
    store = backend.make()
    store.put(["c", "a", "b"], ["s"] * 3, np.repeat(row, 3, axis=0))
    assert [chunk_id for chunk_id, _ in store.search(row[0], 3)] == ["a", "b", "c"]


def test_deleted_vectors_are_gone_and_unknown_ids_are_ignored(backend):
    vectors = clustered(60)
    ids = [f"c{i:02}" for i in range(60)]
    store = backend.make()
    store.put(ids, ["s"] * 60, vectors)
    store.delete([*ids[::2], "never stored"])
    assert store.ids() == ids[1::2]
    assert store.count() == 30
    found = store.search(vectors[0], 60)
    assert sorted(chunk_id for chunk_id, _ in found) == ids[1::2]
    assert store.get_vectors(ids[:2]).keys() == {ids[1]}


def test_a_second_put_replaces_the_vector(backend):
    vectors = clustered(3)
    store = backend.make()
    store.put(["a", "b"], ["s", "s"], vectors[:2])
    store.put(["a"], ["t"], vectors[2:])
    assert store.count() == 2
    assert store.search(vectors[2], 1)[0] == ("a", pytest.approx(1.0, abs=2e-6))
    assert store.source_ids(["a", "b", "?"]) == {"a": "t", "b": "s"}


def test_an_id_can_be_deleted_and_put_again(backend):
    vectors = clustered(2)
    store = backend.make()
    store.put(["a"], ["s"], vectors[:1])
    store.delete(["a"])
    store.put(["a"], ["s"], vectors[1:])
    assert store.search(vectors[1], 5) == [("a", pytest.approx(1.0, abs=2e-6))]


def test_everything_is_there_after_reopening(backend):
    vectors = clustered(7000)  # more than one batch
    ids = [f"é{i:04}" for i in range(7000)]
    with backend.make() as store:
        store.put(ids, ["s"] * 7000, vectors)
        store.delete(ids[:100])
        before = store.search(vectors[200], 5)
    with backend.reopen() as again:
        assert again.count() == 6900
        assert again.ids() == ids[100:]
        assert again.search(vectors[200], 5) == before
        stored = again.get_vectors(ids)
        assert sorted(stored) == ids[100:]
        unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        kept = np.stack([stored[chunk_id] for chunk_id in ids[100:]])
        assert kept.dtype == np.float32
        np.testing.assert_allclose(kept, unit[100:], atol=1e-6)


def test_empty_stores_and_empty_requests(backend):
    store = backend.make()
    assert store.search(clustered(1)[0], 3) == []
    assert (store.ids(), store.count(), store.get_vectors(["a"])) == ([], 0, {})
    store.put([], [], np.empty((0, DIMENSION), np.float32))
    store.delete([])
    store.put(["a"], ["s"], clustered(1))
    assert store.get_vectors([]) == {}
    assert store.search(clustered(1)[0], 0) == []
    assert len(store.search(clustered(1)[0], 50)) == 1


@pytest.mark.parametrize("bad", [np.zeros((1, DIMENSION)), np.full((1, DIMENSION), np.nan)])
def test_vectors_without_a_direction_are_refused(backend, bad):
    store = backend.make()
    with pytest.raises(ValueError, match="direction"):
        store.put(["a"], ["s"], bad.astype(np.float32))


def test_another_dimension_is_a_mismatch(backend):
    store = backend.make()
    store.put(["a"], ["s"], clustered(1))
    with pytest.raises(IndexMismatch, match="24"):
        store.put(["b"], ["s"], clustered(1, dimension=8))
    with pytest.raises(IndexMismatch, match="24"):
        store.search(clustered(1, dimension=8)[0], 1)


def test_a_missing_store_is_an_index_problem(backend):
    with pytest.raises(IndexProblem):
        backend.reopen()


def chunk(chunk_id, body, context=""):
    kind = EvidenceType.DOCUMENT
    return Chunk(chunk_id, "s", "p", 0, 1, None, kind, ((0, 1),), body, context)


BODIES = {
    "plain": "Salbutamol for acute asthma",
    "ümläut-é": "Asthma asthma asthma",
    "日本語:3-aa": "Reviews of blood pressure in patients over sixty with many other words",
    "emoji🙂": "pressure",
    "with space": "Réviews were naïve",
}


@pytest.fixture
def words(tmp_path):
    with LexicalIndex.create(tmp_path / "lexical") as opened:
        opened.add([chunk(key, body) for key, body in BODIES.items()])
        opened.commit()
        yield opened


def bm25(query_terms, documents):
    """Okapi BM25 with tantivy's constants, for one field."""
    n = len(documents)
    mean = sum(len(terms) for terms in documents.values()) / n
    scores = {}
    for key, terms in documents.items():
        total = 0.0
        for term in query_terms:
            df = sum(term in other for other in documents.values())
            tf = terms.count(term)
            idf = np.log(1 + (n - df + 0.5) / (df + 0.5))
            total += idf * tf * 2.2 / (tf + 1.2 * (0.25 + 0.75 * len(terms) / mean))
        if total > 0:
            scores[key] = total
    return scores


@pytest.mark.parametrize("query", ["asthma", "blood pressure reviews", "acute salbutamol asthma"])
def test_word_scores_are_bm25(words, query):
    documents = {key: words.terms(body) for key, body in BODIES.items()}
    wanted = bm25(words.terms(query), documents)
    found = dict(words.search(query, 10))
    assert found.keys() == wanted.keys()
    for key, score in wanted.items():
        assert found[key] == pytest.approx(score, rel=1e-5)
    assert list(found.values()) == sorted(found.values(), reverse=True)


def test_words_survive_reopening_and_changes(words, tmp_path):
    words.delete(["plain", "never stored"])
    words.add([chunk("new", "A salbutamol inhaler")])
    assert words.count() == 5  # staged, not yet visible
    words.commit()
    assert words.ids() == sorted({*BODIES, "new"} - {"plain"})
    words.close()
    with LexicalIndex.open(tmp_path / "lexical") as again:
        assert again.count() == 5
        assert [key for key, _ in again.search("salbutamol", 5)] == ["new"]
        assert [key for key, _ in again.search("asthma", 5)] == ["ümläut-é"]


def test_the_same_chunks_score_the_same_however_they_are_committed(tmp_path):
    chunks = [chunk(f"c{i:03}", f"asthma {'inhaler ' * (i % 7)} study {i}") for i in range(300)]
    found = []
    for steps in (1, 3, 50):
        with LexicalIndex.create(tmp_path / str(steps)) as opened:
            for at in range(steps):
                opened.add(chunks[at::steps])
                opened.commit()
            found.append([opened.search(query, 20) for query in ("asthma inhaler", "study 7")])
    assert found[0] == found[1] == found[2]


def test_equal_word_scores_are_ordered_by_id_also_where_k_cuts(tmp_path):
    ids = [f"c{i:04}" for i in np.random.default_rng(0).permutation(2000)]
    with LexicalIndex.create(tmp_path / "lexical") as opened:
        opened.add([chunk(key, "asthma inhaler") for key in ids])
        opened.commit()
        for k in (1, 10, 1999, 2000, 3000):
            assert [key for key, _ in opened.search("inhalers", k)] == sorted(ids)[:k]


def test_a_missing_lexical_index_is_an_index_problem(tmp_path):
    with pytest.raises(IndexProblem, match="nowhere"):
        LexicalIndex.open(tmp_path / "nowhere")
