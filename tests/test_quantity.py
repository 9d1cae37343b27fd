"""Questions for a number, and what answers them."""

from __future__ import annotations

import pytest

from ragbot.assistant import Assistant
from ragbot.quantity import asks_for_number, gives_number


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("How many GPs took part?", True),
        ("what proportion of nurses left", True),
        ("mean age of the patients", True),
        ("how do many practices cope", False),
        ("how much do GPs value it", False),
        ("how much does a visit cost", True),
        ("how long did it last", True),
        ("tell me how long they were unhappy with it", False),
        ("number of link workers", True),
        ("what are paramedics paid", True),
        ("what is the budget", True),
        ("what did they say about pay", False),
        ("which band are they on", True),
        ("the survey - n of paramedics asked?", True),
        ("what response rate did it get", True),
        ("patient satisfaction - actual score?", True),
        ("Why was the response rate so low?", False),
        ("What did they say about the sample size?", False),
        ("What matters most: number of GPs or size?", False),
    ],
)
def test_what_is_asked(question: str, asks: bool) -> None:
    assert asks_for_number(question) is asks


@pytest.mark.parametrize(
    ("sentence", "question", "gives"),
    [
        ("Nine GPs were interviewed.", "How many GPs?", True),
        ("GPs (n = 21) took part.", "How many GPs?", True),
        ("Most were women.", "How many were women?", True),
        ("GPs were interviewed.", "How many GPs?", False),
        ("A visit takes about an hour.", "How long is a visit?", True),
        ("A visit takes about an hour.", "How many visits?", False),
        ("A visit is long.", "How long is a visit?", False),
        ("Four in five came from pharmacies.", "What are pharmacists paid?", False),
        ("Pharmacists earn £40,000.", "What are pharmacists paid?", True),
        ("All 37 are paid by the network.", "What Agenda for Change band are they on?", False),
        ("Prescriptions are free in Wales.", "How much do patients pay for them?", True),
        ("Most start on band 5.", "which band are they on", True),
        ("Two days.", "How much training did the nurse in charge get?", True),
        ("Asking adds half a minute.", "How much time does asking cost?", True),
        (
            "The 37 interviewees were frank.",
            "How many sites did the 37 interviewees come from?",
            False,
        ),
    ],
)
def test_what_gives_a_number(sentence: str, question: str, gives: bool) -> None:
    assert gives_number(sentence, question) is gives


def test_what_gives_no_number_is_no_answer_to_how_many(assistant: Assistant) -> None:
    answer = assistant.ask("How many minutes a day do GPs lose to compensatory labour?")
    assert (answer.status, answer.citations) == ("not_in_sources", ())
    answer = assistant.ask("How many GPs were interviewed about operational failures?")
    assert any("21" in citation.quote for citation in answer.citations)
