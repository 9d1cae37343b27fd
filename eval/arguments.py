"""The arguments of ``ragbot eval``, each with its help: what typer makes options of.

def run_command(cases: CaseFile, engine: Engine = "extractive") -> None: ...
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

CaseFile = Annotated[Path, typer.Argument(help="Questions: JSON Lines, see eval/cases/README.md")]
IndexOption = Annotated[
    Path | None, typer.Option("--index", help="Index folder [RAGBOT_INDEX_DIR, default: index]")
]
FilesOption = Annotated[
    Path | None, typer.Option("--files", help="Folder that was ingested [default: seeds]")
]
OutFolder = Annotated[Path, typer.Option("--out", help="Folder for the results")]
Engine = Annotated[
    str,
    typer.Option(
        help="extractive; llm: the language model that RAGBOT_LLM names; or provider:model"
    ),
]
Limit = Annotated[int | None, typer.Option(min=1, help="Only the first N cases")]
Kinds = Annotated[
    list[str] | None, typer.Option("--type", help="Only cases of this type; may be repeated")
]
Half = Annotated[Literal["dev", "test"] | None, typer.Option(help="Only this half of the cases")]
Seed = Annotated[int, typer.Option(help="For intervals and tests")]
Baselines = Annotated[
    str, typer.Option(help="Beside it, by name with commas: textbook, bm25, dense")
]
Repeats = Annotated[
    int, typer.Option(min=1, help="Ask everything N times and report mean and spread")
]
JudgeModel = Annotated[
    str | None, typer.Option(help="Also let a language model judge: provider:model")
]
Resume = Annotated[
    bool | None,
    typer.Option(
        "--resume/--fresh",
        help="Go on with what the folder holds, or ask everything again"
        " [default: go on with an interrupted run, redo a complete one]",
    ),
]
