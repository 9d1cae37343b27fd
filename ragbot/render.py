"""Answer → JSON, Markdown, HTML, and references to paste. Pure.

    render.to_json(answer)["citations"][0]["quote"]
    render.marker_html(answer.citations[0], root_path="/chat")

Everything that comes from a source, a question or a model is untrusted: it is escaped here, for
the form in which it leaves. Nothing here decides what an answer says.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Sequence
from typing import Any

from ragbot.types import (
    Answer,
    Citation,
    EvidenceType,
    Passage,
    SourceDocument,
)

KIND = {
    EvidenceType.REPORT: "Report",
    EvidenceType.READER_COMMENT: "Reader’s comment",
    EvidenceType.ABSTRACT: "Study abstract",
    EvidenceType.DOCUMENT: "Document",
}

KINDS = {
    EvidenceType.REPORT: "Reports",
    EvidenceType.READER_COMMENT: "Readers’ comments",
    EvidenceType.ABSTRACT: "Study abstracts",
    EvidenceType.DOCUMENT: "Documents",
}

_MARKDOWN_ACTIVE = re.compile(r"([\\`*_\[\]<>~|$])")
_CONTROL = re.compile(  # C0 and C1, zero-width, direction overrides, lone surrogates
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)


def to_json(answer: Answer) -> dict[str, Any]:
    """The contract's Answer, ready for ``json.dumps``."""
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "status": answer.status,
        "reason": answer.reason,
        "note": answer.note,
        "text": answer.text,
        "sentences": [
            {"text": s.text, "citations": list(s.citations), "support": s.support}
            for s in answer.sentences
        ],
        "citations": [citation_json(c) for c in answer.citations],
        "nearest": [citation_json(c) for c in answer.nearest],
        "engine": answer.engine,
        "index": answer.index,
        "support": answer.support,
        "timings_ms": {name: round(ms, 2) for name, ms in answer.timings_ms.items()},
    }


def citation_json(citation: Citation) -> dict[str, Any]:
    """One citation as the contract prints it."""
    return {
        "n": citation.n,
        "source_id": citation.source_id,
        "label": citation.label,
        "reference": citation.reference,
        "evidence_type": citation.evidence_type.value,
        "section": citation.section,
        "quote": citation.quote,
        "path": citation.path,
        "start": citation.start,
        "end": citation.end,
        "page": citation.page,
        "url": citation.url,
    }


def passage_json(passage: Passage) -> dict[str, Any]:
    """One search hit as the contract prints it."""
    chunk = passage.chunk
    return {
        "rank": passage.rank,
        "score": round(passage.score, 6),
        "source_id": chunk.source_id,
        "path": chunk.path,
        "label": passage.document.label,
        "evidence_type": chunk.evidence_type.value,
        "section": chunk.section,
        "start": chunk.start,
        "end": chunk.end,
        "page": chunk.page,
        "text": passage.text,
    }


def source_json(document: SourceDocument) -> dict[str, Any]:
    """One source as ``ragbot sources --json`` prints it."""
    return {
        "source_id": document.source_id,
        "label": document.label,
        "reference": document.reference,
        "evidence_type": document.evidence_type.value,
        "path": document.path,
        "start": document.start,
        "end": document.end,
        "places": [document.path, *document.also_at],
        "sections": [section.title for section in document.sections],
        "metadata": [
            {"name": f.name, "value": f.value, "start": f.start, "end": f.end}
            for f in document.fields
        ],
    }


def markdown(text: str) -> str:
    """Plain text as Markdown that renders as just that text."""
    return _MARKDOWN_ACTIVE.sub(r"\\\1", plain(text))


def plain(text: str) -> str:
    """One line for a screen: controls and direction overrides out, white space collapsed."""
    return " ".join(_CONTROL.sub(" ", text).split())


def escape(text: str) -> str:
    """Plain text as HTML text or attribute value."""
    return html.escape(plain(text), quote=True)


def marker_html(citation: Citation, *, root_path: str = "") -> str:
    """A marker as a link to the passage, with a name that makes sense when heard alone."""
    name = f"Source {citation.n}: {citation.label}"
    if citation.section:
        name += f", {citation.section}"
    return (
        f'<a class="marker" data-n="{citation.n}" href="{escape(root_path + citation.url)}"'
        f' aria-label="{escape(name)}">[{citation.n}]</a>'
    )


def vancouver(citations: Sequence[Citation]) -> str:
    """Numbered references to paste, one a line; each source once, with its marker numbers."""
    numbers: dict[str, list[int]] = {}
    first: dict[str, Citation] = {}
    for citation in citations:
        numbers.setdefault(citation.source_id, []).append(citation.n)
        first.setdefault(citation.source_id, citation)
    return "\n".join(
        f"{', '.join(map(str, numbers[key]))}. {plain(first[key].reference)}" for key in first
    )


def terminal(answer: Answer) -> str:
    """An answer for a terminal: text, then its passages with their places."""
    lines = [plain(answer.note), ""] if answer.note else []
    lines += [plain_blocks(answer)]
    shown = answer.citations or answer.nearest
    if shown:
        lines += ["", "Sources:" if answer.citations else "Nearest passages (not an answer):"]
    for citation in shown:
        where = f"{citation.path} {citation.start}-{citation.end}"
        page = f", page {citation.page}" if citation.page else ""
        lines.append(f"[{citation.n}] {plain(citation.reference)} ({where}{page})")
        if not answer.citations:
            lines.append(f"    “{plain(citation.quote)}”")
    return "\n".join(lines)


def plain_blocks(answer: Answer) -> str:
    """The sentences with their markers as plain text, one a line; the text where there are none."""
    if not answer.sentences:
        return plain(answer.text)
    return "\n".join(
        f"{plain(s.text)} {''.join(f'[{n}]' for n in s.citations)}" for s in answer.sentences
    )


def terminal_passage(passage: Passage) -> str:
    """One search hit for a terminal."""
    section = f", {passage.chunk.section}" if passage.chunk.section else ""
    where = f"{passage.chunk.path} {passage.chunk.start}-{passage.chunk.end}"
    head = f"{passage.rank}. {plain(passage.document.label)}{section} ({where})"
    return f"{head}\n   {plain(passage.text)}"


def source_counts(documents: Sequence[SourceDocument]) -> str:
    """How many sources of each kind, in words."""
    kinds = Counter(document.evidence_type for document in documents)
    parts = [
        f"{count} {(KIND if count == 1 else KINDS)[kind].lower()}" for kind, count in kinds.items()
    ]
    return ", ".join(parts) or "The library is empty."
