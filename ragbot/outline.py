"""What an abstract says of itself: its aim, and which sentences only open it.

    outlines = Outlines(zones)
    outline = outlines.of(passages, generation)
    outline.openings                      # {("adams-2020", 0), ("adams-2020", 84)}
    outline.aims                          # {"adams-2020": "To explore how practices …"}

Sentences that open an abstract (what was known before, what was to be found out) share the
question's words more often than they answer it: of those that the dev questions are read against,
one in a hundred answers, of all others one in thirty. The aim says what a source is about where
its file gives no title, as in many exports.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ragbot.index.live import Generation
from ragbot.retrieve import whole
from ragbot.sections import is_abstract, parts_of, sentences_of
from ragbot.types import Passage, SourceDocument
from ragbot.zones import Part, Zones

CAPACITY = 2000  #: sources remembered; half a kilobyte each
_OPENING = (Part.BACKGROUND, Part.AIM)

Place = tuple[str, int]
"""A source's id, and where a sentence of it starts."""


@dataclass(frozen=True, slots=True)
class Outline:
    """That of the abstracts which some passages are from."""

    openings: frozenset[Place] = frozenset()
    aims: Mapping[str, str] = field(default_factory=dict)  #: source id → first sentence of its aim


NO_OUTLINE = Outline()


class Outlines:
    """Finds and remembers them. Safe from several threads."""

    def __init__(self, zones: Zones, *, capacity: int = CAPACITY) -> None:
        """``zones``: for abstracts without headings; ``capacity``: sources remembered."""
        self._zones = zones
        self._capacity = capacity
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], tuple[frozenset[Place], str]] = OrderedDict()

    def of(self, passages: Sequence[Passage], generation: Generation) -> Outline:
        """That of every abstract that the passages are from."""
        documents = {p.document.source_id: p.document for p in passages if is_abstract([p])}
        found = {key: self._of_one(document, generation) for key, document in documents.items()}
        return Outline(
            frozenset().union(*(openings for openings, _ in found.values())),
            {key: aim for key, (_, aim) in found.items() if aim},
        )

    def _of_one(
        self, document: SourceDocument, generation: Generation
    ) -> tuple[frozenset[Place], str]:
        key = (generation.name, document.source_id)
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        passages = whole(document, generation)
        parts = parts_of(passages, self._zones) if passages else []
        told = list(zip(sentences_of(passages), parts, strict=True))
        openings = frozenset(
            (document.source_id, start) for (_, (start, _)), part in told if part in _OPENING
        )
        aims = (passage.slice(*span) for (passage, span), part in told if part is Part.AIM)
        found = openings, next(aims, "")
        with self._lock:
            self._known[key] = found
            while len(self._known) > self._capacity:
                self._known.popitem(last=False)
        return found
