"""Real exports and hostile files, each through a real worker, with the outcome it should have."""

from __future__ import annotations

import json
import re
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingest.split import MAX_CHARS
from ingest.work import Order, Parsed, Refused, loads
from ingest.workers import Workers

FILES = Path(__file__).parents[2] / "shared" / "data" / "files"
MANIFEST = FILES / "manifest.json"
CASES: list[dict[str, Any]] = (
    json.loads(MANIFEST.read_text(encoding="utf-8")) if MANIFEST.is_file() else []
)


@pytest.fixture(scope="module")
def workers() -> Iterator[Workers]:
    with Workers(jobs=2) as pool:
        yield pool


def test_the_manifest_is_there() -> None:
    if not CASES:
        pytest.skip(f"NOT TESTED: {MANIFEST} is not beside this checkout, nor are its files")
    assert len(CASES) == 40


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["file"])
def test_a_file_comes_out_as_the_manifest_says(case: dict[str, Any], workers: Workers) -> None:
    expect, name = case["expect"], case["file"]
    began = time.monotonic()
    done = loads(workers.submit(Order(name, FILES / name, MAX_CHARS)).result())
    assert time.monotonic() - began <= expect.get("max_seconds", 60)
    said = done.reason if isinstance(done, Refused) else " ".join(done.file.notes)
    match expect["outcome"]:
        case "extract":
            assert isinstance(done, Parsed), said
            check_text(done, expect)
        case "clear_error":
            as_good = "as good" in expect.get("note", "") and isinstance(done, Parsed)
            assert as_good or isinstance(done, Refused)
            assert as_good or name in said
        case "no_text_warning":
            assert re.search(r"no text|without text", said), said
        case "garbled_warning":
            assert "garbled" in said
        case "unsupported_or_extract":
            assert isinstance(done, Parsed) or name in said
        case other:
            pytest.fail(f"an outcome that this test does not know: {other}")
    if isinstance(done, Refused):
        assert "Please report it" not in said  # that would be a bug of ours


def check_text(done: Parsed, expect: dict[str, Any]) -> None:
    """Pages, records and phrases where they should be; a phrase may run over a line's end."""
    file = done.file
    if expect.get("with_abstract") is not None:
        assert len(file.documents) == expect["with_abstract"]
    if expect["pages"] is not None:
        assert len(file.page_starts) == expect["pages"]
    for page, phrase in expect["phrases"]:
        stops = (*file.page_starts[1:], len(file.text))
        text = file.text[file.page_starts[page - 1] : stops[page - 1]] if page else file.text
        bodies = (chunk.body for chunk in done.chunks if page in (None, chunk.page))
        assert any(plain(phrase) in plain(place) for place in (text, *bodies)), (page, phrase)


def plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).split())
