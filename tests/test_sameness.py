"""When two sources are one: by identifier, by title and people, by their words; never by a name."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from ingest.sameness import NEAR, Facts, facts_of, marks_of, similarity, why_same
from ingest.work import Order, Parsed, work
from ragbot.types import EvidenceType
from tests.test_ingest_support import Desk, desk, outcomes, workers

__all__ = ["desk", "workers"]  # fixtures

WORDS = (
    *("care", "patients", "practice", "nurses", "visits", "teams", "general", "health", "clinics"),
    *("doctors", "staff", "homes", "reviews", "access", "trust", "time", "cost", "need", "risk"),
    *("advice", "referral", "support", "training", "family", "carers", "community"),
)
TITLE = ("a", "trial", "of", "group", "visits")
RECORD = Facts(EvidenceType.ABSTRACT, tuple(WORDS * 3), TITLE, frozenset({"ek", "lee"}), 2019)
OTHER_WORDS = tuple(f"{word}x" for word in RECORD.words)

NBIB = """\
PMID- 31000001
TI  - A trial of group visits in general practice.
LID - 10.1000/visits.1 [doi]
AB  - {abstract}
FAU - Ek, Bo
AU  - Ek B
DP  - 2019 May
JT  - The journal of visits
"""
RIS = """\
TY  - JOUR
TI  - A trial of group visits in general practice
AU  - Ek, Bo
PY  - 2019
DO  - https://doi.org/10.1000/VISITS.1
JO  - The journal of visits
AB  - {abstract}
ER  - \n
"""
ABSTRACT = (
    "Group visits may save time. We asked 40 practices to hold them for a year and counted the "
    "visits of every patient. Patients who came to group visits came less often to see a doctor, "
    "and they were not less content with their care than the others."
)


def text_of(count: int, seed: int = 1) -> str:
    """Sentences of that many words altogether, which repeat no three words in a row often."""
    pick = random.Random(seed)
    words = [pick.choice(WORDS) + pick.choice(("", "ing", "ed", "ly", "s")) for _ in range(count)]
    return ". ".join(" ".join(words[at : at + 10]).capitalize() for at in range(0, count, 10)) + "."


def document(words: str) -> Facts:
    return Facts(EvidenceType.DOCUMENT, tuple(words.lower().replace(". ", " ").split()))


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        ({"doi": "10.1/x"}, {"doi": "10.1/x", "words": OTHER_WORDS}, "the same DOI"),
        ({"pmid": "1"}, {"pmid": "1", "words": OTHER_WORDS}, "the same PMID"),
        ({"pmid": "1"}, {"doi": "10.1/x", "words": OTHER_WORDS}, "the same title and authors"),
        ({}, {"words": OTHER_WORDS, "year": 2020}, "the same title and authors"),
        ({}, {"words": OTHER_WORDS, "year": 2021}, None),
        ({}, {"words": OTHER_WORDS, "people": frozenset({"ost"})}, None),
        ({}, {"words": OTHER_WORDS, "people": frozenset()}, None),
        (
            {"title": ("group", "visits")},
            {"title": ("group", "visits"), "words": OTHER_WORDS},
            None,
        ),
        ({"doi": "10.1/x"}, {"doi": "10.1/y"}, None),
        ({"doi": "10.1/x"}, {"doi": "10.1/x", "title": ("poster", "two")}, None),
        ({"doi": "10.1/x"}, {"doi": "10.1/x", "title": (*TITLE, "a", "pilot")}, "the same DOI"),
        ({"pmid": "1", "doi": "10.1/x"}, {"pmid": "2", "doi": "10.1/x"}, None),
        ({"title": ()}, {"people": frozenset()}, "the same text"),
        ({"title": ("one", "thing")}, {"title": ("another",)}, None),
        ({}, {"evidence_type": EvidenceType.DOCUMENT}, None),
    ],
)
def test_what_makes_two_records_one(
    a: dict[str, object], b: dict[str, object], why: str | None
) -> None:
    one, other = replace(RECORD, **a), replace(RECORD, **b)
    assert why_same(one, other) == why_same(other, one) == why
    if why:
        assert set(marks_of(one)) & set(marks_of(other))


def test_a_full_text_and_another_with_its_doi_are_two() -> None:
    one = replace(RECORD, evidence_type=EvidenceType.DOCUMENT, doi="10.1/x")
    assert why_same(one, replace(one, words=OTHER_WORDS)) is None


def test_comments_are_never_the_same_but_by_id() -> None:
    comment = replace(RECORD, evidence_type=EvidenceType.READER_COMMENT)
    assert why_same(comment, comment) is None
    assert marks_of(comment) == ()


def test_near_identical_texts_are_one_from_the_threshold_on() -> None:
    """Every word that changes takes three shingles with it: 300 words bear five changes."""
    words = text_of(300).split()
    original = document(" ".join(words))
    seen = {True: 0, False: 0}
    for changes in range(1, 12):
        changed = list(words)
        for at in range(changes):
            changed[at * 25 + 5] = "elsewhere"
        other = document(" ".join(changed))
        near = similarity(original.words, other.words) >= NEAR
        assert near == (changes <= 5)
        assert (why_same(original, other) == "nearly the same text") == near
        seen[near] += 1
    assert seen == {True: 5, False: 6}


def test_pairs_at_the_threshold_are_found_and_strangers_hardly_ever() -> None:
    found = strangers = 0
    for seed in range(100):
        words = text_of(300, seed).split()
        changed = list(words)
        for at in range(5):
            changed[at * 50 + 7] = "elsewhere"
        one, near = document(" ".join(words)), document(" ".join(changed))
        far = document(text_of(300, seed + 1000))
        found += bool(set(marks_of(one)) & set(marks_of(near)))
        strangers += bool(set(marks_of(one)) & set(marks_of(far)))
    assert found >= 95
    assert strangers == 0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("5 mg", "50 mg"),
        ("is safe", "is not safe"),
        ("can stop", "can’t stop"),
        ("1.5 ml", "15 ml"),
    ],
)
def test_a_number_or_a_negation_makes_another_source(before: str, after: str) -> None:
    text = text_of(300)
    one, other = document(f"{text} Give {before} now."), document(f"{text} Give {after} now.")
    assert similarity(one.words, other.words) > NEAR
    assert why_same(one, other) is None


def test_numbers_that_change_places_make_another_source() -> None:
    text = text_of(600)
    one = document(f"Give 5 mg in the morning. {text} Give 20 mg at night.")
    other = document(f"Give 20 mg in the morning. {text} Give 5 mg at night.")
    assert similarity(one.words, other.words) > NEAR
    assert why_same(one, other) is None


def test_short_texts_are_one_only_by_id() -> None:
    assert why_same(document("No abstract available."), document("No abstract available.")) is None


def test_layout_case_and_ligatures_do_not_matter(tmp_path: Path) -> None:
    text = text_of(60) + " The office is definitely off the floor."
    variants = (
        text,
        text.upper(),
        text.replace("ffi", "ﬃ").replace("fi", "ﬁ"),
        text.replace(" ", "\n"),
    )
    facts = []
    for n, variant in enumerate(variants):
        path = tmp_path / f"{n}.txt"
        path.write_text(variant, encoding="utf-8")
        done = work(Order(f"library/{n}.txt", path, 900))
        assert isinstance(done, Parsed)
        facts.append(facts_of(done.file, done.file.documents[0]))
    assert {f.words for f in facts} == {facts[0].words}


def test_the_same_article_from_two_exports_is_one_source_with_two_places(desk: Desk) -> None:
    desk.write("pubmed.nbib", NBIB.format(abstract=ABSTRACT))
    desk.write(
        "zotero.ris", RIS.format(abstract=ABSTRACT.replace("40 practices", "forty practices"))
    )
    report = desk.ingest()
    assert outcomes(report) == {"library/pubmed.nbib": "added", "library/zotero.ris": "unchanged"}
    assert report.rows[1].reason.endswith("and are not indexed twice (the same id).")
    (source,) = desk.index.sources()
    (place,) = desk.index.files["library/zotero.ris"].file.shared
    assert (place.source_id, place.path) == (source, "library/zotero.ris")
    again = desk.ingest()
    assert set(outcomes(again).values()) == {"unchanged"}
    assert again.generation is None


def test_a_source_keeps_its_id_when_only_its_other_place_is_left(desk: Desk) -> None:
    first = desk.write("pubmed.nbib", NBIB.format(abstract=ABSTRACT))
    desk.write("zotero.ris", RIS.format(abstract=ABSTRACT))
    desk.ingest()
    before = desk.index.sources()
    first.unlink()
    report = desk.ingest(prune=True)
    assert outcomes(report) == {"library/pubmed.nbib": "removed", "library/zotero.ris": "updated"}
    assert desk.index.sources() == before
    stored = desk.index.files["library/zotero.ris"]
    assert {c.source_id for c in stored.chunks} == set(before)
    assert all(c.chunk_id.startswith(f"{before[0]}-") for c in stored.chunks)
    assert desk.ingest().generation is None  # and it stays so


RETRACTION = "PT  - Retracted Publication\n"


def test_an_older_export_does_not_hide_a_retraction(desk: Desk) -> None:
    desk.write("a.nbib", NBIB.format(abstract=ABSTRACT))
    desk.ingest()
    before = desk.index.sources()
    desk.write("b.nbib", NBIB.format(abstract=ABSTRACT) + RETRACTION)
    report = desk.ingest()
    assert outcomes(report) == {"library/a.nbib": "unchanged", "library/b.nbib": "added"}
    assert desk.index.sources() == before
    assert desk.index.files["library/a.nbib"].chunks == ()
    (document,) = desk.index.files["library/b.nbib"].file.documents
    assert document.retracted
    assert desk.ingest().generation is None


def test_a_retraction_counts_in_whichever_order_the_records_come(desk: Desk) -> None:
    plain = NBIB.format(abstract=ABSTRACT)
    desk.write("a.nbib", f"{plain}\n{plain}{RETRACTION}")
    (row,) = desk.ingest().rows
    assert row.documents == 1
    assert row.notes == ("Sources that stand in it twice: 1.",)
    stored = desk.index.files["library/a.nbib"]
    (document,) = stored.file.documents
    assert document.retracted
    assert all(document.start <= c.start < document.end for c in stored.chunks)


def test_a_retraction_beside_a_library_that_cannot_be_read_again_is_told(desk: Desk) -> None:
    other = desk.write("../other/a.nbib", NBIB.format(abstract=ABSTRACT)).parent
    desk.ingest(other)
    desk.write("b.nbib", NBIB.format(abstract=ABSTRACT) + RETRACTION)
    (row,) = desk.ingest().rows
    assert "the library has it from other/a.nbib, which does not say so" in row.reason
    report = desk.ingest(other, desk.folder)
    assert outcomes(report) == {"library/b.nbib": "updated", "other/a.nbib": "unchanged"}
    assert len(desk.index.sources()) == 1
    assert desk.index.files["library/b.nbib"].file.documents[0].retracted


def test_near_identical_files_are_one_source(desk: Desk) -> None:
    text = text_of(200)
    desk.write("a.txt", text)
    desk.write("b.txt", text.replace(text.split()[50], "something", 1))
    desk.write("c.txt", text_of(200, seed=2))
    report = desk.ingest()
    assert outcomes(report) == {
        "library/a.txt": "added",
        "library/b.txt": "unchanged",
        "library/c.txt": "added",
    }
    assert report.rows[1].reason.endswith("(nearly the same text).")
    desk.write("b.txt", text_of(200, seed=3))
    assert outcomes(desk.ingest())["library/b.txt"] == "updated"
    assert len(desk.index.sources()) == 3


def test_two_files_of_one_name_and_other_words_are_two(desk: Desk) -> None:
    desk.write("one/guideline.txt", text_of(80, seed=1))
    desk.write("two/guideline.txt", text_of(80, seed=2))
    desk.ingest()
    assert len(desk.index.sources()) == 2
