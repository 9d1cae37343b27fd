"""Passages → sentences that a language model writes, each verified before anyone sees it.

    for written in writer.write("What did GPs report?", passages):
        written.text, written.verdict.supported      # "GPs reported unpaid work.", True

The model is never trusted with a citation: it is told which passages there are, its markers are
hints, and what a sentence rests on is found by the verifier. It does not compose the answer (see
``ragbot.written``), nor decide what takes its place when it fails: it raises, and says why.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Protocol

from ragbot.breaker import Breaker
from ragbot.errors import ModelProblem, ModelTooSlow, PromptLeaked
from ragbot.fence import Tripwire, new_fence
from ragbot.markers import Drafted, MarkerParser
from ragbot.prompts import Prompt
from ragbot.pump import Pump
from ragbot.types import Passage

if TYPE_CHECKING:
    from ragbot.verify import Verdict

LONGEST_REPLY = 8000  #: characters; a model that writes more does not come to an end
PAUSE = 0.05  #: seconds without a piece after which a sentence with its markers counts as whole
SILENT = "The passages do not answer this question."
"""What the model is asked to write when it finds no answer; never shown."""


class TextModel(Protocol):
    """A language model (``ragbot.adapters.chat_model.ChatModel`` is one)."""

    @property
    def name(self) -> str:
        """provider:model."""

    def stream(self, system: str, human: str, *, stop: Event) -> Iterator[str]:
        """The reply in pieces; ``ModelProblem`` where it fails."""


class Checks(Protocol):
    """Whether a sentence is supported (``ragbot.verify.Verifier`` is one)."""

    def verify(
        self, sentence: str, cited: Sequence[int], passages: Sequence[Passage], *, question: str
    ) -> Verdict:
        """The quotes that support it, or the checks that failed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How long the operator lets the model take, in seconds from the call."""

    first: float  #: until its first verified sentence
    whole: float  #: until the end of its answer


@dataclass(frozen=True, slots=True)
class Written:
    """A sentence of the model's and what the checks make of it."""

    text: str
    verdict: Verdict
    verify_ms: float


class Calls:
    """A language model behind a circuit breaker: asked within bounds, or not at all."""

    def __init__(self, model: TextModel, *, breaker: Breaker) -> None:
        """``breaker``: one for all calls of the model."""
        self._model = model
        self._breaker = breaker

    @property
    def name(self) -> str:
        """provider:model."""
        return self._model.name

    def pieces(
        self, system: str, human: str, *, limit: Callable[[], float]
    ) -> Iterator[str | None]:
        """The reply in pieces, with a None for each pause.

        ``limit``: asked again before each wait, the clock's time when patience ends.

        Raises:
            ModelTooSlow: it has ended.
            ModelProblem: the model failed, or has failed too often lately.
        """
        if not self._breaker.allows():
            raise ModelProblem(f"{self.name} failed a moment ago and is not asked again yet.")
        try:
            with Pump(lambda stop: self._model.stream(system, human, stop=stop)) as arriving:
                yield from _until(arriving, limit, self.name)
        except ModelProblem:
            self._breaker.failed()
            raise
        self._breaker.succeeded()

    def reply(self, system: str, human: str, *, seconds: float) -> str:
        """The whole reply; what is too long is cut.

        Raises:
            ModelProblem: as ``pieces``.
        """
        until = time.monotonic() + seconds
        parts: list[str] = []
        for piece in self.pieces(system, human, limit=lambda: until):
            parts.append(piece or "")
            if sum(map(len, parts)) > LONGEST_REPLY:
                break
        return "".join(parts)[:LONGEST_REPLY]


class Writer:
    """Writes answers sentence by sentence."""

    def __init__(self, *, calls: Calls, checks: Checks, prompt: Prompt, bounds: Bounds) -> None:
        """``prompt``: ``prompts/answer.md``."""
        self.name = calls.name
        self._calls = calls
        self._checks = checks
        self._prompt = prompt
        self._bounds = bounds

    def write(self, question: str, passages: Sequence[Passage]) -> Iterator[Written]:
        """Each sentence as soon as it is whole and has been checked, supported or not.

        Nothing comes where the model says that the passages do not answer.

        Raises:
            ModelProblem: the model failed, was too slow, or leaked its instructions; what came
                before is then no whole answer.
        """
        if not passages:
            return
        fence = new_fence([question, *(passage.text for passage in passages)])
        system, human = self._prompt.render(
            question=question,
            passages=fence.passages(passages),
            nonce=fence.nonce,
            canary=fence.canary,
            silent=SILENT,
        )
        began = time.monotonic()
        limits = [began + min(self._bounds.first, self._bounds.whole)]
        pieces = self._calls.pieces(system, human, limit=lambda: limits[-1])
        seen: set[str] = {_key(SILENT)}
        for drafted in _sentences(
            pieces, Tripwire(fence.secrets), MarkerParser(known=len(passages))
        ):
            if _key(drafted.text) in seen:
                continue
            seen.add(_key(drafted.text))
            if not (drafted.whole or drafted.cited):
                raise ModelProblem(f"{self.name} broke off in the middle of a sentence.")
            written = self._checked(drafted, passages, question)
            if written.verdict.supported:
                limits.append(began + self._bounds.whole)
            yield written

    def _checked(self, drafted: Drafted, passages: Sequence[Passage], question: str) -> Written:
        began = time.perf_counter()
        verdict = self._checks.verify(drafted.text, drafted.cited, passages, question=question)
        return Written(drafted.text, verdict, 1000 * (time.perf_counter() - began))


def _sentences(
    pieces: Iterator[str | None], wire: Tripwire, parser: MarkerParser
) -> Iterator[Drafted]:
    """Sentences as they complete. The tripwire sees everything before the parser does."""
    length = 0
    for piece in pieces:
        if piece is None:
            yield from parser.settle()
            continue
        length += len(piece)
        if wire.trips(piece):
            raise PromptLeaked("The model repeated its instructions.")
        if length > LONGEST_REPLY:
            raise ModelProblem("The model did not come to an end.")
        yield from parser.feed(piece)
    yield from parser.finish()


def _until(arriving: Pump[str], limit: Callable[[], float], name: str) -> Iterator[str | None]:
    while True:
        left = limit() - time.monotonic()
        if left <= 0:
            raise ModelTooSlow(f"{name} did not answer in time.")
        try:
            piece = arriving.next(min(PAUSE, left))
        except TimeoutError:
            yield None
            continue
        if piece is None:
            return
        yield piece


def _key(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(".")
