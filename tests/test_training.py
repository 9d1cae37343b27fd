"""What training is made of: the loop, the groups of windows, the ranking loss. No weights."""

from __future__ import annotations

import math
import random

import pytest
import torch

from eval.training.examples import Example
from eval.training.learn import WARM_UP, learn
from eval.training.train import _document, batches, grouped, groups, ranking, without_answers
from ragbot.adapters.reader_model import Unit, Window


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
