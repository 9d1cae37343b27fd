"""Markers and citations: exact, or an error."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.cite import check, cite, markers, source_url
from ragbot.errors import QuoteMismatch
from ragbot.types import Answer, AnswerSentence
from tests.fakes import document

TEXT = "Alpha one. Beta two. Gamma three."


def test_a_citation_is_the_range_it_claims() -> None:
    made = cite(1, document(TEXT), text=TEXT, start=11, end=20, section="Results", page=None)
    assert made.quote == "Beta two." == TEXT[made.start : made.end]
    assert made.url == "/source/adams-2020-1a2b3c4d#c11-20"


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 5), (-3, 4), (20, 99), (0, 34)])
def test_a_range_outside_the_text_is_an_error(start: int, end: int) -> None:
    with pytest.raises(QuoteMismatch):
        cite(1, document(TEXT), text=TEXT, start=start, end=end, section=None, page=None)


def test_a_range_of_another_source_of_the_same_file_is_an_error() -> None:
    first = document(TEXT, end=10)
    with pytest.raises(QuoteMismatch):
        cite(1, first, text=TEXT, start=11, end=20, section=None, page=None)


@given(st.text(min_size=1, max_size=80), st.data())
def test_any_range_inside_slices_exactly(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    made = cite(1, document(text), text=text, start=start, end=end, section=None, page=None)
    assert text[made.start : made.end] == made.quote


def test_check_finds_an_altered_quote_and_a_marker_without_citation() -> None:
    source = document(TEXT)
    made = cite(1, source, text=TEXT, start=0, end=10, section=None, page=None)
    sentence = AnswerSentence("“Alpha one.”", (1,), "verbatim")
    answer = Answer("q", "q", "answered", "…", (sentence,), (made,))
    check(answer, {source.path: TEXT})
    altered = replace(answer, citations=(replace(made, quote="Alpha 1."),))
    with pytest.raises(QuoteMismatch, match="is not the quote"):
        check(altered, {source.path: TEXT})
    dangling = replace(answer, sentences=(replace(sentence, citations=(1, 2)),))
    with pytest.raises(QuoteMismatch, match="do not match"):
        check(dangling, {source.path: TEXT})
    unused = replace(answer, sentences=())
    with pytest.raises(QuoteMismatch, match="do not match"):
        check(unused, {source.path: TEXT})


def test_markers_are_found_with_their_places() -> None:
    text = "Two say so [1, 2], one does not [3]."
    assert [(text[m.start : m.end], m.numbers) for m in markers(text)] == [
        ("[1, 2]", (1, 2)),
        ("[3]", (3,)),
    ]


@given(st.lists(st.integers(1, 999), min_size=1, max_size=10), st.text(alphabet="ab [],.12"))
def test_every_written_marker_is_read_back(numbers: list[int], noise: str) -> None:
    written = f"[{', '.join(map(str, numbers))}]"
    found = [m.numbers for m in markers(f"x{written}")]
    assert found == [tuple(numbers)]
    assert all(noise[m.start : m.end].startswith("[") for m in markers(noise))


def test_a_source_id_cannot_leave_its_place_in_the_address() -> None:
    assert source_url("../../etc/passwd?x#y", 1, 2) == "/source/..%2F..%2Fetc%2Fpasswd%3Fx%23y#c1-2"
