"""The pipeline: question → understood → retrieved → read → composed → checked → Answer.

    assistant = open_assistant(load_settings())      # ragbot.wiring
    answer = assistant.ask("What did GPs call compensatory labour?")
    assistant.as_runnable().batch(["…", "…"])        # the same, as a LangChain Runnable

The extractive answer comes first and always. Where a language model is configured and the library
answers, the model writes over the same passages; what it writes is verified sentence by sentence,
and the extractive answer takes its place when it fails. Collaborators arrive from outside; nothing
here knows a vendor, a file or a screen.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ragbot import cite, compose, guard, metadata, parts, quantity
from ragbot.index.live import Generation, LiveIndex
from ragbot.query import Query, Understanding, asks_for_comments
from ragbot.read import Reader
from ragbot.rerank import FETCHED, Reranker, reranked
from ragbot.retrieve import HybridRetriever, as_langchain
from ragbot.standalone import Condenser
from ragbot.suggest import suggest
from ragbot.types import (
    Answer,
    Citation,
    EvidenceType,
    MetadataField,
    ParsedFile,
    Passage,
    Reading,
    SourceDocument,
    Turn,
)
from ragbot.writing import Grounds, Writing
from ragbot.zones import Zones

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

MORE = "This is only the beginning of what is said there; the rest is on the source’s page."
MIN_SIMILARITY = 0.25
"""Cosine below which no source is near enough for "who wrote it?" to be about it."""


@dataclass(frozen=True, slots=True)
class StoredSource:
    """A source as the library holds it, for its page."""

    document: SourceDocument
    file: ParsedFile
    units: tuple[tuple[int, int], ...]  #: ranges of its sentences and list items, ascending


class Assistant:
    """Answers questions from the current generation of an index. Safe from several threads."""

    def __init__(
        self,
        *,
        live: LiveIndex,
        understanding: Callable[[Generation], Understanding],
        retriever: HybridRetriever,
        reader: Reader,
        rules: compose.Rules,
        zones: Zones,
        top_k: int,
        max_question_chars: int,
        reranker: Reranker | None = None,
        writing: Writing | None = None,
        condenser: Condenser | None = None,
    ) -> None:
        """``understanding``: made anew for each generation; ``top_k``: passages read.

        ``reranker``, ``writing``, ``condenser``: where the operator has configured a model for it.
        """
        self._live = live
        self._make_understanding = understanding
        self._understanding: tuple[str, Understanding, Sequence[SourceDocument]] | None = None
        self._making = threading.Lock()
        self._retriever = retriever
        self._reranker = reranker
        self._reader = reader
        self._rules = rules
        self._zones = zones
        self._top_k = top_k
        self._max_question_chars = max_question_chars
        self._writing = writing
        self._condenser = condenser

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer; its citations have been checked against the stored texts.

        Raises:
            IndexProblem: there is no index, or it cannot be used.
        """
        *_, answer = self.stream(question, history)
        return answer

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Growing answers, a sentence more each time; the last one is whole.

        Where a model writes, the first has no sentence yet but the passages that are ``consulted``.
        Closing the iterator stops the model.

        Raises:
            IndexProblem: there is no index, or it cannot be used.
        """
        refused = guard.refused(question, history, max_chars=self._max_question_chars)
        if refused:
            yield replace(refused, index=self.generation())
            return
        with self._live.use() as generation:
            grounds = self._answer(guard.clean(question), history, generation)
            if self._writing and grounds.reading and grounds.answer.status == "answered":
                texts = _texts((e.passage.document for e in grounds.reading.evidence), generation)
                yield from self._writing.answers(grounds, texts)
            else:
                yield from _growing(grounds.answer)

    def suggest(
        self, answer: Answer, *, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[str, ...]:
        """Up to three questions to go on with that the library answers: takes a second or two.

        ``wanted``: once it is False, no further question is tried. The answer may come from
        anywhere: a source that it cites and the library does not hold is passed over.
        """
        about = guard.searchable(answer.standalone_question)[: self._max_question_chars]
        with self._live.use() as generation:
            held = {d.source_id: d for d in generation.library.documents()}
            found = self._retriever.retrieve(about, generation, k=self._top_k)
            near = (*(c.source_id for c in answer.citations), *(p.chunk.source_id for p in found))
            return suggest(
                answer,
                [held[source_id] for source_id in dict.fromkeys(near) if source_id in held],
                ask=lambda question: self._answer(question, (), generation).answer,
                wanted=wanted,
            )

    def prepare(self) -> None:
        """Make what the first question would wait for: seconds for tens of thousands of sources.

        Raises:
            IndexProblem: there is no index, or it cannot be used.
        """
        with self._live.use() as generation:
            self._understand(generation)

    def passages(
        self, question: str, history: Sequence[Turn] = ()
    ) -> tuple[Query, tuple[Passage, ...]]:
        """What ``ask`` would read for a question, without reading it: for training and tests."""
        with self._live.use() as generation:
            return self._find(guard.clean(question), history, generation)

    def search(self, text: str, k: int) -> tuple[Passage, ...]:
        """The ``k`` best passages for ``text``; personal data in it is not searched for."""
        with self._live.use() as generation:
            return self._retriever.retrieve(guard.searchable(text), generation, k=k)

    def sources(self) -> tuple[SourceDocument, ...]:
        """All sources, in the order of their files."""
        with self._live.use() as generation:
            return tuple(generation.library.documents())

    def source(self, source_id: str) -> StoredSource:
        """One source with its text.

        Raises:
            KeyError: no source has that id.
        """
        with self._live.use() as generation:
            document = generation.library.document(source_id)
            chunks = generation.library.chunks_of(source_id)
            units = sorted({span for chunk in chunks for span in chunk.sentences})
            return StoredSource(document, generation.library.file(document.path), tuple(units))

    def generation(self) -> str:
        """The id of the current index generation."""
        with self._live.use() as generation:
            return generation.name

    def as_runnable(self) -> Runnable[str | dict[str, Any], Answer]:
        """The pipeline as a LangChain ``Runnable``: a question in, an ``Answer`` out.

        Also takes ``{"question": …, "history": […]}``; its stream gives growing answers.
        """
        from ragbot.runnable import as_runnable

        return as_runnable(self)

    def as_retriever(self, *, k: int) -> BaseRetriever:
        """The retriever as a LangChain ``BaseRetriever``."""
        return as_langchain(self._retriever, self._live, k=k)

    def _find(
        self, question: str, history: Sequence[Turn], generation: Generation
    ) -> tuple[Query, tuple[Passage, ...]]:
        condensed = self._condenser.condense(question, history) if self._condenser else None
        understanding = self._understand(generation)
        if condensed is None:
            asked = understanding.understand(question, history)
        else:
            asked = understanding.understand(condensed)
        passages = self._retriever.retrieve(
            asked.standalone,
            generation,
            k=max(FETCHED, self._top_k) if self._reranker else self._top_k,
            lexical_query=asked.search,
            focus=asked.focus,
        )
        if self._reranker:
            passages = reranked(
                asked.standalone,
                passages,
                k=self._top_k,
                reranker=self._reranker,
                focus=asked.focus,
            )
        return asked, passages

    def _understand(self, generation: Generation) -> Understanding:
        with self._making:  # whoever comes meanwhile waits for it instead of making another
            if self._understanding is None or self._understanding[0] != generation.name:
                understanding = self._make_understanding(generation)
                comments = _readers_comments(generation)
                self._understanding = generation.name, understanding, comments
            return self._understanding[1]

    def _about_sources(self, asked: Query, generation: Generation) -> compose.Draft | str | None:
        """The answer to a question about the sources themselves, None for any other question.

        Text alone says that the source which is meant does not state what was asked.
        """
        if metadata.asks_for_list(asked.standalone):
            listed = [(d, metadata.identifying(d)) for d in generation.library.documents()]
            pairs = [(document, field) for document, field in listed if field]
            return metadata.describe(pairs, _texts((d for d, _ in pairs), generation))
        if metadata.asks_who_commented(asked.alone):
            told = [(d, d.field("speaker")) for d in self._comments(asked)]
            pairs = [(document, field) for document, field in told if field]
            if pairs:
                return metadata.describe(pairs, _texts((d for d, _ in pairs), generation))
        names = metadata.fields_asked(asked.standalone)
        document = self._meant(asked, generation) if names else None
        if document is None:
            return None
        stated = metadata.stated(document, names)
        if not stated:
            return metadata.missing(document, names)
        whole = dict.fromkeys(_in_its_sentence(document, field, generation) for field in stated)
        pairs = [(document, field) for field in whole]
        return metadata.describe(pairs, _texts([document], generation))

    def _part(self, asked: Query, generation: Generation) -> Reading | None:
        """What a question about one source as a whole asks for, None for any other question."""
        if asks_for_comments(asked.alone):
            written = [_whole(document, generation) for document in self._comments(asked)]
            comments = parts.comments(asked.alone, [one for one in written if one])
            return Reading(comments, 1.0) if comments else None
        wanted = parts.asked(asked.alone, named=bool(asked.focus))
        if not wanted or len(asked.focus) > 1 or not (asked.focus or parts.about(asked.alone)):
            return None
        if asked.focus:
            candidates = [generation.library.document(min(asked.focus))]
        else:
            near = self._retriever.retrieve(asked.alone, generation, k=self._top_k)
            candidates = [*{p.document.source_id: p.document for p in near}.values()]
        expansions = self._understand(generation).expansions
        best, most = None, 0
        for document in candidates:
            passages = _whole(document, generation)
            if not passages:
                continue
            zoned = parts.parts_of(passages, self._zones)
            likeness = parts.likeness(
                asked.alone, passages, zoned, expansions, named=bool(asked.focus)
            )
            if likeness > most:
                best, most = parts.evidence(wanted, passages, zoned), likeness
        return Reading(best, 1.0) if best else None

    def _comments(self, asked: Query) -> list[SourceDocument]:
        """The readers' comments asked about: those named, else those under what is, else all."""
        comments = self._understanding[2] if self._understanding else ()
        named = [d for d in comments if d.source_id in asked.focus]
        if named or not asked.focus:
            return named or list(comments)
        return [d for d in comments if d.about in self._labels(asked.focus)]

    def _labels(self, focus: frozenset[str]) -> set[str]:
        with self._live.use() as generation:
            return {generation.library.document(source_id).label for source_id in focus}

    def _beginning(self, reading: Reading) -> Reading:
        """As much of a part, from its beginning, as an answer holds."""
        words = accumulate(len(evidence.text.split()) for evidence in reading.evidence)
        fits = sum(total <= self._rules.max_words for total in words)
        count = min(max(1, fits), self._rules.max_sentences)
        return replace(reading, evidence=reading.evidence[:count])

    def _meant(self, asked: Query, generation: Generation) -> SourceDocument | None:
        """The source that a question about a source means."""
        topic = metadata.topic(asked.search)
        found = self._retriever.retrieve(topic, generation, k=1, focus=asked.focus)
        if not found or (not asked.focus and found[0].similarity < MIN_SIMILARITY):
            return None
        return found[0].document

    def _answer(self, question: str, history: Sequence[Turn], generation: Generation) -> Grounds:
        """The extractive answer, and what it was made from."""
        began = time.perf_counter()
        asked, passages = self._find(question, history, generation)
        retrieved = time.perf_counter()
        found = self._about_sources(asked, generation)
        reading: Reading | None = None
        note = ""
        if found is None:
            part = self._part(asked, generation)
            if part:
                reading = self._beginning(part)
                note = MORE if len(reading.evidence) < len(part.evidence) else ""
            else:
                reading = self._reader.read(
                    asked.standalone, passages, focus=asked.focus, also=asked.spelt
                )
            found = compose.compose(
                reading,
                rules=self._rules,
                comments_asked_for=asked.comments_asked_for,
                texts=_texts((e.passage.document for e in reading.evidence), generation),
                focus=asked.focus,
                across=asked.across,
            )
            if part is None and found and _lacks_its_number(found, asked):
                reading, found = replace(reading, support=0.0), None
        silent = found if isinstance(found, str) else compose.NOT_IN_SOURCES
        found = None if isinstance(found, str) else found
        done = time.perf_counter()
        answer = Answer(
            question=question,
            standalone_question=asked.standalone,
            status="answered" if found else "not_in_sources",
            text=found.text if found else f"{silent} {compose.NEAREST}",
            note=note,
            sentences=found.sentences if found else (),
            citations=found.citations if found else (),
            nearest=() if found else _nearest(passages, generation),
            index=generation.name,
            support=reading.support if reading else None,
            timings_ms=_timings(began, retrieved, done),
        )
        _check(answer, generation)
        return Grounds(answer, reading, began)


def _growing(answer: Answer) -> Iterator[Answer]:
    for count in range(1, len(answer.sentences)):
        used = {n for sentence in answer.sentences[:count] for n in sentence.citations}
        yield replace(
            answer,
            sentences=answer.sentences[:count],
            citations=tuple(c for c in answer.citations if c.n in used),
        )
    yield answer


def _check(answer: Answer, generation: Generation) -> None:
    cite.check(answer, {c.path: generation.library.text(c.path) for c in _cited(answer)})


def _in_its_sentence(
    document: SourceDocument, field: MetadataField, generation: Generation
) -> MetadataField:
    """A fact that stands in a sentence is quoted with its sentence."""
    for chunk in generation.library.chunks_of(document.source_id):
        for start, end in chunk.sentences:
            if start <= field.start and field.end <= end:
                return replace(field, value="", start=start, end=end)
    return field


def _nearest(passages: Sequence[Passage], generation: Generation) -> tuple[Citation, ...]:
    return compose.nearest(passages, texts=_texts((p.document for p in passages), generation))


def _texts(documents: Iterable[SourceDocument], generation: Generation) -> dict[str, str]:
    return {path: generation.library.text(path) for path in {d.path for d in documents}}


def _cited(answer: Answer) -> tuple[Citation, ...]:
    return (*answer.citations, *answer.nearest)


def _lacks_its_number(draft: compose.Draft, asked: Query) -> bool:
    """Whether the question is for a number, and nothing that would be quoted gives one."""
    return quantity.asks_for_number(asked.alone) and not any(
        quantity.gives_number(citation.quote, asked.alone) for citation in draft.citations
    )


def _readers_comments(generation: Generation) -> list[SourceDocument]:
    kind = EvidenceType.READER_COMMENT
    return [d for d in generation.library.documents() if d.evidence_type is kind]


def _whole(document: SourceDocument, generation: Generation) -> list[Passage]:
    text = generation.library.text(document.path)
    chunks = generation.library.chunks_of(document.source_id)
    return [
        Passage(chunk, document, text[chunk.start : chunk.end], 1.0, rank)
        for rank, chunk in enumerate(chunks, start=1)
    ]


def _timings(began: float, retrieved: float, done: float) -> Mapping[str, float]:
    return {
        "retrieve": 1000 * (retrieved - began),
        "read": 1000 * (done - retrieved),
        "total": 1000 * (done - began),
    }
