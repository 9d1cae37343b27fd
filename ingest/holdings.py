"""Which file gives which source: what the library holds, and what a newly parsed file adds to it.

    holdings = Holdings({"library/a.ris": receipt}, stored=draft.stored)
    plan = holdings.take("library/b.csv", parsed, key="9f…-p1-c900")
    plan.file.documents     # sources that the library did not have
    plan.file.shared        # sources that it has already: this file is one more place of each

The same source from two files is one: by its id (label and text), else as ``sameness`` tells. The
file that came first gives the text. A source keeps its id when its text moves to another file.
It neither reads files nor writes to the index.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

from ingest.receipt import Entry, Receipt
from ingest.sameness import Facts, facts_of, why_same
from ingest.work import Parsed
from ragbot.types import Chunk, ParsedFile, SourceDocument

_SHARED = "{count} of its sources already came from {path} and are not indexed twice ({why})."
_RETRACTED = (
    "{label}: the library has it from {path}, which does not say so. Ingest both folders together."
)
_SAME_ID = "the same id"
_BEFORE = "as before"
_OPENED = 8  #: files of the library kept at hand for comparing


@dataclass(frozen=True, slots=True)
class Plan:
    """What a parsed file comes to."""

    file: ParsedFile  #: with the sources that are its own, and those it shares
    chunks: tuple[Chunk, ...]  #: of its own sources
    receipt: Receipt
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Match:
    source_id: str
    path: str  #: the file that gives its text
    why: str


class Holdings:
    """The sources of a draft, kept up to date while files are taken in."""

    def __init__(
        self,
        receipts: Mapping[str, Receipt],
        *,
        stored: Callable[[str], ParsedFile | None],
        readable: Set[str] = frozenset(),
    ) -> None:
        """``receipts``: by path, as the draft begins. ``stored``: a file with its own sources.

        ``readable``: paths of files that can be read again now.
        """
        self.receipts: dict[str, Receipt] = {}
        self._holders: dict[str, str] = {}
        self._marked: dict[str, tuple[str, ...]] = {}
        self._stored = stored
        self._readable = readable
        self._fresh: dict[str, Facts] = {}  #: of the file that is being taken
        self._opened: dict[str, tuple[ParsedFile, dict[str, SourceDocument]]] = {}
        for path, receipt in receipts.items():
            self._add(path, receipt)

    def holder(self, source_id: str) -> str | None:
        """The file that gives a source's text."""
        return self._holders.get(source_id)

    def stands(self, receipt: Receipt) -> bool:
        """Whether a file need not be read again for its sources' sake.

        It must, where one that it left to another file is not given by that any more, or where
        another file took one over.
        """
        return bool(receipt.key) and all(source in self._holders for source in receipt.elsewhere)

    def places(self, source_id: str) -> Iterator[str]:
        """Files that also give a source whose text comes from another."""
        return (path for path, r in self.receipts.items() if source_id in r.elsewhere)

    def drop(self, path: str) -> Receipt | None:
        """Forget a file."""
        self._opened.pop(path, None)
        receipt = self.receipts.pop(path, None)
        for entry in receipt.entries if receipt else ():
            if entry.here:
                self._holders.pop(entry.source_id, None)
                for mark in entry.marks:
                    rest = tuple(i for i in self._marked.get(mark, ()) if i != entry.source_id)
                    self._marked[mark] = rest
                    if not rest:
                        del self._marked[mark]
        return receipt

    def take(self, path: str, parsed: Parsed, *, key: str, before: str | None = None) -> Plan:
        """Decide which sources of a parsed file are new, and note that it has them.

        ``before``: the name that the file had until now, if it was renamed.
        """
        old = self.drop(path) or self.drop(before or path)
        names = {entry.own: entry.source_id for entry in old.entries} if old else {}
        self._fresh = {}
        entries: dict[str, Entry] = {}
        kept: dict[str, SourceDocument] = {}
        shared: list[SourceDocument] = []
        found: Counter[tuple[str, str]] = Counter()
        notes = [*parsed.file.notes]
        pairs = [*zip(parsed.file.documents, parsed.marks, strict=True)]
        for document, marks in sorted(pairs, key=lambda pair: not pair[0].retracted):
            own, facts = document.source_id, facts_of(parsed.file, document)
            match = self._match(names.get(own, own), own, facts, marks)
            if match and match.path != path and self._is_news(document, match):
                if match.path in self._readable:
                    self._give_up(match)
                    match = None
                else:
                    notes.append(_RETRACTED.format(label=document.label, path=match.path))
                    key = ""  # to be read again, until both are there
            if own in entries or (match and match.path == path):
                continue
            if match:
                entries[own] = Entry(match.source_id, own, here=False)
                shared.append(replace(document, source_id=match.source_id))
                found[match.path, match.why] += 1
            else:
                entries[own] = Entry(names.get(own, own), own, here=True, marks=marks)
                self._fresh[entries[own].source_id] = facts
                self._hold(path, entries[own])
                kept[own] = document
        twice = len(pairs) - len(entries)
        if twice:
            notes.append(f"Sources that stand in it twice: {twice}.")
        notes += [_SHARED.format(count=n, path=p, why=w) for (p, w), n in sorted(found.items())]
        chunks = tuple(_chunks(parsed.chunks, kept, entries))
        receipt = Receipt(key, len(chunks), tuple(entries.values()))
        self.receipts[path] = receipt
        own_ones = sorted(kept.items(), key=lambda item: item[1].start)
        file = replace(
            parsed.file,
            documents=tuple(replace(d, source_id=entries[own].source_id) for own, d in own_ones),
            shared=tuple(shared),
            text=parsed.file.text if kept else "",  # nothing of it is quoted
            page_starts=parsed.file.page_starts if kept else (),
        )
        return Plan(file, chunks, receipt, tuple(notes))

    def _match(self, name: str, own: str, facts: Facts, marks: Sequence[str]) -> _Match | None:
        """The source that the library already has, if it is one with this."""
        for known, remark in ((own, _SAME_ID), (name, _BEFORE)):
            if known in self._holders:
                return _Match(known, self._holders[known], remark)
        for candidate in dict.fromkeys(i for mark in marks for i in self._marked.get(mark, ())):
            path = self._holders[candidate]
            other = self._fresh.get(candidate) or self._facts(candidate)
            why = why_same(facts, other) if other else None
            if why:
                return _Match(candidate, path, why)
        return None

    def _facts(self, source_id: str) -> Facts | None:
        file, document = self._document(source_id)
        return facts_of(file, document) if file and document else None

    def _document(self, source_id: str) -> tuple[ParsedFile | None, SourceDocument | None]:
        path = self._holders[source_id]
        if path not in self._opened:
            file = self._stored(path)
            if file is None:
                return None, None
            if len(self._opened) >= _OPENED:
                del self._opened[next(iter(self._opened))]
            self._opened[path] = (file, {d.source_id: d for d in file.documents})
        file, documents = self._opened[path]
        return file, documents.get(source_id)

    def _is_news(self, document: SourceDocument, match: _Match) -> bool:
        """Whether the source is marked as retracted here, and not as it stands."""
        if not document.retracted:
            return False
        known = self._document(match.source_id)[1]
        return known is not None and not known.retracted

    def _give_up(self, match: _Match) -> None:
        """Take a source from the file that gives it, which must then be read again."""
        receipt = self.drop(match.path)
        if receipt:
            entries = tuple(
                replace(entry, here=False, marks=())
                if entry.source_id == match.source_id
                else entry
                for entry in receipt.entries
            )
            self._add(match.path, replace(receipt, key="", entries=entries))

    def _add(self, path: str, receipt: Receipt) -> None:
        self.receipts[path] = receipt
        for entry in receipt.entries:
            if entry.here:
                self._hold(path, entry)

    def _hold(self, path: str, entry: Entry) -> None:
        self._holders[entry.source_id] = path
        for mark in entry.marks:
            self._marked[mark] = (*self._marked.get(mark, ()), entry.source_id)


def _chunks(
    chunks: Sequence[Chunk], kept: Mapping[str, SourceDocument], entries: Mapping[str, Entry]
) -> Iterator[Chunk]:
    """The chunks of the kept documents, each id once, under the names of their sources."""
    seen: set[str] = set()
    for chunk in chunks:
        document = kept.get(chunk.source_id)
        if document is None or not document.start <= chunk.start < document.end:
            continue  # of a source that stands elsewhere, or stands here twice
        if chunk.chunk_id in seen:
            continue
        seen.add(chunk.chunk_id)
        name = entries[chunk.source_id].source_id
        end = chunk.chunk_id.removeprefix(chunk.source_id)
        yield replace(chunk, source_id=name, chunk_id=name + end)
