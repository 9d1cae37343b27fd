"""Known retrieval sets through the product's own ingest and search, beside BM25 and dense.

    python -m eval.bench.retrieval shared/data/scifact shared/data/covidqa --limit 500

Each document becomes a text file, is ingested as any other, and is found by its best chunk. Rows:
``ragbot`` (the product's search), ``bm25`` and ``dense`` (the same index with one side switched
off), ``rrf`` (reciprocal rank fusion of those two with k = 60; Cormack, Clarke & Büttcher, 2009).
Figures by ir_measures, with 95% bootstrap intervals over questions. Give no ``--limit`` for whole
sets: embedding SciFact takes minutes.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from eval import stats
from eval.bench.sets import RetrievalSet, load_set
from eval.errors import EvalError
from eval.passages import require_ir_measures
from ragbot.errors import RagbotError

DEPTH = 50  #: chunks fetched for a question
FUSION = 60  #: reciprocal rank fusion's k
MEASURES = ("nDCG@10", "R@10", "RR@10")

Search = Callable[[str], Sequence[str]]
"""A question → document ids, best first, each once."""


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = _parser().parse_args(args)
    try:
        require_ir_measures()
        part = None if options.part == "all" else options.part
        sets = [
            load_set(folder, part=part, limit=options.limit, seed=options.seed)
            for folder in options.folders
        ]
        rows = [
            row
            for data in sets
            for row in bench_set(data, seed=options.seed, questions=options.questions)
        ]
    except RagbotError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 2
    print(table(rows))
    return 0


def bench_set(data: RetrievalSet, *, seed: int, questions: int | None = None) -> list[list[str]]:
    """Ingest one set, ask its questions, and give one row of the table for each search."""
    asked = dict(list(data.queries.items())[:questions])
    with tempfile.TemporaryDirectory(prefix="ragbot-bench-") as place:
        runs = _runs(data, asked, Path(place))
    rows = []
    for name, run in runs.items():
        qrels = {query: data.qrels[query] for query in asked}
        size = f"{len(data.corpus)} of {data.whole}" if len(data.corpus) < data.whole else ""
        figures = [_cell(values, seed) for values in evaluate(qrels, run).values()]
        rows.append([data.name, size or str(data.whole), str(len(asked)), name, *figures])
    return rows


def evaluate(
    qrels: Mapping[str, Mapping[str, int]], run: Mapping[str, Sequence[str]]
) -> dict[str, list[float]]:
    """Each measure's values over the questions, in the order of ``qrels``."""
    import ir_measures

    measures = [ir_measures.parse_measure(name) for name in MEASURES]
    scores = {q: {doc: -float(rank) for rank, doc in enumerate(docs)} for q, docs in run.items()}
    found: dict[str, dict[str, float]] = {name: {} for name in MEASURES}
    for value in ir_measures.iter_calc(measures, qrels, scores):
        found[str(value.measure)][value.query_id] = float(value.value)
    return {name: [values.get(query, 0.0) for query in qrels] for name, values in found.items()}


def fuse(rankings: Sequence[Sequence[str]]) -> list[str]:
    """Reciprocal rank fusion; ties by id."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, doc in enumerate(ranking, start=1):
            scores[doc] = scores.get(doc, 0.0) + 1 / (FUSION + rank)
    return sorted(scores, key=lambda doc: (-scores[doc], doc))


def table(rows: Sequence[Sequence[str]]) -> str:
    """All rows as one Markdown table."""
    from eval.summary_text import markdown_table

    return "\n".join(
        markdown_table([["Set", "Documents", "Questions", "Search", *MEASURES], *rows])
    )


def _runs(
    data: RetrievalSet, asked: Mapping[str, str], place: Path
) -> dict[str, dict[str, list[str]]]:
    from eval.progress import progress_on_stderr

    names = _write_files(data, place / "corpus")
    searches = _searches(place, names)
    runs: dict[str, dict[str, list[str]]] = {name: {} for name in searches}
    with progress_on_stderr() as progress:
        for place_in_list, (query, text) in enumerate(asked.items(), start=1):
            for name, search in searches.items():
                runs[name][query] = list(search(text))
            progress(data.name, place_in_list, len(asked))
    runs["rrf"] = {query: fuse([runs["bm25"][query], runs["dense"][query]]) for query in asked}
    return runs


def _write_files(data: RetrievalSet, folder: Path) -> dict[str, str]:
    """Each document as a file; returns its id by path (ids may not suit a file system)."""
    folder.mkdir()
    names = {}
    for number, (doc, text) in enumerate(data.corpus.items()):
        (folder / f"{number:06d}.txt").write_text(text, encoding="utf-8", newline="")
        names[f"{folder.name}/{number:06d}.txt"] = doc
    return names


def _searches(place: Path, names: Mapping[str, str]) -> dict[str, Search]:
    from ragbot.adapters.sentence_transformers import load_embeddings
    from ragbot.config import load_settings
    from ragbot.index.live import LiveIndex
    from ragbot.retrieve import HybridRetriever
    from ragbot.wiring import index_directory, open_assistant, run_ingest

    settings = load_settings(index_dir=place / "index")
    report = run_ingest(settings, [place / "corpus"])
    failed = [row for row in report.rows if row.outcome == "failed"]
    if failed:
        first = f"{failed[0].path}: {failed[0].reason}"
        raise EvalError(f"{len(failed)} documents could not be ingested; first {first}.")
    assistant = open_assistant(settings)
    live = LiveIndex(index_directory(settings), None)
    embeddings = load_embeddings(settings.embedding_model, threads=1)

    def one_sided(weight: float) -> Search:
        retriever = HybridRetriever(embeddings=embeddings, dense_weight=weight)

        def search(question: str) -> list[str]:
            with live.use() as generation:
                return _documents(retriever.retrieve(question, generation, k=DEPTH), names)

        return search

    return {
        "ragbot": lambda question: _documents(assistant.search(question, DEPTH), names),
        "bm25": one_sided(0.0),
        "dense": one_sided(1.0),
    }


def _documents(passages: Sequence[Any], names: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(names[passage.chunk.path] for passage in passages))


def _cell(values: Sequence[float], seed: int) -> str:
    estimate = stats.mean_interval(values, seed=seed)
    return f"{estimate.mean:.3f} ({estimate.low:.3f}–{estimate.high:.3f})"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m eval.bench.retrieval", description="Retrieval sets beside BM25 and dense."
    )
    parser.add_argument("folders", nargs="+", type=Path, metavar="DIR", help="retrieval sets")
    parser.add_argument("--limit", type=int, help="documents at most of each set")
    parser.add_argument("--questions", type=int, help="questions at most of each set")
    parser.add_argument("--part", choices=("train", "test", "all"), default="test")
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
