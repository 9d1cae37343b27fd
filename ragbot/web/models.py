"""What the HTTP API takes and gives, as pydantic models: the contract in ``/openapi.json``.

    Ask.model_validate({"question": "What did GPs call compensatory labour?"})
    AnswerOut.model_validate(render.to_json(answer))

The shapes are those of ``ragbot.render``; a test holds the two together. No behaviour lives here.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ragbot.types import EvidenceType, FallbackReason, RefusalReason, Status, Support

MAX_QUESTION = 200_000  #: far above what is answered, so that a long question gets a kind refusal
MAX_TURNS = 100


Text = Annotated[str, Field(max_length=MAX_QUESTION)]  #: pydantic refuses lone surrogates


class TurnIn(BaseModel):
    """One message of the conversation so far."""

    model_config = ConfigDict(extra="forbid")

    role: Literal["user", "assistant"]
    content: Text


class Ask(BaseModel):
    """A question, and what was said before it."""

    model_config = ConfigDict(extra="forbid")

    question: Text = Field(examples=["What does the King’s Fund recommend for training?"])
    history: list[TurnIn] = Field(default_factory=list, max_length=MAX_TURNS)


class CitationOut(BaseModel):
    """An exact range of a stored source: ``text[start:end] == quote``."""

    n: int = Field(ge=1, description="marker number, 1-based")
    source_id: str
    label: str
    reference: str
    evidence_type: EvidenceType
    section: str | None
    quote: str
    path: str = Field(description="the file, relative to the ingested folder’s parent")
    start: int = Field(ge=0, description="0-based character offset in the canonical text")
    end: int = Field(ge=0, description="half-open")
    page: int | None = Field(description="1-based; null where the format has no pages")
    url: str


class SentenceOut(BaseModel):
    """One sentence of an answer."""

    text: str
    citations: list[int]
    support: Support


class AnswerOut(BaseModel):
    """The answer to one question."""

    question: str
    standalone_question: str
    status: Status
    reason: RefusalReason | FallbackReason | None
    note: str = Field(description="what to know of how the answer was made; mostly empty")
    text: str = Field(description="Markdown with [1] markers")
    sentences: list[SentenceOut]
    citations: list[CitationOut]
    nearest: list[CitationOut] = Field(description="for not_in_sources; not an answer")
    engine: str
    index: str = Field(description="generation of the index")
    support: float | None = Field(
        description="estimated probability that the sources answer; 1 or 0 where it was looked up"
        " and not estimated; null where nothing was looked for"
    )
    timings_ms: dict[str, float]


class PassageOut(BaseModel):
    """One search hit."""

    rank: int = Field(ge=1)
    score: float
    source_id: str
    path: str
    label: str
    evidence_type: EvidenceType
    section: str | None
    start: int
    end: int
    page: int | None
    text: str


class SearchOut(BaseModel):
    """The passages found for a query, best first."""

    query: str
    passages: list[PassageOut]


class Readiness(BaseModel):
    """Whether questions can be answered, and if not, why not."""

    ready: bool
    waiting_for: list[str] = Field(description="what is still being loaded")
    failed: str | None = Field(description="what went wrong, in words for a person")


class Health(Readiness):
    """The process is alive; the rest is for information."""

    status: Literal["alive"] = "alive"


class Fault(BaseModel):
    """One thing that is wrong with a request."""

    where: str = Field(description="the field, e.g. history.0.role")
    message: str


class Problem(BaseModel):
    """Why there is no answer."""

    error: str
    details: list[Fault] = Field(default_factory=list)
