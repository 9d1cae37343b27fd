"""Fit the reader's calibration: ``python -m eval.training.calibrate CASES --weights DIR``.

Runs the product's own retrieval and reading over the *dev* split of a case file and fits three
regressions. That a sentence belongs in the answer: a conditional logit (McFadden 1974), which asks
only that the sentences of a gold range come before the others of the same question, scaled to a
probability after Platt (1999). That the passages answer at all: a logistic regression on the
reader's own scores. That they are about it at all: another, on the likenesses of question and text
alone, since what tells questions of another field says little of those that come near. They are
written into the card beside the weights. The test split is never read here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from eval.case import Case
from eval.casefile import load
from eval.training.passages import read_jsonl
from ragbot.adapters.reader_model import load_reader
from ragbot.adapters.sentence_model import load_sentence_model
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.weights import CARD
from ragbot.assistant import Assistant
from ragbot.config import load_settings
from ragbot.glossary import Glossary
from ragbot.longforms import LongForms
from ragbot.read import Calibration, Regression, Signals, TrainedReader, best_of, pages_of
from ragbot.resources import folder
from ragbot.types import Passage, Turn
from ragbot.wiring import open_assistant

CLINICAL = Path(__file__).with_name("clinical.txt")
"""Clinical questions as a GP types them; the calibrating library is about how care is organised."""
OFF_TOPIC = 40  #: questions taken from each other field
SOFT = 0.05  #: inverse strength of the ridge penalty, by cross-validation on the dev split
FIRM = 100.0  #: the same for likenesses, which lie between 0 and 1
LIKENESSES = ("cosine", "similarity")
SCORES = ("logit", "window", "overall")  #: the reader's own; all signals are a little worse
OTHER_FIELD = "off_topic"  #: type of cases that ask about something else altogether
RIDGE = 0.02  #: strength of the penalty of the ranking, on weights of unit spread


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of one question."""

    sentences: tuple[tuple[Signals, bool], ...]  #: each with: it belongs to a gold range
    answerable: bool
    on_topic: bool


def is_gold(case: Case, passage: Passage, start: int, end: int) -> bool:
    """Whether ``[start, end)`` shares more than half of itself, or of a gold range, with one."""
    for gold in case.gold or ():
        for span in gold.ranges:
            shared = min(end, span.end) - max(start, span.start)
            if span.path == passage.chunk.path and 2 * shared > min(
                end - start, span.end - span.start
            ):
                return True
    return False


def observe(assistant: Assistant, reader: TrainedReader, case: Case) -> Observation | None:
    """Signals of every sentence that is read for a case; None where nothing is found."""
    history = [Turn(turn["role"], turn["content"]) for turn in case.history]  # type: ignore[arg-type]
    query, passages = assistant.passages(case.question, history)
    if not passages:
        return None
    seen = tuple(
        (signals, is_gold(case, passage, *span))
        for passage, span, signals in reader.signals(
            query.unnamed,
            pages_of(passages),
            focus=query.focus,
            outline=assistant.outline(passages),
        )
    )
    return Observation(seen, bool(case.gold), case.type != OTHER_FIELD)


def off_topic(data: Path) -> list[str]:
    """Questions of other fields (``part: train``), and of the clinic: what the library lacks."""
    found = CLINICAL.read_text(encoding="utf-8").splitlines()
    for name in ("squad2", "bioasq"):
        queries = read_jsonl(data / name / "queries.jsonl")
        found += [q["text"] for q in queries if q["part"] == "train"][:: len(queries) // OFF_TOPIC]
    return found


def fit(rows: Sequence[tuple[Signals, bool]], names: Sequence[str], strength: float) -> Regression:
    """A logistic regression of the flag on the signals of these names; ``strength``: C's."""
    inputs = np.array([[getattr(signals, name) for name in names] for signals, _ in rows])
    flags = [flag for _, flag in rows]
    model = LogisticRegression(C=strength, max_iter=2000).fit(inputs, flags)
    weights = dict.fromkeys(Regression.__slots__, 0.0)
    weights |= zip(names, (round(float(w), 4) for w in model.coef_[0]), strict=True)
    return Regression(**weights | {"constant": round(float(model.intercept_[0]), 4)})


def fit_ranking(seen: Sequence[Observation]) -> Regression:
    """Weights under which gold sentences come first, scaled so that the total is a log-odds."""
    told = [o for o in seen if any(gold for _, gold in o.sentences)]
    groups = [torch.tensor([astuple(s) for s, _ in o.sentences], dtype=torch.float64) for o in told]
    golds = [torch.tensor([gold for _, gold in o.sentences]) for o in told]
    spread = torch.cat(groups).std(0) + 1e-6
    weights = torch.zeros(len(spread), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights], max_iter=200)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        likelihoods = [
            torch.logsumexp(torch.log_softmax(group / spread @ weights, 0)[gold], 0)
            for group, gold in zip(groups, golds, strict=True)
        ]
        total = RIDGE * (weights**2).sum() - torch.stack(likelihoods).mean()
        total.backward()  # type: ignore[no-untyped-call]
        return total

    optimiser.step(loss)  # type: ignore[no-untyped-call]
    slopes = (weights.detach() / spread).numpy()
    rows = [row for o in seen for row in o.sentences]
    totals = np.array([astuple(signals) for signals, _ in rows]) @ slopes
    scale = LogisticRegression(C=1e6).fit(totals[:, None], [gold for _, gold in rows])
    slope, constant = float(scale.coef_[0][0]), float(scale.intercept_[0])
    return Regression(*[round(w, 4) for w in (*(slope * slopes).tolist(), constant)])


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="the folder shared/data")
    parser.add_argument("--weights", type=Path, default=Path("ragbot/weights"))
    arguments = parser.parse_args()
    settings = load_settings()
    assistant = open_assistant(settings)
    even = Regression(**dict.fromkeys(Regression.__slots__, 0.0))
    reader = TrainedReader(
        scorer=load_reader(arguments.weights, bundled_model_path()),
        sentences=load_sentence_model(arguments.weights, bundled_model_path()),
        calibration=Calibration(even, even, even),
        long_forms=LongForms(Glossary.load(folder("prompts") / "glossary.toml").acronyms),
    )
    cases = [line.case for line in load(arguments.cases) if line.case.split == "dev"]
    cases += [Case(id="", question=q, gold=(), type=OTHER_FIELD) for q in off_topic(arguments.data)]
    seen = [found for case in cases if (found := observe(assistant, reader, case))]
    sentence = fit_ranking(seen)
    best = [best_of([signals for signals, _ in o.sentences]) for o in seen]
    answered = [(b, o.answerable) for b, o in zip(best, seen, strict=True)]
    support = fit(answered, SCORES, SOFT)
    about = [(b, o.on_topic) for b, o in zip(best, seen, strict=True)]
    topic = fit(about, LIKENESSES, FIRM)
    path = arguments.weights / CARD
    card = json.loads(path.read_text(encoding="utf-8"))
    card["calibration"] = {
        name: {weight: getattr(regression, weight) for weight in Regression.__slots__}
        for name, regression in (("sentence", sentence), ("support", support), ("topic", topic))
    }
    path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    sys.stderr.write(f"{len(seen)} dev questions; {sentence}; {support}; {topic}\n")


if __name__ == "__main__":
    main()
