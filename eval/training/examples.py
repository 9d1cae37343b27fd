"""Questions with the sentences that answer them → the network's training inputs.

    examples = load_examples(Path("../shared/data"))
    examples[0].question, examples[0].window.units[0], examples[0].answers

Sets: our own questions (eval/training/questions.jsonl), gpqa, SQuAD 2, COVID-QA and SciFact claims
with their evidence. Only ``part: train`` is trained on; ``part: test`` is for reporting.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sentencex

from eval.training.passages import load_passages, read_jsonl, unit
from ragbot.adapters.reader_model import Unit, Window

QUESTIONS = Path(__file__).parent / "questions.jsonl"
_SHORT = 25
ANCHORED = 0.85  #: share of answered questions whose window holds an answer for certain
TITLED = 0.6  #: share of windows that bear the title


@dataclass(frozen=True, slots=True)
class Example:
    """One question on one passage."""

    source: str  #: the set it comes from
    passage_id: str
    question: str
    window: Window
    answers: frozenset[int]  #: 0-based indices of the sentences needed; empty: not answered
    part: str  #: "train" or "test"


def load_examples(data: Path) -> list[Example]:
    """All examples, in a fixed order."""
    return [*_gpqa(data), *_own(data), *_squad(data), *_covidqa(data), *_scifact(data)]


def spans(text: str) -> list[tuple[int, int]]:
    """Sentence ranges in ``text``; paragraphs end sentences."""
    found: list[tuple[int, int]] = []
    for paragraph in re.finditer(r"[^\n]+", text):
        at = paragraph.start()
        for boundary in sentencex.get_sentence_boundaries("en", paragraph.group()):
            piece = boundary["text"].strip()
            if not piece:
                continue
            start = text.index(piece, at)
            end = start + len(piece)
            joined = found and "\n" not in text[found[-1][1] : start]
            if joined and (end - start < _SHORT or text[start].islower()):
                found[-1] = (found[-1][0], end)
            else:
                found.append((start, end))
            at = end
    return found


def _gpqa(data: Path) -> Iterator[Example]:
    passages = {p["_id"]: p for p in read_jsonl(data / "gpqa/passages.jsonl")}
    for question in read_jsonl(data / "gpqa/questions.jsonl"):
        passage = passages[question["passage"]]
        window = Window(passage["title"], tuple(map(unit, passage["sentences"])))
        answers = frozenset(question["sentences"])
        yield Example("gpqa", passage["_id"], question["text"], window, answers, question["part"])


def _own(data: Path) -> Iterator[Example]:
    passages = load_passages(data)
    for record in read_jsonl(QUESTIONS):
        passage = passages[record["passage"]]
        window = Window(passage.title, passage.units)
        answers = frozenset(record["sentences"])
        yield Example("own", passage.passage_id, record["question"], window, answers, "train")


def _squad(data: Path) -> Iterator[Example]:
    corpus = {d["_id"]: d for d in read_jsonl(data / "squad2/corpus.jsonl")}
    for query in read_jsonl(data / "squad2/queries.jsonl"):
        document = corpus[query["gold_doc"]]
        ranges = spans(document["text"])
        starts = [a["start"] for a in query["answers"]] if query["answerable"] else []
        answers = _holding(ranges, starts)
        if query["answerable"] and not answers:
            continue
        units = tuple(unit(document["text"][s:e]) for s, e in ranges)
        window = Window(document["title"], units)
        yield Example("squad2", document["_id"], query["text"], window, answers, query["part"])


def _covidqa(data: Path) -> Iterator[Example]:
    """A stretch of some sentences around the answer, of random length on both sides."""
    corpus = {d["_id"]: d for d in read_jsonl(data / "covidqa/corpus.jsonl")}
    ranges = {key: spans(d["text"]) for key, d in corpus.items()}
    for query in read_jsonl(data / "covidqa/queries.jsonl"):
        document, answer = corpus[query["gold_doc"]], query["answers"][0]
        end = answer["start"] + len(answer["text"])
        own = ranges[document["_id"]]
        hits = [i for i, (s, e) in enumerate(own) if s < end and answer["start"] < e]
        if not hits:
            continue
        chance = random.Random(query["_id"])  # noqa: S311 - not for secrets
        low = max(0, hits[0] - chance.randint(1, 7))
        high = min(len(own), hits[-1] + 1 + chance.randint(1, 7))
        units = tuple(unit(document["text"][s:e]) for s, e in own[low:high])
        yield Example(
            "covidqa",
            f"{document['_id']}-{low}",
            query["text"],
            Window(document["title"], units),
            frozenset(i - low for i in hits),
            query["part"],
        )


def _scifact(data: Path) -> Iterator[Example]:
    gold = {g["_id"]: g["sentences"] for g in read_jsonl(data / "scifact/gold_sentences.jsonl")}
    titles = {d["_id"]: d["title"] for d in read_jsonl(data / "scifact/corpus.jsonl")}
    for claim in read_jsonl(data / "scifact/queries.jsonl"):
        for evidence in claim["evidence"]:
            key: Any = evidence["doc"]
            if key in gold:
                window = Window(titles[key], tuple(map(unit, gold[key])))
                answers = frozenset(evidence["sentences"])
                yield Example("scifact", key, claim["text"], window, answers, claim["part"])


def _holding(ranges: list[tuple[int, int]], places: list[int]) -> frozenset[int]:
    return frozenset(i for i, (s, e) in enumerate(ranges) if any(s <= p < e for p in places))


def crop(example: Example, chance: random.Random, *, most_chars: int) -> tuple[Window, list[bool]]:
    """A random stretch of the passage with its labels: the network must not learn positions.

    Mostly around an answering sentence; where the answer is cropped away, a hard negative remains.
    """
    units = example.window.units
    anchored = example.answers and chance.random() < ANCHORED
    first = chance.choice(sorted(example.answers)) if anchored else chance.randrange(len(units))
    kept = stretch(units, first, chance, most_chars=most_chars)
    header = example.window.header if chance.random() < TITLED else ""
    return Window(header, units[kept.start : kept.stop]), [i in example.answers for i in kept]


def stretch(units: Sequence[Unit], around: int, chance: random.Random, *, most_chars: int) -> range:
    """Indices of a random stretch of sentences that holds ``around``."""
    first = last = around
    limit = most_chars if chance.random() < 0.5 else chance.randint(most_chars // 4, most_chars)
    size = len(units[first].text)
    while True:
        options = [
            i
            for i in (first - 1, last + 1)
            if 0 <= i < len(units) and size + len(units[i].text) <= limit
        ]
        if not options:
            return range(first, last + 1)
        taken = chance.choice(options)
        size += len(units[taken].text)
        first, last = min(first, taken), max(last, taken)
