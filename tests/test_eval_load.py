"""The arithmetic of the load and memory benchmarks; the runs themselves are ``make load``'s."""

from __future__ import annotations

import json
import os

import pytest

from eval.bench.load import QUESTIONS, SIZES, _outcome, body, memory_mb
from eval.bench.memory import growth_per_thousand


def test_growth_is_the_slope_of_the_line():
    assert growth_per_thousand([(1000, 500.0), (2000, 503.0), (3000, 506.0)]) == pytest.approx(3.0)
    assert growth_per_thousand([(100, 500.0), (200, 500.0)]) == 0.0
    assert growth_per_thousand([(100, 500.0)]) == growth_per_thousand([]) == 0.0


def test_what_locust_wrote_is_read():
    row = {
        "Request Count": "40",
        "Failure Count": "1",
        "50%": "120",
        "95%": "310",
        "Requests/s": "7.5",
    }
    found = _outcome(row)
    assert (found.requests, found.failures, found.p50, found.p95) == (40, 1, 120.0, 310.0)
    assert found.per_second == 7.5


def test_the_full_size_is_the_one_of_the_issue():
    assert (SIZES["full"].users, SIZES["full"].seconds) == (50, 300)


def test_questions_go_round_and_memory_is_measured():
    assert json.loads(body(len(QUESTIONS)))["question"] == QUESTIONS[0]
    assert memory_mb(os.getpid()) > 10
