"""Markers as they stream: whatever the pieces, the same sentences; and linear work."""

from __future__ import annotations

import sys
from itertools import pairwise
from types import FrameType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot import markers
from ragbot.markers import LONGEST_SENTENCE, Drafted, MarkerParser


def parse(*pieces: str, known: int = 5) -> list[Drafted]:
    parser = MarkerParser(known=known)
    done = [sentence for piece in pieces for sentence in parser.feed(piece)]
    return done + parser.finish()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("GPs left [1].", [("GPs left.", (1,))]),
        ("GPs left. [1]", [("GPs left.", (1,))]),
        ("GPs left [1, 2]. Nurses too. [3][4]", [("GPs left.", (1, 2)), ("Nurses too.", (3, 4))]),
        ("GPs left [1-3].", [("GPs left.", (1, 2, 3))]),
        ("GPs left [1–2; 5].", [("GPs left.", (1, 2, 5))]),
        ("GPs left【2】.", [("GPs left.", (2,))]),
        ("GPs left ［１，２］.", [("GPs left.", (1, 2))]),
        ("GPs left [^2].", [("GPs left.", (2,))]),
        ("GPs left [Passage 2].", [("GPs left.", (2,))]),
        ("GPs left【3†source】.", [("GPs left.", (3,))]),
        ("GPs left [9].", [("GPs left.", ())]),
        ("GPs left [0][2].", [("GPs left.", (2,))]),
        ("GPs left [1-999].", [("GPs left.", (1, 2, 3, 4, 5))]),
        ("GPs left [sic] early [1].", [("GPs left [sic] early.", (1,))]),
        ("They said [[1]] so.", [("They said [] so.", (1,))]),
        ("In `a[1]` it is code [2].", [("In a[1] it is code.", (2,))]),
        ("Pay fell by 3.5 hours, e.g. at night [1].",
         [("Pay fell by 3.5 hours, e.g. at night.", (1,))]),
        ("Smith et al. Found it [1]. J. Doe did not [2].",
         [("Smith et al. Found it.", (1,)), ("J. Doe did not.", (2,))]),
        ("- **First.** [1]\n- Second [2]\n2. Third [3]\n",
         [("First.", (1,)), ("Second", (2,)), ("Third", (3,))]),
        ("A line that\nwraps on [1].\n\nAnother [2].",
         [("A line that wraps on.", (1,)), ("Another.", (2,))]),
        ("“Is it so?” he asked [1]. “Yes.” [2] Then no.",
         [("“Is it so?” he asked.", (1,)), ("“Yes.”", (2,)), ("Then no.", ())]),
        ("```python\nprint(x[1])\n```\nGPs left [1].", [("GPs left.", (1,))]),
        ("```markdown\nGPs left [1].\n```", [("GPs left.", (1,))]),
        ("---\n***\n. . .", []),
    ],
)  # fmt: skip
def test_sentences_and_their_markers(
    text: str, expected: list[tuple[str, tuple[int, ...]]]
) -> None:
    assert [(s.text, s.cited) for s in parse(text)] == expected
    assert parse(*text) == parse(text)


def test_a_half_arrived_marker_is_held_back() -> None:
    parser = MarkerParser(known=3)
    assert parser.feed("GPs left. [1") == []
    assert parser.settle() == []
    assert parser.feed(", 2") == []
    assert parser.feed("] Nur") == [Drafted("GPs left.", (1, 2))]
    assert parser.feed("ses stayed") == []
    assert parser.finish() == [Drafted("Nurses stayed", (), whole=False)]


def test_a_sentence_with_its_markers_need_not_wait_for_the_next() -> None:
    parser = MarkerParser(known=3)
    assert parser.feed("GPs left") == []
    assert parser.settle() == []
    assert parser.feed(" [1].") == []
    assert parser.settle() == [Drafted("GPs left.", (1,))]
    assert parser.settle() == []
    assert parser.feed(" Nurses stayed. ") == []
    assert parser.settle() == []  # its marker may still come
    assert parser.feed("[2]") == []
    assert parser.settle() == [Drafted("Nurses stayed.", (2,))]
    assert parser.finish() == []


def test_what_is_too_long_is_no_whole_sentence() -> None:
    (sentence,) = parse("word " * LONGEST_SENTENCE)
    assert not sentence.whole
    assert len(sentence.text) <= LONGEST_SENTENCE + 1


HOSTILE = st.text(
    st.sampled_from(list("[[]]【】［］0123456789,-–;^†`\n .?!*_#aAb“”é")), max_size=120
)


@given(HOSTILE, st.lists(st.integers(0, 120), max_size=8))
def test_pieces_make_no_difference(text: str, cuts: list[int]) -> None:
    edges = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    pieces = [text[a:b] for a, b in pairwise(edges)]
    assert parse(*pieces) == parse(text)


@given(HOSTILE)
def test_only_known_numbers_and_no_letter_is_invented(text: str) -> None:
    sentences = parse(text, known=3)
    assert all(1 <= n <= 3 for s in sentences for n in s.cited)
    assert all(len(s.cited) == len(set(s.cited)) for s in sentences)
    kept = "".join(s.text for s in sentences).replace(" ", "")
    left = iter(text.replace(" ", ""))
    assert all(character in left for character in kept)  # in order


@given(st.lists(st.sampled_from(["Aa bb", "Cc dd"]), min_size=1, max_size=4),
       st.lists(st.integers(1, 5), min_size=4, max_size=4))  # fmt: skip
def test_every_marker_stays_with_its_sentence(texts: list[str], numbers: list[int]) -> None:
    wanted = list(zip(texts, numbers, strict=False))
    written = " ".join(f"{text} [{n}]." for text, n in wanted)
    assert [(s.text, s.cited) for s in parse(written)] == [(f"{t}.", (n,)) for t, n in wanted]


def steps(text: str) -> int:
    """Lines of the parser that run."""
    count = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal count
        if frame.f_code.co_filename != markers.__file__:
            return None
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        parse(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    "unit",
    ["[", "[1", "[1]", "[1,", "]", "【[", "`", "```\n", "```", "a. ", "A. ", "\n", " ", "1. ", "“",
     ".", "[1, 2", "word ", "[1-3] ", "*", "[" + "1" * 38],
)  # fmt: skip
def test_work_grows_with_the_length_and_not_faster(unit: str) -> None:
    few, many = steps(unit * 200), steps(unit * 800)
    assert many < 4.4 * few
    assert many < 60 * len(unit * 800)
