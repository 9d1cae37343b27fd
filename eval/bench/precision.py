"""Does the encoder say the same in bfloat16 as in float32, and how much faster?

    python -m eval.bench.precision --texts 500

Embeds made chunks of the bundled sources' sentences (or the first records of ``--corpus``, a
``corpus.jsonl`` with ``text``) both ways on one thread: mean and lowest cosine between the two
vectors of a text, how many of its ten nearest are the same, texts a second, and one query's time.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from eval.bench.synthetic import SENTENCES, seed_sentences
from eval.stats import percentile
from eval.summary_text import markdown_table

if TYPE_CHECKING:
    from numpy.typing import NDArray

NEAREST = 10


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    from ragbot.adapters.sentence_transformers import has_bfloat16, load_embeddings

    parser = argparse.ArgumentParser(prog="python -m eval.bench.precision")
    parser.add_argument("--texts", type=int, default=200)
    parser.add_argument("--corpus", type=Path)
    options = parser.parse_args(args)
    texts = _texts(options.corpus, options.texts)
    rows, vectors = [], {}
    for dtype in ("float32", "bfloat16"):
        embeddings = load_embeddings(dtype=dtype, threads=1)
        embeddings.encode(texts[:8])
        began = time.perf_counter()
        vectors[dtype] = embeddings.encode(texts)
        rate = len(texts) / (time.perf_counter() - began)
        rows.append([dtype, f"{rate:.1f}", f"{_query_ms(embeddings.embed_query):.1f}"])
    exact, fast = vectors["float32"], vectors["bfloat16"]
    cosines = (exact * fast).sum(1)
    print("\n".join(markdown_table([["", "texts a second", "one query, ms"], *rows])))
    print(
        f"\n{len(texts)} texts; cosine of the two: mean {cosines.mean():.5f}, lowest"
        f" {cosines.min():.5f}; the {NEAREST} nearest alike:"
        f" {overlap(exact, fast):.3f}; this CPU {'has' if has_bfloat16() else 'has not'} bfloat16."
    )
    return 0


def overlap(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Share of each row's nearest neighbours that both spaces agree on."""
    near = [
        np.argsort(-(rows @ rows.T - 2 * np.eye(len(rows))), axis=1, kind="stable")[:, :NEAREST]
        for rows in (one, other)
    ]
    shared = [len({*a} & {*b}) / NEAREST for a, b in zip(*near, strict=True)]
    return float(np.mean(shared))


def _texts(corpus: Path | None, count: int) -> list[str]:
    if corpus:
        with corpus.open(encoding="utf-8") as lines:
            return [str(json.loads(line)["text"])[:900] for _, line in zip(range(count), lines)]  # noqa: B905
    sentences = seed_sentences()
    chance = random.Random(0)  # noqa: S311 - a reproducible corpus, no secret
    return [" ".join(chance.sample(sentences, SENTENCES)) for _ in range(count)]


def _query_ms(embed: Callable[[str], object]) -> float:
    times = []
    for number in range(30):
        began = time.perf_counter()
        embed(f"what barriers did link workers meet in practice {number}?")
        times.append(time.perf_counter() - began)
    return 1000 * percentile(times, 0.5)


if __name__ == "__main__":
    sys.exit(main())
