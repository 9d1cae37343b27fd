"""When are two sources one? By identifier, by title and people, or by their words. Pure.

    a, b = facts_of(file, record), facts_of(other, record_from_another_export)
    set(marks_of(a)) & set(marks_of(b))    # not empty: worth comparing
    why_same(a, b)                         # "the same DOI", or None

Marks are short digests that the index keeps for every source: whoever shares none is not compared.
The decision is made on the facts themselves. Nothing looks at a file's name. Identifiers hold for
records only (a full text and its abstract share a DOI), and identifiers or titles that contradict
each other outweigh any likeness. Texts count as near-identical from a Jaccard similarity of
``NEAR`` of their three-word shingles, and never where their numbers or negations differ: a leaflet
with another dose is another source. Readers' comments are the same only where ids are.

Candidates come from MinHash in bands (Broder 1997; Leskovec, Rajaraman and Ullman, chapter 3). The
datasketch library does that too, but it imports SciPy, which would cost every worker a second and
70 MB, and its tables live in memory, while these marks are kept with the index.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ragbot.types import EvidenceType, ParsedFile, SourceDocument

NEAR = 0.9  #: Jaccard similarity from which two texts are near-identical, in (0, 1]
FEWEST_WORDS = 30  #: shorter texts are compared by their ids only
MARK_CHARS = 8

_SHINGLE = 3
_BANDS = 4  # of four: of pairs at NEAR 98.6 % share one, of pairs at 0.5 22 %
_HASHES = struct.Struct("<16I")
_MOST_WORDS = 200_000  #: of a near-identical text; a longer one is compared by its id only
_TITLE_WORDS = 4  #: "Social prescribing" alone names no work
_NO_NAMES = frozenset({"al", "and", "et", "jr", "sr"})
_YEARS_APART = 1  #: online and in print
_WORD = re.compile(r"\d+(?:[.,·]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)*")
_NEGATION = re.compile(r"no|not|none|nor|never|neither|without|cannot|un\w+|non|.*n['’]t")
_DOI = re.compile(r"10\.\d{4,9}/\S+")
_YEAR = re.compile(r"(?:1[5-9]|20)\d\d")


@dataclass(frozen=True, slots=True)
class Facts:
    """What two sources are compared by."""

    evidence_type: EvidenceType
    words: tuple[str, ...]  #: of the text, folded; without headings and what is not searched
    title: tuple[str, ...] = ()
    people: frozenset[str] = frozenset()  #: words of the authors' names
    year: int | None = None
    doi: str = ""
    pmid: str = ""


def facts_of(file: ParsedFile, document: SourceDocument) -> Facts:
    """The facts of one source of ``file``."""
    year = _YEAR.search(_value(document, "year"))
    doi = _DOI.search(_value(document, "doi").lower())
    people = _words(_value(document, "authors")) or _words(_value(document, "author"))
    return Facts(
        evidence_type=document.evidence_type,
        words=tuple(word for part in _parts(file, document) for word in _words(part)),
        title=_words(document.title or ""),
        people=frozenset(name for name in people if len(name) > 1) - _NO_NAMES,
        year=int(year.group()) if year else None,
        doi=doi.group().rstrip(".,;)") if doi else "",
        pmid="".join(filter(str.isdigit, _value(document, "pmid"))),
    )


def marks_of(facts: Facts) -> tuple[str, ...]:
    """Digests under which a source is found again; none for a comment."""
    return tuple(dict.fromkeys(_digest(key) for key in _keys(facts)))


def why_same(a: Facts, b: Facts) -> str | None:
    """In what two sources agree so that they are one, for a note; None: they are two."""
    if a.evidence_type is not b.evidence_type or _contradict(a, b):
        return None
    if a.evidence_type is EvidenceType.READER_COMMENT:
        return None
    if a.evidence_type is EvidenceType.ABSTRACT:
        if a.doi and a.doi == b.doi:
            return "the same DOI"
        if a.pmid and a.pmid == b.pmid:
            return "the same PMID"
        if len(a.title) >= _TITLE_WORDS and a.title == b.title and a.people & b.people:
            return "the same title and authors"
    if min(len(a.words), len(b.words)) < FEWEST_WORDS:
        return None
    if a.words == b.words:
        return "the same text"
    alike = similarity(a.words, b.words) >= NEAR
    return "nearly the same text" if alike and _telling(a.words) == _telling(b.words) else None


def similarity(a: Sequence[str], b: Sequence[str]) -> float:
    """Jaccard similarity of the sets of three-word shingles, in [0, 1]."""
    one, other = set(_shingles(a)), set(_shingles(b))
    return len(one & other) / len(one | other)


def _contradict(a: Facts, b: Facts) -> bool:
    """Whether what both state differs: identifiers, years, or titles beyond a left-out subtitle."""
    if (a.doi and b.doi and a.doi != b.doi) or (a.pmid and b.pmid and a.pmid != b.pmid):
        return True
    if a.year and b.year and abs(a.year - b.year) > _YEARS_APART:
        return True
    return bool(a.title and b.title) and not _titles_agree(a.title, b.title)


def _titles_agree(a: Sequence[str], b: Sequence[str]) -> bool:
    shorter, longer = sorted((a, b), key=len)
    if tuple(longer[: len(shorter)]) == tuple(shorter):
        return True
    shared = len(set(a) & set(b))
    return shared >= NEAR * max(len(set(a)), len(set(b))) and _telling(a) == _telling(b)


def _telling(words: Iterable[str]) -> list[str]:
    """Numbers and negations, in order: what must not differ."""
    return [word for word in words if word[0].isdigit() or _NEGATION.fullmatch(word)]


def _keys(facts: Facts) -> Iterator[str]:
    if facts.evidence_type is EvidenceType.READER_COMMENT:
        return
    if facts.evidence_type is EvidenceType.ABSTRACT:
        if facts.doi:
            yield f"doi {facts.doi}"
        if facts.pmid:
            yield f"pmid {facts.pmid}"
        if len(facts.title) >= _TITLE_WORDS:
            yield f"title {' '.join(facts.title)}"
    if FEWEST_WORDS <= len(facts.words) <= _MOST_WORDS:
        hashes = _minhash(facts.words)
        rows = len(hashes) // _BANDS
        for band in range(_BANDS):
            yield f"band {band} {hashes[band * rows : (band + 1) * rows]}"


def _minhash(words: Sequence[str]) -> list[int]:
    """The minima of sixteen hashes over the shingles."""
    lowest: list[int] = [2**32] * 16
    for shingle in set(_shingles(words)):
        lowest = [*map(min, lowest, _HASHES.unpack(hashlib.blake2b(shingle.encode()).digest()))]
    return lowest


def _shingles(words: Sequence[str]) -> Iterator[str]:
    for first in range(max(1, len(words) - _SHINGLE + 1)):
        yield " ".join(words[first : first + _SHINGLE])


def _digest(key: str) -> str:
    raw = hashlib.blake2b(key.encode(), digest_size=6).digest()
    return base64.urlsafe_b64encode(raw).decode()


def _words(text: str) -> tuple[str, ...]:
    folded = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    return tuple(_WORD.findall(folded))


def _value(document: SourceDocument, name: str) -> str:
    found = document.field(name)
    return found.value if found else ""


def _parts(file: ParsedFile, document: SourceDocument) -> Iterator[str]:
    """The text of the sections, without the ranges that are not searched."""
    for section in document.sections:
        start = section.start
        for left, right in file.skipped:
            if start <= left < right <= section.end:
                yield file.text[start:left]
                start = right
        yield file.text[start : section.end]
