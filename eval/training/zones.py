"""Fit what tells an abstract's method from its results: ``ragbot/weights/zones.json``.

    python -m eval.training.zones --data ../shared/data --out ragbot/weights

Over the structured abstracts among the training passages (``part: train``): their headings are the
labels and are not seen. Prints the accuracy in five folds of documents, then fits on all of them.
Seconds on one core; the same data give the same file.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.linear_model import LogisticRegression

from eval.training.passages import load_passages
from ragbot.sections import part_of_heading
from ragbot.zones import CARD, KNOWN, Part, Zones, features, place

FEWEST = 20  #: sentences that a word must stand in
SOFT = 0.2  #: inverse strength of the penalty
FOLDS = 5
SEED = 0
_LABEL = {part: i for i, part in enumerate(KNOWN)} | {Part.AIM: 0}

Labelled = list[tuple[int, str, bool]]  # label, sentence, whether it begins a section


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder shared/data")
    parser.add_argument("--out", type=Path, default=Path("ragbot/weights"))
    options = parser.parse_args()
    abstracts = labelled(options.data)
    right, count = cross_validated(abstracts)
    sys.stderr.write(
        f"{len(abstracts)} abstracts, {count} sentences; accuracy in {FOLDS} folds of documents: "
        f"{right / count:.3f}\n"
    )
    card = fit(abstracts)
    (options.out / CARD).write_text(json.dumps(card, indent=0) + "\n", encoding="utf-8")


def labelled(data: Path) -> list[Labelled]:
    """Every abstract whose headings all say what they are for, as its sentences."""
    found = []
    for passage in load_passages(data).values():
        rows: Labelled = []
        part: Part | None = None
        for unit in passage.units:
            part = part_of_heading(unit.heading) if unit.heading else part
            if part in _LABEL:
                rows.append((_LABEL[part], unit.text, bool(unit.heading)))
        if len(rows) == len(passage.units) and len({label for label, *_ in rows}) > 2:
            found.append(rows)
    return found


def cross_validated(abstracts: Sequence[Labelled]) -> tuple[int, int]:
    """(sentences told right, sentences), each by weights that have not seen its abstract."""
    order = list(range(len(abstracts)))
    random.Random(SEED).shuffle(order)  # noqa: S311 - a reproducible cut, no secret
    right = count = 0
    for fold in range(FOLDS):
        rest = [abstracts[i] for at, i in enumerate(order) if at % FOLDS != fold]
        zones = Zones(**fit(rest))
        for i in order[fold::FOLDS]:
            told = zones.of([text for _, text, _ in abstracts[i]])
            pairs = zip(told, abstracts[i], strict=True)
            right += sum(_LABEL[part] == label for part, (label, *_) in pairs)
            count += len(told)
    return right, count


def fit(abstracts: Sequence[Labelled]) -> dict[str, Any]:
    """The fields of ``Zones``."""
    labels = np.array([label for rows in abstracts for label, *_ in rows])
    seen = [features(text) for rows in abstracts for _, text, _ in rows]
    counts = Counter(name for names in seen for name in names)
    columns = {name: i for i, name in enumerate(sorted(n for n in counts if counts[n] >= FEWEST))}
    inputs = np.zeros((len(seen), len(columns)))
    for row, names in enumerate(seen):
        inputs[row, [columns[name] for name in names if name in columns]] = 1
    places = np.array([place(i, len(rows)) for rows in abstracts for i in range(len(rows))])
    inputs = np.hstack([inputs, places])
    model = LogisticRegression(C=SOFT, max_iter=3000).fit(inputs, labels)
    prior = np.log(np.bincount(labels) / len(labels))
    size = len(KNOWN)
    start, follow, turn = np.ones(size), np.ones((size, size)), np.ones((size, size))
    for rows in abstracts:
        start[rows[0][0]] += 1
        for (before, *_), (after, *_) in pairwise(rows):
            follow[before, after] += 1
        for (before, *_), (after, *_) in pairwise(row for row in rows if row[2]):
            turn[before, after] += 1
    weights = model.coef_.T
    return {
        "words": {name: _rounded(weights[i]) for name, i in columns.items()},
        "place": [_rounded(row) for row in weights[len(columns) :]],
        "constant": _rounded(model.intercept_ - prior),
        "start": _rounded(np.log(start / start.sum())),
        "follow": _shares(follow),
        "turn": _shares(turn),
    }


def _shares(counts: np.ndarray[Any, Any]) -> list[list[float]]:
    return [_rounded(row) for row in np.log(counts / counts.sum(axis=1, keepdims=True))]


def _rounded(row: np.ndarray[Any, Any]) -> list[float]:
    return [round(float(value), 3) for value in row]


if __name__ == "__main__":
    main()
