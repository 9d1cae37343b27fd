"""How well the search finds the gold, whatever the reader makes of it. Computed by ir_measures.

    values = passage_metrics([(case, reply), …], library)
    values[0]["passage_ndcg_10"]

Chunks differ from engine to engine, so chunk ids cannot be judged once for all. The judged unit is
the gold passage instead: it is found at the first rank at which the passages so far cover it (see
``catalogue.COVERED``). A passage that completes several gold passages puts them side by side; one
that completes none counts as one irrelevant document. So recall@k means "within the first k
passages", and repeats bring nothing. Not scored: unanswerable cases and replies without passages.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from eval.case import Case
from eval.catalogue import COVERED
from eval.errors import MissingExtra
from eval.library import Library
from eval.metrics import Reply
from eval.textmatch import Span, covered

DEPTH = 20  #: passages asked for


def require_ir_measures() -> None:
    """Say at once, not after an hour, that the library is missing.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        import ir_measures  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise MissingExtra("ir_measures") from error


def passage_metrics(
    pairs: Sequence[tuple[Case, Reply]], library: Library
) -> list[dict[str, float]]:
    """The passage figures of each pair, in order; empty where they cannot be scored."""
    runs: dict[str, dict[str, float]] = {}
    qrels: dict[str, dict[str, int]] = {}
    for place, (case, reply) in enumerate(pairs):
        if case.gold and not reply.failed and reply.passages:
            ranks = gold_ranks(case, reply.passages, library)
            qrels[str(place)] = {f"g{number}": 1 for number in range(len(ranks))}
            runs[str(place)] = _run(ranks, len(reply.passages))
    values: list[dict[str, float]] = [{} for _ in pairs]
    for name, measure, depth in _measures():
        for key, value in _calculate(measure, qrels, runs, depth).items():
            values[int(key)][name] = value
    return values


def gold_ranks(
    case: Case, passages: Sequence[Mapping[str, Any]], library: Library
) -> list[int | None]:
    """For each gold passage the 1-based rank at which it is covered, None if it never is."""
    ranks: list[int | None] = [None] * len(case.gold or ())
    spans: dict[str, list[Span]] = {}
    for rank, passage in enumerate(passages, start=1):
        spans.setdefault(passage["path"], []).append((passage["start"], passage["end"]))
        for place, gold in enumerate(case.gold or ()):
            if ranks[place] is None and any(
                covered(library.texts[part.path], (part.start, part.end), spans[part.path])
                >= COVERED
                for part in gold.ranges
                if part.path in spans
            ):
                ranks[place] = rank
    return ranks


def _run(ranks: Sequence[int | None], passages: int) -> dict[str, float]:
    """Scores by document id; a document's rank is minus the whole part of its score."""
    run = {f"g{place}": -float(rank) for place, rank in enumerate(ranks) if rank is not None}
    for rank in sorted(set(range(1, passages + 1)) - set(ranks) - {None}):
        run[f"x{rank}"] = -float(rank)
    return run


def _measures() -> list[tuple[str, Any, int]]:
    require_ir_measures()
    from ir_measures import RR, R, nDCG

    deep = 1000  # the run is cut by passage rank first, see _calculate
    return [
        ("passage_recall_5", R @ deep, 5),
        ("passage_recall_20", R @ deep, DEPTH),
        ("passage_rr", RR, DEPTH),
        ("passage_ndcg_10", nDCG, 10),
    ]


def _calculate(
    measure: Any,  # noqa: ANN401 - ir_measures has no types
    qrels: Mapping[str, Mapping[str, int]],
    runs: Mapping[str, Mapping[str, float]],
    depth: int,
) -> dict[str, float]:
    import ir_measures

    if not qrels:
        return {}
    cut = {
        query: {doc: value for doc, value in run.items() if -value <= depth}
        for query, run in runs.items()
    }
    found = {m.query_id: float(m.value) for m in ir_measures.iter_calc([measure], qrels, cut)}
    return {query: found.get(query, 0.0) for query in qrels}
