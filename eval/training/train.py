"""Train the reader: ``python -m eval.training.train --data ../shared/data --out DIR``.

The MiniLM encoder, two small heads, binary cross-entropy on sentences and windows and a softmax
over the sentences of an answerable window; negatives are the questions nobody can answer from
their passage, passages whose answer was cropped away, and the nearest other passages. bfloat16
autocast on CPU. Writes reader.safetensors (float16, without the word embeddings, which stay the
bundled model's) and its checksum; eval.training.calibrate adds the calibration.
"""

from __future__ import annotations

import argparse
import math
import random
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from torch.nn.utils import clip_grad_norm_

from eval.training.examples import Example, crop, load_examples
from eval.training.haste import as_typed
from eval.training.saving import save, start_from
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import Window, build_network, collate, encode
from ragbot.adapters.sentence_transformers import bundled_model_path, load_embeddings
from ragbot.adapters.weights import READER

BATCH = 16
MOST_CHARS = 1000  #: as ragbot.read.WINDOW_CHARS
HEAD_RATE = 1e-3  #: learning rate of the new heads
NEIGHBOURS = 12  #: nearest passages from which a negative is drawn


@dataclass(frozen=True, slots=True)
class Item:
    """One training input."""

    question: str
    window: Window
    labels: list[bool]


class Negatives:
    """For a question, a near passage that is not its own."""

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
        questions = sorted({e.question for e in examples})
        self._questions = dict(zip(questions, embeddings.encode(questions), strict=True))

    def draw(self, example: Example, chance: random.Random) -> Window | None:
        """A window of another document of the same set."""
        scores = self._vectors[example.source] @ self._questions[example.question]
        near = [self._keys[example.source][i] for i in np.argsort(-scores)[:NEIGHBOURS]]
        own = _document(example.passage_id)
        others = [key for key in near if _document(key[1]) != own]
        return self._passages[chance.choice(others)].window if others else None

    def _text(self, key: tuple[str, str]) -> str:
        window = self._passages[key].window
        return f"{window.header} {' '.join(unit.text for unit in window.units)}"[:1200]


def items(
    examples: Sequence[Example], negatives: Negatives, chance: random.Random
) -> Iterator[Item]:
    """One epoch."""
    for example in examples:
        question = as_typed(example.question, chance)
        window, labels = crop(example, chance, most_chars=MOST_CHARS)
        yield Item(question, window, labels)
        if chance.random() < (0.35 if example.answers else 0.05):
            other = negatives.draw(example, chance)
            if other:
                empty = Example("", "", example.question, other, frozenset(), "train")
                window, labels = crop(empty, chance, most_chars=MOST_CHARS)
                yield Item(question, window, labels)


def batches(epoch: list[Item], chance: random.Random) -> list[list[Item]]:
    """Batches of like length, in random order."""
    epoch.sort(key=lambda i: sum(len(u.text) for u in i.window.units) + 120 * chance.random())
    made = [epoch[at : at + BATCH] for at in range(0, len(epoch), BATCH)]
    chance.shuffle(made)
    return made


def loss_of(pieces: WordPieces, network: torch.nn.Module, batch: Sequence[Item]) -> torch.Tensor:
    """Sentences, windows, and the ranking of sentences in answerable windows."""
    encoded = [encode(pieces, item.question, item.window) for item in batch]
    inputs = collate(encoded)
    mask = inputs[4]
    target = torch.zeros(mask.shape)
    for row, (item, one) in enumerate(zip(batch, encoded, strict=True)):
        kept = item.labels[: len(one.spans)]
        target[row, : len(kept)] = torch.tensor(kept, dtype=torch.float32)
    answerable = target.amax(1)
    with torch.autocast("cpu", torch.bfloat16):
        sentences, windows = network(*inputs)
    each = functional.binary_cross_entropy_with_logits(
        sentences, target, reduction="none", pos_weight=torch.tensor(2.0)
    )
    loss = (each * mask).sum() / mask.sum()
    loss = loss + functional.binary_cross_entropy_with_logits(windows, answerable)
    rows = answerable > 0
    if rows.any():
        ranked = functional.log_softmax(sentences[rows].masked_fill(~mask[rows], -1e4), -1)
        loss = loss - 0.5 * ((ranked * target[rows]).sum(1) / target[rows].sum(1)).mean()
    return loss


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
    queue: list[list[Item]] = []
    total = int(arguments.epochs * len(examples) * 1.25 / BATCH)
    began = time.monotonic()
    for step in range(total):
        if not queue:
            queue = batches(list(items(examples, negatives, chance)), chance)
        seconds = time.monotonic() - began
        done = max(step / total, seconds / (60 * arguments.minutes))
        if done >= 1:
            break
        share = min(1.0, (step + 1) / 100) * (1 - done)  # warm up, then decay to nothing
        for group, rate in zip(optimiser.param_groups, (arguments.rate, HEAD_RATE), strict=True):
            group["lr"] = rate * share
        loss = loss_of(pieces, network, queue.pop())
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % 50 == 0:
            sys.stderr.write(f"step {step}/{total} loss {loss.item():.3f} {seconds:.0f} s\n")
        if step and step % 500 == 0:
            save(network, arguments.out, READER)
    save(network, arguments.out, READER)


def _document(passage_id: str) -> str:
    return passage_id.rsplit("#", 1)[0].rsplit("-", 1)[0]


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="the folder shared/data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=3.0)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop then, the rate decayed to nothing"
    )
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--rate", type=float, default=1e-4, help="learning rate of the encoder")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--newest", type=int, default=0, help="our last N questions and as many of the others"
    )
    parser.add_argument("--limit", type=int, default=0, help="examples, for a learning curve")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
