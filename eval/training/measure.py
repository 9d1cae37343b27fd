"""How well the networks read passages that they were not trained on: the model card's figures.

    python -m eval.training.measure --data ../shared/data --weights ragbot/weights

Over the ``test`` parts of gpqa and COVID-QA, each question on its own passage, and of the invented
libraries, each question on its whole library (those of the later rounds apart: "reworded"), cut
into windows as the product reads them: whether the best sentence is one that answers, whether one
of the best three is, and how well the best window tells answered questions from those that nothing
answers (AUROC; COVID-QA has none of the latter). MiniLM's cosine in context is the baseline.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.stats import Estimate, Floats, auroc, mean_interval, set_interval
from eval.summary_text import markdown_table
from eval.training.examples import load_examples
from eval.training.libraries import load_libraries
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import Window, load_reader
from ragbot.adapters.sentence_model import (
    SentenceModel,
    build_sentence_network,
    load_sentence_model,
)
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.weights import read_card
from ragbot.read import UNREAD, WINDOW_CHARS, stretches

SETS = ("gpqa", "covidqa", "libraries", "reworded")
UNANSWERED = ("gpqa", "libraries", "reworded")  #: which of them have questions that nothing answers
SEED = 0  #: of the bootstrap


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with what is read for it."""

    source: str
    question: str
    windows: list[Window]
    answers: frozenset[int]  #: places among the sentences of all windows


@dataclass(frozen=True, slots=True)
class Read:
    """One question with what the networks make of each sentence of its windows."""

    source: str
    answers: frozenset[int]
    plain: tuple[float, ...]  #: MiniLM's cosine of each sentence
    cosines: tuple[float, ...]  #: the sentence encoder's
    logits: tuple[float, ...]  #: the reader's
    windows: tuple[float, ...]  #: the reader's, of the window of each sentence


def windows_of(whole: Window) -> list[Window]:
    """A text in stretches of at most ``WINDOW_CHARS``, as ``ragbot.read`` cuts sources."""
    cut = stretches(whole.units, WINDOW_CHARS)
    return [Window(whole.header, tuple(units)) for units in cut]


def asked(data: Path) -> Iterator[Asked]:
    """Every test question of ``SETS``."""
    for example in load_examples(data):
        if example.part == "test" and example.source in SETS:
            windows = windows_of(example.window)
            yield Asked(example.source, example.question, windows, example.answers)
    for library in load_libraries("test"):
        windows, first, total = [], {}, 0
        for key, document in library.documents.items():
            windows += windows_of(document)
            first[key] = total
            total += len(document.units)
        for question in library.questions:
            answers = {first[key] + at for key, found in question.answers.items() for at in found}
            source = "libraries" if question.round == 1 else "reworded"
            yield Asked(source, question.text, windows, frozenset(answers))


def read(data: Path, weights: Path) -> list[Read]:
    """What the networks make of every question."""
    base = bundled_model_path()
    reader, encoder = load_reader(weights, base), load_sentence_model(weights, base)
    minilm = SentenceModel(build_sentence_network(base).eval(), WordPieces.load(base))
    found = []
    questions = list(asked(data))
    for place, one in enumerate(questions):
        scores = reader.score(one.question, one.windows)
        near, plain = (m.similarities(one.question, one.windows) for m in (encoder, minilm))
        found.append(
            Read(
                one.source,
                one.answers,
                plain=tuple(c for window in plain for c in window),
                cosines=tuple(c for window in near for c in window),
                logits=tuple(max(s, UNREAD) for score in scores for s in score.sentences),
                windows=tuple(score.window for score in scores for _ in score.sentences),
            )
        )
        if place % 50 == 0:
            sys.stderr.write(f"{place}/{len(questions)}\n")
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
    head = [" / ".join(SETS), "answer first", "among the first 3"]
    lines = [[*head, f"answerable? AUROC ({' / '.join(UNANSWERED)})"]]
    for name, way in ways.items():
        first = " / ".join(_share(rows, source, way, 1) for source in SETS)
        three = " / ".join(_share(rows, source, way, 3) for source in SETS)
        known = " / ".join(
            _answerable(rows, source, (lambda r: r.windows) if name == "reader" else way)
            for source in UNANSWERED
        )
        lines.append([name, first, three, known])
    return markdown_table(lines)


def _answerable(rows: Sequence[Read], source: str, way: Callable[[Read], Sequence[float]]) -> str:
    told = [[max(way(r)), float(bool(r.answers))] for r in rows if r.source == source]
    return _figure(set_interval(np.array(told), _auroc, seed=SEED))


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
