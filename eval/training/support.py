"""Train what tells a supported sentence: ``python -m eval.training.support --data ../shared/data``.

From the reader's encoder (ragbot/weights), binary cross-entropy on the statements written for it
(eval/training/statements.py). Beside its own sentences a premise is now and then put among others
of its document, repeated word for word (supported), or put against a sentence on something else
(not supported). bfloat16 where the CPU has it. Writes support.safetensors: the difference from the
reader's weights, each matrix by its ``RANK`` greatest singular values, in float16. With ``--start
FOLDER --epochs 0`` what stands in FOLDER, beside its own reader, is written as a difference from
the present reader and not trained: as near as ``RANK`` allows, so measure it again.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch.nn import functional

from eval.training.learn import learn, mixed_precision, options
from eval.training.saving import note, write
from eval.training.statements import Premise, Statement, load_statements
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.support_model import (
    DOWN,
    UP,
    Encoded,
    add,
    build_network,
    collate,
    encode,
    require_its_reader,
    start_from_reader,
)
from ragbot.adapters.weights import READER, SUPPORT, read_card, read_weights
from ragbot.resources import folder

BATCH = 32
HEAD_RATE = 1e-3  #: learning rate of the head
RANK = 32  #: of the stored difference; 16 costs half a point of AUROC, 64 brings nothing
EMBEDDINGS = "enc.embeddings."  #: not trained: they stay the reader's
AMONG = 0.4  #: share of premises that are put among other sentences of their document
UNTITLED = 0.2
REPEATED = 0.2  #: premises that are also put against themselves
ELSEWHERE = 0.5  #: premises of whose sentences one is also put against another of the document
FOREIGN = 0.1  #: the same with another document


@dataclass(frozen=True, slots=True)
class Item:
    """One training input."""

    sentence: str
    premise: str
    title: str
    supported: bool


def epoch(statements: Sequence[Statement], chance: random.Random) -> Iterator[Item]:
    """All statements once, and what is made of their premises."""
    own: dict[Premise, list[Statement]] = {}
    beside: dict[str, list[Premise]] = {}
    for statement in statements:
        if statement.premise not in own:
            beside.setdefault(statement.premise.document, []).append(statement.premise)
        own.setdefault(statement.premise, []).append(statement)
    premises = list(own)
    for premise in premises:
        others = [other for other in beside[premise.document] if other != premise]
        title = "" if chance.random() < UNTITLED else premise.title
        for statement in own[premise]:
            words = _among(premise, others, chance)
            yield Item(statement.text, words, title, statement.supported)
        if chance.random() < REPEATED:
            yield Item(premise.words, _among(premise, others, chance), title, True)
        true = chance.choice([s.text for s in own[premise] if s.supported])
        if others and chance.random() < ELSEWHERE:
            yield Item(true, chance.choice(others).words, title, False)
        if chance.random() < FOREIGN:
            other = chance.choice(premises)
            if other.document != premise.document:
                yield Item(true, other.words, other.title, False)


def _among(premise: Premise, others: Sequence[Premise], chance: random.Random) -> str:
    words = [premise.words]
    if others and chance.random() < AMONG:
        count = min(len(others), chance.choice((1, 1, 2)))
        words += [other.words for other in chance.sample(others, count)]
        chance.shuffle(words)
    return " ".join(words)


def batches(
    items: Sequence[Item], pieces: WordPieces, chance: random.Random
) -> list[list[tuple[Encoded, bool]]]:
    """Batches of like length, in random order."""
    rows = [
        (encode(pieces, item.sentence, item.premise, title=item.title), item.supported)
        for item in items
    ]
    rows.sort(key=lambda row: len(row[0][0]) + len(row[0][1]) + 20 * chance.random())
    made = [rows[at : at + BATCH] for at in range(0, len(rows), BATCH)]
    chance.shuffle(made)
    return made


def difference(network: torch.nn.Module, start: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """What to store of a network that began as ``start``: see the module's docstring."""
    stored = {}
    for name, value in network.state_dict().items():
        if name.startswith(EMBEDDINGS):
            continue
        if name.startswith("enc.") and value.dim() == 2:
            left, sizes, right = torch.linalg.svd(value - start[name], full_matrices=False)
            stored[name + UP] = left[:, :RANK] * sizes[:RANK]
            stored[name + DOWN] = right[:RANK]
        else:
            stored[name] = value
    return stored


def go_on(network: torch.nn.Module, weights: Path) -> None:
    """Give the network what an earlier one has learned; ``weights``: its folder, with its reader.

    Embeddings are not stored, so it keeps those of the reader that it has now.

    Raises:
        ModelProblem: weights are missing, or ``weights`` holds another reader than its own.
    """
    require_its_reader(weights)
    earlier = build_network(bundled_model_path())
    start_from_reader(earlier, weights)
    add(earlier, read_weights(weights, SUPPORT))
    state = earlier.state_dict()
    kept = {name: value for name, value in state.items() if not name.startswith(EMBEDDINGS)}
    network.load_state_dict(kept, strict=False)


def train(arguments: argparse.Namespace) -> None:
    """Run the training that the arguments describe."""
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    statements = [s for s in load_statements(arguments.data) if s.premise.part == "train"]
    chance = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    base = bundled_model_path()
    network = build_network(base)
    start_from_reader(network, folder("weights"))
    start = {name: value.clone() for name, value in network.state_dict().items()}
    if arguments.start:
        go_on(network, arguments.start)
    pieces = WordPieces.load(base)
    encoder = [p for n, p in network.named_parameters() if n.startswith("enc") and p.requires_grad]
    heads = [p for n, p in network.named_parameters() if not n.startswith("enc")]
    optimiser = torch.optim.AdamW(
        [{"params": encoder, "lr": arguments.rate}, {"params": heads, "lr": HEAD_RATE}],
        weight_decay=0.01,
    )
    queue: list[list[tuple[Encoded, bool]]] = []

    def loss() -> torch.Tensor:
        if not queue:
            queue.extend(batches(list(epoch(statements, chance)), pieces, chance))
        rows = queue.pop()
        with mixed_precision():
            logits = network(*collate([encoded for encoded, _ in rows]))
        target = torch.tensor([float(supported) for _, supported in rows])
        return functional.binary_cross_entropy_with_logits(logits, target)

    length = len(list(epoch(statements, random.Random(0))))  # noqa: S311 - not for secrets
    steps = int(arguments.epochs * length / BATCH)
    network.train()
    for _ in learn(optimiser, loss, steps=steps, minutes=arguments.minutes):
        pass
    write(difference(network, start), arguments.out, SUPPORT)
    note(arguments.out, "support_belongs_to", read_card(folder("weights"))["sha256"][READER])


def main() -> None:
    """The command line."""
    parser = options(__doc__, epochs=4.0, rate=1.2e-4, seed=1)
    parser.add_argument("--threads", type=int, default=0)
    train(parser.parse_args())


if __name__ == "__main__":
    main()
