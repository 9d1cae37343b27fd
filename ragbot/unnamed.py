"""A question without the names of those who wrote a source.

    writers = Writers(documents, words=English())
    writers.unnamed("How many did Adeyemi et al ask?")    # "How many did the authors ask?"
    writers.unnamed("the Brown study of pay")             # "the study of pay"

A text does not say who wrote it, so a network that reads a question beside it misses the name, and
takes the question for unanswered. Which source is meant has been told by then (``ragbot.focus``).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence

from ragbot.types import SourceDocument

_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_AND_OTHERS = re.compile(
    r",?\s+et\s+al\b\.?"
    r"|,?\s+(?:and|&)\s+(?:colleagues|co-?authors|co(?![\w-])|others|(?:her|his|their) team)\b",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"\s*,?\s*(?:and|&)?\s*", re.IGNORECASE)
_OWNS = re.compile("['’]s?")
_YEAR = re.compile(r"\s*\(?\b(?:19|20)\d\d\b\)?")
_NO_WORD_OF_A_NAME = (
    r"(?!(?:the|a|an|in|of|on|at|for|by|to|did|do|does|is|was|were|and|or|with|from)\b)"
)
_OF_WORK = (
    r"\s+(?:stud(?:y|ies)|papers?|trial|article|evaluation|eval|review|survey|research|abstract"
    r"|report|interviews|project|team|group)\b"
)
_WORK = re.compile(rf"(?:\s+{_NO_WORD_OF_A_NAME}[\w-]+){{0,3}}?{_OF_WORK}", re.IGNORECASE)
_NEXT_WORK = re.compile(_OF_WORK, re.IGNORECASE)
_DETERMINED = re.compile(
    r"\b(?:the|this|that|a|an|which|what|both|each|any)\s+(?:(?:\d{4}|recent|new|old|first|same)\s+)?$",
    re.IGNORECASE,
)
_TITLE = re.compile(r"\b(?:dr|prof|professor)\.?\s+$", re.IGNORECASE)
_OF_A_DISEASE = re.compile(
    r"\s+(?:disease|syndrome|sign|test|score|index|criteria|scale|classification|palsy|fracture)\b",
    re.IGNORECASE,
)
_MIN_NAME = 4  #: letters; shorter surnames are ordinary words too often
_NOT_NAMES = frozenset(
    {"date", "given", "report", "reader", "comment", "page", "document", "retracted"}
)


class Writers:
    """The authors of one library."""

    def __init__(self, documents: Iterable[SourceDocument], *, words: Container[str]) -> None:
        """``words``: ordinary ones; a surname that is one must be written as a name."""
        self._words = words
        self._surnames: set[str] = set()
        self._persons: set[str] = set()
        for document in documents:
            authors = document.field("authors") or document.field("author")
            if authors:
                persons = {bare(word) for word in _WORD.findall(authors.value)}
                self._persons |= persons
                self._surnames |= persons.intersection(surnames(document))

    def unnamed(self, text: str) -> str:
        """``text`` with "the authors" for their names, or nothing beside "study" or "paper"."""
        tokens = [*_WORD.finditer(text)]
        pieces, done = [], 0
        for at, token in enumerate(tokens):
            if token.start() < done or not self._is_name(tokens, at, text):
                continue
            start = max(done, self._first(tokens, at, text))
            end, owning = self._last(tokens, at, text)
            if _OF_A_DISEASE.match(text, end):
                continue
            before = text[done:start]
            before = before[: m.start()] if (m := _TITLE.search(before)) else before
            pieces += [before, _instead(before, text, end, owning=owning)]
            done = end
            if not pieces[-1]:
                done += text[done : done + 1] == " "
        return "".join([*pieces, text[done:]])

    def _is_name(self, tokens: Sequence[re.Match[str]], at: int, text: str) -> bool:
        token = tokens[at]
        word = _plain(token.group())
        if word not in self._surnames or word not in self._words:
            return word in self._surnames
        behind = token.end()
        capital = token.group()[0].isupper()
        return bool(
            (capital and text[: token.start()].strip())
            or (capital and self._last(tokens, at, text)[0] > behind)
            or _AND_OTHERS.match(text, behind)
            or _NEXT_WORK.match(text, behind)
        )

    def _first(self, tokens: Sequence[re.Match[str]], at: int, text: str) -> int:
        """Where the names begin: with the forename, if it is written."""
        while at and self._is_person(tokens[at - 1]):
            between = text[tokens[at - 1].end() : tokens[at].start()].strip()
            if between and not (between == "." and len(tokens[at - 1].group()) == 1):
                break
            at -= 1
        return tokens[at].start()

    def _last(self, tokens: Sequence[re.Match[str]], at: int, text: str) -> tuple[int, bool]:
        """Where the names end, and whether something is theirs."""
        while at + 1 < len(tokens):
            following = at + 1
            if _plain(tokens[following].group()) == "and" and following + 1 < len(tokens):
                following += 1
            between = text[tokens[at].end() : tokens[following].start()]
            if not (self._is_person(tokens[following]) and _BETWEEN.fullmatch(between)):
                break
            at = following
        end = tokens[at].end()
        others = _AND_OTHERS.match(text, end)
        end = others.end() if others else end
        owner = _OWNS.match(text, end)
        end = owner.end() if owner else end
        year = _YEAR.match(text, end)
        owning = bool(owner) or tokens[at].group()[-2:] in {"'s", "’s"}
        return (year.end() if year else end), owning

    def _is_person(self, token: re.Match[str]) -> bool:
        word = _plain(token.group())
        return word in self._surnames or (word in self._persons and token.group()[0].isupper())


def _instead(before: str, text: str, end: int, *, owning: bool) -> str:
    """What stands for names that end at ``end``; empty where the word that follows is enough."""
    the = "" if _DETERMINED.search(before) else "the"
    if _WORK.match(text, end):
        return the
    authors = "authors’" if owning else "authors"
    return f"{the} {authors}" if the else authors


def _plain(word: str) -> str:
    return bare(re.sub("['’]s$", "", word))


def bare(text: str) -> str:
    """Lower case, without apostrophes: people leave them out."""
    return text.lower().replace("’", "").replace("'", "")


def surnames(document: SourceDocument) -> Iterator[str]:
    """The bare words of a source's label that may be its authors' surnames."""
    words = (bare(word) for word in _WORD.findall(document.label))
    yield from (word for word in words if len(word) >= _MIN_NAME and word not in _NOT_NAMES)
