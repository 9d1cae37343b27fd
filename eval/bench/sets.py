"""Retrieval sets in the shape of shared/data: corpus, queries, judgements; cut to size by a seed.

    data = load_set(Path("shared/data/scifact"), part="test", limit=1000, seed=0)
    data.corpus["4983"], data.queries["13"], data.qrels["13"]

Read are BEIR's files: ``corpus.jsonl`` {_id, title, text}, ``queries.jsonl`` {_id, text, part?} and
``qrels.tsv`` (query-id, corpus-id, score); and gpqa's passages and questions. It fetches nothing.
"""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.errors import EvalError


@dataclass(frozen=True, slots=True)
class RetrievalSet:
    """One set, ready to be ingested and asked."""

    name: str
    corpus: Mapping[str, str]  #: document id → title and text
    queries: Mapping[str, str]
    qrels: Mapping[str, Mapping[str, int]]  #: query id → document id → relevance > 0
    whole: int  #: documents in the set before the cut


def load_set(folder: Path, *, part: str | None, limit: int | None, seed: int) -> RetrievalSet:
    """The set in ``folder``. ``part``: only queries of this part; ``limit``: documents at most.

    The cut keeps the documents that the kept queries need and fills up with others: such a corpus
    is easier than the whole one, and its figures compare only among systems on the same cut.

    Raises:
        EvalError: files are missing or hold no judged query.
    """
    try:
        read = _gpqa if (folder / "passages.jsonl").is_file() else _beir
        corpus, queries, qrels = read(folder, part)
    except (OSError, ValueError, KeyError) as error:
        raise EvalError(
            f"{folder} is no retrieval set: {type(error).__name__}: {error}."
        ) from error
    judged = {
        query: {doc: grade for doc, grade in grades.items() if grade > 0 and doc in corpus}
        for query, grades in qrels.items()
        if query in queries
    }
    judged = {query: grades for query, grades in judged.items() if grades}
    if not judged:
        raise EvalError(f"{folder} has no judged query of part {part}.", hint="Try --part all.")
    whole = len(corpus)
    if limit is not None and limit < whole:
        corpus, judged = _cut(corpus, judged, limit, seed)
    asked = {query: queries[query] for query in judged}
    return RetrievalSet(folder.name, corpus, asked, judged, whole)


def _cut(
    corpus: dict[str, str], qrels: dict[str, dict[str, int]], limit: int, seed: int
) -> tuple[dict[str, str], dict[str, dict[str, int]]]:
    """Queries in random order for as long as their documents fit in half of the room."""
    chance = random.Random(seed)  # noqa: S311 - a reproducible sample, no secret
    needed: set[str] = set()
    kept: dict[str, dict[str, int]] = {}
    for query in chance.sample(sorted(qrels), len(qrels)):
        grown = needed | qrels[query].keys()
        if len(grown) <= max(1, limit // 2) or not kept:
            needed, kept[query] = grown, qrels[query]
    others = sorted(corpus.keys() - needed)
    filled = needed | set(chance.sample(others, min(len(others), max(0, limit - len(needed)))))
    return {doc: text for doc, text in corpus.items() if doc in filled}, kept


def _beir(
    folder: Path, part: str | None
) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, int]]]:
    corpus = {
        str(row["_id"]): f"{row.get('title') or ''}\n\n{row['text']}".strip()
        for row in _rows(folder / "corpus.jsonl")
    }
    queries = {
        str(row["_id"]): row["text"]
        for row in _rows(folder / "queries.jsonl")
        if part is None or row.get("part", part) == part
    }
    qrels: dict[str, dict[str, int]] = {}
    with (folder / "qrels.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            qrels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(float(row["score"]))
    return corpus, queries, qrels


def _gpqa(
    folder: Path, part: str | None
) -> tuple[dict[str, str], dict[str, str], dict[str, dict[str, int]]]:
    corpus = {
        row["_id"]: f"{row['title']}\n\n{' '.join(row['sentences'])}"
        for row in _rows(folder / "passages.jsonl")
    }
    chosen = [
        row
        for row in _rows(folder / "questions.jsonl")
        if row["sentences"] and (part is None or row["part"] == part)
    ]
    queries = {row["_id"]: row["text"] for row in chosen}
    return corpus, queries, {row["_id"]: {row["passage"]: 1} for row in chosen}


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
