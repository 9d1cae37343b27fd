"""Sources → chunks: whole sentences of one section, with what helps to find them.

    chunks = split_file(parsed, max_chars=900)
    parsed.text[chunks[0].start : chunks[0].end]

A chunk stays within a section and never cuts a sentence; sentences are shared out so that the
chunks of a section are about equally long. A list stays with the sentence that leads it in
("… including:") where both fit. What a chunk's own words lack goes into its context, which is
searched and never quoted: the source's label, title, authors and journal, the section, who speaks,
the lead-in of a list that was parted, and acronyms spelt out. What is not to be searched
(``ParsedFile.skipped``) is blank here, and a chunk stays on the page on which it begins, so that
its page is the page of every quote from it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from ingest.acronyms import Acronym, find_acronyms, usable, used_in
from ingest.clean import blanked, is_blanked, search_text
from ingest.parsers.records import EXPORTS
from ingest.sentences import Unit, units
from ragbot.types import Chunk, EvidenceType, ParsedFile, Section, SourceDocument

MAX_CHARS = 900
_LEADS_IN = re.compile(r":[)”’\"']*$")
_CHUNK_ID_CHARS = 12
_MOST_AUTHORS = 400  #: characters of a list of authors; a consortium would crowd out the text
_TOPICS = (  # what a lead-in announces, in the word people search for
    (re.compile(r"\brecommend", re.IGNORECASE), "Recommendations"),
    (re.compile(r"\bconclu", re.IGNORECASE), "Conclusions"),
    (re.compile(r"\blimitation", re.IGNORECASE), "Limitations"),
)


@dataclass(frozen=True, slots=True)
class _Atom:
    """Sentences that stay together, and the lead-in they depend on if it stands elsewhere."""

    spans: tuple[tuple[int, int], ...]
    lead_in: str = ""  #: of the list they belong to, whether it is among the spans or not
    apart: bool = False  #: the lead-in stands in another chunk

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return self.spans[-1][1]


def split_file(file: ParsedFile, *, max_chars: int = MAX_CHARS) -> tuple[Chunk, ...]:
    """The chunks of every source of ``file``, in order.

    Raises:
        ValueError: ``max_chars`` is not positive.
    """
    if max_chars <= 0:
        raise ValueError("max_chars must be positive")
    searched = blanked(file.text, file.skipped)
    learnt = {document.source_id: _acronyms(searched, document) for document in file.documents}
    return tuple(
        chunk
        for document in file.documents
        for chunk in _split(file, searched, document, max_chars=max_chars, learnt=learnt)
    )


def _acronyms(text: str, document: SourceDocument) -> tuple[Acronym, ...]:
    found = [
        pair for part in document.sections for pair in find_acronyms(text[part.start : part.end])
    ]
    return tuple(dict.fromkeys(found))


def _split(
    file: ParsedFile,
    searched: str,
    document: SourceDocument,
    *,
    max_chars: int,
    learnt: Mapping[str, tuple[Acronym, ...]],
) -> Iterator[Chunk]:
    own = learnt[document.source_id]
    # Records of an export stand together by chance: their chunks must be the same in any other.
    together = () if file.kind in EXPORTS else learnt.items()
    others = [pairs for source, pairs in together if source != document.source_id]
    acronyms = usable(own, others)
    about = _about(document)
    for section in document.sections:
        atoms = _atoms(file.text, _units(file.text, searched, section), max_chars)
        parted = (part for atom in atoms for part in _by_page(file, atom))
        for _, page in groupby(parted, key=lambda atom: file.page_of(atom.start)):
            for group in share_out([*page], max_chars):
                body = search_text(searched[group[0].start : group[-1].end])
                yield _chunk(file, document, section, group, body, about=about, acronyms=acronyms)


def _by_page(file: ParsedFile, atom: _Atom) -> Iterator[_Atom]:
    """The atom; a list that goes over the page in one part for each page."""
    pages = groupby(atom.spans, key=lambda span: file.page_of(span[0]))
    for number, (_, spans) in enumerate(pages):
        yield _Atom(tuple(spans), atom.lead_in, apart=atom.apart or number > 0)


def _units(text: str, searched: str, section: Section) -> list[Unit]:
    """The sentences of what is searched, with the marks that touch them ("**Few** nurses")."""
    found: list[Unit] = []
    bound = section.start
    for unit in units(searched, section.start, section.end):
        start, end = unit.start, unit.end
        while start > bound and is_blanked(searched[start - 1]) and not text[start - 1].isspace():
            start -= 1
        while end < section.end and is_blanked(searched[end]) and not text[end].isspace():
            end += 1
        found.append(Unit(start, end, unit.bullet))
        bound = end
    return found


def _chunk(
    file: ParsedFile,
    document: SourceDocument,
    section: Section,
    atoms: Sequence[_Atom],
    body: str,
    *,
    about: str,
    acronyms: Sequence[Acronym],
) -> Chunk:
    start, end = atoms[0].start, atoms[-1].end
    context = _context(about, section, atoms, used_in(body, acronyms))
    return Chunk(
        chunk_id=_chunk_id(document, start, file.text[start:end], context),
        source_id=document.source_id,
        path=file.path,
        start=start,
        end=end,
        section=section.title,
        evidence_type=document.evidence_type,
        sentences=tuple(span for atom in atoms for span in atom.spans),
        body=body,
        context=context,
        page=file.page_of(start),
    )


def _chunk_id(document: SourceDocument, start: int, text: str, context: str) -> str:
    """The source, and a digest of place and words; of the context too, since both are embedded."""
    key = f"{start - document.start}\0{text}\0{context}".encode("utf-8", "surrogatepass")
    return f"{document.source_id}-{hashlib.sha256(key).hexdigest()[:_CHUNK_ID_CHARS]}"


def _about(document: SourceDocument) -> str:
    """Which source it is, in words worth searching; who speaks, for a comment."""
    values = [document.label]
    if document.evidence_type is EvidenceType.READER_COMMENT:
        values = ["Reader comment", document.speaker or "", document.about or ""]
        if document.field("company"):
            values.append("A company about its own service")
    for name in ("title", "authors", "journal", "publisher"):
        found = document.field(name)
        value = found.value if found else _people(document) if name == "authors" else ""
        if value and value not in document.label:
            values.append(value if len(value) <= _MOST_AUTHORS else _cut(value))
    return search_text(". ".join(value.rstrip(".") for value in values if value) + ".")


def _people(document: SourceDocument) -> str:
    """The authors, where the file does not list them in one place."""
    if document.evidence_type is EvidenceType.READER_COMMENT:
        return ""
    return "; ".join(field.value for field in document.fields if field.name == "author")


def _cut(value: str) -> str:
    """As much of a long list as is worth searching."""
    return value[:_MOST_AUTHORS].rpartition(" ")[0]


def _context(
    about: str, section: Section, atoms: Sequence[_Atom], acronyms: Sequence[Acronym]
) -> str:
    parts = [about, search_text(section.title or "")]
    lead_ins = list(dict.fromkeys(atom.lead_in for atom in atoms if atom.lead_in))
    parts += dict.fromkeys(
        topic for pattern, topic in _TOPICS for lead_in in lead_ins if pattern.search(lead_in)
    )
    parts += dict.fromkeys(search_text(atom.lead_in) for atom in atoms if atom.apart)
    parts.append("; ".join(f"{pair.short}: {pair.long}" for pair in acronyms))
    return "\n".join(part for part in parts if part)


def _atoms(text: str, found: Sequence[Unit], max_chars: int) -> list[_Atom]:
    """Single sentences; a list with its lead-in as one, where it fits."""
    atoms: list[_Atom] = []
    i = 0
    while i < len(found):
        stop = _list_end(text, found, i)
        spans = tuple((unit.start, unit.end) for unit in found[i:stop])
        lead_in = text[slice(*spans[0])] if len(spans) > 1 else ""
        if spans[-1][1] - spans[0][0] <= max_chars:
            atoms.append(_Atom(spans, lead_in))
        else:
            atoms.append(_Atom(spans[:1], lead_in))
            atoms += [_Atom((span,), lead_in, apart=True) for span in spans[1:]]
        i = stop
    return atoms


def _list_end(text: str, found: Sequence[Unit], i: int) -> int:
    """Index behind the list that unit ``i`` leads in; ``i + 1`` where it leads in none.

    A list item that leads in others of its level is followed by items that begin differently: the
    list ends where items again begin as the lead-in does, with a capital.
    """
    stop = i + 1
    if not _LEADS_IN.search(text[found[i].start : found[i].end]):
        return stop
    nested = found[i].bullet and stop < len(found) and text[found[stop].start].islower()
    while stop < len(found) and found[stop].bullet:
        if nested and text[found[stop].start].isupper():
            break
        stop += 1
    return stop


def share_out(atoms: Sequence[_Atom], max_chars: int) -> list[list[_Atom]]:
    """Runs of atoms of at most ``max_chars`` each, as few and as even as they can be.

    The runs minimise the sum of squared free space (as in Knuth and Plass's line breaking). An atom
    that is longer by itself is a run of its own.
    """
    best: list[tuple[float, int]] = [(0.0, 0)]
    for stop in range(1, len(atoms) + 1):
        options = []
        for first in range(stop - 1, -1, -1):
            length = atoms[stop - 1].end - atoms[first].start
            if length > max_chars and first < stop - 1:
                break
            free = max(0, max_chars - length)
            options.append((best[first][0] + free * free, first))
        best.append(min(options))
    runs: list[list[_Atom]] = []
    stop = len(atoms)
    while stop > 0:
        first = best[stop][1]
        runs.append(list(atoms[first:stop]))
        stop = first
    return runs[::-1]
