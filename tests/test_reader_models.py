"""The two networks that ship, with their real weights: what they prefer, and what they refuse."""

from __future__ import annotations

import json
import math
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import MAX_TOKENS, ReaderModel, Unit, Window, encode, load_reader
from ragbot.adapters.sentence_model import SentenceModel, load_sentence_model
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.weights import CARD, READER, SENTENCES, verified_weights
from ragbot.errors import ModelProblem
from ragbot.resources import folder

BASE = bundled_model_path()
TRIAL = Window(
    "Foot care in diabetes: a cluster trial",
    (
        Unit("Methods", "Forty clinics in Denmark were allotted by lot."),
        Unit(None, "They sent a podiatrist to every patient at home twice a year."),
        Unit("Results", "Ulcers healed eleven days sooner than with usual care."),
        Unit(None, "Most visits were made on foot or by bicycle."),
    ),
)
OTHER = Window("", (Unit(None, "The bakery in the square sells rye bread until noon."),))


@pytest.fixture(scope="module")
def reader() -> ReaderModel:
    return load_reader(folder("weights"), BASE)


@pytest.fixture(scope="module")
def sentences() -> SentenceModel:
    return load_sentence_model(folder("weights"), BASE)


def first(scores: tuple[float, ...]) -> int:
    return max(range(len(scores)), key=scores.__getitem__)


QUESTIONS = [
    ("Did wounds get better faster?", 2),
    ("did staff cycle or walk on visits", 3),
    ("Where did the trial take place and how were surgeries assigned?", 0),
    ("Which professional was sent to people's homes, and how often?", 1),
]


@pytest.mark.parametrize(("question", "answer"), QUESTIONS)
def test_both_put_the_answering_sentence_first(reader, sentences, question, answer):
    assert first(reader.score(question, [TRIAL])[0].sentences) == answer
    assert first(sentences.similarities(question, [TRIAL])[0]) == answer


def test_a_passage_on_another_matter_is_told_from_one_that_answers(reader, sentences):
    question = "Were ulcers healed sooner than with usual care?"
    answered, silent = reader.score(question, [TRIAL, OTHER])
    assert answered.window > silent.window + 2
    near, far = sentences.similarities(question, [TRIAL, OTHER])
    assert max(near) > max(far) + 0.2


def test_a_window_is_scored_the_same_in_any_company(sentences):
    alone = load_sentence_model(folder("weights"), BASE).similarities("ulcers?", [TRIAL])[0]
    later = sentences.similarities("ulcers?", [OTHER, TRIAL, OTHER])[1]
    assert later == alone == sentences.similarities("ulcers?", [TRIAL])[0]
    assert all(-1 <= cosine <= 1 for cosine in alone)


def test_the_memory_is_bounded(sentences):
    small = SentenceModel(sentences._network, WordPieces.load(BASE), capacity=2)
    windows = [Window("", (Unit(None, f"Ward {n} has {n} beds."),)) for n in range(5)]
    expected = sentences.similarities("beds?", windows)
    assert small.similarities("beds?", windows) == expected
    assert len(small._known) == 2
    assert small.similarities("beds?", windows[::-1]) == expected[::-1]


def test_many_threads_get_what_one_gets(reader, sentences):
    windows = [Window("", (Unit(None, f"Clinic {n} opened in {1950 + n}."),)) for n in range(20)]
    fresh = load_sentence_model(folder("weights"), BASE)
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: fresh.similarities("When?", windows), range(8)))
        read = list(pool.map(lambda _: reader.score("When?", windows), range(8)))
    assert found == [sentences.similarities("When?", windows)] * 8
    assert read == [reader.score("When?", windows)] * 8


@pytest.mark.parametrize("question", ["", "?" * 5000, "why " * 3000, "\x00\u202e𝔘𝔫𝔦"])
def test_any_question_can_be_put(reader, sentences, question):
    (scores,) = reader.score(question, [TRIAL])
    assert all(math.isfinite(score) for score in (*scores.sentences, scores.window))
    assert len(sentences.similarities(question, [TRIAL])[0]) == 4


def test_what_does_not_fit_into_a_window_is_said(reader, sentences):
    long = Window("", tuple(Unit(None, "word " * 150) for _ in range(4)))
    laid = encode(WordPieces.load(BASE), None, long)
    assert len(laid.ids) <= MAX_TOKENS
    assert len(laid.spans) == 1
    assert reader.score("word?", [long])[0].sentences[1:] == (-math.inf,) * 3
    assert sentences.similarities("word?", [long])[0][1:] == (-1.0,) * 3


def test_no_window_no_scores(reader, sentences):
    assert reader.score("anything?", []) == []
    assert sentences.similarities("anything?", []) == []


@pytest.mark.parametrize("name", [READER, SENTENCES])
def test_altered_or_missing_weights_are_refused(tmp_path: Path, name: str):
    weights = tmp_path / "weights"
    shutil.copytree(folder("weights"), weights)
    assert verified_weights(weights, name) == weights / name
    data = bytearray((weights / name).read_bytes())
    data[-1] ^= 1
    (weights / name).write_bytes(data)
    with pytest.raises(ModelProblem, match="altered"):
        verified_weights(weights, name)
    (weights / name).unlink()
    with pytest.raises(ModelProblem, match="missing"):
        verified_weights(weights, name)
    (weights / CARD).write_text(json.dumps([1])[:-1], encoding="utf-8")
    (weights / name).write_bytes(data)
    with pytest.raises(ModelProblem, match="card"):
        verified_weights(weights, name)
