"""What must hold of every parsed file, whatever its format; and where the shared files lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.parsers.table import parse_file
from ingest.split import split_file
from ragbot.cite import cite
from ragbot.types import ParsedFile, SourceDocument

FILES = Path(__file__).parents[2] / "shared" / "data" / "files"


def shared(name: str) -> bytes:
    """A file of shared/data/files; the test is skipped, and says so, where there is none."""
    path = FILES / name
    if not path.is_file():
        pytest.skip(f"SKIPPED: {path} is not there: real files are not tested in this checkout.")
    return path.read_bytes()


def parse(data: bytes | str, name: str = "file.bin") -> ParsedFile:
    """The file as parsed, after everything that must hold of any was found to hold."""
    parsed = parse_file(f"library/{name}", data.encode() if isinstance(data, str) else data)
    assert_exact(parsed)
    return parsed


def assert_exact(parsed: ParsedFile) -> None:
    """Every place is inside, every quote can be cited exactly, every page is right."""
    text = parsed.text
    assert parsed.documents
    for document in parsed.documents:
        assert 0 <= document.start < document.end <= len(text)
        assert document.label
        assert document.reference
        for section in document.sections:
            assert document.start <= section.start < section.end <= document.end
        for field in document.fields:
            assert document.start <= field.start < field.end <= document.end
            assert field.value == " ".join(field.value.split())
    assert list(parsed.skipped) == sorted(parsed.skipped)
    for chunk in split_file(parsed):
        owner = next(
            document
            for document in parsed.documents
            if document.source_id == chunk.source_id
            and document.start <= chunk.start < document.end
        )
        assert chunk.body
        assert chunk.sentences[0][0] == chunk.start
        assert chunk.sentences[-1][1] == chunk.end
        for start, end in chunk.sentences:
            quote = text[start:end]
            assert quote == quote.strip() != ""
            assert chunk.page == parsed.page_of(start)
            made = cite(
                1,
                owner,
                text=text,
                start=start,
                end=end,
                section=chunk.section,
                page=chunk.page,
            )
            assert made.quote == quote


def values(document: SourceDocument) -> dict[str, str]:
    """The fields by name, without the single authors and types."""
    several = ("author", "publication_type")
    return {field.name: field.value for field in document.fields if field.name not in several}


def sections(parsed: ParsedFile, document: SourceDocument) -> dict[str | None, str]:
    """What stands under each heading."""
    return {s.title: parsed.text[s.start : s.end] for s in document.sections}


def bodies(parsed: ParsedFile) -> str:
    """All search text, chunk after chunk."""
    return "\n".join(chunk.body for chunk in split_file(parsed))
