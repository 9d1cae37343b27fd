"""Short forms spelt out for the networks: by the trade's table, and by what the sources explain."""

from __future__ import annotations

import pytest

from ragbot.glossary import Glossary
from ragbot.longforms import LongForms
from ragbot.resources import folder

FORMS = LongForms(
    {
        "smr": ("structured medication review",),
        "ics": ("integrated care system",),
        "arrs": ("additional roles reimbursement scheme", "additional roles"),
        "pa": ("physician associate",),
        "it": ("technology",),
    }
)


@pytest.mark.parametrize(
    ("text", "spelt"),
    [
        ("SMRs take time.", "structured medication reviews take time."),
        ("One SMR.", "One structured medication review."),
        ("PAs and ICSs", "physician associates and integrated care systems"),
        ("The ARRS keeps its name", "The ARRS keeps its name"),
        ("IT and GPs stay as they are", "IT and GPs stay as they are"),
        (
            "Structured medication reviews (SMRs) help.",
            "Structured medication reviews (SMRs) help.",
        ),
        ("SMRT is no short form, nor is ASMR", "SMRT is no short form, nor is ASMR"),
    ],
)
def test_a_text_is_spelt_out_where_it_does_not_do_so_itself(text: str, spelt: str) -> None:
    assert FORMS.text(text) == spelt


@pytest.mark.parametrize(
    ("question", "spelt"),
    [
        ("do smrs save time", "do structured medication reviews save time"),
        ("who pays for ics staff", "who pays for integrated care system staff"),
        ("my pa says it is fine", "my pa says it is fine"),
        ("what do PAs do", "what do physician associates do"),
    ],
)
def test_a_question_may_have_them_in_small_letters(question: str, spelt: str) -> None:
    assert FORMS.question(question) == spelt


def test_what_a_source_explains_comes_before_the_table() -> None:
    told = FORMS.told(
        [
            "Smith 2020\nICS: inhaled corticosteroids; QQ: quick quiz",
            "ICS: integrated stroke care",
        ]
    )
    assert told.text("ICS work.") == "inhaled corticosteroid work."
    assert told.question("do ICSs work") == "do inhaled corticosteroids work"
    assert told.text("QQ") == "QQ"  # the table does not know it
    assert FORMS.text("ICS work.") == "integrated care system work."  # unchanged


def test_a_heading_explains_nothing() -> None:
    assert FORMS.told(["SMR: who pays"]).question("smr") == FORMS.question("smr")


def test_letters_of_other_fields_are_not_read_as_words_of_this_one() -> None:
    forms = LongForms(Glossary.load(folder("prompts") / "glossary.toml").acronyms)
    assert forms.text("DNA testing and PPI use") == "DNA testing and PPI use"
    assert forms.question("do smrs help") == "do structured medication reviews help"
