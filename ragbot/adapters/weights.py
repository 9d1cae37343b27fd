"""The weights that ship with ragbot, and the card that says what they are.

    path = verified_weights(folder("weights"), READER)
    read_card(folder("weights"))["rules"]

Weights that are not byte for byte those that the card names are refused: figures were measured on
those.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragbot.adapters.sentence_transformers import has_bfloat16
from ragbot.errors import ModelProblem

if TYPE_CHECKING:
    import torch

READER = "reader.safetensors"  #: ragbot/adapters/reader_model.py
SENTENCES = "sentences.safetensors"  #: ragbot/adapters/sentence_model.py
SUPPORT = "support.safetensors"  #: ragbot/adapters/support_model.py
CARD = "reader.json"


def read_card(weights: Path) -> dict[str, Any]:
    """What is recorded beside the weights: checksums, calibration, rules.

    Raises:
        ModelProblem: the card is missing or is no JSON object.
    """
    try:
        card = json.loads((weights / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelProblem(
            f"The reader's card {weights / CARD} cannot be read ({error}).",
            hint="Reinstall ragbot.",
        ) from error
    return dict(card)


def verified_weights(weights: Path, name: str) -> Path:
    """The file ``name`` of weights, its checksum compared with the card's.

    Raises:
        ModelProblem: it is missing, or not the one that the card names.
    """
    path = weights / name
    if not path.is_file():
        raise ModelProblem(f"The reader's weights {path} are missing.", hint="Reinstall ragbot.")
    expected = read_card(weights)["sha256"][name]
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != expected:
            message = f"The reader's weights {path} are altered."
            raise ModelProblem(message, hint="Reinstall ragbot.")
    return path


def load_weights(network: torch.nn.Module, weights: Path, name: str) -> torch.nn.Module:
    """``network`` with the file ``name``, ready to be asked.

    Raises:
        ModelProblem: the weights are missing or are not the ones that the card names.
    """
    network.load_state_dict(read_weights(weights, name), strict=False)
    return ready(network)


def read_weights(weights: Path, name: str) -> dict[str, torch.Tensor]:
    """The tensors in the file ``name``, in float32.

    Raises:
        ModelProblem: the weights are missing or are not the ones that the card names.
    """
    from safetensors.torch import load_file

    return {key: value.float() for key, value in load_file(verified_weights(weights, name)).items()}


def ready(network: torch.nn.Module) -> torch.nn.Module:
    """``network`` for answering, in bfloat16 where the CPU has it."""
    network.eval()
    return network.bfloat16() if has_bfloat16() else network
