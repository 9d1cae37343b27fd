"""Train the reader: ``python -m eval.training.train --data ../shared/data --out DIR``.

The MiniLM encoder and two small heads; binary cross-entropy on sentences and windows, and a softmax
over the sentences of an answering window and over all that a question was put to ("localized
contrastive estimation", Gao et al. 2021, https://arxiv.org/abs/2101.08751). Negatives are the
questions nobody can answer from their passage, the rest of a passage without its answer, and the
nearest other passages. bfloat16 autocast on CPU. Writes reader.safetensors (float16, without the
word embeddings, which stay the bundled model's) and its checksum; eval.training.calibrate adds the
calibration.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from torch.nn import functional

from eval.training.examples import Example, crop, load_examples
from eval.training.haste import as_typed
from eval.training.learn import learn, options
from eval.training.saving import save, start_from
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import Window, build_network, collate, encode
from ragbot.adapters.sentence_transformers import bundled_model_path, load_embeddings
from ragbot.adapters.weights import READER

BATCH = 16
MOST_CHARS = 1000  #: as ragbot.read.WINDOW_CHARS
HEAD_RATE = 1e-3  #: learning rate of the new heads
NEIGHBOURS = 12  #: nearest passages from which negatives are drawn
FOUND = 3  #: a question finds its own passage if it is among the first so many
NEAR = 0.7  #: share of answered questions that are also put to near passages
RIVALS = 2  #: how many
REST = 0.5  #: share that are also put to the rest of their own passage
WINDOWS = 2.0  #: windows a question, about
FAR = -1e4


@dataclass(frozen=True, slots=True)
class Item:
    """One training input."""

    question: str
    window: Window
    labels: list[bool]


class Negatives:
    """For a question, near passages that are not its own."""

    def __init__(self, examples: Sequence[Example]) -> None:
        embeddings = load_embeddings()
        self._passages = {(e.source, e.passage_id): e for e in examples}
        self._keys: dict[str, list[tuple[str, str]]] = {}
        for key in sorted(self._passages):
            self._keys.setdefault(key[0], []).append(key)
        self._vectors = {
            source: embeddings.encode([self._text(key) for key in keys])
            for source, keys in self._keys.items()
        }
        self._answering: dict[str, set[tuple[str, str]]] = {}
        for example in examples:
            if example.answers:
                key = (example.source, example.passage_id)
                self._answering.setdefault(example.question, set()).add(key)
        questions = sorted({e.question for e in examples})
        self._questions = dict(zip(questions, embeddings.encode(questions), strict=True))

    def draw(self, example: Example, chance: random.Random, count: int = 1) -> list[Window]:
        """Up to ``count`` windows of other documents of the same set.

        None for a question that says too little to find its own passage ("how many took part?"):
        others would answer it as well.
        """
        scores = self._vectors[example.source] @ self._questions[example.question]
        near = [self._keys[example.source][i] for i in np.argsort(-scores)[:NEIGHBOURS]]
        if (example.source, example.passage_id) not in near[:FOUND]:
            return []
        own = _document(example.passage_id)
        answering = self._answering.get(example.question, set())
        others = [key for key in near if _document(key[1]) != own and key not in answering]
        drawn = chance.sample(others, min(count, len(others)))
        return [self._passages[key].window for key in drawn]

    def _text(self, key: tuple[str, str]) -> str:
        window = self._passages[key].window
        return f"{window.header} {' '.join(unit.text for unit in window.units)}"[:1200]


def groups(
    examples: Sequence[Example], negatives: Negatives, chance: random.Random
) -> Iterator[list[Item]]:
    """One epoch: each question with its own window first and then windows that do not answer it."""
    for example in examples:
        question = as_typed(example.question, chance)
        made = [Item(question, *crop(example, chance, most_chars=MOST_CHARS))]
        rest = without_answers(example)
        others = [rest] if rest and example.answers and chance.random() < REST else []
        if chance.random() < (NEAR if example.answers else 0.05):
            others += negatives.draw(example, chance, RIVALS if example.answers else 1)
        for window in others:
            empty = Example("", "", example.question, window, frozenset(), "train")
            made.append(Item(question, *crop(empty, chance, most_chars=MOST_CHARS)))
        yield made


def without_answers(example: Example) -> Window | None:
    """The longest stretch of the passage that answers nothing; None below two sentences."""
    edges = [-1, *sorted(example.answers), len(example.window.units)]
    first, last = max(pairwise(edges), key=lambda pair: pair[1] - pair[0])
    units = example.window.units[first + 1 : last]
    return Window(example.window.header, units) if len(units) > 1 else None


def batches(epoch: list[list[Item]], chance: random.Random) -> list[list[list[Item]]]:
    """Batches of about ``BATCH`` windows of like length, in random order."""
    epoch.sort(key=lambda g: max(_length(item) for item in g) + 120 * chance.random())
    made: list[list[list[Item]]] = [[]]
    for group in epoch:
        if sum(map(len, made[-1])) + len(group) > BATCH:
            made.append([])
        made[-1].append(group)
    chance.shuffle(made)
    return made


def _length(item: Item) -> int:
    return sum(len(unit.text) for unit in item.window.units)


def loss_of(
    pieces: WordPieces, network: torch.nn.Module, batch: Sequence[Sequence[Item]]
) -> torch.Tensor:
    """Sentences, windows, and the ranking of a question's sentences in and across its windows."""
    items = [item for group in batch for item in group]
    encoded = [encode(pieces, item.question, item.window) for item in items]
    inputs = collate(encoded)
    mask = inputs[4]
    target = torch.zeros(mask.shape)
    for row, (item, one) in enumerate(zip(items, encoded, strict=True)):
        kept = item.labels[: len(one.spans)]
        target[row, : len(kept)] = torch.tensor(kept, dtype=torch.float32)
    answerable = target.amax(1)
    with torch.autocast("cpu", torch.bfloat16):
        sentences, windows = network(*inputs)
    each = functional.binary_cross_entropy_with_logits(
        sentences, target, reduction="none", pos_weight=torch.tensor(2.0)
    )
    loss: torch.Tensor = (each * mask).sum() / mask.sum()
    loss = loss + functional.binary_cross_entropy_with_logits(windows, answerable)
    loss = loss + 0.5 * ranking(sentences, mask, target)
    sizes = list(map(len, batch))
    told, real, wanted = (grouped(rows, sizes) for rows in (sentences, mask, target))
    loss = loss + 0.5 * ranking(told, real, wanted)
    whole, real, wanted = (
        grouped(rows[:, None], sizes) for rows in (windows, torch.ones_like(windows), answerable)
    )
    return loss + 0.25 * ranking(whole, real > 0, wanted)


def grouped(rows: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
    """``[B, S]`` → ``[questions, most windows × S]``: a question's windows side by side."""
    parts = [part.flatten() for part in torch.split(rows, list(sizes))]
    return torch.nn.utils.rnn.pad_sequence(parts, batch_first=True)


def ranking(logits: torch.Tensor, real: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Mean negative log-likelihood of what answers, over the rows that have any."""
    rows = target.sum(1) > 0
    if not rows.any():
        return logits.new_zeros(())
    likely = functional.log_softmax(logits[rows].masked_fill(~real[rows], FAR), -1)
    return -((likely * target[rows]).sum(1) / target[rows].sum(1)).mean()


def train(arguments: argparse.Namespace) -> None:
    """Run the training that the arguments describe."""
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    examples = [e for e in load_examples(arguments.data) if e.part == "train"]
    chance = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    if arguments.newest:
        own = [e for e in examples if e.source == "own"]
        fresh, known = own[-arguments.newest :], own[: -arguments.newest]
        others = [e for e in examples if e.source != "own"] + known
        examples = fresh + chance.sample(others, min(len(fresh), len(others)))
    chance.shuffle(examples)
    examples = examples[: arguments.limit or None]
    network = build_network(bundled_model_path())
    if arguments.start:
        start_from(network, arguments.start)
    pieces = WordPieces.load(bundled_model_path())
    encoder = [p for n, p in network.named_parameters() if n.startswith("enc") and p.requires_grad]
    heads = [p for n, p in network.named_parameters() if not n.startswith("enc")]
    optimiser = torch.optim.AdamW(
        [{"params": encoder, "lr": arguments.rate}, {"params": heads, "lr": HEAD_RATE}],
        weight_decay=0.01,
    )
    negatives = Negatives(examples)
    queue: list[list[list[Item]]] = []

    def loss() -> torch.Tensor:
        if not queue:
            queue.extend(batches(list(groups(examples, negatives, chance)), chance))
        return loss_of(pieces, network, queue.pop())

    steps = int(arguments.epochs * len(examples) * WINDOWS / BATCH)
    for step in learn(optimiser, loss, steps=steps, minutes=arguments.minutes):
        if step % 500 == 0:
            save(network, arguments.out, READER)
    save(network, arguments.out, READER)


def _document(passage_id: str) -> str:
    """What a passage is cut from: ids of passages end in "-3" or "#3", of abstracts they do not."""
    if passage_id.startswith(("pubmedqa-", "scifact-")):
        return passage_id
    return passage_id.rsplit("#", 1)[0].rsplit("-", 1)[0]


def main() -> None:
    """The command line."""
    parser = options(__doc__, epochs=3.0, rate=1e-4, seed=12)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--newest", type=int, default=0, help="our last N questions and as many of the others"
    )
    parser.add_argument("--limit", type=int, default=0, help="examples, for a learning curve")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
