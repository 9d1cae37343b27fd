"""The HTTP API for programs: ask, search, and whether the server lives and is ready.

    curl -s localhost:7860/api/ask -H 'content-type: application/json' \
         -d '{"question": "What did GPs call compensatory labour?"}'

Thin: it checks the request, hands it to the desk, and prints what ``ragbot.render`` makes of it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ragbot import render
from ragbot.errors import (
    AuditProblem,
    IndexProblem,
    ModelProblem,
    TimeUp,
    TooManyQuestions,
    TurnedAway,
)
from ragbot.types import Turn
from ragbot.web.asker import asker_of
from ragbot.web.desk import Desk
from ragbot.web.engine import EngineNotReady
from ragbot.web.models import (
    AnswerOut,
    Ask,
    Fault,
    Health,
    Problem,
    Readiness,
    SearchOut,
    Text,
)

log = logging.getLogger(__name__)

RETRY_AFTER = "5"  #: seconds
CHAT_PAGE, LIBRARY = "chat page", "index and model"  #: words of ``waiting_for``
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "The request cannot be read"},
    413: {"model": Problem, "description": "The request is too large"},
    422: {"model": Problem, "description": "The request does not fit"},
    429: {"model": Problem, "description": "Too many questions; see Retry-After"},
    503: {"model": Problem, "description": "Getting ready, too busy, or cannot"},
    504: {"model": Problem, "description": "It took longer than the operator allows"},
}


def router(desk: Desk, *, page_ready: Callable[[], bool]) -> APIRouter:
    """The API's routes. ``page_ready``: whether the chat page is there."""
    routes, engine = APIRouter(), desk.engine

    def readiness() -> Readiness:
        parts = ((CHAT_PAGE, page_ready()), (LIBRARY, engine.ready))
        waiting = [] if engine.failure else [name for name, there in parts if not there]
        return Readiness(ready=engine.ready, waiting_for=waiting, failed=engine.failure)

    @routes.head("/healthz", include_in_schema=False)
    @routes.get("/healthz", response_model=Health)
    async def healthz(response: Response) -> Health:
        """The process lives: always 200. The rest is what ``/readyz`` says."""
        response.headers.update(_uncached())
        return Health(**readiness().model_dump())

    @routes.head("/readyz", include_in_schema=False)
    @routes.get("/readyz", response_model=Readiness, responses={503: {"model": Readiness}})
    async def readyz() -> JSONResponse:
        """Whether the index is open and the model loaded."""
        state = readiness()
        return JSONResponse(state.model_dump(), 200 if state.ready else 503, _uncached())

    @routes.post("/api/ask", response_model=AnswerOut, responses=PROBLEMS)
    async def ask(body: Ask, request: Request) -> JSONResponse:
        """Answer one question."""
        history = [Turn(turn.role, turn.content) for turn in body.history]
        answer = await desk.ask(body.question, history, asker_of(request.scope))
        return JSONResponse(render.to_json(answer), headers=_uncached())

    @routes.get("/api/search", response_model=SearchOut, responses=PROBLEMS)
    async def search(
        request: Request,
        q: Annotated[Text, Query(min_length=1, max_length=2000, description="what to look for")],
        k: Annotated[int, Query(ge=1, le=50, description="how many passages")] = 10,
    ) -> JSONResponse:
        """The passages nearest to a query; personal data is cut out of it."""
        searched, found = await desk.search(q, k, asker_of(request.scope))
        passages = [render.passage_json(passage) for passage in found]
        return JSONResponse({"query": searched, "passages": passages}, headers=_uncached())

    return routes


def install_problem_handlers(app: FastAPI) -> None:
    """Every failure of the API as a ``Problem``, without a word of what was asked."""

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        faults = [
            Fault(where=".".join(str(part) for part in item["loc"][1:]), message=item["msg"])
            for item in error.errors()
        ]
        return _problem(422, "The request does not fit.", faults)

    async def not_ready(_: Request, error: Exception) -> JSONResponse:
        return _problem(503, str(error), headers={"Retry-After": RETRY_AFTER})

    async def turned_away(_: Request, error: Exception) -> JSONResponse:
        after = str(error.retry_after) if isinstance(error, TurnedAway) else RETRY_AFTER
        return _problem(_status(error), str(error), headers={"Retry-After": after})

    app.add_exception_handler(TurnedAway, turned_away)
    for kind in (EngineNotReady, IndexProblem, ModelProblem, AuditProblem):
        app.add_exception_handler(kind, not_ready)

    @app.exception_handler(HTTPException)
    async def refused(_: Request, error: HTTPException) -> JSONResponse:
        return _problem(error.status_code, str(error.detail), headers=dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def broken(_: Request, error: Exception) -> JSONResponse:
        log.error("A request failed.", exc_info=error)
        return _problem(500, "Something went wrong. The server’s log says what.")


def _status(error: Exception) -> int:
    return {TooManyQuestions: 429, TimeUp: 504}.get(type(error), 503)


def _problem(
    status: int,
    error: str,
    faults: list[Fault] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    body = Problem(error=error, details=faults or []).model_dump()
    return JSONResponse(body, status, {**_uncached(), **(headers or {})})


def _uncached() -> dict[str, str]:
    return {"Cache-Control": "no-store"}
