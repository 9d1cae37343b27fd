"""Any chat model that LangChain reaches, as a stream of text that fails in our own words.

    model = open_chat_model("ollama:qwen3", base_url="", api_key=SecretStr(""), timeout=60)
    "".join(model.stream("You are brief.", "Say yes.", stop=threading.Event()))

``openai`` (and any server that speaks its protocol, by its base URL), ``azure_openai``,
``anthropic`` and ``ollama`` have an extra each; LangChain's other providers work once their package
is installed. What providers say in their errors is not passed on: it may hold a key or a question.
It does not bound how long a whole answer takes (see ``ragbot.pump``).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from ragbot.errors import ConfigError, ModelProblem

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage
    from tenacity import RetryCallState

EXTRAS = {
    "openai": "openai",
    "azure_openai": "openai",
    "anthropic": "anthropic",
    "ollama": "ollama",
}
BACKOFF = 0.5  #: seconds before the first retry; doubled for each further one
LONGEST_WAIT = 10.0  #: seconds, whatever the server asks for
FINISHED = ("finish_reason", "stop_reason", "done_reason")
CUT_OFF = ("length", "max_tokens")
BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})  #: worth another try
_OPEN, _CLOSE = "<think>", "</think>"


class ChatModel:
    """A LangChain chat model, asked for plain text. Safe from several threads."""

    def __init__(
        self,
        model: BaseChatModel,
        *,
        name: str,
        retries: int = 0,
        backoff: float = BACKOFF,
        says_when_done: bool = False,
    ) -> None:
        """``name``: provider:model. ``says_when_done``: a stream without a reason was cut off."""
        self.name = name
        self._model = model
        self._retries = retries
        self._backoff = backoff
        self._says_when_done = says_when_done

    def stream(self, system: str, human: str, *, stop: threading.Event) -> Iterator[str]:
        """The reply in pieces. Once ``stop`` is set the connection is closed at the next piece.

        A call that fails before its first piece is tried again, with growing pauses.

        Raises:
            ModelProblem: the model cannot be reached, refuses, or broke off.
        """
        try:
            yield from _without_thoughts(self._pieces([("system", system), ("human", human)], stop))
        except ModelProblem:
            raise
        except Exception as error:  # noqa: BLE001 - every provider raises its own
            raise ModelProblem(f"{self.name} {_what_happened(error)}") from None

    def _pieces(self, messages: list[tuple[str, str]], stop: threading.Event) -> Iterator[str]:
        chunks, chunk = self._begin(messages, stop)
        finish = ""
        try:
            while chunk is not None and not stop.is_set():
                if text := str(chunk.text):
                    yield text
                reasons = (chunk.response_metadata.get(key) for key in FINISHED)
                finish = next((str(reason) for reason in reasons if reason), finish)
                chunk = next(chunks, None)
        except Exception as error:  # noqa: BLE001 - as above
            late = "Timeout" in type(error).__name__
            raise ModelProblem(
                f"{self.name} {'fell silent' if late else 'broke off'} in the middle of its answer."
            ) from None
        finally:
            if close := getattr(chunks, "close", None):
                close()
        if finish in CUT_OFF or (self._says_when_done and not finish and not stop.is_set()):
            raise ModelProblem(f"{self.name} broke off before the end of its answer.")

    def _begin(
        self, messages: list[tuple[str, str]], stop: threading.Event
    ) -> tuple[Iterator[BaseMessage], BaseMessage | None]:
        """The opened stream and its first chunk.

        LangSmith's tracing is off: a variable that is set for other programs must not send
        questions to a third party.
        """
        from langsmith import tracing_context
        from tenacity import (
            Retrying,
            retry_if_exception,
            sleep_using_event,
            stop_after_attempt,
            stop_when_event_set,
        )

        def begin() -> tuple[Iterator[BaseMessage], BaseMessage | None]:
            with tracing_context(enabled=False):
                chunks: Iterator[BaseMessage] = iter(self._model.stream(messages))
                return chunks, next(chunks, None)

        attempts = Retrying(
            stop=stop_after_attempt(1 + self._retries) | stop_when_event_set(stop),
            wait=self._pause,
            retry=retry_if_exception(_may_pass),
            sleep=sleep_using_event(stop),
            reraise=True,
        )
        return attempts(begin)

    def _pause(self, state: RetryCallState) -> float:
        """What the server asks for, else growing pauses with some chance in them."""
        from tenacity import wait_random_exponential

        error = state.outcome.exception() if state.outcome else None
        headers = getattr(getattr(error, "response", None), "headers", {})
        asked = str(headers.get("retry-after", ""))
        if asked.isdecimal():
            return min(float(asked), LONGEST_WAIT)
        grown = wait_random_exponential(multiplier=self._backoff, max=LONGEST_WAIT)(state)
        return min(self._backoff / 2 + grown, LONGEST_WAIT)


def open_chat_model(
    model: str,
    *,
    base_url: str,
    api_key: SecretStr,
    timeout: float,
    retries: int = 0,
    backoff: float = BACKOFF,
) -> ChatModel:
    """``provider:model``. ``timeout``: seconds without a byte. An empty key: the provider's own.

    Raises:
        ConfigError: the name or the settings make no sense, or the provider's package is missing.
    """
    provider, colon, name = model.partition(":")
    provider = provider.strip().lower().replace("-", "_")
    if not (colon and provider and name.strip()):
        raise ConfigError(
            f"RAGBOT_LLM is {model!r}.", hint="It is PROVIDER:MODEL, such as ollama:qwen3."
        )
    if base_url and urlsplit(base_url).scheme not in ("http", "https"):
        raise ConfigError("RAGBOT_LLM_BASE_URL is no http(s) address.")
    for first_tracer in ("LANGCHAIN_TRACING", "LANGCHAIN_HANDLER"):
        os.environ.pop(first_tracer, None)  # with these set and tracing off, LangChain raises
    options = _options(provider, base_url=base_url, api_key=api_key, timeout=timeout)
    from langchain.chat_models import init_chat_model

    try:
        opened = init_chat_model(name.strip(), model_provider=provider, **options)
    except ImportError:
        extra = EXTRAS.get(provider)
        package = f"'ragbot[{extra}]'" if extra else f"langchain-{provider.replace('_', '-')}"
        raise ConfigError(
            f"RAGBOT_LLM: the package for {provider} is not installed.",
            hint=f"Run: pip install {package}",
        ) from None
    except Exception as error:  # noqa: BLE001 - every provider raises its own, keys and all
        raise ConfigError(
            f"RAGBOT_LLM: {provider} cannot be set up ({type(error).__name__}).",
            hint="Is its name right, and RAGBOT_LLM_API_KEY or the provider's own variable set?",
        ) from None
    return ChatModel(
        opened,
        name=f"{provider}:{name.strip()}",
        retries=retries,
        backoff=backoff,
        says_when_done=provider in EXTRAS,
    )


def _options(provider: str, *, base_url: str, api_key: SecretStr, timeout: float) -> dict[str, Any]:
    """What a provider's class takes; retries are ours, so that all providers have the same."""
    given: dict[str, Any] = {"base_url": base_url} if base_url else {}
    if provider == "ollama":
        if api_key.get_secret_value():
            raise ConfigError(
                "Ollama takes no RAGBOT_LLM_API_KEY.", hint="Its own variable is OLLAMA_API_KEY."
            )
        return {**given, "client_kwargs": {"timeout": timeout}, "temperature": 0}
    if api_key.get_secret_value():
        given["api_key"] = api_key
    if provider not in EXTRAS:
        return given
    given |= {"timeout": timeout, "max_retries": 0}
    if provider == "azure_openai" and base_url:
        given["azure_endpoint"] = given.pop("base_url")
    if provider == "openai" and base_url:
        # A key for one server, found in the environment, must not be sent to another.
        given.setdefault("api_key", SecretStr("none"))
        given |= {"temperature": 0, "use_responses_api": False}
    return given


def _may_pass(error: BaseException) -> bool:
    """Whether the same call may work a moment later."""
    status = getattr(error, "status_code", None)
    return status in BUSY if isinstance(status, int) else _is_connection(error)


def _is_connection(error: BaseException) -> bool:
    return isinstance(error, OSError) or "Connect" in type(error).__name__


def _what_happened(error: BaseException) -> str:
    """In words of ours: a provider's own may quote the key or the question."""
    status = getattr(error, "status_code", None)
    if status in (401, 403):
        return "refused the key."
    if status == 404:
        return "does not know that model, or the address is wrong."
    if status == 429:
        return "has too much to do, or the account's quota is used up."
    if isinstance(status, int) and status > 0:
        return f"answered with HTTP status {status}."
    if "Timeout" in type(error).__name__:
        return "did not answer in time."
    if _is_connection(error):
        return "cannot be reached."
    return f"broke off ({type(error).__name__})."


def _without_thoughts(pieces: Iterator[str]) -> Iterator[str]:
    """Leave out a leading ``<think>…</think>``, as open models write it before they answer."""
    seen = ""
    for piece in pieces:
        seen += piece
        start = seen.lstrip()
        if not start.startswith(_OPEN):
            if _OPEN.startswith(start):
                continue  # it may still become one
            yield seen
            yield from pieces
            return
        if _CLOSE in start:
            yield start.split(_CLOSE, 1)[1]
            yield from pieces
            return
        seen = _OPEN + start[len(_OPEN) :][-len(_CLOSE) :]
    if not seen.lstrip().startswith(_OPEN):
        yield seen
