"""Train the sentence encoder: ``python -m eval.training.sentences --data DATA --out DIR``.

Questions and windows go through one MiniLM, apart. Of all sentences in a batch those that answer a
question should come first (InfoNCE with in-batch negatives, Oord et al. 2018; several answers share
the target), above all before the others of the passage that the question was written for (of a
library that is all of it, and the two terms are one); near passages that do not answer are added as
negatives. Sentences of a question that nobody can answer are pushed below a common threshold.
About half of the batches are drawn from the sets of ``eval.training.examples``, half from the
invented libraries, each from one of them. bfloat16 where the CPU has it; only ``part: train``.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence

import torch
from torch.nn import functional

from eval.training.encoder_batches import QUESTIONS, Batch, of_examples, of_library
from eval.training.examples import Example, load_examples
from eval.training.learn import learn, mixed_precision, options
from eval.training.libraries import load_libraries
from eval.training.negatives import Negatives
from eval.training.saving import save, start_from
from eval.training.train import ranking
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import PAD_TO, collate, encode, question_ids
from ragbot.adapters.sentence_model import build_sentence_network
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.weights import SENTENCES

INVENTED = 0.5  #: share of batches from the invented libraries
SCALE_RATE = 1e-2  #: learning rate of the temperature and the threshold


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
        questions = questions_of(self._pieces, [one.question for one in batch.asked])
        with mixed_precision():
            asked = self.network(*questions)[:, 0]
            told = self.network(ids, mask, pooling)
        logits = (self.scale * torch.einsum("qd,wsd->qws", asked, told)).flatten(1)
        target = torch.zeros(len(batch.asked), *real.shape)
        judged, rivals = (torch.zeros(target.shape, dtype=torch.bool) for _ in range(2))
        for row, one in enumerate(batch.asked):
            rivals[row] = real
            rivals[row, list(one.unknown)] = False
            for at, labels in one.known.items():
                kept = labels[: len(laid[at].spans)]
                target[row, at, : len(kept)] = torch.tensor(kept, dtype=torch.float32)
                judged[row, at] = real[at]
        target, judged, rivals = (rows.flatten(1) for rows in (target, judged, rivals))
        everywhere = ranking(logits, rivals, target)
        within = ranking(logits, judged, target)
        each = functional.binary_cross_entropy_with_logits(
            logits[judged] + self.threshold, target[judged]
        )
        return everywhere + 0.5 * within + 0.5 * each


def endless(examples: Sequence[Example], chance: random.Random) -> Iterator[list[Example]]:
    """As many as go into a batch, each once before any comes again, but within one batch."""
    queue: list[Example] = []
    while True:
        while len(queue) < QUESTIONS:
            queue += chance.sample(examples, len(examples))
        yield queue[:QUESTIONS]
        del queue[:QUESTIONS]


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
    libraries = load_libraries("train")
    from_examples = endless(examples, chance)

    def loss() -> torch.Tensor:
        if chance.random() < INVENTED:
            batch = of_library(chance.choice(libraries), chance)
        else:
            batch = of_examples(next(from_examples), negatives, chance)
        return loss_of(batch)  # type: ignore[no-any-return]

    # an epoch of the examples; the libraries come on top
    steps = int(arguments.epochs * len(examples) / QUESTIONS / (1 - INVENTED))
    for step in learn(optimiser, loss, steps=steps, minutes=arguments.minutes):
        if step % 300 == 0:
            save(network, arguments.out, SENTENCES)
    save(network, arguments.out, SENTENCES)


def main() -> None:
    """The command line."""
    train(options(__doc__, epochs=2.0, rate=6e-5, seed=5).parse_args())


if __name__ == "__main__":
    main()
