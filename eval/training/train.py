"""Train the reader: ``python -m eval.training.train --data ../shared/data --out DIR``.

The MiniLM encoder and two small heads; binary cross-entropy on sentences and windows; a softmax
over the sentences of an answering window, and over all that a question was put to ("localized
contrastive estimation", Gao et al. 2021, https://arxiv.org/abs/2101.08751); and for every answered
and unanswered question of a batch the logistic loss of the difference of their best scores, which
stands for the AUROC (Gao and Zhou 2015, https://arxiv.org/abs/1208.0645). Three in ten batches are
drawn from the sets over shared/data, the others from the invented libraries. bfloat16 where the
CPU has it. Writes reader.safetensors (float16, without the word embeddings, which stay the bundled
model's) and its checksum; eval.training.calibrate adds the calibration.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

import torch
from torch.nn import functional

from eval.training.contrasts import BATCH, Contrast, Group, batches, contrasts
from eval.training.drawing import Drawing
from eval.training.examples import load_examples
from eval.training.learn import learn, mixed_precision, options
from eval.training.libraries import load_libraries
from eval.training.negatives import Negatives
from eval.training.saving import save, start_from
from ragbot.adapters.bert import WordPieces
from ragbot.adapters.reader_model import Encoded, build_network, collate, encode
from ragbot.adapters.sentence_transformers import bundled_model_path
from ragbot.adapters.weights import READER

HEAD_RATE = 5.0  #: learning rate of the heads, in that of the encoder
PAIRS = 0.5  #: weight of the loss that stands for the AUROC
INVENTED = 0.7  #: share of batches from the invented libraries
AT_ONCE = 4  #: windows of one pass
WINDOWS = 2.5  #: a question of shared/data has, about
FAR = -1e4


def loss_of(pieces: WordPieces, network: torch.nn.Module, batch: Sequence[Group]) -> torch.Tensor:
    """Sentences, windows, the ranking of a question's sentences, and that of questions."""
    items = [item for group in batch for item in group]
    encoded = [encode(pieces, item.question, item.window) for item in items]
    sentences, windows, mask = passes(network, encoded)
    target = torch.zeros(mask.shape)
    for row, (item, one) in enumerate(zip(items, encoded, strict=True)):
        kept = item.labels[: len(one.spans)]
        target[row, : len(kept)] = torch.tensor(kept, dtype=torch.float32)
    answerable = target.amax(1)
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
    loss = loss + 0.25 * ranking(whole, real > 0, wanted)
    best = sentences.masked_fill(~mask, FAR).amax(1)
    asked = torch.stack([one.amax() for one in torch.split(answerable, sizes)]) > 0
    scores = [torch.stack([one.amax() for one in torch.split(s, sizes)]) for s in (best, windows)]
    return loss + PAIRS * (told_apart(scores[0], asked) + told_apart(scores[1], asked)) / 2


def passes(
    network: torch.nn.Module, encoded: Sequence[Encoded]
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Sentence logits ``[B, S]``, window logits ``[B]``, and which sentences there are.

    Read ``AT_ONCE`` at a time, the longest first: a batch's lengths differ by a factor of four, and
    padded together a third of the tokens are padding (a step of 1.24 s takes 1.14).
    """
    order = sorted(range(len(encoded)), key=lambda at: -len(encoded[at].ids))
    most = max(len(one.spans) for one in encoded)
    parts = []
    for at in range(0, len(order), AT_ONCE):
        inputs = collate([encoded[row] for row in order[at : at + AT_ONCE]])
        with mixed_precision():
            sentences, windows = network(*inputs)
        wider = partial(functional.pad, pad=(0, most - sentences.shape[1]))
        parts.append((wider(sentences), windows, wider(inputs[4])))
    back = torch.tensor(order).argsort()
    scored, whole, real = (torch.cat(part)[back] for part in zip(*parts, strict=True))
    return scored, whole, real


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


def told_apart(scores: torch.Tensor, answered: torch.Tensor) -> torch.Tensor:
    """Mean logistic loss of an answered question's score less an unanswered one's; both ``[Q]``."""
    if answered.all() or not answered.any():
        return scores.new_zeros(())
    return functional.softplus(scores[~answered] - scores[answered][:, None]).mean()


def endless(
    epoch: Callable[[random.Random], Iterable[Contrast]], chance: random.Random
) -> Iterator[list[Group]]:
    """Batches of one epoch after the other."""
    while True:
        yield from batches(epoch(chance), chance)


def train(arguments: argparse.Namespace) -> None:
    """Run the training that the arguments describe."""
    torch.manual_seed(arguments.seed)
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    examples = [e for e in load_examples(arguments.data) if e.part == "train"]
    chance = random.Random(arguments.seed)  # noqa: S311 - not for secrets
    chance.shuffle(examples)
    examples = examples[: arguments.limit or None]
    libraries = load_libraries("train")
    chance.shuffle(libraries)
    drawing = Drawing(libraries[: arguments.libraries])
    negatives = Negatives(examples)
    network = build_network(bundled_model_path())
    if arguments.start:
        start_from(network, arguments.start)
    pieces = WordPieces.load(bundled_model_path())
    encoder = [p for n, p in network.named_parameters() if n.startswith("enc") and p.requires_grad]
    heads = [p for n, p in network.named_parameters() if not n.startswith("enc")]
    optimiser = torch.optim.AdamW(
        [
            {"params": encoder, "lr": arguments.rate},
            {"params": heads, "lr": HEAD_RATE * arguments.rate},
        ],
        weight_decay=0.01,
    )
    from_libraries = endless(drawing.contrasts, chance)
    from_examples = endless(lambda c: contrasts(examples, negatives, c), chance)

    def loss() -> torch.Tensor:
        invented = arguments.libraries != 0 and chance.random() < INVENTED
        drawn = from_libraries if invented else from_examples
        return loss_of(pieces, network, next(drawn))

    # of all batches; with libraries, most of them are theirs
    steps = int(arguments.epochs * len(examples) * WINDOWS / BATCH)
    for step in learn(optimiser, loss, steps=steps, minutes=arguments.minutes):
        if step % 500 == 0:
            save(network, arguments.out, READER)
    save(network, arguments.out, READER)


def main() -> None:
    """The command line."""
    parser = options(__doc__, epochs=3.0, rate=1e-4, seed=12)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--limit", type=int, default=0, help="examples; fewer make fewer pairs, too"
    )
    parser.add_argument("--libraries", type=int, default=None, help="how many of them; 0: none")
    train(parser.parse_args())


if __name__ == "__main__":
    main()
