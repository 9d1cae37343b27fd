"""The models that the settings name beside the bundled ones: they write, check, rerank.

    calls = language_model(load_settings())        # None without RAGBOT_LLM
    checker = second_checker(load_settings())      # None without RAGBOT_VERIFIER
    chooser = reranker(load_settings())            # None without RAGBOT_RERANKER

A part of ``ragbot.wiring``. No language model is called here.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import SecretStr

from ragbot.adapters.chat_model import open_chat_model
from ragbot.breaker import Breaker
from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.generate import Calls
from ragbot.prompts import load_prompt
from ragbot.rerank import Reranker
from ragbot.second import SecondModel
from ragbot.verify import Entailment


def language_model(settings: Settings) -> Calls | None:
    """The language model that the settings name, None where they name none. It is not called yet.

    Raises:
        ConfigError: the settings make no sense, or the provider's package is missing.
    """
    if not settings.llm:
        for name in ("llm_base_url", "verifier"):
            if getattr(settings, name):
                raise ConfigError(f"RAGBOT_{name.upper()} does nothing without RAGBOT_LLM.")
        return None
    return _calls(settings, settings.llm)


def second_checker(settings: Settings) -> Entailment | None:
    """The second checker that the settings name, None where they name none.

    Raises:
        ConfigError: the settings make no sense, or the provider's package is missing.
        ModelProblem: the entailment model cannot be loaded.
    """
    if not settings.verifier:
        return None
    if Path(settings.verifier).is_dir():
        from ragbot.adapters.entailment import load_entailment

        return load_entailment(Path(settings.verifier))
    if ":" not in settings.verifier:
        raise ConfigError(
            f"RAGBOT_VERIFIER is {settings.verifier!r}.",
            hint="It is PROVIDER:MODEL, or the folder of an entailment (NLI) model.",
        )
    return SecondModel(
        calls=_calls(settings, settings.verifier),
        prompt=load_prompt("support"),
        seconds=settings.llm_first_timeout / 2,
    )


def reranker(settings: Settings) -> Reranker | None:
    """The cross-encoder that the settings name, None where they name none.

    Raises:
        ModelProblem: it cannot be loaded.
    """
    if not settings.reranker:
        return None
    from ragbot.adapters.cross_encoder import load_cross_encoder

    return load_cross_encoder(settings.reranker)


def _calls(settings: Settings, model: str) -> Calls:
    """Address and key are for the provider of the language model, and for no other."""
    same = model.partition(":")[0] == settings.llm.partition(":")[0]
    opened = open_chat_model(
        model,
        base_url=settings.llm_base_url if same else "",
        api_key=settings.llm_api_key if same else SecretStr(""),
        timeout=settings.llm_timeout,
        retries=settings.llm_retries,
    )
    return Calls(opened, breaker=Breaker())
