"""Hasty forms become English; what only looks like one stays."""

import pytest

from ragbot.glossary import Glossary
from ragbot.resources import folder
from ragbot.texting import spelt_out


@pytest.fixture(scope="module")
def forms():
    return Glossary.load(folder("prompts") / "glossary.toml").texting


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("y dont nurses use it", "y do not nurses use it"),
        ("whats the cost n is it safe", "what is the cost and is it safe"),
        ("b4 surgery, w/ pts, w/o drs", "before surgery, with patients, without doctors"),
        ("Wot did ppl say", "what did people say"),
    ],
)
def test_forms_of_haste_are_spelt_out(forms, typed, read):
    assert spelt_out(typed, forms) == read


@pytest.mark.parametrize(
    "kept",
    [
        "n=21 nurses",
        "n and who by",
        "the gout trial, n?",
        "Were GPs of CD rank asked?",
        "vitamin B12 and R-values, e.g. in the U.S.",
        "the patient’s w-shaped scar",
        "WK is an abbreviation, N/A too",
        "",
    ],
)
def test_what_only_looks_like_one_stays(forms, kept):
    assert spelt_out(kept, forms) == kept
