"""Whether memory stays flat: thousands of questions to one server process, its size along the way.

    python -m eval.bench.memory --questions 10000        # MEMORY=10000; the default is 200

The questions go over HTTP to a real ``ragbot serve`` with the seeds; each is made different by a
number, so that no memory of earlier ones can answer. The growth per thousand questions is the slope
of a line through the sizes of the second half; exit code 1 above ``--most`` MB. Below 2,000
questions caches are still filling, and nothing is judged.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from eval.bench.load import QUESTIONS, memory_mb, server
from eval.summary_text import markdown_table

SAMPLES = 20  #: sizes taken
ENOUGH = 2000  #: questions, for a judgement


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    default = int(os.environ.get("MEMORY", "200"))
    parser.add_argument("--questions", type=int, default=default)
    parser.add_argument("--most", type=float, default=5.0, help="MB per thousand questions")
    options = parser.parse_args(args)
    every = max(1, options.questions // SAMPLES)
    sizes: list[tuple[int, float]] = []
    with (
        tempfile.TemporaryDirectory(prefix="ragbot-memory-") as place,
        server(Path(place)) as (
            process,
            address,
        ),
    ):
        for number in range(options.questions):
            _ask(address, number)
            if number % every == every - 1:
                sizes.append((number + 1, memory_mb(process.pid)))
    print(
        "\n".join(
            markdown_table([["questions", "MB"], *([str(n), f"{mb:.1f}"] for n, mb in sizes)])
        )
    )
    grown = growth_per_thousand(sizes[len(sizes) // 2 :])
    print(f"\nGrowth in the second half: {grown:+.2f} MB per thousand questions.")
    if options.questions < ENOUGH:
        print(f"Below {ENOUGH} questions caches are still filling: no judgement.")
        return 0
    return 1 if grown > options.most else 0


def growth_per_thousand(sizes: Sequence[tuple[int, float]]) -> float:
    """Slope of the least-squares line through (questions, MB), in MB per thousand; 0 for none."""
    count = len(sizes)
    mean_n = sum(n for n, _ in sizes) / count if count else 0.0
    mean_mb = sum(mb for _, mb in sizes) / count if count else 0.0
    spread = sum((n - mean_n) ** 2 for n, _ in sizes)
    if not spread:
        return 0.0
    return 1000 * sum((n - mean_n) * (mb - mean_mb) for n, mb in sizes) / spread


def _ask(address: str, number: int) -> None:
    question = f"{QUESTIONS[number % len(QUESTIONS)]} Please mention item {number}."
    headers = {
        "content-type": "application/json",
        "x-forwarded-for": f"10.{number // 60000}.{number // 250 % 240}.{number % 250 + 1}",
    }
    data = json.dumps({"question": question}).encode()
    request = urllib.request.Request(f"{address}/api/ask", data, headers)  # noqa: S310 - our own
    with urllib.request.urlopen(request, timeout=120) as response:  # noqa: S310
        if json.load(response)["status"] not in ("answered", "not_in_sources"):
            raise SystemExit(f"Question {number} was not answered.")


if __name__ == "__main__":
    sys.exit(main())
