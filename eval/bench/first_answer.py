"""A fresh process that answers one question: what ``speed`` measures start-up and memory on.

python -m eval.bench.first_answer INDEX "How many GPs took part?"
"""

from __future__ import annotations

import sys
from pathlib import Path


def main(index: str, question: str) -> None:
    """Open the index, answer, print the answer's status."""
    from ragbot.config import load_settings
    from ragbot.wiring import open_assistant

    print(open_assistant(load_settings(index_dir=Path(index))).ask(question).status)


if __name__ == "__main__":
    main(*sys.argv[1:3])
