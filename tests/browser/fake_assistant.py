"""An assistant without an index: canned answers over a few stored texts, for tests of the web.

    FakeAssistant().ask("What is compensatory labour?").citations[0].quote

Three texts: the King's Fund page from ``seeds/`` (a report and two readers' comments), a listing of
abstracts from ``seeds/``, and a hostile text full of markup, control characters and astral letters.
Its quotes are sliced by ``ragbot.cite``, so every citation it makes is a true one.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from ragbot import guard
from ragbot.assistant import StoredSource
from ragbot.cite import cite
from ragbot.errors import IndexCorrupt
from ragbot.resources import folder
from ragbot.types import (
    Answer,
    AnswerSentence,
    Chunk,
    Citation,
    EvidenceType,
    MetadataField,
    ParsedFile,
    Passage,
    Section,
    SourceDocument,
    Turn,
)

ATTACK = (
    '<img src=x onerror="window.pwned=1"><script>window.pwned=2</script>'
    "${window.pwned=3} {{constructor.constructor('window.pwned=4')()}} "
    "[1](javascript:window.pwned=5)"
)
HOSTILE = (
    f"Preface 😀😀 with astral letters.\nA sentence with {ATTACK} in it. "
    "Then NUL \x00 and an override \u202eabc\u202c stand here.\r\n"
    "The last sentence closes </div></blockquote></template> everything. Done."
)
SUGGESTED = (
    "What does the King’s Fund report say under “Our findings”, and is it a long question?",
    f"What does {ATTACK} say?",
)
NOT_FOUND = "The sources in this library do not answer this question. The nearest passages follow."


def _seed(name: str) -> str:
    (path,) = folder("seeds").glob(name)
    return path.read_bytes().decode("utf-8")


def _units(text: str, start: int, end: int) -> list[tuple[int, int]]:
    return [
        (start + found.start(), start + found.end())
        for found in re.finditer(r"\S(?:.*?[.?!](?=\s|[A-Z]|$)|.*$)", text[start:end], re.MULTILINE)
    ]


def _file(path: str, text: str, documents: Sequence[SourceDocument]) -> ParsedFile:
    return ParsedFile(path, "0" * 64, text, "fake", tuple(documents))


def _report_file() -> ParsedFile:
    text, path = _seed("000_*"), "seeds/000_f7a70f3d400ee0f7.txt"
    comments, second = text.index("\nComments\n"), text.index("I am a clinical pharmacist")
    first = text.index("A very interesting report")
    label = "The King’s Fund report on ARRS roles"
    findings = text.index("- We found that PCNs")
    report = SourceDocument(
        "kings-fund-1a2b",
        path,
        0,
        comments,
        EvidenceType.REPORT,
        label,
        "The King’s Fund. Report on Additional Roles Reimbursement Scheme roles, no date given.",
        (
            Section("Background", text.index("The King"), text.index("\nOur research")),
            Section("Our findings", findings, comments),
        ),
        fields=(
            MetadataField(
                "grant_number",
                "NIHR200702",
                text.index("NIHR200702"),
                text.index("NIHR200702") + 10,
            ),
        ),
    )
    nurse = SourceDocument(
        "comment-1-3c4d",
        path,
        first,
        second,
        EvidenceType.READER_COMMENT,
        "Reader’s comment: Chief Nursing Officer at HN",
        "Chief Nursing Officer at HN. Reader’s comment under the King’s Fund report, no date.",
        (),
        speaker="Chief Nursing Officer at HN, a healthcare company",
        about=label,
    )
    pharmacist = replace(
        nurse,
        source_id="comment-2-5e6f",
        start=second,
        end=text.index("\nAdd your comment"),
        label="Reader’s comment: a clinical pharmacist",
        reference="A clinical pharmacist. Reader’s comment under the King’s Fund report, no date.",
        speaker="a clinical pharmacist with over 20 years experience working in primary care",
    )
    return _file(path, text, (report, nurse, pharmacist))


def _abstract_file() -> ParsedFile:
    text, path = _seed("001_*"), "seeds/001_6a3c12f13dd16704.txt"
    results, conclusion = text.index("Participants identified"), text.index("ConclusionAlthough")
    norman_record = text.index("\n\nAuthor(s)")
    norman = text.index("COVID-19 is disproportionately")
    names = text.index("Kathryn Skivington")
    skivington = SourceDocument(
        "skivington-2018-7a8b",
        path,
        0,
        norman_record,
        EvidenceType.ABSTRACT,
        "Skivington et al., 2018",
        "Skivington K, Smith M, Chng NR, Mackenzie M, Wyke S, et al. Delivering a primary "
        "care-based social prescribing initiative: a qualitative study of the benefits and "
        "challenges. 2018; Vol 68 (672): pp. e487-e494.",
        (
            Section("Results", results, conclusion),
            Section("Conclusion", conclusion + 10, norman_record),
        ),
        fields=(
            MetadataField("authors", "Kathryn Skivington", names, names + 18),
            MetadataField("year", "2018", text.index("2018"), text.index("2018") + 4),
        ),
    )
    second = SourceDocument(
        "norman-9c0d",
        path,
        norman,
        text.index("\n\n", norman),
        EvidenceType.ABSTRACT,
        "Norman, Wildman & Sowden, no date given",
        "Norman C, Wildman JM, Sowden S. No title, journal or date given.",
        (),
    )
    return _file(path, text, (skivington, second))


def _hostile_file() -> ParsedFile:
    name = "uploads/<b>evil</b>.txt"
    document = SourceDocument(
        "hostile-1f2e",
        name,
        0,
        len(HOSTILE),
        EvidenceType.DOCUMENT,
        f"Hostile {ATTACK}",
        f"Hostile reference {ATTACK}",
        (Section(f"Section {ATTACK}", 0, len(HOSTILE)),),
        fields=(MetadataField("title", f"Title {ATTACK}", 0, 7),),
    )
    return _file(name, HOSTILE, (document,))


class FakeAssistant:
    """Answers by the words in the question; see ``_answer``."""

    def __init__(self, *, pause: float = 0.0) -> None:
        """``pause``: seconds between partial answers."""
        self._pause = pause
        self._files = {f.path: f for f in (_report_file(), _abstract_file(), _hostile_file())}
        self._documents = {d.source_id: d for f in self._files.values() for d in f.documents}
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.gate = threading.Event()  #: questions are answered when it is set
        self.gate.set()
        self._rest = threading.Event()
        self._rest.set()

    @contextmanager
    def halfway(self) -> Iterator[None]:
        """Within the block, an answer does not go on after its second sentence."""
        self._rest.clear()
        try:
            yield
        finally:
            self._rest.set()

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The whole answer."""
        return list(self.stream(question, history))[-1]

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """A sentence more each time."""
        self.asked.append((question, tuple(history)))
        if refused := guard.refused(question, history, max_chars=2000):
            yield replace(refused, index="fake-0001")
            return
        self.gate.wait(60)
        if "explode" in question:
            raise RuntimeError("secret detail of the inside")
        if "corrupt" in question:
            raise IndexCorrupt("The index is damaged.", hint="Run ragbot index rollback.")
        answer = self._answer(question)
        for count in range(1, len(answer.sentences)):
            time.sleep(self._pause)
            yield replace(
                answer,
                sentences=answer.sentences[:count],
                citations=answer.citations[:count],
            )
            if count == 2:
                self._rest.wait(60)
        time.sleep(self._pause)
        yield answer

    def suggest(
        self, answer: Answer, *, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[str, ...]:
        """Two, one of them hostile; none after a question that asks for none."""
        if "nothing more" in answer.question or not wanted():
            return ()
        return SUGGESTED

    def search(self, text: str, k: int) -> tuple[Passage, ...]:
        """The first units of the first abstract, whatever is asked."""
        document = self._documents["skivington-2018-7a8b"]
        source = self.source(document.source_id)
        found = []
        for rank, (start, end) in enumerate(source.units[:k], start=1):
            chunk = Chunk(
                f"c{start}",
                document.source_id,
                document.path,
                start,
                end,
                None,
                document.evidence_type,
                ((start, end),),
                "",
                "",
            )
            found.append(Passage(chunk, document, source.file.text[start:end], 1 / rank, rank))
        return tuple(found)

    def sources(self) -> tuple[SourceDocument, ...]:
        """All of them."""
        return tuple(self._documents.values())

    def source(self, source_id: str) -> StoredSource:
        """One of them; ``KeyError`` where there is none."""
        document = self._documents[source_id]
        file = self._files[document.path]
        return StoredSource(document, file, tuple(_units(file.text, document.start, document.end)))

    def generation(self) -> str:
        """Always the same."""
        return "fake-0001"

    def _answer(self, question: str) -> Answer:
        shown = " ".join(question.split())
        blank = Answer(shown, shown, "answered", "", index="fake-0001", timings_ms={"total": 1.0})
        if "France" in question or "<" in question:
            nearest = (
                self._cite(1, "norman-9c0d", "Deep End general practices serve", "areas."),
                self._cite(2, "skivington-2018-7a8b", "Challenges to the LWP", "austerity."),
            )
            return replace(blank, status="not_in_sources", text=NOT_FOUND, nearest=nearest)
        if "hostile" in question:
            return self._quoting(blank, [("hostile-1f2e", "A sentence with", "in it.")])
        if "training" in question:
            last = ("kings-fund-1a2b", "leadership and management", "training.")
            return self._quoting(blank, [last])
        return self._quoting(
            blank,
            [
                ("kings-fund-1a2b", "A lack of an adequate estate", "areas."),
                ("kings-fund-1a2b", "a focus on future sustainability", "progression"),
                ("skivington-2018-7a8b", "Challenges to the LWP were", "austerity."),
                ("skivington-2018-7a8b", "The capacity of CLPs", "management."),
                ("comment-1-3c4d", "The intervention is carried out remotely", "practices."),
            ],
        )

    def _quoting(self, blank: Answer, quotes: Sequence[tuple[str, str, str]]) -> Answer:
        sentences, citations, said = [], [], ""
        for n, (source_id, begins, ends) in enumerate(quotes, start=1):
            citation = self._cite(n, source_id, begins, ends)
            lead = "" if said == source_id else f"{citation.label}:"
            said = source_id
            text = f"{lead} “{citation.quote}”".strip()
            sentences.append(AnswerSentence(text, (n,), "verbatim", lead))
            citations.append(citation)
        text = "\n\n".join(f"{s.text} [{s.citations[0]}]" for s in sentences)
        return replace(
            blank, sentences=tuple(sentences), citations=tuple(citations), text=text, support=0.9
        )

    def _cite(self, n: int, source_id: str, begins: str, ends: str) -> Citation:
        document = self._documents[source_id]
        text = self._files[document.path].text
        start = text.index(begins, document.start)
        section = next((s.title for s in document.sections if s.start <= start < s.end), None)
        return cite(
            n,
            document,
            text=text,
            start=start,
            end=text.index(ends, start) + len(ends),
            section=section,
            page=None,
        )


class WritingAssistant(FakeAssistant):
    """Says what it consults first, and calls itself a model."""

    def stream(self, question: str, history: object = ()) -> Iterator[Answer]:
        whole = self._answer(question)
        made = replace(whole, engine="openai:scripted")
        yield replace(made, text="", sentences=(), citations=(), consulted=whole.citations)
        for count in (1, 2):
            self.gate.wait(60)
            time.sleep(0.1)
            yield replace(
                made, sentences=whole.sentences[:count], citations=whole.citations[:count]
            )
