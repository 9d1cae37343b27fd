"""A question in the plain form that networks read best."""

from __future__ import annotations

import time

import pytest

from ragbot.phrasing import plainly


@pytest.mark.parametrize(
    ("question", "plain"),
    [
        ("number of nurses in it?", "how many nurses in it?"),
        ("What was the total number of nurses?", "how many nurses?"),
        ("did the number of nurses fall?", "did the number of nurses fall?"),
        ("sample size of the Leeds paper", "how many people took part in the Leeds paper"),
        ("N and who by?", "how many people took part and who by?"),
        ("the Leeds paper, n?", "the Leeds paper, how many people took part?"),
        ("vitamin n deficiency", "vitamin n deficiency"),
        ("was the sample size small?", "was the sample size small?"),
        ("is it fair, in the eyes of nurses?", "is it fair, according to nurses?"),
        ("what does the nurse under the page say", "what does the nurse in the comments say"),
        ("did any nurse write below that long blog", "did any nurse write in the comments"),
        ("the Leeds one, who paid", "the Leeds study, who paid"),
        ("who paid for the one from Leeds", "who paid for the study from Leeds"),
        ("is the first one better", "is the first one better"),
        ("is that the one", "is that the one"),
        ("is the new Leeds one better", "is the new Leeds one better"),
        ("which one", "which one"),
        ("that at least one GP left", "that at least one GP left"),
        ("in the Leeds study, was the old ward or the video one dear",) * 2,
        ("The number of GPs is falling, why?", "The number of GPs is falling, why?"),
        ("No of course not, but why?", "No of course not, but why?"),
        ("What sample size was needed?", "What sample size was needed?"),
        ("what if you ask for a visit?", "what if you ask for a visit?"),
        ("shared under the article of an act?", "shared under the article of an act?"),
        ("", ""),
    ],
)
def test_of_a_study(question: str, plain: str) -> None:
    assert plainly(question, of_a_study=True) == plain


def test_one_is_a_study_only_where_studies_are_named() -> None:
    assert plainly("the Leeds one", of_a_study=False) == "the Leeds one"


def test_a_long_question_is_read_quickly() -> None:
    began = time.perf_counter()
    for word in ("the ", "the a ", "under the ", "in the ", "number ", "the x-"):
        plainly(word * (2000 // len(word)), of_a_study=True)
    assert time.perf_counter() - began < 0.2
