"""What training is made of: the loop, the groups of windows, the ranking loss. No weights."""

from __future__ import annotations

import math
import random

import pytest
import torch

from eval.training import support
from eval.training.examples import Example
from eval.training.learn import WARM_UP, learn
from eval.training.passages import read_jsonl
from eval.training.saving import write
from eval.training.statements import STATEMENTS, SUPPORTED, Premise, Statement
from eval.training.train import _document, batches, grouped, groups, ranking, without_answers
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import Unit, Window
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.support_model import add, collate, encode


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


def test_a_question_comes_first_with_its_own_window():
    made = list(groups([example(2), example()] * 40, NoOthers(), random.Random(3)))
    assert len(made) == 80
    answered = made[::2]
    assert {len(group) for group in answered} == {1, 2}
    for group in answered:
        assert not any(any(item.labels) for item in group[1:])
    assert all(len(group) == 1 and not any(group[0].labels) for group in made[1::2])
    together = batches(made, random.Random(4))
    assert sum(map(len, together)) == 80
    assert max(sum(map(len, batch)) for batch in together) <= 16


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
    assert _document(passage_id) == document


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
