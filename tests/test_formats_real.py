"""The real exports and documents of shared/data/files, and its hostile ones, parsed in process."""

from __future__ import annotations

import json
import os
import time
from typing import Any

import pytest

from ragbot.errors import SourceError
from ragbot.types import ParsedFile
from tests.formats import FILES, bodies, parse, shared

MANIFEST: list[dict[str, Any]] = (
    json.loads((FILES / "manifest.json").read_text(encoding="utf-8"))
    if (FILES / "manifest.json").is_file()
    else []
)


SLOW = ("nhs_real/nhsuk_b12_folate_anaemia.pdf", "nhs_real/nhse_ifr_sop.pdf")


def test_the_shared_files_are_there() -> None:
    if not MANIFEST:
        pytest.skip(f"SKIPPED: {FILES} is not there: real and hostile files are not tested.")
    assert len(MANIFEST) > 30


@pytest.mark.parametrize("entry", MANIFEST, ids=[entry["file"] for entry in MANIFEST])
def test_every_file_of_the_manifest_ends_as_expected(entry: dict[str, Any]) -> None:
    expect, name = entry["expect"], entry["file"]
    if name in SLOW and not os.environ.get("RAGBOT_TEST_FILES"):
        pytest.skip("SKIPPED: slow; set RAGBOT_TEST_FILES=full. The worker's tests parse it too.")
    data = shared(name)
    began = time.process_time()
    try:
        parsed = parse(data, "lying.name")  # the content tells the format
    except SourceError as error:
        assert "library/lying.name" in error.message
        assert error.hint
        outcome, notes = "error", error.message + error.hint
    else:
        outcome, notes = "extract", " ".join(parsed.notes)
    assert time.process_time() - began < expect.get("max_seconds", 30)
    match expect["outcome"]:
        case "extract":
            assert outcome == "extract"
            _as_expected(entry, parsed)
        case "no_text_warning":
            assert "without text" in notes or "no text" in notes
        case "garbled_warning":
            assert "garbled" in notes
        case "clear_error":
            assert outcome == "error"
        case other:
            assert other == "unsupported_or_extract"
            assert outcome == "extract"


def _as_expected(entry: dict[str, Any], parsed: ParsedFile) -> None:
    expect = entry["expect"]
    assert len(parsed.page_starts) == (expect["pages"] or 0)
    searched = " ".join(bodies(parsed).split())
    for page, phrase in expect["phrases"]:
        assert phrase in searched
        words = phrase.split()
        at = _place(parsed.text, words)
        if at is not None:
            assert parsed.page_of(at) == page
    if expect.get("with_abstract") is not None:
        assert len(parsed.documents) == expect["with_abstract"]
        left_out = expect["records"] - expect["with_abstract"]
        assert (f"left out: {left_out}:" in " ".join(parsed.notes)) == (left_out > 0)


def _place(text: str, words: list[str]) -> int | None:
    """Where the phrase is printed, None where line ends or hyphens stand inside it."""
    place = text.find(" ".join(words))
    return place if place >= 0 else None


@pytest.mark.parametrize("name", ["pubmed_1.nbib", "pubmed_2.xml", "embase.csv"])
def test_real_exports_give_full_references(name: str) -> None:
    parsed = parse(shared(f"citations/{name}"), name)
    for document in parsed.documents:
        assert "not given" not in document.reference
        assert document.field("doi") is not None
        assert document.field("pmid") is not None
        assert document.field("author") is not None


def test_the_phrase_that_was_hyphenated_is_found() -> None:
    parsed = parse(shared("torture/scan_with_good_ocr_layer.pdf"))
    assert "it became too conspicuous and dangerous for use." in bodies(parsed)
    assert "dan- \ngerous" in parsed.text
