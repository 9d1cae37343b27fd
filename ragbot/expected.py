"""What a question must be answered with, and whether the quotes hold it.

    lacks("How many nurses left?", draft, library)     # True where no quote gives a number

A number, a name, a date or a term of method are told by the quotes; of whom it is asked, by the
sources quoted.
"""

from __future__ import annotations

import re

from ragbot import dating, methods, naming, quantity, subjects, viewpoint
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


def lacks(question: str, draft: Draft, library: Library) -> bool:
    """Whether it asks for what no quote of ``draft`` gives, or for whom no source speaks of."""
    quotes = [citation.quote for citation in draft.citations]
    wanted = [gives for asks, gives in _TOLD if asks(question)]
    if wanted and not any(gives(quote, question) for gives in wanted for quote in quotes):
        return True  # of "how many, and in which county" half may be answered
    return _speaks_of_another(question, draft, library)


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
