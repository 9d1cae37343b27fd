"""The command line. Thin: it parses, calls wiring, and prints.

    ragbot ask "What did GPs call compensatory labour?" --json

Results go to stdout, progress and warnings to stderr. Exit codes: 0 done, 1 done with failures
that the report names, 2 wrong usage or nothing could be done. Heavy imports stay inside the
commands: ``ragbot --help`` must not wait for torch.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ragbot import cli_ingest
from ragbot.audit.cli import audit_app
from ragbot.config import load_settings
from ragbot.errors import RagbotError
from ragbot.progress import progress_bar

if TYPE_CHECKING:
    from ragbot.index.port import Index

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Answers from your library, with the exact passage.",
)
index_app = typer.Typer(no_args_is_help=True, help="List, verify and roll back index generations.")
app.add_typer(index_app, name="index")
app.command()(cli_ingest.ingest)
app.command()(cli_ingest.watch)
user_app = typer.Typer(no_args_is_help=True, help="Users of RAGBOT_AUTH=basic.")
app.add_typer(user_app, name="user")
app.add_typer(audit_app, name="audit")

IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Index folder [RAGBOT_INDEX_DIR, default: index]")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


def main() -> None:
    """Run the command line; errors of ours become a message and exit code 2."""
    try:
        app()
    except RagbotError as error:
        sys.stderr.write(f"ragbot: {error}\n")
        sys.exit(2)
    except KeyboardInterrupt:
        sys.stderr.write("ragbot: interrupted; the index is as it was.\n")
        sys.exit(130)


@app.command()
def ask(question: str, index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Answer a question from the library."""
    from ragbot import render
    from ragbot.wiring import open_assistant

    with progress_bar() as progress:
        assistant = open_assistant(load_settings(index_dir=index), progress=progress)
    answer = assistant.ask(question)
    if as_json:
        _print_json(render.to_json(answer))
    else:
        typer.echo(render.terminal(answer))
    if answer.status in ("refused", "error"):
        raise typer.Exit(2)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="What to look for")] = "",
    output: Annotated[Path | None, typer.Argument(help="With --batch: where results go")] = None,
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many passages")] = 10,
    batch: Annotated[
        bool, typer.Option("--batch", help="QUERY and OUTPUT are JSON Lines files.")
    ] = False,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find passages, without an answer."""
    from ragbot import batch as many
    from ragbot import guard, render
    from ragbot.wiring import open_assistant

    if not query.strip():
        raise typer.BadParameter("nothing to search for", param_hint="QUERY")
    if batch and output is None:
        raise typer.BadParameter("--batch needs two files", param_hint="OUTPUT")
    if batch and output is not None:
        many.check_paths(Path(query), output)
    with progress_bar() as progress:
        assistant = open_assistant(load_settings(index_dir=index), progress=progress)
    if batch and output is not None:
        failed = many.search_many(assistant, Path(query), output, k=k)
        raise typer.Exit(1 if failed else 0)
    passages = assistant.search(query, k)
    if as_json:
        searched = guard.searchable(query)  # what the search itself goes by
        _print_json({"query": searched, "passages": [render.passage_json(p) for p in passages]})
        return
    for passage in passages:
        typer.echo(render.terminal_passage(passage))


@app.command()
def batch(
    questions: Annotated[Path, typer.Argument(help="JSON Lines: id, question, history?")],
    answers: Annotated[Path, typer.Argument(help="JSON Lines of answers, in the same order")],
    index: IndexOption = None,
) -> None:
    """Answer many questions in one process, in order."""
    from ragbot import batch as many
    from ragbot.wiring import open_assistant

    many.check_paths(questions, answers)
    with progress_bar() as progress:
        assistant = open_assistant(load_settings(index_dir=index), progress=progress)
    failed = many.ask_many(assistant, questions, answers)
    raise typer.Exit(1 if failed else 0)


@app.command()
def sources(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List what is in the library."""
    from ragbot import render
    from ragbot.wiring import library_sources

    with progress_bar() as progress:
        documents = library_sources(load_settings(index_dir=index), progress=progress)
    if as_json:
        _print_json({"sources": [render.source_json(document) for document in documents]})
        return
    for document in documents:
        typer.echo(f"{render.KIND[document.evidence_type]}: {render.plain(document.label)}")
        typer.echo(f"    {render.plain(document.reference)}\n    {document.path}")
    typer.echo(render.source_counts(documents))


@app.command()
def serve(
    index: IndexOption = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on")] = None,
) -> None:
    """Serve the chat."""
    from ragbot.web.app import serve as run
    from ragbot.wiring import open_assistant

    settings = load_settings(index_dir=index, host=host, port=port)
    run(
        settings,
        open_assistant=lambda: open_assistant(settings),
        announce=lambda address: typer.echo(f"ragbot is ready at {address}"),
    )


@app.command(
    "eval",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def evaluate(context: typer.Context) -> None:
    """Score a question set; compare runs. See: ragbot eval --help."""
    from eval.cli import main as run

    raise typer.Exit(run(context.args))


@app.command()
def doctor(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """Say what works: folders, weights, index, an answer, the language model."""
    from ragbot.doctor import examine

    findings = []
    for finding in examine(load_settings(index_dir=index)):
        findings.append(finding)
        if not as_json:
            mark = {"good": "ok ", "bad": "NOT", "off": "-- "}[finding.state]
            typer.echo(f"{mark} {finding.name}: {' '.join((finding.detail, finding.hint)).strip()}")
    failed = [finding.name for finding in findings if finding.state == "bad"]
    if as_json:
        _print_json({"ok": not failed, "findings": [f.to_json() for f in findings]})
    if failed:
        raise typer.Exit(1)


@index_app.command("list")
def index_list(index: IndexOption = None, as_json: JsonOption = False) -> None:
    """List the generations that are kept; the current one is marked."""
    from ragbot.wiring import index_directory

    directory = index_directory(load_settings(index_dir=index))
    current = directory.current()
    rows = [_generation_row(directory, name, current) for name in directory.names()]
    if as_json:
        _print_json({"generations": rows})
        return
    for row in rows:
        typer.echo(
            f"{'*' if row['current'] else ' '} {row['name']}  {row['problem'] or row['counts']}"
        )
    if not rows:
        typer.echo("There is no index yet. Run: ragbot ingest")


@index_app.command("verify")
def index_verify(
    name: Annotated[str | None, typer.Argument(help="Generation; none: the current one")] = None,
    index: IndexOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a generation: checksums, counts, every quote's range."""
    from ragbot.wiring import index_directory

    directory = index_directory(load_settings(index_dir=index))
    chosen = name or directory.require_current()
    problems = list(directory.verify(chosen))
    if as_json:
        _print_json({"generation": chosen, "problems": problems})
    else:
        typer.echo("\n".join(problems) or f"{chosen}: nothing wrong.")
    if problems:
        raise typer.Exit(1)


@index_app.command("rollback")
def index_rollback(
    name: Annotated[str, typer.Argument(help="Generation to go back to")],
    index: IndexOption = None,
) -> None:
    """Make an earlier generation the current one."""
    from ragbot.wiring import index_directory

    index_directory(load_settings(index_dir=index)).rollback(name)
    typer.echo(f"The current generation is now {name}.")


@user_app.command("add")
def user_add(name: Annotated[str, typer.Argument(help="What the user signs in with")]) -> None:
    """Add a user, or give one a new password; it is asked for, never an argument."""
    from ragbot.web.auth.users import add_user

    path = load_settings().auth_file
    password = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    known = add_user(path, name, password)
    typer.echo(f"{name} has a new password in {path}." if known else f"{name} was added to {path}.")


@user_app.command("remove")
def user_remove(name: Annotated[str, typer.Argument(help="Who may not sign in any more")]) -> None:
    """Remove a user; a running server notices at once."""
    from ragbot.web.auth.users import remove_user

    path = load_settings().auth_file
    remove_user(path, name)
    typer.echo(f"{name} was removed from {path}.")


@index_app.command("backup")
def index_backup(
    file: Annotated[Path, typer.Argument(help="Archive to write, e.g. library.tar.gz")],
    name: Annotated[str | None, typer.Argument(help="Generation; none: the current one")] = None,
    index: IndexOption = None,
) -> None:
    """Write a generation to one file, which `restore` takes on any machine."""
    from ragbot.index.backup import backup
    from ragbot.wiring import index_directory

    directory = index_directory(load_settings(index_dir=index))
    chosen = name or directory.require_current()
    backup(directory, chosen, file)
    typer.echo(f"{chosen} is in {file}.")


@index_app.command("restore")
def index_restore(
    file: Annotated[Path, typer.Argument(help="What `backup` wrote")], index: IndexOption = None
) -> None:
    """Make what is in a backup the current generation."""
    from ragbot.index.backup import restore
    from ragbot.wiring import index_directory

    name = restore(index_directory(load_settings(index_dir=index)), file)
    typer.echo(f"The current generation is now {name}.")


def _generation_row(directory: Index, name: str, current: str | None) -> dict[str, Any]:
    """A damaged generation is a row that says so: the others are still listed."""
    row: dict[str, Any] = {"name": name, "current": name == current, "counts": {}, "problem": None}
    try:
        row["counts"] = dict(directory.manifest(name).counts)
    except RagbotError as error:
        row["problem"] = str(error)
    return row


def _print_json(document: dict[str, Any]) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=2)
    typer.echo(text.encode("utf-8", "backslashreplace").decode())  # a lone surrogate stays JSON


if __name__ == "__main__":
    main()
