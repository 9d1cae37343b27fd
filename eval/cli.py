"""``ragbot eval``: thin; it parses, calls, prints.

    ragbot eval eval/cases/primary_care.jsonl --out runs/today --baseline textbook
    ragbot eval compare runs/yesterday runs/today --margin 0.02

Without a subcommand's name the arguments are those of ``run``. Exit codes: 0 done, 1 done with
failures (or a regression, or problems found), 2 wrong usage or nothing could be done, 130
interrupted. Heavy imports stay inside the commands.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.arguments import (
    Baselines,
    CaseFile,
    Engine,
    FilesOption,
    Half,
    IndexOption,
    JudgeModel,
    Kinds,
    Limit,
    OutFolder,
    Repeats,
    Resume,
    Seed,
)
from eval.errors import EvalError
from ragbot.errors import RagbotError

if TYPE_CHECKING:
    from eval.session import Opener, Options

COMMANDS = ("run", "compare", "validate", "import", "harvest")

INTERRUPTED = 130  #: exit code; typer gives it for Ctrl-C

app = typer.Typer(
    name="ragbot eval",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Score the product on a question set; compare runs. `ragbot eval CASES.jsonl --out DIR`"
    " is short for `ragbot eval run …`.",
)


def main(args: list[str], *, opener: Opener | None = None) -> int:
    """Run one command; returns the exit code. ``opener``: of another engine than the product."""
    given = list(args)
    if given and given[0] not in (*COMMANDS, "--help", "-h"):
        given = ["run", *given]
    try:
        code = app(given, standalone_mode=False, obj=opener)
    except RagbotError as error:
        sys.stderr.write(f"ragbot eval: {error}\n")
        return 2
    except (KeyboardInterrupt, typer.Abort):
        code = INTERRUPTED
    except Exception as error:  # click's and typer's own usage errors share only this base
        if not hasattr(error, "exit_code"):
            raise
        message = error.format_message() if hasattr(error, "format_message") else str(error)
        sys.stderr.write(f"ragbot eval: {message}\n")
        return int(error.exit_code)
    if code == INTERRUPTED:
        sys.stderr.write(
            "ragbot eval: interrupted. What was answered is kept: the same command goes on.\n"
        )
    return code if isinstance(code, int) else 0


@app.command("run")
def run_command(
    context: typer.Context,
    cases: CaseFile,
    out: OutFolder,
    engine: Engine = "extractive",
    limit: Limit = None,
    kind: Kinds = None,
    split: Half = None,
    seed: Seed = 0,
    baseline: Baselines = "",
    repeats: Repeats = 1,
    judge: JudgeModel = None,
    resume: Resume = None,
    index: IndexOption = None,
    files: FilesOption = None,
) -> None:
    """Ask every question, score the answers, write the report."""
    from eval.session import Options

    _run(
        Options(
            cases=cases,
            out=out,
            engine=engine,
            types=_names(kind or ()),
            split=split,
            limit=limit,
            seed=seed,
            repeats=repeats,
            baselines=_names((baseline,)),
            judge=judge,
            resume=resume,
            index=index,
            files=files,
        ),
        context.obj,
    )


@app.command()
def validate(
    cases: CaseFile,
    files: FilesOption = None,
    index: IndexOption = None,
) -> None:
    """Check a case file: shape, ids, and that every gold quote stands where it says."""
    from eval.casefile import check_gold, read
    from eval.errors import CaseFileError

    lines, problems = read(cases)
    if any(line.case.gold for line in lines):
        problems = problems + check_gold(lines, _texts(files, index))
    if problems:
        raise CaseFileError(cases, sorted(problems, key=lambda p: p.line))
    counts = {s: sum(1 for line in lines if line.case.split == s) for s in ("dev", "test")}
    typer.echo(
        f"{cases}: {len(lines)} cases, {counts['dev']} dev and {counts['test']} test. Right."
    )


@app.command("compare")
def compare_command(
    a: Annotated[Path, typer.Argument(help="Folder of the earlier run")],
    b: Annotated[Path, typer.Argument(help="Folder of the later run")],
    margin: Annotated[float, typer.Option(min=0, help="How much worse a mean may get")] = 0.02,
    metric: Annotated[
        list[str] | None, typer.Option("--metric", help="Only this figure; may be repeated")
    ] = None,
    split: Half = None,
    system: Annotated[str, typer.Option(help="Which system of the two runs")] = "ragbot",
    seed: Seed = 0,
) -> None:
    """Compare two runs question by question; exit code 1 if the later one is worse."""
    from eval.compare import GATED, compare, load_run
    from eval.compare_text import comparison_markdown

    result = compare(
        load_run(a, system),
        load_run(b, system),
        margin=margin,
        metrics=_names(metric or ()) or GATED,
        split=split,
        seed=seed,
    )
    typer.echo(comparison_markdown(result))
    if result.regressed:
        raise typer.Exit(1)


@app.command("import")
def import_command(
    table: Annotated[Path, typer.Argument(help="CSV file; columns: see eval/cases/README.md")],
    out: Annotated[Path, typer.Argument(help="Case file to write")],
    files: FilesOption = None,
    index: IndexOption = None,
) -> None:
    """Turn a spreadsheet's CSV into a case file; gold text is looked up in the sources."""
    from eval.csv_import import import_csv, write_cases

    records = import_csv(table, _texts(files, index))
    write_cases(records, out)
    typer.echo(f"{out}: {len(records)} cases. Check it with: ragbot eval validate {out}")


@app.command("harvest")
def harvest_command(
    database: Annotated[Path, typer.Argument(help="Feedback file of the chat (SQLite)")],
    out: Annotated[Path, typer.Argument(help="Case file that drafts are appended to")],
    files: FilesOption = None,
    index: IndexOption = None,
) -> None:
    """Turn feedback that its senders agreed to pass on into draft cases."""
    from eval.harvest import append_new, harvest

    found = harvest(database, _texts(files, index))
    added = append_new(found.drafts, out)
    typer.echo(
        f"{out}: {added} new drafts, {len(found.drafts) - added} known already. Left out:"
        f" {found.without_consent} without consent, {found.without_question} without a question,"
        f" {found.personal} with personal data."
    )


def _run(options: Options, opener: Opener | None) -> None:
    from eval.progress import progress_on_stderr
    from eval.session import open_product, open_session
    from eval.store import REPORT
    from eval.summary_text import headline

    opened = open_session(options, opener=opener or open_product)
    with opened as session, progress_on_stderr() as progress:
        scored, figures = session.run(progress)
    typer.echo(headline(figures))
    typer.echo(f"Everything is in {options.out}; open {options.out / REPORT} in a browser.")
    failed = [item for item in scored if item.reply.failed]
    if failed:
        first = failed[0]
        typer.echo(
            f"{len(failed)} of {len(scored)} failed; first {first.case.id}: {first.reply.error}",
            err=True,
        )
        raise typer.Exit(1)


def _names(values: Sequence[str]) -> tuple[str, ...]:
    parts = [part.strip() for value in values for part in value.split(",")]
    return tuple(dict.fromkeys(part for part in parts if part))


def _texts(files: Path | None, index: Path | None) -> dict[str, str]:
    """Canonical texts by path: of the index where there is one, else of the text files."""
    from ragbot.config import load_settings
    from ragbot.errors import NoIndex
    from ragbot.index.live import LiveIndex
    from ragbot.resources import folder
    from ragbot.wiring import index_directory

    if files is None:
        try:
            live = LiveIndex(index_directory(load_settings(index_dir=index)), None)
            with live, live.use() as generation:
                return {f.path: generation.library.text(f.path) for f in generation.library.files()}
        except NoIndex:
            files = folder("seeds")
    if not files.is_dir():
        raise EvalError(f"There is no folder {files}.")
    texts = {}
    for path in sorted(files.resolve().rglob("*")):
        if path.is_file():
            name = path.relative_to(files.resolve().parent).as_posix()
            texts[name] = path.read_bytes().decode("utf-8", errors="replace")
    return texts
