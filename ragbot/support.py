"""How likely quotes support a sentence: a small logistic regression and the bounds beside it.

    parameters = Parameters.read(folder("weights"))
    parameters.probability(Signals(recall=0.9, cosine=0.8, best=0.8, order=0.7))     # 0.97

The numbers stand in ``weights/verify.json``; eval/verification fits them on development data. The
regression sees how alike two texts are, not whether they contradict each other: that is for the
checks and for the network (ragbot/adapters/support_model.py).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from ragbot.errors import ModelProblem

CARD = "verify.json"


@dataclass(frozen=True, slots=True)
class Signals:
    """How near a sentence is to its quotes: the features of a regression. All in [0, 1]."""

    recall: float  #: share of the sentence's content words that the quotes hold, near ones in part
    cosine: float  #: of the sentence and the quotes together
    best: float  #: of the sentence and the best quote
    order: float  #: share of the sentence's neighbouring pairs that are near each other in a quote


@dataclass(frozen=True, slots=True)
class Parameters:
    """Weights and bounds, fitted on development data by eval/verification."""

    weights: Signals
    constant: float
    min_support: float  #: probability below which a sentence goes
    min_repair: float  #: the same where the quotes come from other passages than those cited
    min_near: float  #: cosine from which two words are taken for near ones
    min_swap: float  #: likeness below which a word in another's place is another claim
    min_subject: float  #: likeness below which the subject is not that of the quote
    min_entailed: float  #: logit of the network below which a sentence is doubted
    min_overruling: float  #: logit from which the network overrules checks that are often wrong
    max_order: float  #: ``order`` from which words are too near their quote for either
    max_quotes: int
    min_gain: float  #: share of the sentence that a further quote must add

    @classmethod
    def read(cls, weights: Path) -> Self:
        """From the card in the folder of weights.

        Raises:
            ModelProblem: it is missing or lacks something.
        """
        try:
            card: dict[str, Any] = json.loads((weights / CARD).read_text(encoding="utf-8"))
            values = dict(card["parameters"])
            return cls(weights=Signals(**values.pop("weights")), **values)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelProblem(
                f"The verifier's card {weights / CARD} cannot be read ({error}).",
                hint="Reinstall ragbot.",
            ) from error

    def probability(self, signals: Signals) -> float:
        """That quotes with these signals support their sentence."""
        total = self.constant
        for signal in fields(signals):
            total += getattr(self.weights, signal.name) * getattr(signals, signal.name)
        return 1 / (1 + math.exp(-min(max(total, -50.0), 50.0)))
