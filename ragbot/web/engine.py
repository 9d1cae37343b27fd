"""The question-answering engine as the web sees it: opened in the background, one call at a time.

    engine = EngineHandle(lambda: open_assistant(settings))
    engine.start()                          # returns at once; the model loads in a thread
    async for partial in engine.stream("What did GPs call compensatory labour?"): ...

A slow reader of a stream never holds the engine up: the engine runs to its end in its own thread
and the reader is handed the newest partial answer there is. Nothing here knows about HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Protocol, TypeVar

from ragbot.errors import RagbotError
from ragbot.types import Answer, Passage, SourceDocument, Turn

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


class EngineHandle:
    """Opens an engine in the background and hands it to callers when it is there."""

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        """``open_engine``: slow; called once, in a thread of its own."""
        self._open_engine = open_engine
        self._engine: Engine | None = None
        self._failure: str | None = None
        self._settled = threading.Event()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="ragbot-engine")

    def start(self) -> None:
        """Begin to open the engine. The thread is a daemon, so that Ctrl-C need not wait for it."""
        threading.Thread(target=self._open, name="ragbot-open", daemon=True).start()

    def close(self) -> None:
        """Take no more calls; what is running finishes."""
        self._worker.shutdown(wait=False, cancel_futures=True)

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

    async def call(self, work: Callable[[Engine], T]) -> T:
        """Run ``work`` in the engine's thread, after what is running there.

        Raises:
            EngineNotReady: it is not there (yet).
        """
        engine = self.get()
        return await asyncio.wrap_future(self._worker.submit(work, engine))

    async def stream(self, question: str, history: Sequence[Turn] = ()) -> AsyncIterator[Answer]:
        """Partial answers, the newest each time; the last one is whole.

        Raises:
            EngineNotReady: it is not there (yet).
        """
        engine = self.get()
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[Answer | None] = asyncio.Queue()

        def hand_over(item: Answer | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(arrived.put_nowait, item)

        def work() -> None:
            try:
                for partial in engine.stream(question, history):
                    hand_over(partial)
            finally:
                hand_over(None)

        running = self._worker.submit(work)
        while (newest := await _newest(arrived)) is not None:
            yield newest
        await asyncio.wrap_future(running)  # raises what the engine raised

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
