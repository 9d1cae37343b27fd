"""What a question must be answered with, and whether the quotes hold it.

    missing = lacking("How many nurses left last year, and why?", draft, library)
    answers_half("How many nurses left last year, and why?", missing)

A number, a name, a date or a term of method are told by the quotes; of whom it is asked, by the
sources quoted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragbot import dating, methods, naming, quantity, subjects, viewpoint
from ragbot.clauses import clauses, opens_asking
from ragbot.compose import Draft
from ragbot.index.library import Library
from ragbot.types import EvidenceType

_OR = re.compile(r"\b(?:or|versus|vs)\b", re.IGNORECASE)
_TOLD = (
    (quantity.asks_for_number, quantity.gives_number),
    (naming.asks_for_name, naming.gives_name),
    (dating.asks_for_date, dating.gives_date),
    (methods.asks_for_method, methods.speaks_of_method),
)


def lacking(question: str, draft: Draft, library: Library) -> tuple[str, ...]:
    """Which of its clauses ask for what no quote of ``draft`` gives, or of whom no source speaks.

    A question of one clause is its own.
    """
    return tuple(one for one in clauses(question) if _lacks(one, question, draft, library))


def answers_half(question: str, missing: Sequence[str]) -> bool:
    """Whether a clause beside the ``missing`` ones asks: a statement is no half of a question."""
    return any(opens_asking(one) for one in clauses(question) if one not in missing)


def _lacks(clause: str, question: str, draft: Draft, library: Library) -> bool:
    """``question``: all of it, whose own words are no answer to the clause."""
    quotes = [citation.quote for citation in draft.citations]
    wanted = [gives for asks, gives in _TOLD if asks(clause)]
    if wanted and not any(gives(quote, question) for gives in wanted for quote in quotes):
        return True  # of "how many in which county" half may be answered
    return _speaks_of_another(clause, draft, library)


def _speaks_of_another(question: str, draft: Draft, library: Library) -> bool:
    """Whether no source quoted speaks of a subject named, or of those whose view is asked for."""
    group, named = viewpoint.asked(question), subjects.asked(question)
    if not (group or named):
        return False
    sources = [library.document(source_id) for source_id in {c.source_id for c in draft.citations}]
    texts = [
        f"{one.speaker or ''} {library.text(one.path)[one.start : one.end]}" for one in sources
    ]
    told = [any(subjects.speaks_of(name, text) for text in texts) for name in named]
    if told and not (any if _OR.search(question) else all)(told):
        return True
    if not group or any(one.evidence_type is EvidenceType.READER_COMMENT for one in sources):
        return False  # in a comment somebody may speak of himself
    return not any(viewpoint.speaks_of(group, text) for text in texts)
