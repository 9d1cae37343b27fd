"""Statistics against values worked out by hand, and their properties."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval import stats
from eval.judge import agreement

NUMBERS = st.lists(st.floats(0, 1), min_size=1, max_size=30)


def test_mean_interval():
    found = stats.mean_interval([1, 0, 1, 1], seed=7)
    assert (found.mean, found.n) == (0.75, 4)
    assert found.low <= 0.75 <= found.high
    assert found == stats.mean_interval([1, 0, 1, 1], seed=7)
    assert stats.mean_interval([1.0] * 5, seed=0) == stats.Estimate(1.0, 1.0, 1.0, 5)


def test_interval_has_the_width_that_theory_gives():
    values = [1.0] * 50 + [0.0] * 50
    found = stats.mean_interval(values, seed=0)
    half = 1.96 * 0.5 / 10
    assert found.low == pytest.approx(0.5 - half, abs=0.015)
    assert found.high == pytest.approx(0.5 + half, abs=0.015)


def test_ratio_interval_is_a_micro_average():
    found = stats.ratio_interval([1, 0], [1, 3], seed=0)
    assert found is not None
    assert found.mean == 0.25
    assert stats.ratio_interval([0], [0], seed=0) is None


def test_auroc_by_hand():
    assert stats.auroc([0.9, 0.4], [0.3]) == 1.0
    assert stats.auroc([0.5], [0.5]) == 0.5
    # pairs: (.9,.5) won, (.9,.1) won, (.3,.5) lost, (.3,.1) won
    assert stats.auroc([0.9, 0.3], [0.5, 0.1]) == 0.75
    assert stats.auroc([], [0.1]) is None


@given(NUMBERS, NUMBERS)
def test_auroc_swaps_to_its_complement(one, other):
    first, second = stats.auroc(one, other), stats.auroc(other, one)
    assert first is not None and second is not None
    assert first + second == pytest.approx(1.0)


def test_recall_at_false_refusals_by_hand():
    answerable = [0.1, 0.5, 0.6, 0.7]
    unanswerable = [0.05, 0.2, 0.55]
    assert stats.recall_at_false_refusals(answerable, unanswerable, share=0) == 1 / 3
    assert stats.recall_at_false_refusals(answerable, unanswerable, share=0.25) == 2 / 3
    assert stats.recall_at_false_refusals(answerable, unanswerable, share=1) == 1.0
    assert stats.recall_at_false_refusals([], [0.1], share=0) is None


def test_risk_coverage_by_hand():
    coverage, risk = stats.risk_coverage([0.2, 0.9, 0.5], [1, 0, 1], total=6)
    assert coverage.tolist() == pytest.approx([1 / 6, 2 / 6, 3 / 6])
    assert risk.tolist() == pytest.approx([0, 1 / 2, 2 / 3])
    assert stats.aurc([0.2, 0.9, 0.5], [1, 0, 1]) == pytest.approx((0 + 1 / 2 + 2 / 3) / 3)
    assert stats.aurc([], []) is None


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.randoms())
def test_ties_come_in_together_whatever_their_order(losses, chance):
    mixed = list(losses)
    chance.shuffle(mixed)
    tied = [0.5] * len(losses)
    assert stats.aurc(tied, losses) == pytest.approx(stats.aurc(tied, mixed))
    assert stats.aurc(tied, losses) == pytest.approx(float(np.mean(losses)))


def test_percentile():
    assert stats.percentile([1, 2, 3, 4], 0.5) == 2.5


def test_kappa_by_hand():
    pairs = [(True, True)] * 4 + [(False, False)] * 3 + [(True, False)] * 2 + [(False, True)]
    # observed .7; chance .6 × .5 + .4 × .5 = .5
    assert agreement(pairs) == {"n": 10, "agreement": "0.700", "kappa": "0.400"}
    assert agreement([])["kappa"] == "–"
    assert agreement([(True, True)])["kappa"] == "–"
