"""Feedback on an answer: the form under it, and the address the form's script sends to.

    form_html(answer, ask_consent=True)        # '<div class="rb-feedback" data-record="{…}">…'
    POST /api/feedback {"verdict": "down", "reason": "missing", "status": "answered", …}

The form carries the record of its answer (no words of it), so the server need not remember answers.
A consent box is shown only where the operator lets questions be kept. What the browser sends is
only ever data: nothing in it is opened, run or looked up.
"""

from __future__ import annotations

import asyncio
import json
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from ragbot.feedback import CitedRange, FeedbackBook, Opinion, Reason, Verdict
from ragbot.render import plain_blocks
from ragbot.types import Answer, Turn
from ragbot.web.models import Text, TurnIn
from ragbot.web.page import exact

Mode = Literal["off", "verdicts", "questions"]
"""What the form asks for: nothing, a verdict, or a verdict and leave to keep the question."""

MAX_CITATIONS = 200


def mode(book: FeedbackBook | None) -> Mode:
    """What to ask for, given where it would be kept."""
    if book is None:
        return "off"
    return "questions" if book.keep_questions else "verdicts"


THUMB = (
    '<svg class="rb-thumb{turned}" viewBox="0 0 24 24" aria-hidden="true" focusable="false">'
    '<path d="M2 10h4v11H2zM8 10l4-8c2 0 3 1 3 3l-1 4h6c1.5 0 2.5 1.3 2 2.7l-2 7.5'
    'c-.3 1-1 1.8-2.2 1.8H8z"/></svg>'
)
CONSENT = (
    "Also keep my question and the conversation before it, so that the answers can be improved. "
    "Without this tick, no words of yours are kept."
)
REASONS: dict[Reason, str] = {
    "wrong_evidence": "Wrong evidence",
    "missing": "Something is missing",
    "wrong_source": "Wrong source",
}


def form_html(answer: Answer, *, mode: Mode) -> str:
    """The form under an answer; nothing under what is no answer."""
    if mode == "off" or answer.status not in ("answered", "not_in_sources"):
        return ""
    said = _said(answer) if mode == "questions" else ""
    return (
        f'<div class="rb-feedback" data-record="{exact(_record(answer))}"{said}>'
        '<div class="rb-feedback__form" role="group" aria-label="Feedback on this answer">'
        f"{_consent() if said else ''}"
        '<p class="rb-feedback__ask">Is this answer useful?</p>'
        f'<button type="button" class="rb-vote" data-verdict="up">{THUMB.format(turned="")}'
        'Yes<span class="rb-hidden"> this answer is useful</span></button>'
        '<button type="button" class="rb-vote" data-verdict="down" aria-expanded="false">'
        f'{THUMB.format(turned=" rb-thumb--down")}No<span class="rb-hidden"> this answer is not'
        f" useful</span></button>{_reasons(answer)}</div>"
        '<p class="rb-feedback__thanks" tabindex="-1" hidden></p></div>'
    )


def _record(answer: Answer) -> str:
    cited = [
        {"path": c.path, "start": c.start, "end": c.end, "source_id": c.source_id}
        for c in answer.citations
    ]
    return json.dumps(
        {
            "generation": answer.index,
            "engine": answer.engine,
            "status": answer.status,
            "citations": cited,
        }
    )


def _said(answer: Answer) -> str:
    """What the script sends along where the reader agrees: of this turn, and of those before it."""
    words = json.dumps([answer.question, plain_blocks(answer)])
    return f' data-said="{exact(words)}"'


def _consent() -> str:
    return f'<label class="rb-consent"><input type="checkbox"><span>{CONSENT}</span></label>'


def _reasons(answer: Answer) -> str:
    """What may be wrong; of an answer without evidence only that something is missing."""
    offered = REASONS if answer.citations else {"missing": REASONS["missing"]}
    buttons = "".join(
        f'<button type="button" class="rb-reason" data-reason="{key}">{words}</button>'
        for key, words in offered.items()
    )
    return (
        '<div class="rb-reasons" role="group" aria-label="What is wrong with it?" hidden>'
        '<p class="rb-feedback__ask">What is wrong with it?</p>'
        f'{buttons}<button type="button" class="rb-reason">Another reason</button></div>'
    )


class CitedIn(BaseModel):
    """A passage that the answer rested on."""

    model_config = ConfigDict(extra="forbid")

    path: str = Field(max_length=4096)
    start: int = Field(ge=0, lt=2**53)
    end: int = Field(ge=0, lt=2**53)
    source_id: str = Field(max_length=500)


class FeedbackIn(BaseModel):
    """What a reader says about an answer; the words only with ``consent``."""

    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    reason: Reason | None = None
    generation: str = Field(max_length=200, description="the answer's ``index``")
    engine: str = Field(max_length=200)
    status: Literal["answered", "not_in_sources"]
    citations: list[CitedIn] = Field(default_factory=list, max_length=MAX_CITATIONS)
    consent: bool = False
    question: Text | None = None
    history: list[TurnIn] = Field(default_factory=list, max_length=60)

    def opinion(self) -> Opinion:
        """As a value."""
        return Opinion(
            generation=self.generation,
            engine=self.engine,
            status=self.status,
            verdict=self.verdict,
            reason=self.reason,
            citations=tuple(
                CitedRange(c.path, c.start, c.end, c.source_id) for c in self.citations
            ),
            consent=self.consent,
            question=self.question,
            history=tuple(Turn(turn.role, turn.content) for turn in self.history),
        )


class FeedbackOut(BaseModel):
    """Whether it could be kept. A full disk is not the reader's fault: no error is made of it."""

    kept: bool


def router(book: FeedbackBook) -> APIRouter:
    """The one route."""
    routes = APIRouter()

    @routes.post("/api/feedback", response_model=FeedbackOut)
    async def feedback(body: FeedbackIn) -> FeedbackOut:
        """Keep what a reader says about an answer, on this machine."""
        return FeedbackOut(kept=await asyncio.to_thread(book.add, body.opinion()))

    return routes
