"""Trained weights → the files that ship, and their checksums in the card beside them.

    save(network, Path("ragbot/weights"), READER)

float16 safetensors without the word embeddings, which stay the bundled model's. What else the card
holds (calibration, rules) is left as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from ragbot.adapters.weights import CARD


def save(network: torch.nn.Module, out: Path, name: str) -> None:
    """Write the weights as ``name`` into the folder ``out``, and their checksum into its card."""
    state = network.state_dict().items()
    write({key: value for key, value in state if "word_embeddings" not in key}, out, name)


def write(state: Mapping[str, torch.Tensor], out: Path, name: str) -> None:
    """Write tensors as ``name`` into the folder ``out``, and their checksum into its card."""
    out.mkdir(parents=True, exist_ok=True)
    stored = {
        key: value.to(torch.float16).contiguous()
        for key, value in state.items()
        if "position_ids" not in key
    }
    save_file(stored, str(out / name))
    (out / name).chmod(0o644)  # safetensors makes it for its owner alone
    digest = hashlib.sha256((out / name).read_bytes()).hexdigest()
    note(out, "sha256", _card(out).get("sha256", {}) | {name: digest})


def note(out: Path, key: str, value: object) -> None:
    """Put a value into the card in the folder ``out``."""
    card = _card(out) | {key: value}
    (out / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")


def _card(out: Path) -> dict[str, Any]:
    path = out / CARD
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def start_from(network: torch.nn.Module, weights: Path) -> None:
    """Load the weights of an earlier run into ``network``."""
    state = {name: value.float() for name, value in load_file(weights).items()}
    unknown = network.load_state_dict(state, strict=False).unexpected_keys
    if unknown:
        raise SystemExit(f"{weights} holds other weights: {unknown[:3]}")
