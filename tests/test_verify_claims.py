"""The checks of single claims, by hand: what agrees with its quotes and what does not."""

from __future__ import annotations

import pytest

from ragbot.claims import attribution, direction, names, negation, numbers, people, strength
from ragbot.claims.overlap import coverage
from ragbot.claims.words import Premise, analyse
from ragbot.types import EvidenceType, MetadataField, SourceDocument
from ragbot.verify import CHECKS
from tests.fakes import document


def says(check, sentence, *quotes, background=()):
    return check(analyse(sentence), Premise.of(quotes, background))


def test_words_stems_and_clauses():
    text = analyse("The nurses’ visits, however, weren't recorded; nine were.")
    assert [w.stem for w in text.content] == ["nurs", "visit", "weren't", "record", "9"]
    assert [w.clause for w in text.words] == [0, 0, 0, 1, 2, 2, 3, 3]
    assert text.words[0].start == 0
    assert text.raw[text.words[2].start : text.words[2].end] == "visits"
    assert coverage(analyse("Nine nurses left."), [analyse("9 nurses came")], ()) == 2 / 3


@pytest.mark.parametrize(
    ("sentence", "quote", "agrees"),
    [
        ("Twenty-one GPs took part.", "GPs (n = 21) took part.", True),
        ("21 GPs took part.", "Interviews with twenty-one GPs; they took part.", True),
        ("22 GPs took part.", "GPs (n = 21) took part.", False),
        ("31 parents and 14 GPs took part.", "14 parents and 31 GPs took part.", False),
        ("14 parents took part.", "In all, 14 parents, 31 GPs and 19 nurses took part.", True),
        ("It cost 1,200 pounds.", "The cost was 1200 pounds.", True),
        ("It rose by 12%.", "It rose by 12 per cent.", True),
        ("It rose by 12%.", "It rose by 12 points.", False),
        ("Half of patients left.", "50% of patients left.", True),
        ("About 76% were untreated.", "76.3% were untreated.", True),
        ("76.4% were untreated.", "76.3% were untreated.", False),
        ("Survival was 76% and 76%.", "Survival was 76% and 81%.", False),
        ("It ran until July 2010.", "It ran until July 2019.", False),
        ("One GP in the area left.", "A GP in the area left.", True),
        ("BRCA 1 carriers were tested.", "BRCA1 carriers were tested.", True),
    ],
)
def test_numbers(sentence, quote, agrees):
    assert says(numbers.agree, sentence, quote) is agrees


@pytest.mark.parametrize(
    ("sentence", "quote", "agrees"),
    [
        ("A trial in Norway was done.", "A trial in Sweden was done.", False),
        ("The Swedish trial was done.", "A trial in Sweden was done.", True),
        ("The PCNs met.", "The primary care networks met.", True),
        ("Many Primary Care Networks met.", "Many PCNs met.", True),
        ("They met the NHS.", "They met the board.", False),
        ("It was registered as CRD42018110790.", "Registered as CRD42018110790.", True),
        ("It was registered as CRD42018110791.", "Registered as CRD42018110790.", False),
        ("The drug was tested.", "A medicine was tested.", True),
    ],
)
def test_names(sentence, quote, agrees):
    assert says(names.agree, sentence, quote) is agrees


@pytest.mark.parametrize(
    ("sentence", "quote", "agrees"),
    [
        ("GPs reported failures.", "GPs did not report failures.", False),
        ("GPs did not report failures.", "GPs reported failures.", False),
        ("GPs did not report failures.", "GPs did not report such failures.", True),
        ("The roles were unacceptable.", "The roles were acceptable.", False),
        ("It is not clear who pays.", "It is unclear who pays.", True),
        ("There is no funding for staff.", "Networks lack funding for staff.", True),
        ("The funding is inadequate.", "There is inadequate funding.", True),
        ("The rate was not 12%.", "The rate was 12%.", False),
        ("It was not unclear.", "It was unclear.", False),
        ("No differences were not found.", "No differences were found.", False),
        ("They not only met but voted.", "They met and voted.", True),
    ],
)
def test_negation(sentence, quote, agrees):
    assert says(negation.agree, sentence, quote) is agrees


@pytest.mark.parametrize(
    ("sentence", "quote", "agrees"),
    [
        ("Waits increased in practices.", "Waits decreased in practices.", False),
        ("Waits did not fall in practices.", "Waits rose in practices.", True),
        ("Outcomes were better with support.", "Outcomes were worse with support.", False),
        ("It was common in rural areas.", "It was common in urban areas.", False),
        ("It was common in rural areas.", "It was common in rural areas.", True),
    ],
)
def test_direction(sentence, quote, agrees):
    assert says(direction.agree, sentence, quote) is agrees


@pytest.mark.parametrize(
    ("check", "sentence", "quote", "agrees"),
    [
        (strength.quantity, "All GPs agreed.", "Some GPs agreed.", False),
        (strength.quantity, "All GPs agreed.", "GPs agreed.", False),
        (strength.quantity, "Most GPs agreed.", "Many GPs agreed.", False),
        (strength.quantity, "Many GPs agreed.", "Most GPs agreed.", True),
        (strength.quantity, "In all areas it fails.", "In many areas it fails.", False),
        (strength.quantity, "GPs agreed.", "Some GPs agreed.", False),
        (strength.quantity, "It was the most common.", "It was common.", True),
        (strength.modality, "It works well.", "It may work well.", False),
        (strength.modality, "It will work well.", "It may work well.", False),
        (strength.modality, "It could work well.", "It may work well.", True),
        (strength.modality, "They are certain to work.", "They are likely to work.", False),
        (strength.modality, "It is used by GPs.", "It should be used by GPs.", False),
        (strength.causation, "It is caused by smoking.", "It is linked to smoking.", False),
        (strength.causation, "It is caused by smoking.", "It is due to smoking.", True),
        (strength.causation, "It is linked to smoking.", "It is linked to smoking.", True),
    ],
)
def test_strength(check, sentence, quote, agrees):
    assert says(check, sentence, quote) is agrees


@pytest.mark.parametrize(
    ("sentence", "quote", "agrees"),
    [
        ("Nurses saw it as cheap.", "Parents saw it as cheap.", False),
        ("General practitioners saw it as cheap.", "GPs saw it as cheap.", True),
        ("Patients with lupus improved.", "Individuals with lupus improved.", True),
        ("Patients trusted their nurses.", "Nurses trusted the patients.", False),
        ("Nurses saw it as cheap.", "GPs and nurses saw it as cheap.", True),
    ],
)
def test_people(sentence, quote, agrees):
    assert says(people.agree, sentence, quote) is agrees


def test_they_are_who_stands_before_them():
    quote, before = "They saw it as cheap.", "Parents were interviewed."
    assert says(people.agree, "Parents saw it as cheap.", quote, background=[before])
    assert not says(people.agree, "Nurses saw it as cheap.", quote, background=[before])


STUDY = document("It was cheap.", label="Adams et al., 2020")
OTHER = document("It was dear.", source_id="baker-2021-1a2b3c4d", label="Baker et al., 2021")
REPORT = document(
    "It was cheap.",
    source_id="the-fund-report-1a2b3c4d",
    label="The Fund report",
    evidence_type=EvidenceType.REPORT,
)
COMMENT = document(
    "It was cheap.",
    source_id="comment-1a2b3c4d",
    label="Reader comment: nurse",
    evidence_type=EvidenceType.READER_COMMENT,
    about="The Fund report",
)


def dated(source: SourceDocument, authors: str, year: str) -> SourceDocument:
    from dataclasses import replace

    fields = (MetadataField("authors", authors, 0, 0), MetadataField("year", year, 0, 0))
    return replace(source, fields=fields)


ADAMS, BAKER = dated(STUDY, "Ann Adams", "2020"), dated(OTHER, "Bea Baker", "2021")


@pytest.mark.parametrize(
    ("sentence", "quoted", "agrees"),
    [
        ("Adams et al. (2020) found it cheap.", ADAMS, True),
        ("Baker et al. (2021) found it cheap.", ADAMS, False),
        ("Adams et al. (2021) found it cheap.", ADAMS, False),
        ("Cole and colleagues found it cheap.", ADAMS, False),
        ("The study found it cheap.", ADAMS, True),
        ("The report found it cheap.", ADAMS, False),
        ("A reader’s comment says it was cheap.", ADAMS, False),
        ("A reader’s comment says it was cheap.", COMMENT, True),
        ("It was cheap.", COMMENT, False),
        ("The Fund found that it was cheap.", COMMENT, False),
        ("The report’s readers’ comments: the Fund report says it was cheap.", COMMENT, False),
        ("According to the report, a reader’s comment says it was cheap.", COMMENT, False),
        ("A commenter agrees with the report that it was cheap.", COMMENT, True),
        ("The report found it cheap.", REPORT, True),
    ],
)
def test_who_said_it(sentence, quoted, agrees):
    others = [d for d in (ADAMS, BAKER) if d is not quoted]
    premise = Premise.of(["It was cheap."])
    assert attribution.agree(analyse(sentence), premise, [quoted], others) is agrees


def test_the_year_of_a_source_is_no_claim():
    body = attribution.body(analyse("Adams et al. (2020) met 9 GPs in July 2019."), [ADAMS])
    assert [n.value for n in numbers.numbers(body)] == [9, 2019]


@pytest.mark.parametrize(
    ("sentence", "quote"),
    [
        (
            "Of 50 patients, 30 improved and 20 did not.",
            "Of 200 patients, 30 improved, 20 did not.",
        ),
        ("After 12 months, 7 GPs and 5 nurses left.", "After 24 months, 7 GPs and 5 nurses left."),
        ("It was found that all patients improved.", "Most patients improved in every group."),
        ("GPs said that all patients were seen.", "GPs said most were seen, all calls answered."),
        ("None of the patients had side effects.", "Many had side effects; none of them died."),
        ("Staffing was insufficient.", "Staffing was sufficient but funding was insufficient."),
        ("The cost is unclear.", "The mechanism is unclear, but the cost is clear."),
        ("Most with diabetes used the app.", "Many with diabetes used the app."),
        ("Researchers recruited the patients.", "GPs recruited the patients."),
        ("Home visits are a cheap option.", "Home visits are a costly option."),
        ("Adults saw no benefit from the drug.", "The drug had limited benefit in adults."),
        ("GPs were not paid, nor were nurses.", "GPs were not paid and nurses were."),
        ("The drug will cut deaths.", "An upcoming trial asks if the drug can cut deaths."),
        (
            "The researchers measured blood pressure at each visit.",
            "Blood pressure was measured by practice nurses at each visit.",
        ),
        (
            "The researchers reviewed the records of housebound patients.",
            "GPs have reviewed the records of housebound patients.",
        ),
        (
            "The researchers carried out home visits in rural areas.",
            "GPs who were trained carried out home visits in rural areas.",
        ),
        (
            "The researchers recruited volunteers as drivers.",
            "To reduce missed appointments, GPs recruited volunteers as drivers.",
        ),
        ("The change was welcomed by most.", "The change was welcomed by some."),
        (
            "GPs benefited most from the scheme.",
            "GPs, nurses and patients benefited from the scheme.",
        ),
        (
            "They told us all patients waited for weeks.",
            "They told us all staff were trained and patients waited for weeks.",
        ),
    ],
)
def test_near_misses_of_rules_that_were_too_kind(sentence, quote):
    assert not all(says(check, sentence, quote) for check in CHECKS.values())
