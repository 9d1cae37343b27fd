"""Verified sentences → the written answer, or the word that too little is left of it. Pure.

    draft = draft_of(written, texts=texts, show_unverified=False)
    enough(written), draft.text          # True, "GPs reported unpaid work. [1]"

What is shown is verified; the operator may have the rest shown too, marked, but never a sentence
that gives somebody else's words to the wrong speaker. A sentence that rests on readers' comments
alone and does not say so is given the words that do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ragbot.cite import cite
from ragbot.compose import Draft, attribution
from ragbot.fence import speaks_to_a_model
from ragbot.generate import Written
from ragbot.render import markdown
from ragbot.types import (
    Answer,
    AnswerSentence,
    Citation,
    Evidence,
    EvidenceType,
    Passage,
    Reading,
)

MOST_PASSAGES = 8  #: shown to the model
_SAYS_COMMENT = re.compile(r"\b(?:comment(?:s|ed|ers?|ators?|ing)?|readers?)\b", re.IGNORECASE)
_NEVER = frozenset({"attribution"})


def passages_for(
    reading: Reading, extractive: Answer, *, limit: int = MOST_PASSAGES
) -> tuple[Passage, ...]:
    """What the model is given: the passages quoted by the extractive answer, then the best read.

    Readers' comments alone where that answer quotes them, and none elsewhere; and no passage that
    speaks to a model instead of to a reader.
    """
    quoted = {(c.path, c.start, c.end) for c in extractive.citations}
    comments = any(c.evidence_type is EvidenceType.READER_COMMENT for c in extractive.citations)
    first = [e for e in reading.evidence if (e.passage.chunk.path, e.start, e.end) in quoted]
    found: dict[str, Passage] = {}
    for evidence in (*first, *reading.evidence):
        chunk = evidence.passage.chunk
        comment = chunk.evidence_type is EvidenceType.READER_COMMENT
        if comment == comments and not speaks_to_a_model(evidence.passage.text):
            found.setdefault(chunk.chunk_id, evidence.passage)
    return tuple(found.values())[:limit]


def enough(written: Sequence[Written]) -> bool:
    """Whether what could be verified is still the answer that was written: half of it at least."""
    supported = sum(1 for each in written if each.verdict.supported)
    return 0 < supported >= len(written) / 2


def draft_of(
    written: Sequence[Written], *, texts: Mapping[str, str], show_unverified: bool = False
) -> Draft:
    """The sentences that may be shown, their citations numbered in the order of first use.

    Raises:
        QuoteMismatch: a quote that is not a passage of its source.
    """
    citations: dict[tuple[str, int, int], Citation] = {}
    sentences: list[AnswerSentence] = []
    for each in written:
        if each.verdict.supported:
            numbers = dict.fromkeys(_number(q, citations, texts) for q in each.verdict.quotes)
            sentences.append(AnswerSentence(_named(each), tuple(numbers), "verified"))
        elif show_unverified and not _NEVER.intersection(each.verdict.failures):
            sentences.append(AnswerSentence(each.text, (), "unverified"))
    text = " ".join(_with_markers(sentence) for sentence in sentences)
    return Draft(tuple(sentences), tuple(citations.values()), text)


def _number(
    quote: Evidence, citations: dict[tuple[str, int, int], Citation], texts: Mapping[str, str]
) -> int:
    chunk = quote.passage.chunk
    key = (chunk.path, quote.start, quote.end)
    if key not in citations:
        citations[key] = cite(
            len(citations) + 1,
            quote.passage.document,
            text=texts[chunk.path],
            start=quote.start,
            end=quote.end,
            section=chunk.section,
            page=chunk.page,
        )
    return citations[key].n


def _named(written: Written) -> str:
    """A sentence out of a comment says that it is one."""
    documents = [quote.passage.document for quote in written.verdict.quotes]
    comments = all(d.evidence_type is EvidenceType.READER_COMMENT for d in documents)
    if not comments or _SAYS_COMMENT.search(written.text):
        return written.text
    return f"{attribution(documents[0], None)}: {written.text}"


def _with_markers(sentence: AnswerSentence) -> str:
    mark = "".join(f"[{n}]" for n in sentence.citations) or "(not verified)"
    return f"{markdown(sentence.text)} {mark}"
