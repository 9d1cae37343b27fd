"""Fit which facts of a record a question asks for: ``ragbot/weights/asking.json``.

    python -m eval.training.asking --out ragbot/weights

Over ``asking.jsonl`` (questions after facts of a record, and as many that only look so) and the
training questions of the invented libraries and of shared/data's passages, which ask for none.
Prints what weights fitted on all writers' questions but one's tell of that one's, then fits on all.
Forty seconds on one core; the same data give the same file.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix  # type: ignore[import-untyped]
from sklearn.linear_model import LogisticRegression

from eval.training.passages import read_jsonl
from ragbot.asking import CARD, REFERENCE, WHOLE, Asking, features

HERE = Path(__file__).parent
FEWEST = 2  #: labelled questions that a feature must stand in
STRENGTH = 1.0  #: inverse, of the penalty
WEIGHT = 20.0  #: of a question that asks for the fact; a few hundred stand against 60,000
BOUND = 0.8
LEAST = 0.02  #: log-odds that are kept

Labelled = list[tuple[str, frozenset[str]]]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("ragbot/weights"))
    options = parser.parse_args()
    written = labelled()
    others: Labelled = [(text, frozenset()) for text in reading_questions()]
    for name, asked in written.items():
        rest = [row for other, rows in written.items() if other != name for row in rows]
        told = figures(fit(rest, others[::2]), asked, others[1::2])
        sys.stderr.write(f"the others tell {name}: {told}\n")
    card = fit([row for rows in written.values() for row in rows], others)
    (options.out / CARD).write_text(json.dumps(card, indent=0) + "\n", encoding="utf-8")


def labelled() -> dict[str, Labelled]:
    """By writer, the questions with the facts that they ask for."""
    written: dict[str, Labelled] = {}
    for row in read_jsonl(HERE / "asking.jsonl"):
        written.setdefault(row["writer"], []).append((row["text"], frozenset(row["fields"])))
    return written


def reading_questions() -> list[str]:
    """Training questions after what a text says, but for those after who did or paid for it."""
    libraries = [
        question["text"]
        for library in read_jsonl(HERE / "libraries.jsonl")
        for question in library["questions"]
        if question["kind"] != "meta" and library["part"] == "train"
    ]
    return [*libraries, *(row["question"] for row in read_jsonl(HERE / "questions.jsonl"))]


def fit(written: Labelled, others: Labelled) -> dict[str, Any]:
    """The fields of ``Asking``."""
    counts = Counter(feature for text, _ in written for feature in features(text))
    columns = {f: i for i, f in enumerate(sorted(f for f in counts if counts[f] >= FEWEST))}
    rows = [*written, *others]
    inputs = _matrix([text for text, _ in rows], columns)
    words: dict[str, dict[str, float]] = {}
    constant: dict[str, float] = {}
    for name in sorted({name for _, asked in written for name in asked}):
        asks = np.array([name in asked for _, asked in rows])
        model = LogisticRegression(C=STRENGTH, l1_ratio=1.0, solver="liblinear", random_state=0)
        model.fit(inputs, asks, sample_weight=np.where(asks, WEIGHT, 1.0))
        pairs = zip(columns, model.coef_[0], strict=True)
        words[name] = {f: round(float(w), 2) for f, w in pairs if abs(w) >= LEAST}
        constant[name] = round(float(model.intercept_[0]), 2)
    return {"words": words, "constant": constant, "bound": BOUND}


def figures(card: dict[str, Any], written: Labelled, others: Labelled) -> str:
    """Precision and recall on questions that it was not fitted on, and misfires on the others."""
    asking = Asking(**card)
    told = [(frozenset(asking.fields(text)), _spelt(asked)) for text, asked in written]
    right = sum(len(found & asked) for found, asked in told)
    found = sum(len(found) for found, _ in told)
    asked = sum(len(asked) for _, asked in told)
    misfires = sum(bool(asking.fields(text)) for text, _ in others)
    return (
        f"precision {right / max(1, found):.3f}, recall {right / asked:.3f} "
        f"({len(written)} questions); misfires {misfires} of {len(others)}"
    )


def _spelt(asked: frozenset[str]) -> frozenset[str]:
    return frozenset(WHOLE) if REFERENCE in asked else asked


def _matrix(texts: Sequence[str], columns: dict[str, int]) -> csr_matrix[Any]:
    found = [(row, columns[f]) for row, t in enumerate(texts) for f in features(t) if f in columns]
    at = np.array(found).T
    return csr_matrix((np.ones(len(found)), (at[0], at[1])), shape=(len(texts), len(columns)))


if __name__ == "__main__":
    main()
