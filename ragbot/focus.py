"""Which sources a text names: "the Sinnott paper", "King's Fund", "the pharmacist's comment".

    Names(documents).named("what did Jensen find?")   # frozenset({"jensen-bungay-2021-1668d26b"})

A source answers to the surnames in its label, to its publisher, to its identifiers (see
ragbot/identifiers.py), to proper nouns of its text ("the Leeds interviews", see ragbot/proper.py),
and, for a reader's comment, to what its speaker is. The names come from the library; none is
written here. A name that many sources share points at none of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from itertools import takewhile

from ragbot.adapters.stems import stem
from ragbot.identifiers import identifiers, mentioned
from ragbot.types import EvidenceType, SourceDocument
from ragbot.unnamed import Writers, bare, surnames

_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_TOO_MANY = 5  #: sources that answer to a name; from then on it tells nothing
_FEW = 2  #: sources that a proper noun of their texts may point at
_LONGEST = 5  #: words of a name
_DETERMINERS = frozenset({"the", "this", "that"})
_PAGES = frozenset({"report", "reports", "page", "article", "blog", "website"})
_OF_A_PAGE = _PAGES | {"piece", "authors", "author", "researchers", "team", "people", "lot"}
_COMMENT = re.compile(r"\bcomment", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(?:who|which|that) (?:\w+ )?(?:wrote|writes|replie[sd]|responded|posted)\b"
    r"|\b(?:writing|replying|responding|posting)\b",
    re.IGNORECASE,
)


class Names:
    """What the sources of one library are called."""

    def __init__(
        self,
        documents: Iterable[SourceDocument],
        proper: Mapping[str, set[str]] | None = None,
        *,
        words: Container[str] = frozenset(),
        short_forms: Container[str] = frozenset(),
    ) -> None:
        """``proper``: proper nouns of the texts, each with the ids of the sources that hold it.

        ``words``: ordinary ones, which a surname may be, too. ``short_forms``: letters that mean
        something else than a publisher.
        """
        documents = [*documents]
        self._writers = Writers(documents, words=words)
        self._by_name: dict[str, set[str]] = defaultdict(set)
        self._by_identifier: dict[str, set[str]] = defaultdict(set)
        self._years: dict[str, str] = {}
        self._comments: dict[str, frozenset[str]] = {}
        self._studies: set[str] = set()
        about: dict[str, str] = {}
        for document in documents:
            year = document.field("year")
            self._years[document.source_id] = year.value if year else ""
            if document.evidence_type is EvidenceType.READER_COMMENT:
                about[document.source_id] = document.about or ""
                self._comments[document.source_id] = frozenset(_content(document.speaker or ""))
            elif document.evidence_type is EvidenceType.ABSTRACT:
                self._studies.add(document.source_id)
            for identifier in identifiers(document):
                self._by_identifier[identifier].add(document.source_id)
            for name in _names(document):
                self._by_name[name].add(document.source_id)
            for letters in _initials(document):
                if letters not in words and letters not in short_forms:
                    self._by_name[letters].add(document.source_id)
        self._under: dict[str, set[str]] = defaultdict(set)
        labels = {document.label: document.source_id for document in documents}
        for source_id in self._comments:
            self._under[labels.get(about[source_id], "")].add(source_id)
        self._own = frozenset(self._by_name)
        for name, sources in (proper or {}).items():
            if len(sources) <= _FEW:  # a label's own name comes before one inside a text
                self._by_name.setdefault(bare(name), sources)

    def named(self, text: str) -> frozenset[str]:
        """Ids of the sources that ``text`` names; a year beside a name narrows it."""
        exactly: set[str] = set()
        for identifier in mentioned(text):
            exactly |= self._by_identifier.get(identifier, set())
        if exactly and len(exactly) < _TOO_MANY:
            return frozenset(exactly)
        found: set[str] = set()
        words = [bare(word) for word in _WORD.findall(text)]
        while words:
            length, sources = self._longest(words)
            if len(sources) < _TOO_MANY:
                found |= sources
            del words[:length]
        years = set(_YEAR.findall(text))
        dated = {source for source in found if self._years.get(source) in years}
        commenters = self._commenters(text) if _COMMENT.search(text) else frozenset()
        return frozenset(dated or found) | commenters

    def of_comments(self, sources: frozenset[str], text: str) -> frozenset[str]:
        """What a text that asks for comments means by ``sources``, which it names.

        The comments among them, else those of whom it says that they wrote, else those under what
        is named, unless these are all the comments there are.
        """
        named = sources.intersection(self._comments)
        if not named and _WRITES.search(text):
            named = self._commenters(text)
        under = frozenset().union(*(self._under.get(source, ()) for source in sources))
        if named or not under:
            return named or sources
        return under if len(under) < len(self._comments) else frozenset()

    def without_comments(self, sources: frozenset[str]) -> frozenset[str]:
        """Those of ``sources`` that are not readers' comments."""
        return sources.difference(self._comments)

    def studies(self, sources: frozenset[str]) -> bool:
        """Whether there are any, and all are studies."""
        return bool(sources) and sources <= self._studies

    def unnamed(self, text: str) -> str:
        """``text`` without the names of authors, see ``ragbot.unnamed``."""
        return self._writers.unnamed(text)

    def called(self, text: str) -> bool:
        """Whether all of ``text`` is what a source is called, by its label or publisher."""
        phrase = " ".join(bare(word) for word in _WORD.findall(text))
        return phrase in self._own or phrase.removesuffix("s") in self._own

    def report(self, text: str) -> bool:
        """Whether all of ``text`` is what a page is called, or a report: no study, no comment."""
        words = [bare(word) for word in _WORD.findall(text)]
        while words and words[0] in _DETERMINERS:
            del words[0]
        kinds = [*takewhile(lambda word: word in _OF_A_PAGE, reversed(words))]
        name = " ".join(words[: len(words) - len(kinds)])
        if not name:
            return not _PAGES.isdisjoint(kinds)
        sources = self._by_name.get(name) or self._by_name.get(name.removesuffix("s")) or set()
        return bool(sources) and sources.isdisjoint(self._studies)

    def _longest(self, words: Sequence[str]) -> tuple[int, set[str]]:
        """The longest name that ``words`` begin with: its words, and who answers to it."""
        for length in range(min(_LONGEST, len(words)), 0, -1):
            phrase = " ".join(words[:length])
            sources = self._by_name.get(phrase) or self._by_name.get(phrase.removesuffix("s"))
            if sources:
                return length, sources
        return 1, set()

    def _commenters(self, text: str) -> frozenset[str]:
        words = set(_content(text))
        shared = {source: len(own & words) for source, own in self._comments.items()}
        most = max(shared.values(), default=0)
        return frozenset(s for s, count in shared.items() if count == most) if most else frozenset()


def _names(document: SourceDocument) -> Iterator[str]:
    if document.evidence_type is EvidenceType.READER_COMMENT:
        return
    publisher = document.field("publisher")
    if publisher:
        yield bare(publisher.value).removeprefix("the ")
        return
    if document.field("authors") or document.field("author"):
        yield from surnames(document)


def _initials(document: SourceDocument) -> Iterator[str]:
    """Those of its publisher, with and without the article: "KF", "TKF"."""
    publisher = document.field("publisher")
    parts = _WORD.findall(publisher.value) if publisher else []
    letters = "".join(part[0] for part in parts if part[0].isupper()).lower()
    for name in (letters, letters.removeprefix("t") if parts[:1] == ["The"] else letters):
        if len(name) > 1:
            yield name


def _content(text: str) -> list[str]:
    """Stems, so that "the nurse who commented" is the one in charge of nursing."""
    return [stem(bare(word)) for word in _WORD.findall(text) if len(word) > 3]
