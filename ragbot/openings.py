"""Which sentences of an abstract only open it: what was known before, and what was to be found out.

    openings = Openings(zones)
    openings.of(passages, generation)     # {("adams-2020", 0), ("adams-2020", 84)}

They share the question's words more often than they answer it: of the sentences that the dev
questions are read against, one in a hundred answers, of all others one in thirty.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence

from ragbot.index.live import Generation
from ragbot.retrieve import whole
from ragbot.sections import is_abstract, parts_of, sentences_of
from ragbot.types import Passage, SourceDocument
from ragbot.zones import Part, Zones

CAPACITY = 2000  #: sources remembered; a few hundred bytes each
_OPENING = (Part.BACKGROUND, Part.AIM)

Place = tuple[str, int]
"""A source's id, and where a sentence of it starts."""


class Openings:
    """Finds and remembers them. Safe from several threads."""

    def __init__(self, zones: Zones, *, capacity: int = CAPACITY) -> None:
        """``zones``: for abstracts without headings; ``capacity``: sources remembered."""
        self._zones = zones
        self._capacity = capacity
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], frozenset[Place]] = OrderedDict()

    def of(self, passages: Sequence[Passage], generation: Generation) -> frozenset[Place]:
        """Those of every abstract that the passages are from."""
        documents = {p.document.source_id: p.document for p in passages if is_abstract([p])}
        found = [self._of_one(document, generation) for document in documents.values()]
        return frozenset().union(*found)

    def _of_one(self, document: SourceDocument, generation: Generation) -> frozenset[Place]:
        key = (generation.name, document.source_id)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        passages = whole(document, generation)
        parts = parts_of(passages, self._zones) if passages else []
        found = frozenset(
            (document.source_id, start)
            for (_, (start, _)), part in zip(sentences_of(passages), parts, strict=True)
            if part in _OPENING
        )
        with self._lock:
            self._known[key] = found
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return found
