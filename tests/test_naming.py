"""Questions for a name, and whether a sentence gives one."""

from __future__ import annotations

import pytest

from ragbot.naming import asks_for_name, gives_name


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("What is the name of the chief nurse who commented?", True),
        ("New services were set up. Which ones, by name?", True),
        ("which counties or regions did they work in", True),
        ("What are the practices' real names?", True),
        ("At what university was it done?", True),
        ("names of the four sites", True),
        ("can you give me the names of those practices", True),
        ("What is the name of the drug?", False),  # may be in small letters
        ("Do receptionists greet patients by name?", False),
        ("do patients know the names of the doctors", False),
        ("which region of the back hurts", False),
        ("which region of the country", True),
        ("which country doctors are unhappy?", False),
        ("what names an illness?", False),
        ("Name them all.", False),
        ("which 4 places were the case study sites", True),
        ("which commissioning groups took part", True),
        ("which hospital trusts were interviewed", True),
        ("which areas were studied", False),
        ("which four areas are GPs most worried about", False),
        ("which practices were chosen", False),
        ("who were the two lay members", True),
        ("what booking software did they use", True),
        ("what should suppliers do", False),
        ("what do two practices share", False),
        ("What makes for a good visit?", False),
        ("what care packages are there", False),
        ("who are the three groups at risk", False),
        ("which five practices help teams", False),
        ("what did the region pay?", False),
        ("in the name of what?", False),
    ],
)
def test_a_name_is_asked_for(question: str, asked: bool) -> None:
    assert asks_for_name(question) is asked


@pytest.mark.parametrize(
    ("sentence", "given"),
    [
        ("Nurses were interviewed in Kent.", True),
        ("It was done in the US.", True),
        ("New services were set up on time.", False),
        ("We asked people from 14 CCGs.", False),
        ("It was done abroad (Norway).", True),
        ("We asked nurses in Århus.", True),
        ("Data were kept in SystmOne.", True),
        ("In Leeds, nobody was asked.", False),  # the question has it already
    ],
)
def test_a_sentence_gives_a_name(sentence: str, given: bool) -> None:
    assert gives_name(sentence, "Which region was it, Leeds or another?") is given
