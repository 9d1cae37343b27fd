"""The loop that the networks are trained by, and its command line.

    arguments = options(__doc__, epochs=3.0, rate=1e-4, seed=12).parse_args()
    for step in learn(optimiser, loss, steps=1000, minutes=30):
        ...                 # after each step: save now and then

The learning rates that the optimiser comes with are reached over the first steps and then decay
linearly to nothing, by steps or by the clock, whichever ends first.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch.nn.utils import clip_grad_norm_

from ragbot.adapters.sentence_transformers import has_bfloat16

BFLOAT16 = has_bfloat16()
WARM_UP = 100  #: steps
LONGEST = 1.0  #: norm to which a gradient is cut
SAY = 50  #: steps between two lines on stderr


def options(
    description: str | None, *, epochs: float, rate: float, seed: int
) -> argparse.ArgumentParser:
    """The command line of a training, with its defaults."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--data", type=Path, required=True, help="the folder shared/data")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=float, default=epochs)
    parser.add_argument(
        "--minutes", type=float, default=math.inf, help="stop then, the rate decayed to nothing"
    )
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--rate", type=float, default=rate, help="learning rate of the encoder")
    parser.add_argument("--seed", type=int, default=seed)
    return parser


def mixed_precision() -> torch.autocast:
    """bfloat16 where the CPU has it: emulated, it is several times slower than float32."""
    return torch.autocast("cpu", torch.bfloat16, enabled=BFLOAT16)


def learn(
    optimiser: torch.optim.Optimizer,
    loss: Callable[[], torch.Tensor],
    *,
    steps: int,
    minutes: float,
) -> Iterator[int]:
    """Take steps down ``loss``, which draws a batch at each call; yields how many are done."""
    rates = [group["lr"] for group in optimiser.param_groups]
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    began = time.monotonic()
    for step in range(steps):
        seconds = time.monotonic() - began
        done = max(step / steps, seconds / (60 * minutes))
        if done >= 1:
            break
        share = min(1.0, (step + 1) / WARM_UP) * (1 - done)
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * share
        found = loss()
        optimiser.zero_grad()
        found.backward()  # type: ignore[no-untyped-call]
        clip_grad_norm_(parameters, LONGEST)
        optimiser.step()
        if step % SAY == 0:
            sys.stderr.write(f"step {step}/{steps} loss {found.item():.3f} {seconds:.0f} s\n")
        yield step + 1
