"""Questions to go on with, each of which the library answers: nobody is sent into the dark.

    suggest(answer, documents, ask=ask)     # ("What did Adams et al., 2020 conclude?", …)

They are made from what stands beside the answer: the sections of the cited sources, then of those
that were found as well. Each is put to the extractive pipeline first and kept only if that answers
it from the very source that the question names. They are worth a moment and no more: after
``seconds``, or as soon as they are not ``wanted`` any more, what has been found is returned. No
model writes them, and nothing is paraphrased.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence

from ragbot.types import Answer, EvidenceType, SourceDocument

MOST = 3
SECONDS = 3.0
LONGEST = 60  #: characters of a heading to ask about

_TEMPLATES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(heading, re.IGNORECASE), question)
    for heading, question in (
        (r"conclusions?|discussion|interpretation", "What did {name} conclude?"),
        (r"results?|(?:main |key )?findings", "What did {name} find?"),
        (r"aims?|objectives?|purpose", "What was the aim of {name}?"),
        (r"(?:materials and )?methods?|design(?: and setting)?", "How was {name} carried out?"),
    )
)
"""Headings of structured abstracts; any other heading is asked for by its own words."""

_CONTEXT = re.compile(r"background|introduction|context", re.IGNORECASE)
_BY_HEADING = "What does {name} say under “{heading}”?"
_COMMENTS = "What do readers’ comments on {name} say?"


def suggest(
    answer: Answer,
    documents: Sequence[SourceDocument],
    *,
    ask: Callable[[str], Answer],
    most: int = MOST,
    seconds: float = SECONDS,
    wanted: Callable[[], bool] = lambda: True,
    clock: Callable[[], float] = time.monotonic,
) -> tuple[str, ...]:
    """At most ``most`` questions. ``documents``: near the answer, nearest first.

    ``ask`` answers from the library alone, without a language model. ``wanted`` is asked before
    each of its calls.
    """
    until = clock() + seconds
    found: list[str] = []
    for question, source_id in _in_turn(answer, documents):
        if len(found) == most or clock() >= until or not wanted():
            break
        reply = ask(question)
        if reply.status == "answered" and source_id in {c.source_id for c in reply.citations}:
            found.append(question)
    return tuple(found)


def _in_turn(answer: Answer, documents: Sequence[SourceDocument]) -> Iterator[tuple[str, str]]:
    """The questions of the first source, second, …, one of each at a time; none twice."""
    asked = {_key(answer.question), _key(answer.standalone_question)}
    queues = [_questions(document, answer) for document in documents]
    while queues:
        left = []
        for queue in queues:
            for question, source_id in queue:
                if _key(question) not in asked:
                    asked.add(_key(question))
                    left.append(queue)
                    yield question, source_id
                    break
        queues = left


def _questions(document: SourceDocument, answer: Answer) -> Iterator[tuple[str, str]]:
    """About the sections of a source that the answer does not quote."""
    if document.evidence_type is EvidenceType.READER_COMMENT:
        if document.about:
            yield _COMMENTS.format(name=_within(document.about)), document.source_id
        return
    quoted = {c.section for c in answer.citations if c.source_id == document.source_id}
    for section in sorted(document.sections, key=lambda s: _interest(s.title or "")):
        if section.title and len(section.title) <= LONGEST and section.title not in quoted:
            yield _about(document, section.title), document.source_id


def _interest(heading: str) -> int:
    """Conclusions first, backgrounds last."""
    heading = heading.strip(" :")
    if _CONTEXT.fullmatch(heading):
        return len(_TEMPLATES) + 1
    fits = (i for i, (pattern, _) in enumerate(_TEMPLATES) if pattern.fullmatch(heading))
    return next(fits, len(_TEMPLATES))


def _about(document: SourceDocument, heading: str) -> str:
    name = _within(document.label)
    if document.evidence_type is EvidenceType.ABSTRACT:
        for pattern, question in _TEMPLATES:
            if pattern.fullmatch(heading.strip(" :")):
                return question.format(name=name)
    return _BY_HEADING.format(name=name, heading=heading.strip(" :"))


def _within(label: str) -> str:
    """A label as it stands inside a sentence."""
    return f"the {label[4:]}" if label.startswith("The ") else label


def _key(question: str) -> str:
    return " ".join(re.findall(r"\w+", question.casefold()))
