"""A library of three sources, an engine that answers by a table, and a case file over them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from eval.case import Case, from_json
from eval.library import Library
from eval.metrics import Reply
from ragbot import render
from ragbot.assistant import StoredSource
from ragbot.cite import cite
from ragbot.types import (
    Answer,
    AnswerSentence,
    Chunk,
    EvidenceType,
    ParsedFile,
    Passage,
    SourceDocument,
    Turn,
)

PAGE = (
    "Premises are short. Staff feel lonely. The vision is unclear.\n"
    "Comments\n"
    "I am a pharmacist. Salary is an issue.\n"
)
STUDY = "We interviewed 21 GPs. They did compensatory labour. Premises are short there too.\n"
TEXTS = {"library/page.txt": PAGE, "library/study.txt": STUDY}
CUT = PAGE.index("I am a pharmacist")


def source(
    key: str, path: str, start: int, end: int, kind: EvidenceType, label: str
) -> SourceDocument:
    about = "The Fund report" if kind is EvidenceType.READER_COMMENT else None
    return SourceDocument(key, path, start, end, kind, label, f"{label}.", (), about=about)


SOURCES = (
    source("fund", "library/page.txt", 0, CUT - 9, EvidenceType.REPORT, "The Fund report"),
    source(
        "pharmacist",
        "library/page.txt",
        CUT,
        len(PAGE),
        EvidenceType.READER_COMMENT,
        "Reader comment: pharmacist",
    ),
    source("adams", "library/study.txt", 0, len(STUDY), EvidenceType.ABSTRACT, "Adams et al."),
)
LIBRARY = Library(TEXTS, SOURCES, dict.fromkeys(TEXTS, "00"))


def spot(quote: str, path: str | None = None) -> dict[str, object]:
    """Where a quote stands, as a case file gives it."""
    place = path or next(name for name, text in TEXTS.items() if quote in text)
    start = TEXTS[place].index(quote)
    return {"path": place, "start": start, "end": start + len(quote), "quote": quote}


def gold(quote: str, *alternatives: dict[str, object]) -> dict[str, object]:
    return {**spot(quote), **({"alternatives": list(alternatives)} if alternatives else {})}


RECORDS: list[dict[str, object]] = [
    {
        "id": "t1",
        "type": "direct",
        "question": "How many GPs?",
        "gold": [gold("We interviewed 21 GPs.")],
        "facts": [["21 GPs", "n = 21"]],
        "forbidden": ["30 GPs"],
    },
    {
        "id": "t2",
        "type": "synthesis",
        "question": "What is wrong?",
        "gold": [
            gold("Premises are short.", spot("Premises are short there too.")),
            gold("Staff feel lonely."),
        ],
        "facts": [["premises"], ["lonely"]],
    },
    {
        "id": "t3",
        "type": "comment",
        "question": "What of pay?",
        "gold": [gold("Salary is an issue.")],
        "facts": [["salary"]],
        "forbidden": ["The Fund found"],
    },
    {"id": "t4", "type": "unanswerable", "question": "What does it cost?", "gold": []},
    {"id": "t5", "type": "off_topic", "question": "Who won the cup?", "gold": []},
    {"id": "t6", "question": "Nobody knows the gold of this"},
]
CASES = tuple(from_json(record) for record in RECORDS)


def case(key: str) -> Case:
    return next(c for c in CASES if c.id == key)


def owner(path: str, start: int, end: int) -> SourceDocument:
    key = LIBRARY.sources_at(path, start, end)[0]
    return next(s for s in SOURCES if s.source_id == key)


def answer(
    question: str,
    quotes: Sequence[str],
    *,
    support: float | None = 0.9,
    leads: Mapping[str, str] | None = None,
) -> Answer:
    """Quotes as the product gives them; no quotes: it does not answer."""
    citations, sentences = [], []
    for n, quote in enumerate(quotes, start=1):
        place = spot(quote)
        path, start, end = str(place["path"]), int(str(place["start"])), int(str(place["end"]))
        document = owner(path, start, end)
        citations.append(
            cite(n, document, text=TEXTS[path], start=start, end=end, section=None, page=None)
        )
        comment = document.evidence_type is EvidenceType.READER_COMMENT
        lead = f"{document.label} (a reader’s comment):" if comment else f"{document.label}:"
        lead = (leads or {}).get(quote, lead)
        sentences.append(AnswerSentence(f"{lead} “{quote}”".strip(), (n,), "verbatim", lead))
    return Answer(
        question=question,
        standalone_question=question,
        status="answered" if quotes else "not_in_sources",
        text=" ".join(s.text for s in sentences) or "The sources do not answer this question.",
        sentences=tuple(sentences),
        citations=tuple(citations),
        index="gen-1",
        support=support,
        timings_ms={"retrieve": 1.5, "read": 2.5, "total": 4.0},
    )


PERFECT = {
    "How many GPs?": ["We interviewed 21 GPs."],
    "What is wrong?": ["Premises are short.", "Staff feel lonely."],
    "What of pay?": ["Salary is an issue."],
    "Nobody knows the gold of this": ["The vision is unclear."],
}
EVERYTHING = [
    "Premises are short.",
    "Staff feel lonely.",
    "The vision is unclear.",
    "I am a pharmacist.",
    "Salary is an issue.",
    "We interviewed 21 GPs.",
    "They did compensatory labour.",
]


class FakeEngine:
    """Answers from a table; implements what the evaluator needs of ``Assistant``."""

    def __init__(
        self,
        table: Mapping[str, Sequence[str]] = PERFECT,
        *,
        support: Mapping[str, float] | None = None,
        broken: Sequence[str] = (),
        interrupt_at: int | None = None,
    ) -> None:
        self.table = table
        self.support = support or {}
        self.broken = broken
        self.interrupt_at = interrupt_at
        self.asked: list[str] = []

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        if self.interrupt_at == len(self.asked):
            raise KeyboardInterrupt
        self.asked.append(question)
        if question in self.broken:
            raise RuntimeError("the engine broke")
        quotes = self.table.get(question, ())
        return answer(question, quotes, support=self.support.get(question, 0.9 if quotes else 0.1))

    def search(self, text: str, k: int) -> Sequence[Passage]:
        quotes = [*self.table.get(text, ()), *EVERYTHING]
        return [passage(quote, rank) for rank, quote in enumerate(dict.fromkeys(quotes), 1)][:k]

    def sources(self) -> Sequence[SourceDocument]:
        return SOURCES

    def source(self, source_id: str) -> StoredSource:
        document = next(s for s in SOURCES if s.source_id == source_id)
        file = ParsedFile(document.path, "00", TEXTS[document.path], "plain_text", (document,))
        return StoredSource(document, file, ())

    def generation(self) -> str:
        return "gen-1"


def passage(quote: str, rank: int) -> Passage:
    place = spot(quote)
    path, start, end = str(place["path"]), int(str(place["start"])), int(str(place["end"]))
    document = owner(path, start, end)
    chunk = Chunk(
        f"{path}:{start}",
        document.source_id,
        path,
        start,
        end,
        None,
        document.evidence_type,
        ((start, end),),
        quote,
        "",
    )
    return Passage(chunk, document, quote, 1 / rank, rank)


def reply(case_id: str, given: Answer, passages: Sequence[str] = ()) -> Reply:
    record = render.to_json(given)
    record.pop("timings_ms")
    return Reply(case_id, "ragbot", 1, record, tuple(spot(quote) for quote in passages))


def write_cases(path: Path, records: Sequence[Mapping[str, object]] = RECORDS) -> Path:
    lines = [json.dumps(record, ensure_ascii=False) + "\n" for record in records]
    path.write_text("".join(lines), encoding="utf-8")
    return path
