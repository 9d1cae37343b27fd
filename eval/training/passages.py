"""The passages that the reader's training questions were written over, rebuilt from shared/data.

    passages = load_passages(Path("../shared/data"))
    passages["pubmedqa-27184293"].units[0]   # Unit("Introduction", "Microbial contamination …")

Only documents of ``part: train`` are touched. The texts themselves are not ours to ship; the
questions (eval/training/questions.jsonl) name passages by id and sentences by index, so the
splitting here must never change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencex

from ragbot.adapters.reader_model import Unit

_HEADING = re.compile(
    r"^(?:\d+\.\s*)?((?:[A-Z][A-Z&/,'’ -]{2,60})|(?:Background|Aims?|Objectives?|Methods?|Results?|"
    r"Conclusions?|Design|Setting|Participants|Introduction|Purpose|Findings))\s*:\s+(?=\S)"
)
_NOT_AN_END = re.compile(r"\b(Vol|No|vs|Fig|approx|cf)\.$")
_SHORT = 25  #: characters; a shorter piece belongs to the sentence before it
_COVID_STEP = 10  #: sentences in a passage cut from a whole article
_COVID_HEAD = 400  #: characters of an article's front matter


@dataclass(frozen=True, slots=True)
class TrainingPassage:
    """A passage with its sentences."""

    passage_id: str
    title: str
    units: tuple[Unit, ...]


def read_jsonl(path: Path) -> list[dict[str, Any]]:
    """All records of a JSON Lines file."""
    lines = path.read_text(encoding="utf-8").split("\n")  # splitlines() would cut at U+2028 too
    return [json.loads(line) for line in lines if line]


def load_passages(data: Path) -> dict[str, TrainingPassage]:
    """Every passage that questions were written over, by id."""
    found = [*_pubmedqa(data), *_scifact(data), *_covidqa(data), *_gpqa(data)]
    return {passage.passage_id: passage for passage in found}


def split(text: str) -> list[str]:
    """Sentences of a text, paragraph by paragraph."""
    sentences: list[str] = []
    for paragraph in re.finditer(r"[^\n]+", text):
        for boundary in sentencex.get_sentence_boundaries("en", paragraph.group()):
            piece = boundary["text"].strip()
            if not piece:
                continue
            glued = len(piece) < _SHORT or piece[0].islower()
            if sentences and (glued or _NOT_AN_END.search(sentences[-1])):
                sentences[-1] += " " + piece
            else:
                sentences.append(piece)
    return sentences


def unit(sentence: str) -> Unit:
    """A sentence without the heading that a structured abstract puts before it."""
    found = _HEADING.match(sentence)
    if found and len(sentence) - found.end() > 15:
        return Unit(found.group(1).capitalize(), sentence[found.end() :])
    return Unit(None, sentence)


def _passage(passage_id: str, title: str, sentences: list[str]) -> TrainingPassage:
    return TrainingPassage(passage_id, title or "", tuple(unit(s) for s in sentences))


def _pubmedqa(data: Path) -> Iterator[TrainingPassage]:
    queries = read_jsonl(data / "pubmedqa/queries.jsonl")
    wanted = {query["gold_doc"] for query in queries if query["part"] == "train"}
    for document in read_jsonl(data / "pubmedqa/corpus_with_conclusion.jsonl"):
        if document["_id"] in wanted:
            key = f"pubmedqa-{document['_id']}"
            yield _passage(key, document["title"], split(document["text"]))


def _scifact(data: Path) -> Iterator[TrainingPassage]:
    part = {query["_id"]: query["part"] for query in read_jsonl(data / "scifact/queries.jsonl")}
    parts: dict[str, set[str]] = {}
    for line in (data / "scifact/qrels.tsv").read_text(encoding="utf-8").splitlines():
        query, gold, *_ = line.split()
        if query in part:
            parts.setdefault(gold, set()).add(part[query])
    for document in read_jsonl(data / "scifact/corpus.jsonl"):
        if parts.get(document["_id"]) == {"train"}:
            key = f"scifact-{document['_id']}"
            yield _passage(key, document["title"], split(document["text"]))


def _covidqa(data: Path) -> Iterator[TrainingPassage]:
    queries = read_jsonl(data / "covidqa/queries.jsonl")
    by_part: dict[str, set[str]] = {"train": set(), "test": set()}
    for query in queries:
        by_part[query["part"]].add(query["gold_doc"])
    for document in read_jsonl(data / "covidqa/corpus.jsonl"):
        if document["_id"] not in by_part["train"] - by_part["test"]:
            continue
        sentences = split(document["text"][_COVID_HEAD:])
        for place, at in enumerate(range(0, len(sentences) - 8, _COVID_STEP)):
            key = f"{document['_id']}-{place}"
            yield _passage(key, document["title"], sentences[at : at + _COVID_STEP])


def _gpqa(data: Path) -> Iterator[TrainingPassage]:
    questions = read_jsonl(data / "gpqa/questions.jsonl")
    tested = {question["passage"] for question in questions if question["part"] == "test"}
    for passage in read_jsonl(data / "gpqa/passages.jsonl"):
        if passage["_id"] not in tested:
            yield _passage(f"G:{passage['_id']}", passage["title"], passage["sentences"])
