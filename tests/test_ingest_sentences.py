"""Sentence boundaries and list items."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.sentences import LONGEST_ITEM, LONGEST_SENTENCE, sentences, units


def split(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text, 0, len(text))]


def items(text: str) -> list[str]:
    return [text[unit.start : unit.end] for unit in units(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "It appeared in Research; Vol. 10, No. 27. See the website.",
            ["It appeared in Research; Vol. 10, No. 27.", "See the website."],
        ),
        (
            "As Smith et al. (2020) found, so did we. Then Jones et al. reported more.",
            ["As Smith et al. (2020) found, so did we.", "Then Jones et al. reported more."],
        ),
        ("It was shown by Smith et al. We agree.", ["It was shown by Smith et al.", "We agree."]),
        (
            "We asked GPs (n = 21). Data were coded.",
            ["We asked GPs (n = 21).", "Data were coded."],
        ),
        ("Old vs. New was the theme. It won.", ["Old vs. New was the theme.", "It won."]),
        (
            "Josephine M. Wildman and S. Parkinson wrote it. J. K. Row read it.",
            ["Josephine M. Wildman and S. Parkinson wrote it.", "J. K. Row read it."],
        ),
        (
            "They took vitamin D. Patients in Group A. Were they well?",
            ["They took vitamin D.", "Patients in Group A.", "Were they well?"],
        ),
        (
            "It fell by 3.5 mg. The rate was 0.05. Good.",
            ["It fell by 3.5 mg.", "The rate was 0.05.", "Good."],
        ),
        ("We did the work.Then we left.", ["We did the work.", "Then we left."]),
        (
            "See www.Example.Com, or http://a.Bc.Org now.",
            ["See www.Example.Com, or http://a.Bc.Org now."],
        ),
        (
            "Our website at hn-company.co.uk – shows it. Yes!",
            ["Our website at hn-company.co.uk – shows it.", "Yes!"],
        ),
        ("He said “it works.” She left.", ["He said “it works.”", "She left."]),
        ("Yes. No. He left.", ["Yes.", "No.", "He left."]),
        (
            "See Fig. 3 and pp. 5–6, i.e. the end. Done.",
            ["See Fig. 3 and pp. 5–6, i.e. the end.", "Done."],
        ),
        (
            "Das Ærø-Projekt – 😀 begann. Dann kam 𝔘.",
            ["Das Ærø-Projekt – 😀 begann.", "Dann kam 𝔘."],
        ),
        ("A sentence\nthat wraps. Another\r\none.", ["A sentence\nthat wraps.", "Another\r\none."]),
        ("And so on … and on. End", ["And so on … and on.", "End"]),
        ("1. First we met. 2. Then we ate.", ["1. First we met.", "2. Then we ate."]),
    ],
)
def test_boundaries(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_a_list_item_is_one_unit_without_its_marker() -> None:
    text = "We found:\n- One thing. It is long.\n-\u00a0another thing\n• a third\n\nAfter it. Yes."
    assert items(text) == [
        "We found:",
        "One thing. It is long.",
        "another thing",
        "a third",
        "After it.",
        "Yes.",
    ]


def test_numbered_items_and_wrapped_items() -> None:
    text = "Steps:\n1. Go to the\n   door now\n2) Open it\n(a) Or not\n"
    assert items(text) == ["Steps:", "Go to the\n   door now", "Open it", "Or not"]


def test_an_item_is_wrapped_where_there_was_no_room_for_the_next_word() -> None:
    wide = "• a clinician can show that their patient is in a wholly different condition"
    wrapped = "• there is a policy, an Appraisal (TA) or a Highly Specialised (HST)\nAppraisal"
    assert items(f"{wide}\n{wrapped}")[1] == wrapped[2:]
    ended = "• there is a policy\nThe panel meets each month in the week after that."
    assert items(f"{wide}\n{ended}")[1] == "there is a policy"


def test_a_dash_inside_wrapped_text_is_no_list() -> None:
    assert items("This is a line with a dash\n– and it goes on here.") == [
        "This is a line with a dash\n– and it goes on here."
    ]


def test_a_list_item_too_long_to_quote_is_parted() -> None:
    item = "We know this fact well. " * (LONGEST_ITEM // 20)
    found = units(f"- {item}", 0, len(item) + 2)
    assert all(unit.bullet for unit in found)
    assert len(found) == item.count(".")


def test_debris_without_sentences_is_cut() -> None:
    found = items("word " * 1000)
    assert all(len(piece) <= LONGEST_SENTENCE for piece in found)
    assert " ".join(found).split() == ["word"] * 1000
    assert all(len(piece) <= LONGEST_SENTENCE for piece in items("x" * 5000))


def test_paragraphs_end_sentences() -> None:
    assert items("A heading\n\nText of it.\n\n\nMore") == ["A heading", "Text of it.", "More"]


PIECES = st.sampled_from(
    [
        "We did it. ",
        "Vol. 3, No. 4. ",
        "et al. ",
        "(n=3). ",
        "“so.” ",
        "\n- item",
        "\n\n",
        "\r\n",
        "• x\n",
        "A. B. Cee ",
        "…",
        ". ",
        "? ",
        "!",
        "\u00a0",
        "é😀 ",
        "\f",
        "1. ",
        "a ",
        "The ",
        ")",
        "x.Then we ",
        "- ",
        "\x00",
        "\u200b",
        ":",
        "#",
        "\u2028",
    ]
)
TEXTS = st.one_of(st.lists(PIECES, max_size=25).map("".join), st.text(max_size=80))
MARKERS = frozenset("-–—*+•‣▪▫◦●○·().0123456789abcdefghijklmnopqrstuvwxyz")


@settings(deadline=None)
@given(TEXTS)
def test_units_are_in_order_and_cover_all_that_can_be_read(text: str) -> None:
    last = 0
    for unit in [*units(text, 0, len(text)), None]:
        start = unit.start if unit else len(text)
        gap = text[last:start]
        assert last <= start
        assert not any(char.isalpha() for char in gap) or len(gap.split()[-1]) <= 5
        assert all(char in MARKERS or not char.isprintable() or char.isspace() for char in gap)
        if unit:
            assert unit.start < unit.end
            assert text[unit.start : unit.end] == text[unit.start : unit.end].strip()
            last = unit.end


@settings(deadline=None)
@given(TEXTS, st.integers(0, 40), st.integers(0, 40))
def test_a_stretch_is_split_within_itself(text: str, start: int, length: int) -> None:
    first = min(start, len(text))
    last = min(first + length, len(text))
    for unit in units(text, first, last):
        assert first <= unit.start < unit.end <= last


@settings(deadline=None)
@given(st.text(max_size=200))
def test_sentencex_counts_characters(text: str) -> None:
    for start, end in sentences(text, 0, len(text)):
        assert 0 <= start < end <= len(text)
