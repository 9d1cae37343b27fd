"""Personal data in a question: what is found, what passes, and that a refusal holds none of it."""

from __future__ import annotations

import importlib
import itertools
import json
import re
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.training.libraries import load_libraries
from ragbot import guard, personal, render
from ragbot.assistant import Assistant
from ragbot.personal import Kind, describe, find, redact
from ragbot.types import Turn

ROOT = Path(__file__).parent.parent
NHS, DOB, DATE, PHONE, POSTCODE, EMAIL, NAME = (
    Kind.NHS_NUMBER,
    Kind.DATE_OF_BIRTH,
    Kind.PATIENT_DATE,
    Kind.TELEPHONE,
    Kind.POSTCODE,
    Kind.EMAIL,
    Kind.NAME,
)

FOUND = [  # text, what of it is what
    ("NHS 943 476 5919: which statin?", {"943 476 5919": NHS}),
    ("NHS no: 9434765919.", {"9434765919": NHS}),
    ("943-476-5919 has asthma", {"943-476-5919": NHS}),
    ("943–476–5919 has asthma", {"943–476–5919": NHS}),
    ("9434765919?", {"9434765919": NHS}),
    ("９４３ ４７６ ５９１９ coughs", {"９４３ ４７６ ５９１９": NHS}),
    ("94\u200b34765\u2060919 coughs", {"94\u200b34765\u2060919": NHS}),
    ("nhs number is 943 476 5918 I think", {"943 476 5918": NHS}),  # mistyped, and said to be one
    ("CHI number 0101011232", {"0101011232": NHS}),
    ("dob 12/03/1965 statin?", {"12/03/1965": DOB}),
    ("D.O.B. 12.3.65", {"12.3.65": DOB}),
    ("DOB: 12031965", {"12031965": DOB}),
    ("dob 12 3 65", {"12 3 65": DOB}),
    ("born on 3rd of May 1971, which jab?", {"3rd of May 1971": DOB}),
    ("date of birth March 12, 1965", {"March 12, 1965": DOB}),
    ("1965-03-12 is her date of birth", {"1965-03-12": DOB}),
    ("DOB 12/3/65 and 3 weeks of cough", {"12/3/65": DOB}),
    ("34yo, 12/03/1990, chest pain", {"12/03/1990": DOB}),
    ("12/3/1990 (aged 34) chest pain", {"12/3/1990": DOB}),
    ("67 year old man (12/03/1958)", {"12/03/1958": DATE}),
    ("my patient seen on 12/03/2024", {"12/03/2024": DATE}),
    ("my patient, 12 March 1965, coughs", {"12 March 1965": DATE}),
    ("ring her on 07700 900123", {"07700 900123": PHONE}),
    ("tel 020 7946 0018 please", {"020 7946 0018": PHONE}),
    ("(0161) 496 0000", {"(0161) 496 0000": PHONE}),
    ("+44 (0)7912 345678", {"+44 (0)7912 345678": PHONE}),
    ("0044 20 7946 0018", {"0044 20 7946 0018": PHONE}),
    ("call him on 7912 345678", {"7912 345678": PHONE}),
    ("+447912345678 dob 12/3/65", {"+447912345678": PHONE, "12/3/65": DOB}),
    ("07912 345678 12/03/1965", {"07912 345678": PHONE, "12/03/1965": DATE}),
    ("postcode sw1a1aa", {"sw1a1aa": POSTCODE}),
    ("SW1A 1AA services?", {"SW1A 1AA": POSTCODE}),
    ("ls6 3ab services?", {"ls6 3ab": POSTCODE}),
    (
        "he lives at 12 Acacia Avenue, Leeds LS6 3AB",
        {"12 Acacia Avenue, Leeds LS6 3AB": POSTCODE},
    ),
    ("j.smith+gp@nhs.net asks", {"j.smith+gp@nhs.net": EMAIL}),
    ("ｊ＠nhs．net asks", {"ｊ＠nhs．net": EMAIL}),
    ("my patient John Smith has asthma", {"John Smith": NAME}),
    ("My patient, Zoë Łukasz, 45, wants", {"Zoë Łukasz": NAME}),
    ("my patient John has asthma; what helps John’s cough?", {"John": NAME, "John’s": NAME}),
    ("a patient called Agnes", {"Agnes": NAME}),
    ("a 45-year-old man named Peter O'Brien-Jones coughs", {"Peter O'Brien-Jones": NAME}),
    ("John Smith is my patient", {"John Smith": NAME}),
    ("Anita Desai, my patient, has COPD", {"Anita Desai": NAME}),
    ("Her name is Mary Jones", {"Mary Jones": NAME}),
    ("my mum Jean has dementia", {"Jean": NAME}),
    ("Mrs Patel, 67, has diabetes", {"Patel": NAME}),
    ("My patient Mr Ali coughs", {"Ali": NAME}),
    ("Mrs Patel, dob 12/03/1965", {"Patel": NAME, "12/03/1965": DOB}),
    ("mrs patel dob 1/2/50", {"patel": NAME, "1/2/50": DOB}),
    ("john smith dob 12.3.65 cough", {"john smith": NAME, "12.3.65": DOB}),
    ("SMITH, John (dob 12 March 1965)", {"SMITH, John": NAME, "12 March 1965": DOB}),
    ("Re: Mr A Khan d.o.b. 01/02/1956", {"A Khan": NAME, "01/02/1956": DOB}),
    ("9434765919 John Smith asthma", {"9434765919": NHS, "John Smith": NAME}),
    ("Jane Doe 07912345678", {"Jane Doe": NAME, "07912345678": PHONE}),
    ("pt Jane Doe 12/3/65 cough", {"Jane Doe": NAME, "12/3/65": DATE}),
    (
        "John Smith has asthma. His NHS number is 943 476 5919. Can John go?",
        {"John Smith": NAME, "943 476 5919": NHS, "John": NAME},
    ),
]

PASS = """
What did PMID 32605542 find?
doi 10.1136/bmjopen-2020-041280
10.1111/j.1365-2702.2012.04321.x
https://doi.org/10.3399/bjgp20X713789
NIHR200702 and NIHR 200702
MRC grant MR/K02325X/1, RP-PG-0608-10050, PB-PG-0407-13345, HS&DR 12/128/48, HTA 15/12/22
CRD42018110790, ISRCTN02052112, ISRCTN 93946973, NCT01234567, EudraCT 2011-001234-56
ORCID 0000-0002-1825-0097
ISBN 0-306-40615-2 and ISBN-10: 0306406152, ISSN 0140-6736
Ethics 18/YH/0095 and 07/H1207/123, IRAS 251234
pages e487-e494
Br J Gen Pract 2020; 70 (696): e487–e494
2019;69(680):112-120
a sample of 1 234 567 890 or 943 476 5918
between February 2013 and September 2014
between 12 March 2013 and 14 September 2014
patients aged 65 and over between 1 April 2013 and 31 March 2014
children born after 1 September 2013
children born on 12 March 2001
women born between 1 January 1950 and 31 December 1955
the cohort born in 1946
the first patient was recruited on 12/03/2013
What changed on 23 March 2020?
does the guidance of 1 April 2023 help my patient?
what does the guideline (12 March 2024) say about my patient?
since the contract changed on 1 April 2023, can my patient self-refer?
our patient survey of 12 March 2020
from 2019-06-01 to 2019-09-30
2023/24, 2013-2014, 24/7
the Sinnott paper
Smith et al. 2020
what did Jane Vennik find
who is Beth Jones?
Mr Streeting said on 3 July 2025
Did Jane Vennik, our patient representative, speak?
The King's Fund and the Nuffield Trust
NHS England 0300 311 2233
Call 111, 119 or 0800 1111
our patient participation group
my Patient Access account
my patient keeps falling
my patient COPD rescue pack
our patient Reported Outcome Measures
a patient called the surgery
the patient name is hidden
What is the NHS number for?
What is a date of birth used for in record linkage?
vitamin b12 5ng or B12 5MG
H1N1 2nd wave
LS6 practices
MS patients aged 45
miss appointments aged 16
MR imaging 45 minutes
95% CI 0.12 0.34 0.56 0.78
version 1.2.19, ratio 12/3/4
phone consultations 2019-2021
telephone survey of 1,234 GPs in 2019
SNOMED 195967001, dm+d 39113311000001107
@TheKingsFund on Twitter
""".strip().splitlines()


@dataclass(frozen=True)
class Refused:
    question: str
    secrets: tuple[str, ...]


LEAKS = [
    Refused(
        "My patient John Smith, dob 12/03/1965, NHS 943 476 5919, 12 Acacia Road, Leeds LS6 3AB, "
        "07700 900123, j.smith@nhs.net: should John take statins? Mr Smith is unsure.",
        ("John", "Smith", "1965", "943", "5919", "Acacia", "LS6", "07700", "j.smith", "nhs.net"),
    ),
    Refused("9\u200b434765919 \x07john\x07 smith dob 1/2/50", ("9434765919", "smith", "1/2/50")),
    Refused("x " * 990 + "and then 943 476 5919 and", ("943", "476", "5919")),  # too long
    Refused("y " * 994 + "j.smith@surgery.nhs.uk " + "z" * 100_000, ("smith", "surgery")),
]


@pytest.mark.parametrize(("text", "expected"), FOUND, ids=[text for text, _ in FOUND])
def test_personal_data_is_found(text: str, expected: dict[str, Kind]):
    found = find(text)
    assert [(text[f.start : f.end], f.kind) for f in found] == list(expected.items())
    assert find(redact(text, found)) == ()
    assert guard.refusal(text, max_chars=2000) == "personal_data"


@pytest.mark.parametrize("text", PASS)
def test_what_is_in_papers_is_no_personal_data(text: str):
    assert find(text) == ()
    assert guard.refusal(text, max_chars=2000) is None


def test_no_false_alarm_on_the_shipped_questions():
    cases = (ROOT / "eval/cases/primary_care.jsonl").read_text("utf-8").splitlines()
    texts = []
    for case in map(json.loads, cases):
        texts += [case["question"], *(turn["content"] for turn in case.get("history", ()))]
    training = (ROOT / "eval/training/questions.jsonl").read_text("utf-8").splitlines()
    texts += [json.loads(line)["question"] for line in training]
    assert len(cases) == 460
    texts += [
        question.text
        for library in (*load_libraries("train"), *load_libraries("test"))
        for question in library.questions
    ]
    assert [text for text in texts if find(text)] == []


NINE = st.text("0123456789", min_size=9, max_size=9)
LAYOUTS = st.sampled_from(["{}{}{}", "{} {} {}", "{}-{}-{}", "{}–{}–{}"])


def check_digit(nine: str) -> int:
    return -sum(weight * int(d) for weight, d in zip(range(10, 1, -1), nine, strict=True)) % 11


def laid_out(ten: str, layout: str) -> str:
    return layout.format(ten[:3], ten[3:6], ten[6:])


@given(NINE.filter(lambda nine: check_digit(nine) < 10), LAYOUTS)
def test_every_nhs_number_is_found(nine: str, layout: str):
    number = laid_out(f"{nine}{check_digit(nine)}", layout)
    text = f"is {number} eligible?"
    (found,) = find(text)
    assert (found.kind, text[found.start : found.end]) == (NHS, number)


@given(NINE.filter(lambda nine: nine[0] != "0"), st.integers(0, 9), LAYOUTS)  # 0…: may be dialled
def test_ten_digits_with_another_check_digit_pass(nine: str, last: int, layout: str):
    if last != check_digit(nine):
        assert find(f"is {laid_out(f'{nine}{last}', layout)} eligible?") == ()


@given(st.text(max_size=200))
def test_findings_are_in_order_and_within_the_text(text: str):
    found = find(text)
    assert all(f.start < f.end <= len(text) for f in found)
    assert all(a.end <= b.start for a, b in itertools.pairwise(found))


PIECES = st.sampled_from(
    [*(word for text, _ in FOUND for word in text.split()), "\u200b", "\x00", "\u202e", "["]
)


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_a_refusal_leaves_nothing_to_find(text: str):
    answer = guard.refused(text, (), max_chars=2000)
    if answer is None:
        assert find(guard.clean(text)) == ()
    elif answer.reason == "personal_data":
        assert {f.kind for f in find(answer.question)} <= {NAME}  # words that met when it shrank
        assert "seems to hold a" in answer.text


@pytest.mark.parametrize("case", LEAKS, ids=["all kinds", "hidden characters", "cut", "very long"])
def test_a_refused_answer_holds_none_of_the_data(assistant: Assistant, case: Refused):
    history = [Turn("user", "What is ARRS?")]
    for answer in (assistant.ask(case.question, history), *assistant.stream(case.question)):
        assert answer.status == "refused"
        # named by the clock and by chance before anything was asked: may hold any digits
        assert answer.index == assistant.generation()
        document = json.dumps(render.to_json(replace(answer, index="")), ensure_ascii=False)
        assert [secret for secret in case.secrets if secret in document] == []
        assert repr(answer).count("[removed: ") == 2 * answer.question.count("[removed: ") > 0
        assert len(answer.question) <= 2000


def test_the_message_names_the_kinds_and_says_what_to_do(assistant: Assistant):
    answer = assistant.ask("Mrs Patel, dob 12/03/1965, NHS 943 476 5919: which statin?")
    assert answer.reason == "personal_data"
    assert answer.question == answer.standalone_question
    assert answer.question == (
        "Mrs [removed: a name], dob [removed: a date of birth], NHS [removed: an NHS number]: "
        "which statin?"
    )
    assert answer.text.startswith(
        "Your question seems to hold a name, a date of birth and an NHS number. "
        "It was not looked up. Please take that out"
    )


def test_the_conversation_is_read_too_but_not_the_answers_in_it(assistant: Assistant):
    told = [Turn("user", "My patient John Smith has COPD"), Turn("assistant", "…")]
    answer = assistant.ask("Which staff can help?", told)
    assert (answer.status, answer.reason) == ("refused", "personal_data")
    assert answer.question == "Which staff can help?"
    assert "earlier in this conversation seems to hold a name." in answer.text
    assert "Smith" not in json.dumps(render.to_json(answer))
    quoted = [Turn("user", "Who wrote it?"), Turn("assistant", "Write to j.vennik@soton.ac.uk")]
    assert assistant.ask("What is social prescribing?", quoted).status != "refused"


def test_nothing_is_looked_up_or_remembered(assistant: Assistant, monkeypatch: pytest.MonkeyPatch):
    seen: list[str] = []

    def retrieve(query: str, *_: object, **__: object) -> tuple[()]:
        seen.append(query)
        return ()

    monkeypatch.setattr(assistant._retriever, "retrieve", retrieve)
    assistant.ask("Is 943 476 5919 eligible?")
    assert seen == []
    assistant.search("asthma 943 476 5919 clinics", 3)
    assert seen == ["asthma clinics"]


def test_describe_says_each_kind_once():
    assert describe(()) == ""
    assert describe(find("dob 1/2/50")) == "a date of birth"
    text = "j@x.org, k@x.org, NHS 9434765919, dob 1/2/50"
    assert describe(find(text)) == "an e-mail address, an NHS number and a date of birth"


HOSTILE = {
    "digits": "1",
    "spaced digits": "1 2-",
    "zeros": "0123 ",
    "plus": "+1(2)3-4",
    "open brackets": "(0123",
    "dates": "12/3/1965 ",
    "half dates": "12/3/",
    "months": "may ",
    "capitals": "Aa ",
    "names": "Mrs Patel, ",
    "my": "my a-b ",
    "patients": "my patient called ",
    "titles": "Mr. ",
    "apostrophes": "A'b-",
    "dots": "a.",
    "at": "a@",
    "email": "a@b.",
    "plus email": "+%.-",
    "postcodes": "LS6 3AB ",
    "streets": "1 a, ",
    "births": "born on ",
    "ages": "aged 45, ",
    "labels": "nhs number is ",
    "cohort": "all ",
    "spaces": " ",
    "zero width": "\u200b",
    "wide": "ﷺ９",
    "found": "john smith dob 1/2/50 07700 900123 ",
}


def steps(text: str) -> int:
    """Calls made, of Python and of C: a measure that a busy machine does not change."""
    count = 0

    def tick(frame: object, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(tick)
    try:
        find(text)
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE.keys())
def test_work_grows_with_the_length_and_no_faster(unit: str):
    texts = [(unit * length)[:length] for length in (1000, 2000, 4000)]
    find(texts[0])  # phonenumbers reads its tables when they are first needed
    short, middle, long = map(steps, texts)
    assert middle <= 2.3 * short + 200
    assert long <= 2.3 * middle + 200
    began = time.process_time()
    find(texts[1])
    assert time.process_time() - began < 1  # about 0.01 s; a pattern that backtracks takes minutes


def test_no_pattern_can_repeat_without_bound():
    parser = importlib.import_module("re._parser")
    unbounded = {parser.MAX_REPEAT, parser.MIN_REPEAT}  # possessive ones never go back

    def check(tree: object) -> None:
        for op, value in tree:
            if op in unbounded:
                assert value[1] is not parser.MAXREPEAT
            for part in value if isinstance(value, (list, tuple)) else [value]:
                for sub in part if isinstance(part, list) else [part]:
                    if isinstance(sub, parser.SubPattern):
                        check(sub)

    modules = (personal, importlib.import_module("ragbot.names"))
    patterns = [p for m in modules for p in vars(m).values() if isinstance(p, re.Pattern)]
    assert len(patterns) > 20
    for pattern in patterns:
        check(parser.parse(pattern.pattern, pattern.flags))
