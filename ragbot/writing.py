"""The written answer as it grows, or the extractive one in its place.

    for answer in Writing(writer=writer).answers(grounds, texts):
        answer.consulted, answer.sentences, answer.engine, answer.note

First come the passages the model is given, then a sentence more each time, then the whole answer.
A model that fails, is too slow, repeats its instructions or writes mostly what cannot be verified
is replaced by the extractive answer, which then says so. What it does not do: talk to a model.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ragbot import cite
from ragbot.compose import nearest
from ragbot.errors import ModelProblem, ModelTooSlow, PromptLeaked
from ragbot.generate import Writer, Written
from ragbot.types import Answer, FallbackReason, Reading
from ragbot.written import draft_of, enough, passages_for

log = logging.getLogger(__name__)

NOTES: dict[FallbackReason, str] = {
    "model_unavailable": "The language model could not be used. These are exact quotes instead.",
    "model_slow": "The language model took too long. These are exact quotes instead.",
    "model_declined": "The language model wrote no answer. These are exact quotes instead.",
    "unverified": "What the language model wrote could not be verified. These are exact quotes "
    "instead.",
    "prompt_leak": "What the language model wrote was no answer. These are exact quotes instead.",
}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is known when the extractive answer stands."""

    answer: Answer
    reading: Reading | None  #: None for a question about the sources themselves
    began: float  #: by ``time.perf_counter``


class Writing:
    """Written answers over what has been read."""

    def __init__(self, *, writer: Writer, show_unverified: bool = False) -> None:
        """``show_unverified``: show, marked, what the model wrote without support."""
        self._writer = writer
        self._show_unverified = show_unverified

    def answers(self, grounds: Grounds, texts: Mapping[str, str]) -> Iterator[Answer]:
        """Growing answers, the last of them whole. Closing the iterator stops the model.

        ``texts``: canonical text by path, of everything that was read.

        Raises:
            QuoteMismatch: a quote that is not a passage of its source.
        """
        assert grounds.reading is not None  # noqa: S101 - there is nothing to write over
        passages = passages_for(grounds.reading, grounds.answer)
        name = self._writer.name
        blank = replace(grounds.answer, text="", sentences=(), citations=(), engine=name)
        sources = nearest(passages, texts=texts, limit=len(passages))
        yield replace(blank, consulted=sources)
        clock = _Clock(grounds)
        written: list[Written] = []
        shown = blank
        failed: FallbackReason | None = None
        try:
            for each in self._writer.write(blank.standalone_question, passages):
                written.append(each)
                grown = self._grown(blank, written, texts)
                if len(grown.sentences) > len(shown.sentences):
                    clock.sentence()
                    shown = grown
                    yield shown
        except ModelProblem as error:
            log.warning("Exact quotes instead of a written answer: %s", error)
            failed = _reason(error)
        if failed is None and not enough(written):
            failed = "unverified" if written else "model_declined"
        whole = instead(grounds.answer, failed) if failed else shown
        yield replace(whole, timings_ms=clock.timings(written))

    def _grown(self, blank: Answer, written: Sequence[Written], texts: Mapping[str, str]) -> Answer:
        draft = draft_of(written, texts=texts, show_unverified=self._show_unverified)
        answer = replace(
            blank, text=draft.text, sentences=draft.sentences, citations=draft.citations
        )
        cite.check(answer, {c.path: texts[c.path] for c in answer.citations})
        return answer


def instead(extractive: Answer, reason: FallbackReason) -> Answer:
    """The extractive answer in place of a written one, and the words that say so."""
    note = " ".join(filter(None, (NOTES[reason], extractive.note)))
    return replace(extractive, reason=reason, note=note, text=f"{note}\n\n{extractive.text}")


def _reason(error: ModelProblem) -> FallbackReason:
    if isinstance(error, PromptLeaked):
        return "prompt_leak"
    return "model_slow" if isinstance(error, ModelTooSlow) else "model_unavailable"


class _Clock:
    """How long a written answer took, from the question on."""

    def __init__(self, grounds: Grounds) -> None:
        self._began = grounds.began
        self._timings = {**grounds.answer.timings_ms, "sources": self._passed()}

    def sentence(self) -> None:
        """A sentence is shown."""
        self._timings.setdefault("first_sentence", self._passed())

    def timings(self, written: Sequence[Written]) -> Mapping[str, float]:
        """In milliseconds; "verify" for all sentences together."""
        verify = sum(each.verify_ms for each in written)
        return {**self._timings, "verify": verify, "total": self._passed()}

    def _passed(self) -> float:
        return 1000 * (time.perf_counter() - self._began)
