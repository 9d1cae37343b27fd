"""Passages to verify against: of files, as the product cuts them, and of published abstracts.

    file_passages([Path("seeds/001.txt")], Path("."))[0].document.label
    abstract_passages([("4983", "Microstructural development …", "Alterations of …")])

An abstract of a data set has no authors here; it gets a made-up name and year, so that a sentence
can be given to the wrong study. Nothing is written anywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from eval.training.passages import split
from ragbot.types import Chunk, EvidenceType, MetadataField, Passage, Section, SourceDocument

MAX_CHARS = 900  #: of a passage made from an abstract
_NAMES = (
    "Abbott Barlow Carver Dunmore Ellison Fairley Garrick Holloway Ivers Jessop Kendrick Lockwood"
    " Marden Norwood Ogilvy Prescott Quillan Rowntree Selwyn Thackray Underhill Vickers Wetherby"
    " Yarrow"
)
_SURNAMES = _NAMES.split()

Abstract = tuple[str, str, str]
"""(id, title, text)."""


def file_passages(files: Sequence[Path], root: Path) -> list[Passage]:
    """Every passage of some files under ``root``."""
    from ingest.parsers.table import parse_file
    from ingest.split import split_file

    found: list[Passage] = []
    for path in files:
        parsed = parse_file(path.relative_to(root).as_posix(), path.read_bytes())
        documents = {document.source_id: document for document in parsed.documents}
        for chunk in split_file(parsed):
            text = parsed.text[chunk.start : chunk.end]
            found.append(Passage(chunk, documents[chunk.source_id], text, 1.0, len(found) + 1))
    return found


def abstract_passages(abstracts: Iterable[Abstract]) -> list[Passage]:
    """Every passage of some abstracts; their texts are joined anew, one sentence after another."""
    found: list[Passage] = []
    for key, title, text in abstracts:
        sentences = [" ".join(sentence.split()) for sentence in split(text)]
        found += _passages(key, title, sentences, first=len(found) + 1)
    return found


def _passages(key: str, title: str, sentences: Sequence[str], *, first: int) -> Iterator[Passage]:
    text = " ".join(sentences)
    document = _document(key, title, len(text))
    spans: list[tuple[int, int]] = []
    at = 0
    for sentence in sentences:
        spans.append((at, at + len(sentence)))
        at += len(sentence) + 1
    for number, page in enumerate(_pages(spans)):
        start, end = page[0][0], page[-1][1]
        chunk = Chunk(
            chunk_id=f"{key}:{number}",
            source_id=document.source_id,
            path=document.path,
            start=start,
            end=end,
            section=None,
            evidence_type=EvidenceType.ABSTRACT,
            sentences=tuple(page),
            body=text[start:end],
            context=f"{document.label}. {title}",
        )
        yield Passage(chunk, document, text[start:end], 1.0, first + number)


def _pages(spans: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    page: list[tuple[int, int]] = []
    for span in spans:
        if page and span[1] - page[0][0] > MAX_CHARS:
            yield page
            page = []
        page.append(span)
    if page:
        yield page


def _document(key: str, title: str, length: int) -> SourceDocument:
    digest = hashlib.sha256(key.encode()).digest()
    name = _SURNAMES[digest[0] % len(_SURNAMES)] + _SURNAMES[digest[1] % len(_SURNAMES)].lower()
    year = str(1995 + digest[2] % 30)
    fields = (
        MetadataField("title", title, 0, 0),
        MetadataField("authors", name, 0, 0),
        MetadataField("year", year, 0, 0),
    )
    label = f"{name} et al., {year}"
    return SourceDocument(
        source_id=key,
        path=f"abstracts/{key}.txt",
        start=0,
        end=length,
        evidence_type=EvidenceType.ABSTRACT,
        label=label,
        reference=f"{label}. {title}.",
        sections=(Section(None, 0, length),),
        fields=fields,
    )
