"""What a question must be answered with, and whether the quotes hold it.

    lacking("How many nurses left, and who paid?", draft, library)    # ("How many nurses left",)

A number, a name, a date or a term of method are told by the quotes; of whom it is asked, by the
sources quoted.
"""

from __future__ import annotations

import re

from ragbot import dating, methods, naming, quantity, subjects, viewpoint
from ragbot.clauses import clauses
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
    return tuple(one for one in clauses(question) if _lacks(one, draft, library))


def _lacks(clause: str, draft: Draft, library: Library) -> bool:
    quotes = [citation.quote for citation in draft.citations]
    wanted = [gives for asks, gives in _TOLD if asks(clause)]
    if wanted and not any(gives(quote, clause) for gives in wanted for quote in quotes):
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
