"""Fit the reader's calibration: ``python -m eval.training.calibrate CASES --weights DIR``.

Runs the product's own retrieval and reading over the *dev* split of a case file and fits four
regressions. That a passage holds some of the answer, from what is known before it is read (what the
next three see is chosen by it), and that a sentence belongs in the answer: conditional logits
(McFadden 1974), which ask only that what holds a gold range comes before the rest of the same
question, scaled to a probability after Platt (1999). That the passages answer at all: a logistic
regression on the reader's own scores. That they are about it at all: another, on the likenesses of
question and text alone, since what tells questions of another field says little of those that come
near. They are written into the card beside the weights. The test split is never read here.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, astuple, dataclass
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
from ragbot.outline import Outline
from ragbot.read import Calibration, Candidate, Regression, Signals, TrainedReader, best_of
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


@dataclass(frozen=True, slots=True)
class Found:
    """A case before anything is read for it."""

    case: Case
    question: str
    candidates: list[Candidate]
    outline: Outline


def find(assistant: Assistant, reader: TrainedReader, case: Case) -> Found:
    """What is found for a case, and weighed."""
    history = [Turn(turn["role"], turn["content"]) for turn in case.history]  # type: ignore[arg-type]
    query, passages = assistant.passages(case.question, history)
    outline = assistant.outline(passages)
    asked = query.unnamed
    candidates = reader.candidates(asked, passages, focus=query.focus, outline=outline)
    return Found(case, asked, candidates, outline)


def weighed(found: Found) -> list[tuple[Signals, bool]]:
    """A case's candidates, each with: it holds some of a gold range."""
    return [
        (c.signals, any(is_gold(found.case, c.passage, *s) for s in c.passage.chunk.sentences))
        for c in found.candidates
    ]


def observe(reader: TrainedReader, found: Found) -> Observation | None:
    """Signals of every sentence that is read for a case; None where nothing is found."""
    read = reader.signals(found.question, found.candidates, found.outline)
    case = found.case
    seen = tuple((signals, is_gold(case, passage, *span)) for passage, span, signals in read)
    return Observation(seen, bool(case.gold), case.type != OTHER_FIELD) if seen else None


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


def fit_ranking(seen: Sequence[Sequence[tuple[Signals, bool]]]) -> Regression:
    """Weights under which what is gold comes first, scaled so that the total is a log-odds."""
    told = [rows for rows in seen if any(gold for _, gold in rows)]
    groups = [torch.tensor([astuple(s) for s, _ in rows], dtype=torch.float64) for rows in told]
    golds = [torch.tensor([gold for _, gold in rows]) for rows in told]
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
    every = [row for rows in seen for row in rows]
    totals = np.array([astuple(signals) for signals, _ in every]) @ slopes
    scale = LogisticRegression(C=1e6).fit(totals[:, None], [gold for _, gold in every])
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
    scorer = load_reader(arguments.weights, bundled_model_path())
    sentences = load_sentence_model(arguments.weights, bundled_model_path())
    long_forms = LongForms(Glossary.load(folder("prompts") / "glossary.toml").acronyms)

    def reader(passage: Regression) -> TrainedReader:
        return TrainedReader(
            scorer=scorer,
            sentences=sentences,
            calibration=Calibration(passage, even, even, even),
            long_forms=long_forms,
        )

    cases = [line.case for line in load(arguments.cases) if line.case.split == "dev"]
    unread = reader(even)
    found = [find(assistant, unread, case) for case in cases]
    passage = fit_ranking([weighed(one) for one in found])
    others = [Case(id="", question=q, gold=(), type=OTHER_FIELD) for q in off_topic(arguments.data)]
    found += [find(assistant, unread, case) for case in others]
    reading = reader(passage)
    seen = [observed for one in found if (observed := observe(reading, one))]
    best = [best_of([signals for signals, _ in o.sentences]) for o in seen]
    answered = [(b, o.answerable) for b, o in zip(best, seen, strict=True)]
    about = [(b, o.on_topic) for b, o in zip(best, seen, strict=True)]
    fitted = Calibration(
        passage,
        fit_ranking([o.sentences for o in seen]),
        fit(answered, SCORES, SOFT),
        fit(about, LIKENESSES, FIRM),
    )
    path = arguments.weights / CARD
    card = json.loads(path.read_text(encoding="utf-8"))
    card["calibration"] = asdict(fitted)
    path.write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    sys.stderr.write(f"{len(seen)} questions; {fitted}\n")


if __name__ == "__main__":
    main()
