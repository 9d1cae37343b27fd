"""The question-answering engine as the web sees it: opened in the background, its calls bounded.

    engine = EngineHandle(lambda: open_assistant(settings))
    engine.start()                          # returns at once; the model loads in a thread
    async for partial in engine.stream("What did GPs call compensatory labour?"): ...

A slow reader of a stream never holds the engine up: the engine runs to its end in its own thread
and the reader is handed the newest partial answer there is. Who waits too long is told so and loses
the place in the queue; a stream that nobody reads stops at its next part; a call that runs already
cannot be stopped (``workers``). Nothing here knows about HTTP or about who asks.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ragbot.errors import Busy, RagbotError, TimeUp
from ragbot.types import Answer, Passage, SourceDocument, Turn
from ragbot.web.detached import detached
from ragbot.web.workers import Workers

if TYPE_CHECKING:
    from ragbot.assistant import StoredSource

T = TypeVar("T")

log = logging.getLogger(__name__)


class Engine(Protocol):
    """What the web asks of an assistant (``ragbot.assistant.Assistant`` is one)."""

    def ask(self, question: str, history: Sequence[Turn] = ()) -> Answer:
        """The whole answer."""

    def stream(self, question: str, history: Sequence[Turn] = ()) -> Iterator[Answer]:
        """Growing partial answers; the last one is whole."""

    def suggest(
        self, answer: Answer, *, wanted: Callable[[], bool] = lambda: True
    ) -> tuple[str, ...]:
        """Questions to go on with, as many as were found while they were ``wanted``."""

    def search(self, text: str, k: int, /) -> tuple[Passage, ...]:
        """The ``k`` best passages."""

    def sources(self) -> tuple[SourceDocument, ...]:
        """All sources of the library."""

    def source(self, source_id: str) -> StoredSource:
        """One source with its text; ``KeyError`` where there is none of that id."""

    def generation(self) -> str:
        """The id of the current index generation."""


class EngineNotReady(Exception):
    """The engine is still being opened, or could not be; the message says which."""


@dataclass(frozen=True, slots=True)
class Capacity:
    """How much is taken on at once, and for how long anybody waits."""

    running: int = 1  #: calls computed at once
    waiting: int = 64  #: calls that wait for their turn; more are turned away
    seconds: float = 90.0  #: for one call, waiting included


def _nothing() -> None:
    """When a call begins."""


class EngineHandle:
    """Opens an engine in the background and hands it to callers when it is there."""

    def __init__(
        self, open_engine: Callable[[], Engine], *, capacity: Capacity | None = None
    ) -> None:
        """``open_engine``: slow; called once, in a thread of its own."""
        self._open_engine = open_engine
        self._engine: Engine | None = None
        self._failure: str | None = None
        self._settled = threading.Event()
        capacity = capacity or Capacity()
        self._seconds = capacity.seconds
        self.workers = Workers(running=capacity.running, waiting=capacity.waiting)

    def start(self) -> None:
        """Begin to open the engine. The thread is a daemon, so that Ctrl-C need not wait for it."""
        threading.Thread(target=self._open, name="ragbot-open", daemon=True).start()

    def close(self) -> None:
        """Take no more calls; what is running finishes."""
        self.workers.close()

    @property
    def ready(self) -> bool:
        """Whether questions can be answered now."""
        return self._engine is not None

    @property
    def failure(self) -> str | None:
        """Why the engine could not be opened, in words for a person; None if it could, or may."""
        return self._failure

    def get(self) -> Engine:
        """The engine.

        Raises:
            EngineNotReady: it is not there (yet).
        """
        if self._engine is None:
            raise EngineNotReady(self._failure or "The library is still being opened.")
        return self._engine

    async def wait(self) -> Engine:
        """The engine, as soon as it is there.

        Raises:
            EngineNotReady: it could not be opened.
        """
        while not self._settled.is_set():
            await asyncio.sleep(0.1)
        return self.get()

    async def call(self, work: Callable[[Engine], T], *, began: Callable[[], None] = _nothing) -> T:
        """Run ``work`` in one of the engine's threads, when its turn comes.

        Args:
            work: called with the engine.
            began: called in that thread just before.

        Raises:
            EngineNotReady: it is not there (yet).
            TurnedAway: too many are waiting, or it took too long.
        """
        engine = self.get()

        def run() -> T:
            began()
            return work(engine)

        running = self.workers.submit(run)
        try:
            return await detached(self._before(self._deadline(), _result(running)))
        finally:
            self.workers.abandon(running)

    async def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        began: Callable[[], None] = _nothing,
    ) -> AsyncGenerator[Answer]:
        """Partial answers, the newest each time; the last one is whole. ``began``: see ``call``.

        Raises:
            EngineNotReady: it is not there (yet).
            TurnedAway: too many are waiting, or it took too long.
        """
        engine = self.get()
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Answer | None] = asyncio.Queue()
        unwanted = threading.Event()

        def hand_over(item: Answer | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, item)

        def work() -> None:
            began()
            for partial in engine.stream(question, history):
                if unwanted.is_set():
                    break
                hand_over(partial)

        running = self.workers.submit(work)
        running.add_done_callback(lambda _: hand_over(None))  # also if it never began
        deadline = self._deadline()
        try:
            while newest := await detached(self._before(deadline, _newest(arrived))):
                yield newest
            await _result(running)  # raises what the engine raised
        finally:
            unwanted.set()
            self.workers.abandon(running)

    async def suggest(self, answer: Answer) -> tuple[str, ...]:
        """Questions to go on with, if nobody else is kept waiting for them; none otherwise.

        Raises: as ``call``.
        """
        gone = threading.Event()
        busy = self.workers.running or self.workers.waiting

        def wanted() -> bool:
            return not (gone.is_set() or self.workers.waiting)

        try:
            if busy:
                return ()
            return await self.call(lambda engine: engine.suggest(answer, wanted=wanted))
        finally:
            gone.set()

    def _deadline(self) -> float:
        return asyncio.get_running_loop().time() + self._seconds

    async def _before(self, deadline: float, what: Coroutine[Any, Any, T]) -> T:
        try:
            async with asyncio.timeout_at(deadline) as limit:
                return await what
        except TimeoutError as error:
            if limit.expired():
                raise TimeUp(self._seconds) from error
            raise  # the engine's own

    def _open(self) -> None:
        try:
            self._engine = self._open_engine()
        except RagbotError as error:
            log.error("The engine could not be opened: %s", error)  # noqa: TRY400 - said in full
            self._failure = str(error)
        except Exception:
            log.exception("The engine could not be opened.")
            self._failure = "Something went wrong while starting. The server’s log says what."
        finally:
            self._settled.set()


async def _result(running: Future[T]) -> T:
    """What the work returned or raised; ``Busy`` if the server stopped before its turn came."""
    try:
        return await asyncio.wrap_future(running)
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if running.cancelled() and not (task and task.cancelling()):
            raise Busy(stopping=True) from None
        raise


async def _newest(arrived: asyncio.Queue[Answer | None]) -> Answer | None:
    """The next item, or a newer one if it is already there; None ends the stream."""
    item = await arrived.get()
    while item is not None and not arrived.empty():
        following = arrived.get_nowait()
        if following is None:
            arrived.put_nowait(None)
            break
        item = following
    return item
