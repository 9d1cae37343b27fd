"""An optional second opinion: a language model judges nuggets and groundedness.

    judge = open_judge("openai:gpt-5-mini", load_settings())     # any LangChain chat model
    judge.ask(case, answer)                              # Judgement(nuggets=(…), sentences=(…))

Nugget labels follow the AutoNuggetizer (Pradeep et al., 2025): support 1, partial ½, not 0;
groundedness is RAGAS' faithfulness (Es et al., 2023) sentence by sentence. The prompt is
``prompts/judge.md``. A judge is a measuring instrument with an error of its own: its agreement with
the rule-based scores is reported beside it, and it decides nothing. Judged is the product, not the
baselines. Questions, answers and quotes are sent to whatever the model's provider is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr

from eval.case import Case
from eval.errors import EvalError
from eval.library import Library
from eval.metrics import Reply, score, supported
from eval.store import JUDGEMENTS, Key, RunFiles, key_of

if TYPE_CHECKING:
    from ragbot.adapters.chat_model import ChatModel
    from ragbot.config import Settings

NUGGETS = {"support": 1.0, "partial": 0.5, "not": 0.0}
SENTENCES = {"supported": 1.0, "unsupported": 0.0}
JUDGED = "ragbot"  #: the system that is judged
_JSON = re.compile(r"\{.*\}", re.DOTALL)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Judgement:
    """Labels in the order of the case's facts and of the answer's sentences."""

    nuggets: tuple[str, ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """``prompts/judge.md``."""

    version: str
    system: str
    human: str


class Judge:
    """A chat model with the judge's prompt."""

    def __init__(self, model: ChatModel, *, prompt: Prompt) -> None:
        """``model``: its name is shown in the report."""
        from langchain_core.prompts import ChatPromptTemplate

        self.name = model.name
        self.prompt = prompt
        self._model = model
        self._template = ChatPromptTemplate([("system", prompt.system), ("human", prompt.human)])

    def ask(self, case: Case, answer: Mapping[str, Any]) -> Judgement:
        """Judge one answer.

        Raises:
            ValueError: the reply is not the JSON that was asked for.
            ModelProblem: the model cannot be reached, refuses, or broke off.
        """
        system, human = self._template.format_messages(
            question=case.question,
            answer="\n".join(s["text"] for s in answer["sentences"]),
            nuggets=_numbered([" / ".join(wordings) for wordings in case.facts]),
            sentences=_numbered([_with_quotes(s, answer) for s in answer["sentences"]]),
        )
        pieces = self._model.stream(str(system.text), str(human.text), stop=Event())
        return parse("".join(pieces), facts=len(case.facts), sentences=len(answer["sentences"]))


def open_judge(model: str, settings: Settings) -> Judge:
    """The judge on LangChain's ``provider:model``.

    The address and key of RAGBOT_LLM are its own only where the provider is the same; another
    provider takes its own variables, so that no key reaches a stranger.

    Raises:
        ConfigError: the provider's package is missing, or the name is unknown.
    """
    from ragbot.adapters.chat_model import open_chat_model

    provider = model.partition(":")[0]
    same = provider == (settings.llm or model).partition(":")[0]
    chat = open_chat_model(
        model,
        base_url=settings.llm_base_url if same else "",
        api_key=settings.llm_api_key if same else SecretStr(""),
        timeout=settings.llm_timeout,
        retries=settings.llm_retries,
    )
    return Judge(chat, prompt=load_prompt())


def load_prompt() -> Prompt:
    """``prompts/judge.md``, its front matter taken off.

    Raises:
        EvalError: it does not have the parts it needs.
    """
    from ragbot.resources import folder

    text = (folder("prompts") / "judge.md").read_text(encoding="utf-8")
    found = re.fullmatch(
        r"---\n(?P<front>.*?)\n---\n# system\n(?P<system>.*?)\n# human\n(?P<human>.*)",
        text,
        re.DOTALL,
    )
    version = re.search(r"^version:\s*(\S+)$", found["front"], re.MULTILINE) if found else None
    if not found or not version:
        raise EvalError("prompts/judge.md needs front matter with a version, # system and # human.")
    return Prompt(version[1], found["system"].strip(), found["human"].strip())


def parse(reply: str, *, facts: int, sentences: int) -> Judgement:
    """The judgement in a model's reply.

    Raises:
        ValueError: no JSON, an unknown label, or not one label for each.
    """
    found = _JSON.search(reply)
    record = json.loads(found.group()) if found else None
    if not isinstance(record, dict):
        raise ValueError(f"not a JSON object: {reply[:80]!r}")  # noqa: TRY004 - one kind of error
    labels = []
    for name, known, count in (("nuggets", NUGGETS, facts), ("sentences", SENTENCES, sentences)):
        given = record.get(name, [])
        if not isinstance(given, list) or len(given) != count or not set(given) <= set(known):
            raise ValueError(f"{name}: {count} of {', '.join(known)} expected, not {given!r:.80}")
        labels.append(tuple(given))
    return Judgement(*labels)


def judge_run(
    cases: Sequence[Case],
    files: RunFiles,
    judge: Judge,
    *,
    library: Library,
    progress: Progress | None = None,
) -> tuple[dict[Key, dict[str, float]], dict[str, Any]]:
    """Judge what has not been judged yet; returns figures by answer, and the agreement.

    A judgement that fails is counted and has no figures.
    """
    by_id = {case.id: case for case in cases}
    replies = [
        (by_id[reply.case_id], reply)
        for reply in files.replies().values()
        if reply.system == JUDGED and reply.case_id in by_id and _answered(reply)
    ]
    kept = {row["key"]: row for row in files.read_rows(JUDGEMENTS)}
    rows = []
    for place, (case, reply) in enumerate(replies, start=1):
        key = _fingerprint(judge, case, reply)
        row = kept.get(key)
        if row is None or row["error"]:
            row = {"key": key, "id": case.id, "repeat": reply.repeat, **_judged(judge, case, reply)}
            files.append_row(JUDGEMENTS, row)
        rows.append(row)
        if progress:
            progress("judge", place, len(replies))
    files.write_rows(JUDGEMENTS, rows)
    figures = {key_of(reply): _figures(row) for (_, reply), row in zip(replies, rows, strict=True)}
    return figures, {
        "model": judge.name,
        "prompt": f"judge.md version {judge.prompt.version}",
        "asked": len(rows),
        "failed": sum(1 for row in rows if row["error"]),
        "agreement": _agreement(replies, rows, library),
    }


def _answered(reply: Reply) -> bool:
    return reply.answer is not None and reply.answer["status"] == "answered"


def _judged(judge: Judge, case: Case, reply: Reply) -> dict[str, Any]:
    assert reply.answer is not None  # noqa: S101 - only answered replies come here
    try:
        judgement = judge.ask(case, reply.answer)
    except Exception as error:  # noqa: BLE001 - a provider raises anything; it is counted and shown
        return {"nuggets": [], "sentences": [], "error": f"{type(error).__name__}: {error}"}
    return {
        "nuggets": list(judgement.nuggets),
        "sentences": list(judgement.sentences),
        "error": None,
    }


def _figures(row: Mapping[str, Any]) -> dict[str, float]:
    values = {}
    if row["nuggets"]:
        values["judge_nuggets"] = sum(NUGGETS[n] for n in row["nuggets"]) / len(row["nuggets"])
    if row["sentences"]:
        labels = row["sentences"]
        values["judge_grounded"] = sum(SENTENCES[s] for s in labels) / len(labels)
    return values


def _agreement(
    replies: Sequence[tuple[Case, Reply]], rows: Sequence[Mapping[str, Any]], library: Library
) -> dict[str, dict[str, Any]]:
    facts: list[tuple[bool, bool]] = []
    grounded: list[tuple[bool, bool]] = []
    for (case, reply), row in zip(replies, rows, strict=True):
        answer = reply.answer or {"sentences": []}
        found = score(case, reply, library).facts_found
        facts += [
            (label == "support", rule) for label, rule in zip(row["nuggets"], found, strict=False)
        ]
        grounded += [
            (label == "supported", supported(sentence, answer))
            for label, sentence in zip(row["sentences"], answer["sentences"], strict=False)
        ]
    return {
        "key facts: judge “support”, rule found the wording": agreement(facts),
        "sentences: judge “supported”, rule verbatim": agreement(grounded),
    }


def agreement(pairs: Sequence[tuple[bool, bool]]) -> dict[str, Any]:
    """Observed agreement and Cohen's kappa (1960) of two raters; "–" where it is undefined."""
    if not pairs:
        return {"n": 0, "agreement": "–", "kappa": "–"}
    same = sum(one == other for one, other in pairs) / len(pairs)
    first = sum(one for one, _ in pairs) / len(pairs)
    second = sum(other for _, other in pairs) / len(pairs)
    chance = first * second + (1 - first) * (1 - second)
    kappa = f"{(same - chance) / (1 - chance):.3f}" if chance < 1 else "–"
    return {"n": len(pairs), "agreement": f"{same:.3f}", "kappa": kappa}


def _fingerprint(judge: Judge, case: Case, reply: Reply) -> str:
    material = [judge.name, judge.prompt.system, judge.prompt.human, case.question]
    material += [json.dumps(case.facts), json.dumps(reply.answer, sort_keys=True)]
    digest = hashlib.sha256("\x00".join(material).encode()).hexdigest()
    return f"{case.id}:{reply.repeat}:{digest[:32]}"


def _with_quotes(sentence: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    quotes = [c["quote"] for c in answer["citations"] if c["n"] in sentence["citations"]]
    return "\n".join([sentence["text"], *(f"   quote: {quote}" for quote in quotes)])


def _numbered(lines: Sequence[str]) -> str:
    return "\n".join(f"{n}. {line}" for n, line in enumerate(lines, start=1)) or "(none)"
