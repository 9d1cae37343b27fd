"""How well the networks read passages that they were not trained on: the model card's figures.

    python -m eval.training.measure --data ../shared/data --weights ragbot/weights

Over the ``test`` parts of gpqa and COVID-QA, each question on its own passage, cut into windows as
the product reads them: whether the best sentence is one that answers, whether one of the best three
is, and how well the best window tells answered questions from those that the passage does not
answer (AUROC; gpqa alone has the latter). MiniLM's cosine in context is the baseline.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.stats import Estimate, Floats, auroc, mean_interval, set_interval
from eval.summary_text import markdown_table
from eval.training.examples import Example, load_examples
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import Unit, Window, load_reader
from ragbot.adapters.sentence_model import (
    SentenceModel,
    build_sentence_network,
    load_sentence_model,
)
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.weights import read_card
from ragbot.read import UNREAD, WINDOW_CHARS

SETS = ("gpqa", "covidqa")
SEED = 0  #: of the bootstrap


@dataclass(frozen=True, slots=True)
class Read:
    """One question with what the networks make of its passage."""

    source: str
    answers: frozenset[int]
    plain: tuple[float, ...]  #: MiniLM's cosine of each sentence
    cosines: tuple[float, ...]  #: the sentence encoder's
    logits: tuple[float, ...]  #: the reader's
    windows: tuple[float, ...]  #: the reader's, of the window of each sentence


def windows_of(example: Example) -> list[Window]:
    """The passage in stretches of at most ``WINDOW_CHARS``, as ``ragbot.read`` cuts sources."""
    cut: list[list[Unit]] = [[]]
    size = 0
    for unit in example.window.units:
        if cut[-1] and size + len(unit.text) > WINDOW_CHARS:
            cut.append([])
            size = 0
        cut[-1].append(unit)
        size += len(unit.text)
    return [Window(example.window.header, tuple(units)) for units in cut]


def read(data: Path, weights: Path) -> list[Read]:
    """Every test question of ``SETS``."""
    base = bundled_model_path()
    reader, encoder = load_reader(weights, base), load_sentence_model(weights, base)
    minilm = SentenceModel(build_sentence_network(base).eval(), WordPieces.load(base))
    found = []
    examples = [e for e in load_examples(data) if e.part == "test" and e.source in SETS]
    for place, example in enumerate(examples):
        windows = windows_of(example)
        scores = reader.score(example.question, windows)
        near, plain = (m.similarities(example.question, windows) for m in (encoder, minilm))
        found.append(
            Read(
                example.source,
                example.answers,
                plain=tuple(c for window in plain for c in window),
                cosines=tuple(c for window in near for c in window),
                logits=tuple(max(s, UNREAD) for one in scores for s in one.sentences),
                windows=tuple(one.window for one in scores for _ in one.sentences),
            )
        )
        if place % 50 == 0:
            sys.stderr.write(f"{place}/{len(examples)}\n")
    return found


def table(rows: Sequence[Read], weights: Path) -> list[str]:
    """Markdown: each way of ranking sentences, with 95% intervals."""
    card = read_card(weights)["calibration"]["sentence"]
    ways: dict[str, Callable[[Read], Sequence[float]]] = {
        "MiniLM's cosine in context": lambda r: r.plain,
        "sentence encoder": lambda r: r.cosines,
        "reader": lambda r: r.logits,
        "both, as calibrated": lambda r: [
            card["logit"] * a + card["window"] * b + card["cosine"] * c
            for a, b, c in zip(r.logits, r.windows, r.cosines, strict=True)
        ],
    }
    lines = [["gpqa / COVID-QA", "answer first", "among the first 3", "answerable? AUROC (gpqa)"]]
    for name, way in ways.items():
        first = " / ".join(_share(rows, source, way, 1) for source in SETS)
        three = " / ".join(_share(rows, source, way, 3) for source in SETS)
        own = [r for r in rows if r.source == "gpqa"]
        best = [max(r.windows if name == "reader" else way(r)) for r in own]
        told = np.array([[score, bool(r.answers)] for r, score in zip(own, best, strict=True)])
        lines.append([name, first, three, _figure(set_interval(told, _auroc, seed=SEED))])
    return markdown_table(lines)


def _auroc(rows: Floats) -> float | None:
    return auroc(rows[rows[:, 1] > 0, 0], rows[rows[:, 1] == 0, 0])


def _share(
    rows: Sequence[Read], source: str, way: Callable[[Read], Sequence[float]], most: int
) -> str:
    told = [r for r in rows if r.source == source and r.answers]
    hits = [float(bool(r.answers & set(np.argsort(-np.array(way(r)))[:most]))) for r in told]
    return _figure(mean_interval(hits, seed=SEED))


def _figure(found: Estimate | None) -> str:
    return f"{found.mean:.3f} ({found.low:.3f}–{found.high:.3f})" if found else "–"


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder shared/data")
    parser.add_argument("--weights", type=Path, default=Path("ragbot/weights"))
    arguments = parser.parse_args()
    rows = read(arguments.data, arguments.weights)
    sys.stdout.write("\n".join(table(rows, arguments.weights)) + "\n")


if __name__ == "__main__":
    main()
