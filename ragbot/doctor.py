"""What works and what does not, before anybody asks: ``ragbot doctor``.

    for finding in examine(load_settings()):
        finding.name, finding.state, finding.detail       # "index", "good", "20261122T…"

Each check is on its own: one that fails stops no other, and says what to do. A language model is
really called, with a question that holds nothing of the library. Nothing is repaired.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from ragbot import wiring
from ragbot.adapters.sentence_transformers import embedder_info
from ragbot.adapters.weights import READER, SENTENCES, SUPPORT, verified_weights
from ragbot.config import Settings
from ragbot.errors import ConfigError, RagbotError
from ragbot.prompts import load_prompt
from ragbot.resources import folder
from ragbot.wiring_models import language_model, second_checker

PAIR = ("Nine nurses were interviewed.", "Ten nurses were interviewed.")  #: a premise, and no
ASKED = ("You answer in one word.", "Is water wet? Answer yes or no.")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found."""

    name: str
    state: Literal["good", "bad", "off"]  #: "off": not configured, and nothing is missing
    detail: str
    hint: str = ""  #: what to do
    ms: float = 0.0  #: how long the check took

    def to_json(self) -> dict[str, Any]:
        """As ``ragbot doctor --json`` prints it."""
        return {
            "name": self.name,
            "state": self.state,
            "detail": self.detail,
            "hint": self.hint,
            "ms": round(self.ms, 1),
        }


class _Off(Exception):
    """A check of something that is not configured."""


def examine(settings: Settings) -> Iterator[Finding]:
    """All findings, each as soon as it is made."""
    checks: tuple[tuple[str, Callable[[Settings], str]], ...] = (
        ("folders", _folders),
        ("prompts", _prompts),
        ("weights", _weights),
        ("index", _index),
        ("answer", _answer),
        ("language model", _language_model),
        ("second checker", _second_checker),
    )
    for name, check in checks:
        yield _run(name, check, settings)


def _run(name: str, check: Callable[[Settings], str], settings: Settings) -> Finding:
    began = time.perf_counter()
    try:
        state, detail, hint = "good", check(settings), ""
    except _Off as off:
        return Finding(name, "off", str(off))
    except RagbotError as error:
        state, detail, hint = "bad", error.message, error.hint
    except OSError as error:
        state, detail, hint = "bad", f"{error.filename or name}: {error.strerror}.", ""
    took = 1000 * (time.perf_counter() - began)
    return Finding(name, "good" if state == "good" else "bad", detail, hint, took)


def _folders(settings: Settings) -> str:
    places = [settings.index_dir]
    places += [Path(name).parent for name in (settings.audit_log,) if name]
    for place in places:
        there = next(p for p in (place, *place.absolute().parents) if p.is_dir())
        try:
            with tempfile.TemporaryFile(dir=there):
                pass
        except OSError as error:
            raise ConfigError(
                f"{there} cannot be written to ({error.strerror}).",
                hint="Change its owner, or name another with RAGBOT_INDEX_DIR.",
            ) from error
    return f"{', '.join(map(str, places))} can be written to"


def _prompts(_: Settings) -> str:
    names = sorted(path.stem for path in folder("prompts").glob("*.md"))
    return ", ".join(f"{name} version {load_prompt(name).version}" for name in names)


def _weights(settings: Settings) -> str:
    for name in (READER, SENTENCES, SUPPORT):
        verified_weights(folder("weights"), name)
    info = embedder_info(settings.embedding_model)
    return f"the checksums of the reader{f' and of {info.name}' if info else ''} are right"


def _index(settings: Settings) -> str:
    directory = wiring.index_directory(settings)
    current = directory.require_current()
    if problems := list(directory.verify(current)):
        raise ConfigError(
            f"{current}: {' '.join(problems)}",
            hint="Run ragbot index list, and ragbot index rollback or ragbot ingest --rebuild.",
        )
    counts = ", ".join(f"{n} {what}" for what, n in directory.manifest(current).counts.items())
    return f"{current}: nothing wrong ({counts})"


def _answer(settings: Settings) -> str:
    """A real question to the whole pipeline, without the language model."""
    if wiring.index_directory(settings).current() is None:
        raise _Off("there is no index to ask")
    alone = {"llm": "", "llm_base_url": "", "verifier": ""}
    assistant = wiring.open_assistant(settings.model_copy(update=alone))
    sources = assistant.sources()
    if not sources:
        raise _Off("the library is empty")
    began = time.perf_counter()
    answer = assistant.ask(f"What does {sources[0].label} say?")
    return f"{answer.status} in {1000 * (time.perf_counter() - began):.0f} ms"


def _language_model(settings: Settings) -> str:
    calls = language_model(settings)
    if calls is None:
        raise _Off("RAGBOT_LLM is not set: answers are exact quotes")
    began = time.perf_counter()
    reply = calls.reply(*ASKED, seconds=settings.llm_timeout)
    seconds = time.perf_counter() - began
    if seconds > settings.llm_first_timeout:
        raise ConfigError(
            f"{calls.name} took {seconds:.1f} s for one line.",
            hint="Raise RAGBOT_LLM_FIRST_TIMEOUT, or choose a faster model.",
        )
    return f"{calls.name} wrote {len(reply)} characters in {seconds:.2f} s"


def _second_checker(settings: Settings) -> str:
    """Asked about a pair of sentences of ours; what it says of them is shown."""
    if not settings.verifier:
        raise _Off("RAGBOT_VERIFIER is not set: ragbot's own checks decide")
    language_model(settings)  # says so where there is none
    checker = second_checker(settings)
    assert checker is not None  # noqa: S101 - it is set
    began = time.perf_counter()
    good, bad = (checker.entails(PAIR[0], said) for said in PAIR)
    if not good or bad:
        raise ConfigError(
            f"{settings.verifier} {'accepts what is wrong' if good else 'refuses what is right'}.",
            hint="It would let through too much or nothing: choose another RAGBOT_VERIFIER.",
        )
    return f"{settings.verifier} judged two sentences in {time.perf_counter() - began:.2f} s"
