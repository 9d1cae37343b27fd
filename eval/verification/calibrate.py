"""Fits the verifier's card: the regression on labelled claims, the bounds on the dev half.

    card = fit(rows, items, verifier, parameters)

Rows are of ``part: train`` only and items of the half "dev" only. The bounds of words and subjects
are the highest that lose no more than ``LOST`` of the true dev sentences each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, fields, replace

import numpy as np

from eval.verification.items import Item
from eval.verification.measure import ClaimRow, best_threshold
from ragbot.support import Parameters, Signals
from ragbot.verify import Verifier

LOST = 0.02  #: share of true dev sentences that the support score may lose
REPAIRED = 0.02  #: share of dev sentences without their source that another may support
STRENGTH = 1.0  #: inverse of the regression's L2 penalty


def fit(
    rows: Sequence[ClaimRow], items: Sequence[Item], verifier: Verifier, start: Parameters
) -> Parameters:
    """New parameters; what is not fitted is taken from ``start``."""
    true = [item for item in items if item.half == "dev" and item.true]
    own = [verifier.signals(i.sentence, i.cited, i.passages) for i in true]
    foreign = [_without_source(item, verifier) for item in true]
    signals = [row.signals for row in rows] + own + foreign
    truths = [row.claim.supported for row in rows] + [True] * len(own) + [False] * len(foreign)
    fitted = _regression(signals, truths, start)
    kept = sorted(fitted.probability(s) for s in own)
    labelled = [fitted.probability(row.signals) for row in rows]
    ideal = best_threshold(labelled, [row.claim.supported for row in rows])
    support = min(ideal, kept[int(LOST * len(kept))])
    others = sorted(fitted.probability(s) for s in foreign)
    repair = max(support, others[int((1 - REPAIRED) * len(others))])
    return replace(fitted, min_support=round(support, 3), min_repair=round(repair, 3))


def _regression(
    signals: Sequence[Signals], truths: Sequence[bool], start: Parameters
) -> Parameters:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000)
    model.fit(np.asarray([astuple(s) for s in signals]), np.asarray(truths))
    names = [field.name for field in fields(Signals)]
    weights = dict(zip(names, (round(float(w), 3) for w in model.coef_[0]), strict=True))
    constant = round(float(model.intercept_[0]), 3)
    return replace(start, weights=Signals(**weights), constant=constant)


def _without_source(item: Item, verifier: Verifier) -> Signals:
    """The best that other sources offer for a sentence: what a wrong repair would rest on."""
    own = item.passages[item.cited[0] - 1].document.source_id
    others = [p for p in item.passages if p.document.source_id != own]
    if not others:
        return Signals(0.0, 0.0, 0.0, 0.0)
    numbers = {p.document.source_id: [] for p in others}  # type: dict[str, list[int]]
    for number, passage in enumerate(others, start=1):
        numbers[passage.document.source_id].append(number)
    found = [verifier.signals(item.sentence, cited, others) for cited in numbers.values()]
    return max(found, key=lambda s: s.recall + s.cosine)
