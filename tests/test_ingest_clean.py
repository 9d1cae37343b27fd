"""Canonical text → search text and back."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import clean, is_blank, one_line, search_text, trim

ODD = "\u00a0\u00ad\u200b\u2009\t\r\n\f‘’“”–—-ﬁ①é\u0301ｆabcn=3.< \x00"
TEXTS = st.one_of(st.text(), st.text(alphabet=ODD))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\u00a0b\u2009c\td\r\n\r\ne\ff", "a b c d e f"),
        ("‘core’ “free” 1–1 a—b ‐", "'core' \"free\" 1-1 a-b -"),
        ("ﬁt ﬂow", "fit flow"),
        ("co\u00adoperate zero\u200bwidth \ufeffmark", "cooperate zerowidth mark"),
        ("dan-\ngerous and well-\r\n  being", "dangerous and wellbeing"),
        ("COVID-\n19 and A-\nB", "COVID- 19 and A- B"),
        ("(n=33) (n = 21) N=5 p<.05", "(n = 33) (n = 21) N = 5 p < .05"),
        ("x=3, fun=2", "x=3, fun=2"),
        ("e\u0301", "é"),
        ("a\x00b\x07c", "a b c"),
        ("  \u00a0 ", ""),
        ("Asbjørn", "Asbjørn"),
        ("", ""),
    ],
)
def test_search_text(text: str, expected: str) -> None:
    assert search_text(text) == expected


def test_a_range_of_the_search_text_leads_back_to_what_is_printed() -> None:
    text = "It is ﬁt\u00a0for dan-\ngerous use (n=33)."
    cleaned = clean(text)
    assert cleaned.text == "It is fit for dangerous use (n = 33)."
    start = cleaned.text.index("fit for dangerous")
    first, last = cleaned.to_canonical(start, start + len("fit for dangerous"))
    assert text[first:last] == "ﬁt\u00a0for dan-\ngerous"
    count = cleaned.text.index("n = 33")
    first, last = cleaned.to_canonical(count, count + len("n = 33"))
    assert text[first:last] == "n=33"


@pytest.mark.parametrize(("start", "end"), [(0, 0), (2, 1), (-1, 2), (0, 4)])
def test_no_range_is_an_error(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no range"):
        clean("abc").to_canonical(start, end)


@settings(deadline=None)
@given(TEXTS)
def test_origins_are_in_order_and_inside(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned.origins) == len(cleaned.text)
    last = 0
    for start, end in cleaned.origins:
        assert 0 <= start < end <= len(text)
        assert start >= last or (start, end) == cleaned.origins[0] or start <= last <= end
        last = start


@settings(deadline=None)
@given(TEXTS)
def test_origins_never_go_back(text: str) -> None:
    starts = [start for start, _ in clean(text).origins]
    ends = [end for _, end in clean(text).origins]
    assert starts == sorted(starts)
    assert ends == sorted(ends)


@settings(deadline=None)
@given(TEXTS)
def test_search_text_has_single_spaces_and_no_controls(text: str) -> None:
    found = search_text(text)
    assert found == " ".join(found.split())
    assert not any(unicodedata.category(char) == "Cc" for char in found)
    assert not set(found) & set("\u00a0\u00ad\u200b‘’“”–—")


@settings(deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x2FFF, exclude_categories=("Cs",))))
def test_what_a_canonical_range_cleans_to_holds_what_led_to_it(text: str) -> None:
    cleaned = clean(text)
    if cleaned.text:
        start, end = cleaned.to_canonical(0, len(cleaned.text))
        assert is_blank(text[:start])
        assert is_blank(text[end:]) or search_text(text[end:]) == ""


@settings(deadline=None)
@given(st.text(alphabet="abc xyz.,-"))
def test_plain_words_are_only_spaced(text: str) -> None:
    assert search_text(text) == " ".join(text.split())


@settings(deadline=None)
@given(st.text(), st.integers(0, 10), st.integers(0, 10))
def test_trim_keeps_everything_that_can_be_read(text: str, cut: int, back: int) -> None:
    start, end = min(cut, len(text)), max(min(cut, len(text)), len(text) - back)
    first, last = trim(text, start, end)
    assert start <= first <= last <= end
    assert is_blank(text[start:first])
    assert is_blank(text[last:end])


def test_one_line_keeps_typography() -> None:
    assert one_line(" GPs’\u00a0work \r\n – here\u200b ") == "GPs’ work – here"
