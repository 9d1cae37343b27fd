"""What a question must be answered with, and whether the quotes hold it.

    lacks("How many nurses left?", draft, generation)     # True where no quote gives a number

A number, a name or a date are told by the quotes; whose view is asked for, by the sources quoted.
"""

from __future__ import annotations

from ragbot import dating, naming, quantity, viewpoint
from ragbot.compose import Draft
from ragbot.index.live import Generation
from ragbot.types import EvidenceType

_TOLD = (
    (quantity.asks_for_number, quantity.gives_number),
    (naming.asks_for_name, naming.gives_name),
    (dating.asks_for_date, dating.gives_date),
)


def lacks(question: str, draft: Draft, generation: Generation) -> bool:
    """Whether it asks for what no quote of ``draft`` gives, or for whom no source speaks of."""
    quotes = [citation.quote for citation in draft.citations]
    if any(
        asks(question) and not any(gives(quote, question) for quote in quotes)
        for asks, gives in _TOLD
    ):
        return True
    group = viewpoint.asked(question)
    return group is not None and not _speaks_of(group, draft, generation)


def _speaks_of(group: str, draft: Draft, generation: Generation) -> bool:
    """Whether a source that is quoted does; in a comment somebody may speak of himself."""
    library = generation.library
    documents = [
        library.document(source_id) for source_id in {c.source_id for c in draft.citations}
    ]
    return any(
        document.evidence_type is EvidenceType.READER_COMMENT
        or viewpoint.speaks_of(group, library.text(document.path)[document.start : document.end])
        for document in documents
    )
