"""What training is made of: the loop, contrasts, libraries, the ranking loss. No weights."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import pytest
import torch

from eval.training import support
from eval.training.contrasts import BATCH, MOST_CHARS, Item, batches, contrasts
from eval.training.drawing import Drawing
from eval.training.encoder_batches import QUESTIONS, Batch, of_examples, of_library
from eval.training.examples import Example, stretch
from eval.training.learn import WARM_UP, learn
from eval.training.libraries import Library, Question, load_libraries
from eval.training.negatives import document_of, without_answers
from eval.training.passages import read_jsonl
from eval.training.saving import write
from eval.training.sentences import endless
from eval.training.statements import STATEMENTS, SUPPORTED, Premise, Statement
from eval.training.train import grouped, ranking, told_apart
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import Unit, Window
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.support_model import (
    add,
    build_network,
    collate,
    encode,
    start_from_reader,
)
from ragbot.adapters.weights import SUPPORT, read_weights
from ragbot.resources import folder


def example(*answers: int, sentences: int = 8) -> Example:
    units = tuple(Unit(None, f"This is sentence number {n} of all.") for n in range(sentences))
    return Example(
        "own", "pubmedqa-1", "Which?", Window("Title", units), frozenset(answers), "train"
    )


class NoOthers:
    def draw(self, *_: object) -> list[Window]:
        return []


def test_a_step_goes_down_and_the_rate_warms_up_and_decays():
    weight = torch.nn.Parameter(torch.tensor([4.0]))
    optimiser = torch.optim.SGD([weight], lr=0.1)
    rates, steps = [], 4 * WARM_UP
    for done in learn(optimiser, lambda: (weight**2).sum(), steps=steps, minutes=math.inf):
        rates.append(optimiser.param_groups[0]["lr"])
        assert done == len(rates)
    assert len(rates) == steps
    assert rates[0] < rates[WARM_UP // 2] < max(rates) < 0.1
    assert rates[-1] < 0.001
    assert abs(weight.item()) < 0.01


def test_the_clock_ends_training():
    weight = torch.nn.Parameter(torch.tensor([4.0]))
    optimiser = torch.optim.SGD([weight], lr=0.1)
    assert list(learn(optimiser, lambda: (weight**2).sum(), steps=9, minutes=1e-9)) in ([], [1])


def test_the_rest_of_a_passage_holds_no_answer():
    rest = without_answers(example(1, 6))
    assert rest is not None
    assert [unit.text[24] for unit in rest.units] == ["2", "3", "4", "5"]
    assert rest.header == "Title"
    assert without_answers(example(1, 3, 5, sentences=7)) is None


SECOND_SENTENCE = "This is sentence number 2 of all."


def answering(item: Item) -> list[str]:
    rows = zip(item.window.units, item.labels, strict=True)
    return [unit.text for unit, answers in rows if answers]


def test_an_answered_question_stands_beside_an_unanswered_one():
    made = list(contrasts([example(2), example()] * 40, NoOthers(), random.Random(3)))
    assert len(made) == 40
    assert {len(answered) for answered, _ in made} == {1, 2}
    shown = 0
    for answered, unanswered in made:
        assert answering(answered[0]) in ([SECOND_SENTENCE], [])
        for rest in answered[1:]:
            assert SECOND_SENTENCE not in [unit.text for unit in rest.window.units]
        assert len(unanswered) == 1
        assert not any(unanswered[0].labels)
        shown += unanswered[0].window == answered[0].window
    assert 20 < shown < 40
    assert sum(any(answered[0].labels) for answered, _ in made) > 30
    together = batches(made, random.Random(4))
    assert sum(map(len, together)) == 80
    assert max(sum(map(len, batch)) for batch in together) <= BATCH


class OneOther:
    def draw(self, *_: object) -> list[Window]:
        return [Window("Elsewhere", (Unit(None, "Something else."),))]


def test_near_passages_answer_nothing():
    made = list(contrasts([example(2), example()] * 40, OneOther(), random.Random(3)))
    near = [
        item
        for c in made
        for group in c
        for item in group[1:]
        if "Some" in item.window.units[0].text
    ]
    assert 30 < len(near) < 70
    assert not any(any(item.labels) for item in near)


def test_a_question_without_a_counterpart_stands_alone():
    made = list(contrasts([example(2), example(3), example()], NoOthers(), random.Random(3)))
    assert sorted(map(len, made)) == [1, 2]


def test_a_stretch_holds_its_sentence_and_keeps_its_length():
    units = example(sentences=40).window.units
    for seed in range(50):
        kept = stretch(units, 11, random.Random(seed), most_chars=300)
        assert 11 in kept
        assert sum(len(units[i].text) for i in kept) <= 300


LIBRARY = Library(
    "beds",
    {
        "a": Window("Beds", tuple(Unit(None, f"Ward {n} has {n} beds.") for n in range(60))),
        "b": Window("Nurses", tuple(Unit(None, f"Ward {n} has {n} nurses.") for n in range(60))),
    },
    (
        Question("How many beds has ward 7?", {"a": frozenset({7})}),
        Question("What of ward 9?", {"a": frozenset({9}), "b": frozenset({9})}),
        Question("How many doctors has ward 7?", {}),
        Question("How many beds had ward 7 last year?", {}),
        Question("Who pays?", {}),
    ),
)

ANSWERS = {
    question.text: {
        LIBRARY.documents[key].units[at].text
        for key, found in question.answers.items()
        for at in found
    }
    for question in LIBRARY.questions
}


def test_a_library_is_drawn_with_the_labels_of_each_document(monkeypatch):
    monkeypatch.setattr("eval.training.drawing.as_typed", lambda text, chance: text)
    monkeypatch.setattr("eval.training.drawing.FIRST", 1.0)
    drawing, twins, both, near = Drawing([LIBRARY]), 0, 0, 0
    for seed in range(40):
        made = list(drawing.contrasts(random.Random(seed)))
        asked = [[group[0].question for group in contrast] for contrast in made]
        assert sorted(itertools.chain(*asked)) == sorted(ANSWERS)
        twins += ["How many beds has ward 7?", "How many beds had ward 7 last year?"] in asked
        for contrast in made:
            shown = [[item.window for item in group] for group in contrast]
            assert all(windows == shown[0] for windows in shown)
            for item in itertools.chain(*contrast):
                assert sum(len(unit.text) for unit in item.window.units) <= MOST_CHARS
                texts = [unit.text for unit in item.window.units]
                assert item.labels == [text in ANSWERS[item.question] for text in texts]
            told = {text for item in contrast[0] for text in answering(item)}
            assert bool(told) == bool(ANSWERS[contrast[0][0].question])
            both += len(told) == 2
            near += len(contrast[0])
    assert 20 < twins < 40
    assert 10 < both < 40
    assert near > 2.5 * 3 * 40


def test_later_questions_are_drawn_before_the_first_rounds(monkeypatch):
    monkeypatch.setattr("eval.training.drawing.as_typed", lambda text, chance: text)
    monkeypatch.setattr("eval.training.drawing.FIRST", 0.0)
    later = Question("Which ward is the biggest by beds?", {"a": frozenset({59})}, 2)
    drawing = Drawing([replace(LIBRARY, questions=(*LIBRARY.questions, later))])
    for seed in range(20):
        (contrast,) = drawing.contrasts(random.Random(seed))
        assert later.text in [group[0].question for group in contrast]


def test_a_title_may_be_cut_to_whose_the_text_is():
    library = replace(
        LIBRARY,
        documents={
            key: replace(document, header=f"Brown, 2020: {document.header}")
            for key, document in LIBRARY.documents.items()
        },
    )
    seen = {
        item.window.header
        for seed in range(20)
        for contrast in Drawing([library]).contrasts(random.Random(seed))
        for item in itertools.chain(*contrast)
    }
    assert seen == {"", "Brown, 2020", "Brown, 2020: Beds", "Brown, 2020: Nurses"}


def answering_in(batch: Batch, row: int) -> set[str]:
    return {
        unit.text
        for at, labels in batch.asked[row].known.items()
        for unit, label in zip(batch.windows[at].units, labels, strict=True)
        if label
    }


def test_a_batch_of_a_library_judges_every_sentence_of_it(monkeypatch):
    monkeypatch.setattr("eval.training.encoder_batches.as_typed", lambda text, chance: text)
    everything = [unit.text for d in LIBRARY.documents.values() for unit in d.units]
    for seed in range(20):
        batch = of_library(LIBRARY, random.Random(seed))
        shown = [unit.text for window in batch.windows for unit in window.units]
        assert shown == everything
        assert all(
            sum(len(unit.text) for unit in window.units) <= MOST_CHARS for window in batch.windows
        )
        assert sorted(one.question for one in batch.asked) == sorted(ANSWERS)
        for row, one in enumerate(batch.asked):
            assert set(one.known) == set(range(len(batch.windows)))
            assert not one.unknown
            assert answering_in(batch, row) == ANSWERS[one.question]


def test_a_batch_of_examples_judges_what_a_question_was_written_for():
    one, other = example(2, sentences=3), example(1, sentences=3)
    elsewhere = Example("own", "pubmedqa-2", "Where?", one.window, frozenset(), "train")
    seen, told, near = 0, [set(), set()], set()
    for seed in range(40):
        batch = of_examples([one, other, elsewhere], OneOther(), random.Random(seed))
        assert [set(asked.known) for asked in batch.asked] == [{0}, {1}, {2}]
        assert [asked.unknown for asked in batch.asked] == [{1}, {0}, set()]
        for row in range(2):
            told[row] |= answering_in(batch, row)
        assert not answering_in(batch, 2)
        near |= {window.units[0].text for window in batch.windows[3:]}
        seen += len(batch.windows) - 3
    assert told == [{one.window.units[2].text}, {one.window.units[1].text}]
    assert near == {"Something else."}
    assert 20 < seen < 55


def test_every_example_comes_once_before_any_comes_again():
    examples = [example(n % 8) for n in range(QUESTIONS * 3 // 2)]
    drawn = list(itertools.islice(endless(examples, random.Random(1)), 3))
    assert {len(batch) for batch in drawn} == {QUESTIONS}
    assert sorted(map(id, itertools.chain(*drawn))) == sorted(2 * [*map(id, examples)])
    assert len(set(map(id, itertools.chain(*drawn[:2])))) == len(examples)


def test_shipped_libraries_are_whole_and_cut_by_library():
    parts = load_libraries("train"), load_libraries("test")
    trained, tested = (
        {unit.text for lib in part for d in lib.documents.values() for unit in d.units}
        for part in parts
    )
    assert len(tested) > 500
    assert not trained & tested
    libraries = [*parts[0], *parts[1]]
    assert len({library.name for library in libraries}) == len(libraries) > 60
    for library in libraries:
        texts = [question.text.lower() for question in library.questions]
        assert len(set(texts)) == len(texts) >= 90
        assert 0.4 < sum(bool(q.answers) for q in library.questions) / len(texts) < 0.6
        for question in library.questions:
            for key, found in question.answers.items():
                assert found
                assert max(found) < len(library.documents[key].units), question


def test_answered_and_unanswered_questions_are_told_apart_by_their_scores():
    answered = torch.tensor([True, False, True])
    assert told_apart(torch.tensor([9.0, -9.0, 9.0]), answered).item() < 0.001
    assert told_apart(torch.tensor([0.0, 4.0, 0.0]), answered).item() == pytest.approx(4.0, abs=0.1)
    assert told_apart(torch.tensor([0.0, 4.0]), torch.tensor([True, True])).item() == 0


def test_ranking_is_over_all_windows_of_a_question_and_only_where_something_answers():
    logits = torch.tensor([[2.0, 0.0], [1.0, 9.0], [0.0, 0.0]])
    real = torch.tensor([[True, True], [True, False], [True, True]])
    target = torch.tensor([[1.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
    sizes = [2, 1]  # two windows of the first question, one of the second
    side_by_side = [grouped(rows, sizes) for rows in (logits, real, target)]
    assert side_by_side[0].tolist() == [[2.0, 0.0, 1.0, 9.0], [0.0, 0.0, 0.0, 0.0]]
    expected = -math.log(math.exp(2) / (math.exp(2) + math.exp(0) + math.exp(1)))
    assert ranking(*side_by_side).item() == pytest.approx(expected, abs=1e-5)
    assert ranking(logits[2:], real[2:], target[2:]).item() == 0


@pytest.mark.parametrize(
    ("passage_id", "document"),
    [
        ("pubmedqa-27184293", "pubmedqa-27184293"),
        ("scifact-123", "scifact-123"),
        ("covidqa-08098901ea-10", "covidqa-08098901ea"),
        ("Yuan_dynasty#9", "Yuan_dynasty"),
        ("G:nhse_operational_plannin-7", "G:nhse_operational_plannin"),
    ],
)
def test_the_document_of_a_passage(passage_id: str, document: str):
    assert document_of(passage_id) == document


PREMISES = [
    Premise(f"gpqa-{n // 2}", "Booking", "Nurses met. They were tired. Some left.", *at, "train")
    for n, at in enumerate([(0, 11), (12, 28), (0, 11), (29, 39)])
]
STATEMENTS_OF_THEM = [
    Statement(premise, text, kind)
    for premise in PREMISES
    for text, kind in (("Yes.", SUPPORTED), ("No.", "negation"))
]


def test_a_premise_stands_alone_among_others_and_against_what_it_does_not_say():
    items = list(support.epoch(STATEMENTS_OF_THEM * 50, random.Random(2)))
    own = {(premise.words, premise.document) for premise in PREMISES}
    words = {item.premise for item in items}
    assert {text for text, _ in own} <= words
    assert "They were tired. Nurses met." in words
    assert {item.title for item in items} == {"Booking", ""}
    repeated = [item for item in items if item.sentence not in ("Yes.", "No.")]
    assert repeated
    assert all(item.supported and item.sentence in item.premise for item in repeated)
    assert not any(item.supported for item in items if item.sentence == "No.")
    assert {item.supported for item in items if item.sentence == "Yes."} == {True, False}


def test_a_difference_is_stored_small_and_added_again(tmp_path):
    start = torch.nn.Module()
    start.enc = torch.nn.Linear(40, 40)
    start.head = torch.nn.Linear(40, 1)
    before = {name: value.clone() for name, value in start.state_dict().items()}
    with torch.no_grad():
        start.enc.weight += 0.1 * torch.outer(torch.arange(40.0), torch.ones(40))
        start.head.weight += 1
    stored = support.difference(start, before)
    assert set(stored) == {
        "enc.weight.up",
        "enc.weight.down",
        "enc.bias",
        "head.weight",
        "head.bias",
    }
    assert stored["enc.weight.up"].shape == (40, support.RANK)
    write(stored, tmp_path, "support.safetensors")
    assert "support.safetensors" in (tmp_path / "reader.json").read_text("utf-8")
    again = torch.nn.Module()
    again.enc, again.head = torch.nn.Linear(40, 40), torch.nn.Linear(40, 1)
    again.load_state_dict(before)
    add(again, stored)
    for name, value in start.state_dict().items():
        assert torch.allclose(again.state_dict()[name], value, atol=1e-3), name


def test_sentence_and_quotes_are_two_segments():
    pieces = WordPieces.load(bundled_model_path())
    short = encode(pieces, "Nine met.", "Nine GPs met.", title="")
    titled = encode(pieces, "Nine met.", "Nine GPs met. " * 200, title="Booking online")
    ids, mask, segments = collate([short, titled])
    first = len(short[0])
    assert short[0] == titled[0]
    assert ids[0, 0] == pieces.cls_id
    assert mask[0].sum() == first + len(short[1])
    assert segments[0].sum() == len(short[1])
    assert not segments[0, :first].any()
    assert len(titled[1]) == 231


def test_every_statement_is_a_sentence_of_its_own():
    records = read_jsonl(STATEMENTS)
    assert len(records) > 3000
    kinds = {kind for record in records for kind, _ in record["false"]}
    assert kinds == {
        "negation",
        "object",
        "scope",
        "subject",
        "direction",
        "modality",
        "number",
        "causation",
        "added",
        "who",
    }
    for record in records:
        texts = [*record["true"], *(text for _, text in record["false"])]
        assert record["start"] < record["end"]
        assert all(len(text) > 10 for text in texts), record
        assert len(set(texts)) == len(texts), record
    tested = {record["document"] for record in records if record.get("test")}
    others = {record["document"] for record in records if not record.get("test")}
    assert tested
    assert not tested & others


def test_what_an_earlier_run_learned_is_taken_over_whole():
    weights, base = folder("weights"), bundled_model_path()
    earlier, network = build_network(base), build_network(base)
    start_from_reader(earlier, weights)
    add(earlier, read_weights(weights, SUPPORT))
    support.go_on(network, weights)
    taken = network.state_dict()
    plain = build_network(base).state_dict()
    for name, value in earlier.state_dict().items():
        expected = plain[name] if name.startswith(support.EMBEDDINGS) else value
        assert torch.equal(taken[name], expected), name
