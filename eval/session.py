"""Opens what a run needs (assistant, library, systems), runs it, and writes its results.

    with open_session(options) as session:
        session.run(progress)

The order matters: everything that can be wrong with the case file, the folder or the options is
found before the first question is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from eval import casefile, manifest
from eval.case import Case, Split, select
from eval.casefile import Line
from eval.errors import CaseFileError, EvalError
from eval.library import HasSources, Library, from_assistant
from eval.metrics import Scored
from eval.passages import require_ir_measures
from eval.run import Progress, order, run
from eval.store import MANIFEST, REPORT, RunFiles, key_of
from eval.systems import Asks, AssistantSystem, System
from ragbot.resources import folder

if TYPE_CHECKING:
    from eval.judge import Judge
    from ragbot.config import Settings

EXTRACTIVE, CONFIGURED = "extractive", "llm"
LLM_CALLERS = 4  #: questions asked at once of a language model


class Engine(Asks, HasSources, Protocol):
    """What is needed of ``ragbot.assistant.Assistant``; a fake implements the same."""

    def generation(self) -> str:
        """The id of what it answers from."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line asks for."""

    cases: Path
    out: Path
    engine: str = EXTRACTIVE  #: or "llm", the model that the settings name, or provider:model
    types: tuple[str, ...] = ()
    split: Split | None = None
    limit: int | None = None
    seed: int = 0
    repeats: int = 1
    baselines: tuple[str, ...] = ()
    judge: str | None = None  #: provider:model
    resume: bool | None = None  #: None: go on with an interrupted run, redo a complete one
    index: Path | None = None
    files: Path | None = None  #: the folder that was ingested; None: the bundled seeds


@dataclass(frozen=True, slots=True)
class Session:
    """An opened run."""

    options: Options
    cases: tuple[Case, ...]
    library: Library
    systems: tuple[System, ...]
    manifest: Mapping[str, Any]
    files: RunFiles
    judge: Judge | None = None

    def run(self, progress: Progress | None = None) -> tuple[list[Scored], dict[str, Any]]:
        """Ask, score, write. Returns the scored replies and the figures."""
        from eval.evaluate import evaluate
        from eval.report import report_html

        run(
            self.cases,
            self.systems,
            self.files,
            repeats=self.options.repeats,
            progress=progress,
        )
        judged, agreement = self._judge(progress)
        done = {**self.manifest, "complete": True, "judge": agreement}
        scored, figures = evaluate(
            self.cases,
            self.library,
            self.files,
            seed=self.options.seed,
            manifest=done,
            judged=judged,
        )
        self.files.write(REPORT, report_html(scored, figures, done, self.library))
        self.files.write_json(MANIFEST, done)
        return scored, figures

    def _judge(
        self, progress: Progress | None
    ) -> tuple[dict[tuple[str, int, str], dict[str, float]] | None, dict[str, Any] | None]:
        if self.judge is None:
            return None, None
        from eval.judge import judge_run

        return judge_run(
            self.cases, self.files, self.judge, library=self.library, progress=progress
        )


@dataclass(frozen=True, slots=True)
class Opened:
    """The engine under evaluation. ``settings``: None for one that is not configured by them."""

    assistant: Engine
    settings: Settings | None


Opener = Callable[[Options], Opened]
"""Opens the engine; another one than the product's for tests and other engines."""


def open_product(options: Options) -> Opened:
    """The product as the settings and ``options`` say.

    Raises:
        RagbotError: the index or the model cannot be opened.
    """
    from ragbot.config import load_settings
    from ragbot.wiring import open_assistant

    settings = load_settings(index_dir=options.index, **_model(options.engine))
    if options.engine == CONFIGURED and not settings.llm:
        raise EvalError(
            "No language model is configured.",
            hint="Set RAGBOT_LLM=provider:model, or name it: --engine provider:model.",
        )
    return Opened(open_assistant(settings), settings)


def _model(engine: str) -> dict[str, object]:
    """What the engine asks of the settings.

    Raises:
        EvalError: neither a known word nor provider:model.
    """
    if engine == EXTRACTIVE:
        return {"llm": "", "llm_base_url": "", "llm_api_key": "", "verifier": ""}
    if engine == CONFIGURED:
        return {}
    if ":" not in engine:
        raise EvalError(
            f"There is no engine {engine!r}.", hint="Use extractive, llm or provider:model."
        )
    return {"llm": engine}


@contextmanager
def open_session(options: Options, *, opener: Opener = open_product) -> Iterator[Session]:
    """Everything that ``options`` name, opened and checked.

    Raises:
        CaseFileError: the case file, or its gold, is wrong.
        EvalError: the folder holds another run, or an option makes no sense.
        RagbotError: the engine cannot be opened.
    """
    require_ir_measures()
    judge = _judge(options)
    lines = casefile.load(options.cases)
    cases = _selected(lines, options)
    opened = opener(options)
    library = from_assistant(opened.assistant, files=options.files or folder("seeds"))
    chosen = {case.id for case in cases}
    problems = casefile.check_gold([ln for ln in lines if ln.case.id in chosen], library.texts)
    if problems:
        raise CaseFileError(options.cases, problems)
    with ExitStack() as resources:
        systems = _systems(options, opened, library, resources)
        facts = manifest.describe(
            case_file=options.cases,
            cases=cases,
            systems=[system.name for system in systems],
            repeats=options.repeats,
            seed=options.seed,
            settings=opened.settings,
            generation=opened.assistant.generation(),
        )
        files = RunFiles(options.out)
        prepare(files, facts, resume=options.resume, cases=cases, systems=systems)
        yield Session(options, cases, library, systems, facts, files, judge)


def _judge(options: Options) -> Judge | None:
    """Opened before anything is asked: a misspelt name must not cost a run."""
    if not options.judge:
        return None
    from eval.judge import open_judge
    from ragbot.config import load_settings

    return open_judge(options.judge, load_settings())


def prepare(
    files: RunFiles,
    facts: Mapping[str, Any],
    *,
    resume: bool | None,
    cases: Sequence[Case],
    systems: Sequence[System],
) -> None:
    """Clear the folder or go on with what it holds, and write the manifest of what begins.

    Raises:
        EvalError: it holds answers that were made with something else.
    """
    earlier = files.read_json(MANIFEST)
    if earlier is not None:
        start_again = resume is False or (resume is None and earlier.get("complete"))
        changed = manifest.differences(earlier, facts)
        if start_again:
            files.clear()
        elif changed:
            raise EvalError(
                f"{files.folder} holds a run made with other inputs: {', '.join(changed)}.",
                hint="Use another --out, or --fresh to ask everything again.",
            )
        else:
            _drop_failures(files, cases, systems, repeats=int(facts["inputs"]["repeats"]))
    elif files.replies():
        raise EvalError(f"{files.folder} holds answers without a manifest.", hint="Use --fresh.")
    files.write_json(MANIFEST, facts)


def _drop_failures(
    files: RunFiles, cases: Sequence[Case], systems: Sequence[System], *, repeats: int
) -> None:
    """What failed is asked again when a run goes on; what was answered is not."""
    files.mend()
    failed = {key_of(reply) for reply in files.replies().values() if reply.failed}
    if failed:
        files.finish([key for key in order(cases, systems, repeats) if key not in failed])


def _selected(lines: Sequence[Line], options: Options) -> tuple[Case, ...]:
    cases = select(
        [line.case for line in lines],
        types=options.types,
        split=options.split,
        limit=options.limit,
    )
    if not cases:
        known = ", ".join(sorted({line.case.type for line in lines}))
        raise EvalError("No case is of the kind asked for.", hint=f"Types in the file: {known}.")
    return cases


def _systems(
    options: Options, opened: Opened, library: Library, resources: ExitStack
) -> tuple[System, ...]:
    from eval.baselines import open_baselines

    settings = opened.settings
    parallel = LLM_CALLERS if settings is not None and settings.llm else 1
    own = AssistantSystem(opened.assistant, name="ragbot", parallel=parallel)
    others = open_baselines(
        options.baselines, settings=settings, library=library, resources=resources
    )
    return (own, *others)
