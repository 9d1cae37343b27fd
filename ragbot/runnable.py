"""The pipeline as a LangChain ``Runnable``: for other people's chains.

    ask = assistant.as_runnable()
    ask.invoke("What barriers did link workers meet?").text
    async for growing in ask.astream({"question": "And GPs?", "history": history}): ...

Streaming gives growing ``Answer`` values, the last of them whole; the async methods do their work
in threads, so that an event loop is never held up. Callbacks and tracing work as for any Runnable.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import Runnable, RunnableConfig

from ragbot.types import Answer, Turn

if TYPE_CHECKING:
    from ragbot.assistant import Assistant

Asked = str | dict[str, Any]


class AssistantRunnable(Runnable[Asked, Answer]):
    """An assistant behind LangChain's port."""

    name = "ragbot"

    def __init__(self, assistant: Assistant) -> None:
        """``assistant``: answers."""
        self._assistant = assistant

    def invoke(
        self,
        input: Asked,  # noqa: A002 - LangChain's
        config: RunnableConfig | None = None,
        **_: object,
    ) -> Answer:
        """The whole answer."""
        return self._call_with_config(
            lambda asked: self._assistant.ask(*_parts(asked)), input, config
        )

    def stream(
        self,
        input: Asked,  # noqa: A002 - LangChain's
        config: RunnableConfig | None = None,
        **_: object,
    ) -> Iterator[Answer]:
        """Growing answers."""
        yield from self._transform_stream_with_config(iter([input]), self._answers, config)

    async def astream(
        self,
        input: Asked,  # noqa: A002 - LangChain's
        config: RunnableConfig | None = None,
        **_: object,
    ) -> AsyncIterator[Answer]:
        """Growing answers, without holding up the event loop."""

        async def one() -> AsyncIterator[Asked]:
            yield input

        async for answer in self._atransform_stream_with_config(one(), self._arriving, config):
            yield answer

    def _answers(self, asked: Iterator[Asked]) -> Iterator[Answer]:
        for each in asked:
            yield from self._assistant.stream(*_parts(each))

    async def _arriving(self, asked: AsyncIterator[Asked]) -> AsyncIterator[Answer]:
        async for each in asked:
            answers = self._assistant.stream(*_parts(each))
            while (answer := await asyncio.to_thread(next, answers, None)) is not None:
                yield answer


def as_runnable(assistant: Assistant) -> Runnable[Asked, Answer]:
    """``assistant`` as a Runnable."""
    return AssistantRunnable(assistant)


def _parts(asked: Asked) -> tuple[str, Sequence[Turn]]:
    """A question, and the conversation before it, from what a chain hands on."""
    if isinstance(asked, str):
        return asked, ()
    history = [t if isinstance(t, Turn) else Turn(**t) for t in asked.get("history", ())]
    return asked["question"], history
