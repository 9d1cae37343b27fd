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
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ragbot import cite, compose, expected, guard, together
from ragbot.about import AboutSources
from ragbot.index.live import Generation, LiveIndex
from ragbot.outline import Outline, Outlines
from ragbot.query import Query, Understanding, leans_on_clause
from ragbot.read import READ, Reader
from ragbot.rerank import FETCHED, Reranker, reranked
from ragbot.retrieve import HybridRetriever, as_langchain
from ragbot.standalone import Condenser
from ragbot.suggest import suggest
from ragbot.together import Part
from ragbot.types import (
    Answer,
    Citation,
    EvidenceType,
    ParsedFile,
    Passage,
    Reading,
    SourceDocument,
    Turn,
)
from ragbot.writing import Grounds, Writing

if TYPE_CHECKING:
    from langchain_core.retrievers import BaseRetriever
    from langchain_core.runnables import Runnable

STATED, NOT_STATED = 1.0, 0.0
"""Support where nothing is estimated: a source says it of itself, or nothing found holds it."""
UNTOLD = "The passages quoted do not say."
BY_A_READER = "What answers this is a reader’s comment, not a finding of the page it stands under."
MORE = "This is only the beginning of what is said there; the rest is on the source’s page."


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
        about: AboutSources,
        outlines: Outlines,
        top_k: int,
        max_question_chars: int,
        reranker: Reranker | None = None,
        writing: Writing | None = None,
        condenser: Condenser | None = None,
    ) -> None:
        """``understanding``: made anew for each generation; ``top_k``: passages found.

        ``reranker``, ``writing``, ``condenser``: where the operator has configured a model for it.
        """
        self._live = live
        self._make_understanding = understanding
        self._understanding: tuple[str, Understanding] | None = None
        self._making = threading.Lock()
        self._retriever = retriever
        self._reranker = reranker
        self._reader = reader
        self._rules = rules
        self._about = about
        self._outlines = outlines
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
                texts = generation.library.texts(
                    e.passage.document for e in grounds.reading.evidence
                )
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
        """What ``ask`` would find for a question, without reading it: for training and tests."""
        with self._live.use() as generation:
            return self._find(guard.clean(question), history, generation)

    def outline(self, passages: Sequence[Passage]) -> Outline:
        """That of the abstracts which the passages are from: for training."""
        with self._live.use() as generation:
            return self._outlines.of(passages, generation)

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
        self,
        question: str,
        history: Sequence[Turn],
        generation: Generation,
        *,
        before: Sequence[Turn] = (),
    ) -> tuple[Query, tuple[Passage, ...]]:
        """``before``: what was asked in the same breath."""
        condensed = self._condenser.condense(question, history) if self._condenser else None
        understanding = self._understand(generation)
        if condensed is None:
            asked = understanding.understand(question, [*history, *before])
        else:
            asked = replace(
                understanding.understand(condensed, before),
                whose=understanding.whose(question, history),
            )
        passages = self._retrieve(asked, generation)
        described = self._about.meant(asked, passages, generation, understanding.expansions)
        if described:
            asked = replace(asked, focus=described)
            passages = self._retrieve(asked, generation)
        return asked, passages

    def _retrieve(self, asked: Query, generation: Generation) -> tuple[Passage, ...]:
        passages = self._retriever.retrieve(
            asked.standalone,
            generation,
            k=max(FETCHED, self._top_k) if self._reranker else self._top_k,
            lexical_query=asked.search,
            focus=asked.focus,
        )
        if asked.comments_left_out:
            passages = tuple(p for p in passages if not _is_comment(p))
        if self._reranker:
            passages = reranked(
                asked.standalone,
                passages,
                k=min(READ, self._top_k),
                reranker=self._reranker,
                focus=asked.focus,
            )
        return passages

    def _understand(self, generation: Generation) -> Understanding:
        with self._making:  # whoever comes meanwhile waits for it instead of making another
            if self._understanding is None or self._understanding[0] != generation.name:
                understanding = self._make_understanding(generation)
                self._understanding = generation.name, understanding
            return self._understanding[1]

    def _answer(self, question: str, history: Sequence[Turn], generation: Generation) -> Grounds:
        """The extractive answer, and what it was made from."""
        began = time.perf_counter()
        parts: list[Part] = []
        asked = together.parted(question, self._understand(generation).named)
        for clause in asked:
            parts.append(self._part(clause, history, parts, len(asked), generation))
        done = time.perf_counter()
        found = together.draft(parts)
        answer = Answer(
            question=question,
            standalone_question="; ".join(dict.fromkeys(p.asked.standalone for p in parts)),
            status="answered" if found else "not_in_sources",
            text=found.text if found else f"{together.silent(parts)} {compose.NEAREST}",
            note=together.note(parts),
            sentences=found.sentences if found else (),
            citations=found.citations if found else (),
            nearest=() if found else _nearest(parts[0].passages, generation),
            index=generation.name,
            support=together.support(parts),
            timings_ms=_timings(began, began + sum(part.seconds for part in parts), done),
        )
        _check(answer, generation)
        return Grounds(answer, together.reading(parts), began)

    def _part(
        self,
        question: str,
        history: Sequence[Turn],
        parts: Sequence[Part],
        among: int,
        generation: Generation,
    ) -> Part:
        """One of so many questions that were put at once, after ``parts``."""
        began = time.perf_counter()
        leans = leans_on_clause(question)
        before = [Turn("user", part.question) for part in parts] if leans else ()
        asked, passages = self._find(question, history, generation, before=before)
        seconds = time.perf_counter() - began
        found = self._about.facts(asked, generation, self._understand(generation).expansions)
        if isinstance(found, str):
            return Part(question, asked, passages, None, NOT_STATED, seconds, silent=found)
        if found:
            return Part(question, asked, passages, found, STATED, seconds, note=found.note)
        rules = together.share(self._rules, among)
        reading, found, note = self._read(asked, passages, generation, rules)
        said = self._said_by_a_reader(asked, reading, generation, rules)
        reading, found, note = said or (reading, found, note)
        again = together.unquoted(reading, parts)
        if found and again.evidence[:1] != reading.evidence[:1]:
            found = compose.NOTHING  # the best of it stands above
        elif found and len(again.evidence) < len(reading.evidence):
            found = self._compose(again, asked, generation, rules)
        support = reading.support
        return Part(question, asked, passages, found, support, seconds, reading, note=note)

    def _read(
        self,
        asked: Query,
        passages: Sequence[Passage],
        generation: Generation,
        rules: compose.Rules,
    ) -> tuple[Reading, compose.Draft | None, str]:
        """What was read, the answer made of it if it answers, and a note on what is left out."""
        expansions = self._understand(generation).expansions
        part = self._about.whole(asked, passages, generation, expansions)
        if part:
            reading = Reading(compose.beginning(part, rules=rules), STATED)
        else:
            reading = self._reader.read(
                asked.unnamed,
                passages,
                reworded=asked.reworded,
                focus=asked.focus,
                outline=self._outlines.of(passages, generation),
            )
        found = self._compose(reading, asked, generation, rules)
        if part or not found:
            return reading, found, MORE if len(part) > len(reading.evidence) else ""
        lacking = expected.lacking(asked.alone, found, generation.library)
        if lacking and not expected.answers_half(asked.alone, lacking):
            return replace(reading, support=NOT_STATED), None, ""
        return reading, found, " ".join(together.not_answered(one, UNTOLD) for one in lacking)

    def _said_by_a_reader(
        self, asked: Query, reading: Reading, generation: Generation, rules: compose.Rules
    ) -> tuple[Reading, compose.Draft, str] | None:
        """As ``_read``, where a comment under a page says what a question takes the page to say.

        ``reading``: that of the question as asked, whose best sentence the comment must surpass.
        """
        understanding = self._understand(generation)
        claim = understanding.claim(asked.alone)
        if not claim or asked.comments_asked_for or asked.comments_left_out:
            return None
        best = max((evidence.score for evidence in reading.evidence), default=0.0)
        surpassing = max(rules.likely, rules.comment_lead * best)
        comments = self._about.comments_asked_about(asked, generation)
        under = frozenset(d.source_id for d in comments)
        if not under or surpassing > 1:  # no probability is: a second reading would be for nothing
            return None
        plain = replace(understanding.understand(claim), comments_asked_for=True, focus=frozenset())
        focus = under if len(under) <= self._top_k else frozenset[str]()
        passages = self._retrieve(replace(plain, focus=focus), generation)
        passages = tuple(p for p in passages if p.document.source_id in under)
        if not passages:
            return None
        read, found, note = self._read(plain, passages, generation, rules)
        if not found or read.evidence[0].score < surpassing:
            return None
        return read, found, f"{BY_A_READER} {note}".rstrip()

    def _compose(
        self, reading: Reading, asked: Query, generation: Generation, rules: compose.Rules
    ) -> compose.Draft | None:
        return compose.compose(
            reading,
            rules=rules,
            comments_asked_for=asked.comments_asked_for,
            texts=generation.library.texts(e.passage.document for e in reading.evidence),
            focus=asked.focus,
            across=asked.across,
        )


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


def _nearest(passages: Sequence[Passage], generation: Generation) -> tuple[Citation, ...]:
    return compose.nearest(passages, texts=generation.library.texts(p.document for p in passages))


def _cited(answer: Answer) -> tuple[Citation, ...]:
    return (*answer.citations, *answer.nearest)


def _is_comment(passage: Passage) -> bool:
    return passage.document.evidence_type is EvidenceType.READER_COMMENT


def _timings(began: float, retrieved: float, done: float) -> Mapping[str, float]:
    return {
        "retrieve": 1000 * (retrieved - began),
        "read": 1000 * (done - retrieved),
        "total": 1000 * (done - began),
    }
