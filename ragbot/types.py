"""The values that travel through ragbot: one frozen type for each arrow of the flow.

    file → ParsedFile(SourceDocument…) → Chunk → Passage → Evidence → Answer(Citation…)

All offsets are 0-based, half-open ``[start, end)`` and count characters (Python ``str`` indices)
of the *canonical text* of one file. For text formats the canonical text is the decoded file itself,
so a citation is checked with three lines::

    text = open("seeds/001_6a3c12f13dd16704.txt", encoding="utf-8", newline="").read()
    quote = text[1737:1907]

One file may hold several sources (a list of abstracts; a report and its readers' comments). They
share the file's canonical text and its offsets. Nothing here reads files, prints or decides.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal


class EvidenceType(StrEnum):
    """What kind of text a passage is; the wording of an answer depends on it."""

    REPORT = "report"  #: an organisation's own text
    READER_COMMENT = "reader_comment"  #: what a reader wrote under a report; never the publisher's
    ABSTRACT = "abstract"  #: the abstract of a study
    DOCUMENT = "document"  #: any other file


@dataclass(frozen=True, slots=True)
class Section:
    """A titled stretch of a source. ``[start, end)`` is the body, without the heading."""

    title: str | None  #: the heading as the source prints it; None where the source has none
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class MetadataField:
    """A fact about a source that its file states, and the place where it does."""

    name: str  #: "authors", "year", "journal", "volume", "pages", "doi", "funder", "speaker", …
    value: str  #: cleaned for display: one line, no trailing separators
    start: int  #: ``text[start:end]`` is the statement as printed (it may need cleaning)
    end: int


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """One citable source: a report, one reader's comment, one abstract, one document."""

    source_id: str  #: stable and safe in a URL; from the label and the content, not the file's name
    path: str  #: the file, relative to the ingested folder's parent, "/"-separated
    start: int  #: the stretch of the canonical text that belongs to this source, its citation
    end: int  #: lines included
    evidence_type: EvidenceType
    label: str  #: short name, e.g. "Sinnott et al., 2020"
    reference: str  #: full reference as far as the file gives it; nothing is invented
    sections: tuple[Section, ...]
    fields: tuple[MetadataField, ...] = ()
    speaker: str | None = None  #: for a comment: who speaks, in the comment's own words
    about: str | None = None  #: what it hangs on: for a comment, the label of the report
    also_at: tuple[str, ...] = ()  #: other files that give the same source; the library fills it in

    def field(self, name: str) -> MetadataField | None:
        """The first metadata field of that name, or None."""
        return next((f for f in self.fields if f.name == name), None)

    @property
    def title(self) -> str | None:
        """The work's title, None where the file gives none."""
        found = self.field("title")
        return found.value if found else None

    @property
    def retracted(self) -> bool:
        """Whether its file says that the work was retracted; label and reference say so too."""
        return self.field("retracted") is not None


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """A file as the library stores it: its canonical text and the sources in it."""

    path: str
    sha256: str  #: of the file's bytes, lower-case hex
    text: str  #: the canonical text
    kind: str  #: the parser that recognised it, e.g. "abstract_listing"
    documents: tuple[SourceDocument, ...]
    page_starts: tuple[int, ...] = ()  #: offset at which each page begins; empty if pageless
    notes: tuple[str, ...] = ()  #: what a reader of the ingest report should know
    shared: tuple[SourceDocument, ...] = ()  #: its sources whose text the library has from another
    #: file, under the id that they have there: this file is one more place of them
    skipped: tuple[tuple[int, int], ...] = ()  #: ranges of ``text`` that are not searched, such as
    #: running headers; in order. Splitting uses them; they are not stored

    def page_of(self, offset: int) -> int | None:
        """The 1-based page that holds ``offset``, None where the format has no pages."""
        return bisect_right(self.page_starts, offset) or None


@dataclass(frozen=True, slots=True)
class Chunk:
    """The unit of retrieval: whole sentences of one section of one source."""

    chunk_id: str  #: stable: the same text at the same place of the same source keeps its id
    source_id: str
    path: str
    start: int
    end: int
    section: str | None
    evidence_type: EvidenceType
    sentences: tuple[tuple[int, int], ...]  #: ``[start, end)`` of each; inside the chunk, in order
    body: str  #: search text: the quote normalised (see ingest.clean); never shown as a quote
    context: str  #: searchable, not quotable: reference line, section, speaker, acronyms spelt out
    page: int | None = None  #: 1-based page of ``start``; None where the format has none

    @property
    def embedding_text(self) -> str:
        """What the embedder reads."""
        return f"{self.context}\n{self.body}" if self.context else self.body


@dataclass(frozen=True, slots=True)
class Passage:
    """A chunk found for a question, with its text and its source."""

    chunk: Chunk
    document: SourceDocument
    text: str  #: canonical text ``[chunk.start, chunk.end)``
    score: float  #: the retriever's fused score; higher is better, comparable within one question
    rank: int  #: 1-based
    similarity: float = 0.0  #: cosine with the question in [-1, 1]; 0 where not searched densely

    def slice(self, start: int, end: int) -> str:
        """Canonical text ``[start, end)``; the range lies inside the chunk."""
        return self.text[start - self.chunk.start : end - self.chunk.start]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence (or list item) of a passage, scored against the question."""

    passage: Passage
    start: int
    end: int
    text: str  #: canonical text ``[start, end)``
    score: float  #: estimated probability in [0, 1] that it belongs in the answer


@dataclass(frozen=True, slots=True)
class Reading:
    """What a reader makes of the passages: scored sentences and one number for the question."""

    evidence: tuple[Evidence, ...]  #: best first
    support: float  #: estimated probability in [0, 1] that the passages answer the question


Status = Literal["answered", "not_in_sources", "refused", "error"]
Support = Literal["verbatim", "verified", "unverified"]
RefusalReason = Literal["personal_data", "too_long", "empty", "out_of_scope", "rate_limited"]
FallbackReason = Literal[
    "model_unavailable", "model_slow", "model_declined", "unverified", "prompt_leak"
]
"""Why exact quotes stand in for what the language model should have written."""


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact range of a stored source, numbered for one answer."""

    n: int  #: 1-based, in order of first use
    source_id: str
    label: str
    reference: str
    evidence_type: EvidenceType
    section: str | None
    quote: str  #: ``text[start:end]`` of the file's canonical text, checked when it is built
    path: str
    start: int
    end: int
    page: int | None
    url: str  #: "/source/{source_id}#c{start}-{end}", without the server's root path


@dataclass(frozen=True, slots=True)
class AnswerSentence:
    """One sentence of an answer and the numbers of the citations it rests on."""

    text: str  #: plain text, without markers
    citations: tuple[int, ...]
    support: Support
    lead_in: str = ""  #: words put before the quote that only name the source; "" inside a group


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the conversation so far."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to one question, as the contract prints it."""

    question: str
    standalone_question: str
    status: Status
    text: str  #: Markdown with ``[n]`` markers
    sentences: tuple[AnswerSentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    nearest: tuple[Citation, ...] = ()  #: up to three, for ``not_in_sources``; not an answer
    reason: RefusalReason | FallbackReason | None = None
    note: str = ""  #: plain text: what a reader should know of how the answer was made
    consulted: tuple[Citation, ...] = ()  #: passages being read, while the answer is being written
    engine: str = "extractive"
    index: str = ""  #: generation id
    support: float | None = None  #: that the sources answer, in [0, 1]; None: not looked for
    timings_ms: Mapping[str, float] = field(default_factory=dict)
