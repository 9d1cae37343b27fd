"""``ragbot audit``: check the audit log, and take records out of it for somebody who asks.

    ragbot audit verify --head 5f0c…      # the hash that was noted down when it was last checked
    ragbot audit export --since 2026-11-01 > november.jsonl

Thin: it parses and prints. The log is that of ``RAGBOT_AUDIT_LOG`` unless ``--log`` names another.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from ragbot.config import load_settings
from ragbot.errors import AuditProblem, ConfigError

audit_app = typer.Typer(no_args_is_help=True, help="Check the audit log, or export from it.")
LogOption = Annotated[Path | None, typer.Option("--log", help="The log [RAGBOT_AUDIT_LOG]")]
FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"]


@audit_app.command()
def verify(
    log: LogOption = None,
    head: Annotated[str, typer.Option(help="A hash noted earlier: the log must hold it")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Check that no byte of the log was changed; prints the hash of its last line to note down."""
    from ragbot.audit import chain

    path = _path(log)
    verdict = chain.verify(path)
    problems = list(verdict.problems)
    if head and not problems and head not in chain.hashes(path):
        problems.append(f"No line has the hash {head}: it was cut short, or remade.")
    if as_json:
        found = {"records": verdict.records, "problems": problems}
        typer.echo(json.dumps({**found, "seq": verdict.head.seq, "head": verdict.head.hash}))
    else:
        whole = f"{verdict.records} records, nothing wrong. Note down: {verdict.head.hash}"
        typer.echo("\n".join(problems) or whole)
    if problems:
        raise typer.Exit(1)


@audit_app.command()
def export(
    since: Annotated[datetime, typer.Option(formats=FORMATS, help="From then on; UTC")],
    until: Annotated[
        datetime | None, typer.Option(formats=FORMATS, help="Until just before then; UTC")
    ] = None,
    log: LogOption = None,
) -> None:
    """Print the records since a day, one JSON object a line; the log stays as it is."""
    from datetime import UTC

    from ragbot.audit.log import export as records

    end = until or datetime.max.replace(tzinfo=UTC)
    zoned = [time if time.tzinfo else time.replace(tzinfo=UTC) for time in (since, end)]
    for record in records(_path(log), since=zoned[0], until=zoned[1]):
        typer.echo(json.dumps(record))


def _path(log: Path | None) -> Path:
    path = log or Path(load_settings().audit_log)
    if path == Path():
        raise ConfigError(
            "There is no audit log.", hint="Set RAGBOT_AUDIT_LOG, or name one: --log."
        )
    if not path.is_file():
        raise AuditProblem(f"There is no file {path}.")
    return path
