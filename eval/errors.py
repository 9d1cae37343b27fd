"""What the evaluator raises on purpose: a branch of ragbot's own error tree.

    raise CaseFileError(Path("cases.jsonl"), [Problem(3, "gold[0].end", "is not a number")])

It does not decide which problems stop a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ragbot.errors import RagbotError

SHOWN = 20  #: problems named in a message; the rest are counted


class EvalError(RagbotError):
    """The evaluation cannot be done as asked."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a case file."""

    line: int  #: 1-based; 0: the file as a whole
    field: str  #: e.g. "gold[0].quote"; "" where the line as a whole is wrong
    message: str

    def __str__(self) -> str:
        """As shown to a person: line, field, what is wrong."""
        where = f"line {self.line}" if self.line else "file"
        return f"{where}{', ' + self.field if self.field else ''}: {self.message}"


class CaseFileError(EvalError):
    """A case file is wrong; says in which lines and fields."""

    def __init__(self, path: Path, problems: Sequence[Problem]) -> None:
        """``problems``: all of them; the message names the first ``SHOWN``."""
        self.problems = tuple(problems)
        lines = [f"{path}: {len(problems)} problem{'s' if len(problems) != 1 else ''}"]
        lines += [f"  {problem}" for problem in problems[:SHOWN]]
        if len(problems) > SHOWN:
            lines.append(f"  … and {len(problems) - SHOWN} more")
        super().__init__("\n".join(lines))


class MissingExtra(EvalError):
    """An optional library is not installed."""

    def __init__(self, library: str) -> None:
        """``library``: its name on PyPI."""
        super().__init__(
            f"This needs the library {library}.",
            hint="Run: pip install 'ragbot[eval]'",
        )
