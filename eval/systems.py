"""What is evaluated: anything that answers a case in the contract's JSON.

    system = AssistantSystem(open_assistant(load_settings()), name="ragbot")
    outcome = system.answer(case)
    outcome.answer["status"], outcome.passages[0]["path"], outcome.timings_ms["total"]

The product is one system, each baseline another; they are run and scored by the same code. A new
engine needs one class with ``name``, ``parallel`` and ``answer``.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from eval.case import Case
from eval.passages import DEPTH
from ragbot import render
from ragbot.types import Answer, Passage, Turn


@dataclass(frozen=True, slots=True)
class Outcome:
    """One answer, the passages that were found for it, and the time it took."""

    answer: Mapping[str, Any]  #: the contract's Answer, without timings
    passages: tuple[Mapping[str, Any], ...]  #: best first: path, start, end
    timings_ms: Mapping[str, float] = field(default_factory=dict)  #: by stage


class System(Protocol):
    """One engine under evaluation."""

    @property
    def name(self) -> str:
        """Unique in a run; a column of the report."""
        ...

    @property
    def parallel(self) -> int:
        """How many questions may be asked at once."""
        ...

    def answer(self, case: Case) -> Outcome:
        """Answer one case. May raise anything: the run records it as a failure."""
        ...


class Asks(Protocol):
    """The part of ``ragbot.assistant.Assistant`` that is needed here."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The answer to one question."""
        ...

    def search(self, text: str, k: int) -> Sequence[Passage]:
        """The best passages."""
        ...


class AssistantSystem:
    """The product itself."""

    def __init__(self, assistant: Asks, *, name: str = "ragbot", parallel: int = 1) -> None:
        """``parallel``: 1 for a local model (two callers gain nothing); more for an LLM."""
        self._assistant = assistant
        self.name = name
        self.parallel = parallel

    def answer(self, case: Case) -> Outcome:
        """See ``System``. The search for passage figures is not part of the time."""
        history = [
            Turn("assistant" if t["role"] == "assistant" else "user", t["content"])
            for t in case.history
        ]
        began = time.perf_counter()
        answer = self._assistant.ask(case.question, history)
        wall = 1000 * (time.perf_counter() - began)
        record = render.to_json(answer)
        timings = {**record.pop("timings_ms"), "wall": round(wall, 2)}
        passages: Sequence[Passage] = ()
        if answer.status != "refused" and case.gold:
            passages = self._assistant.search(answer.standalone_question, DEPTH)
        return Outcome(record, tuple(_place(p) for p in passages), timings)


def _place(passage: Passage) -> dict[str, Any]:
    chunk = passage.chunk
    return {
        "source_id": chunk.source_id,
        "path": chunk.path,
        "start": chunk.start,
        "end": chunk.end,
    }
