"""Train the sentence encoder: ``python -m eval.training.sentences --data DATA --out DIR``.

Questions and windows go through one MiniLM, apart. Of all sentences in a batch those that answer a
question should come first (InfoNCE with in-batch negatives, Oord et al. 2018; several answers share
the target), above all before the others of their own passage; near passages that do not answer are
added as negatives. Sentences of a question that nobody can answer are pushed below a common
threshold. bfloat16 autocast on CPU. Sets: those of ``eval.training.examples``; only
``part: train``.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch.nn import functional

from eval.training.contrasts import MOST_CHARS
from eval.training.examples import Example, crop, load_examples
from eval.training.haste import as_typed
from eval.training.learn import learn, options
from eval.training.negatives import Negatives
from eval.training.saving import save, start_from
from eval.training.train import ranking
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import PAD_TO, Window, collate, encode, question_ids
from ragbot.adapters.sentence_model import build_sentence_network
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.weights import SENTENCES

BATCH = 24  #: questions
NEAR = 0.3  #: share of questions that bring a near passage of another document
NEAR_CHARS = 600
SCALE_RATE = 1e-2  #: learning rate of the temperature and the threshold


@dataclass(frozen=True, slots=True)
class Batch:
    """Questions, and windows of which the first ``len(questions)`` are theirs."""

    questions: list[str]
    windows: list[Window]
    labels: list[list[bool]]  #: of each question's own window
    passages: list[tuple[str, str] | None]  #: which passage a window is cut from


def draw(examples: Sequence[Example], negatives: Negatives, chance: random.Random) -> Batch:
    """Crop each passage at random and type each question as in haste."""
    batch = Batch([], [], [], [])
    for example in examples:
        window, labels = crop(example, chance, most_chars=MOST_CHARS)
        batch.questions.append(as_typed(example.question, chance))
        batch.windows.append(window)
        batch.labels.append(labels)
        batch.passages.append((example.source, example.passage_id))
    for example in examples:
        for other in negatives.draw(example, chance) if chance.random() < NEAR else ():
            empty = Example("", "", example.question, other, frozenset(), "train")
            batch.windows.append(crop(empty, chance, most_chars=NEAR_CHARS)[0])
            batch.passages.append(None)
    return batch


def questions_of(pieces: WordPieces, questions: Sequence[str]) -> tuple[torch.Tensor, ...]:
    """Ids, mask ``[B, L]`` and pooling ``[B, 1, L]``."""
    rows = [question_ids(pieces, question) for question in questions]
    length = -(-max(map(len, rows)) // PAD_TO) * PAD_TO
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask, pooling = ids.clone(), torch.zeros(len(rows), 1, length)
    for at, row in enumerate(rows):
        ids[at, : len(row)] = torch.tensor(row)
        mask[at, : len(row)] = 1
        pooling[at, 0, : len(row)] = 1 / len(row)
    return ids, mask, pooling


class Loss(torch.nn.Module):
    """The three terms of the module's docstring, with a temperature and a threshold to learn."""

    def __init__(self, network: torch.nn.Module, pieces: WordPieces) -> None:
        """``network``: as ``build_sentence_network`` builds it."""
        super().__init__()
        self.network = network
        self.scale = torch.nn.Parameter(torch.tensor(20.0))
        self.threshold = torch.nn.Parameter(torch.tensor(-10.0))
        self._pieces = pieces

    def forward(self, batch: Batch) -> torch.Tensor:
        """Loss of one batch."""
        laid = [encode(self._pieces, None, window) for window in batch.windows]
        ids, mask, _, pooling, real = collate(laid)
        with torch.autocast("cpu", torch.bfloat16):
            asked = self.network(*questions_of(self._pieces, batch.questions))[:, 0]
            told = self.network(ids, mask, pooling)
        logits = self.scale * torch.einsum("qd,wsd->qws", asked, told)
        count = len(batch.questions)
        target = torch.zeros(count, *real.shape)
        rivals = real[None].expand(count, -1, -1).clone()
        for row, labels in enumerate(batch.labels):
            kept = labels[: len(laid[row].spans)]
            target[row, row, : len(kept)] = torch.tensor(kept, dtype=torch.float32)
            for other, passage in enumerate(batch.passages):
                if other != row and passage == batch.passages[row]:
                    rivals[row, other] = False  # another crop of the same passage may answer too
        own = torch.arange(count)
        mine, real, wanted = logits[own, own], real[:count], target[own, own]
        everywhere = ranking(logits.flatten(1), rivals.flatten(1), target.flatten(1))
        within = ranking(mine, real, wanted)
        each = functional.binary_cross_entropy_with_logits(
            mine + self.threshold, wanted, reduction="none"
        )
        return everywhere + 0.5 * within + 0.5 * (each * real).sum() / real.sum()


def train(arguments: argparse.Namespace) -> None:
    """Run the training that the arguments describe."""
    torch.manual_seed(arguments.seed)
    examples = [e for e in load_examples(arguments.data) if e.part == "train"]
    chance = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    chance.shuffle(examples)
    network = build_sentence_network(bundled_model_path())
    if arguments.start:
        start_from(network, arguments.start)
    loss_of = Loss(network, WordPieces.load(bundled_model_path()))
    optimiser = torch.optim.AdamW(
        [
            {
                "params": [p for p in network.parameters() if p.requires_grad],
                "lr": arguments.rate,
                "weight_decay": 0.01,
            },
            {
                "params": [loss_of.scale, loss_of.threshold],
                "lr": SCALE_RATE,
                "weight_decay": 0.0,
            },
        ]
    )
    negatives = Negatives(examples)
    queue: list[Example] = []

    def loss() -> torch.Tensor:
        if len(queue) < BATCH:
            queue[:] = chance.sample(examples, len(examples))
        drawn = [queue.pop() for _ in range(BATCH)]
        return loss_of(draw(drawn, negatives, chance))  # type: ignore[no-any-return]

    steps = int(arguments.epochs * len(examples) / BATCH)
    for step in learn(optimiser, loss, steps=steps, minutes=arguments.minutes):
        if step % 300 == 0:
            save(network, arguments.out, SENTENCES)
    save(network, arguments.out, SENTENCES)


def main() -> None:
    """The command line."""
    train(options(__doc__, epochs=2.0, rate=6e-5, seed=5).parse_args())


if __name__ == "__main__":
    main()
