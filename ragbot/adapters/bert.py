"""BERT in plain torch, for the bundled encoder: the server starts without importing transformers.

    network = load_encoder(bundled_model_path())
    pieces = WordPieces.load(bundled_model_path())
    network(input_ids=ids, attention_mask=mask, token_type_ids=segments).last_hidden_state

The architecture is that of Devlin et al. (2019) as Hugging Face's ``BertModel`` has it, parameter
names included, so that weights go either way; tests/test_adapter_embeddings.py compares the two
number by number. Importing ``transformers.BertModel`` costs more time than everything else that
the server imports together, and these hundred lines are all that is used of it.

What it does not do: any other architecture; those are loaded by sentence-transformers.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a BERT, under the names of its ``config.json``."""

    vocab_size: int
    hidden_size: int
    num_hidden_layers: int
    num_attention_heads: int
    intermediate_size: int
    max_position_embeddings: int
    type_vocab_size: int
    layer_norm_eps: float
    hidden_dropout_prob: float = 0.1  #: in training only

    @classmethod
    def read(cls, folder: Path) -> Self:
        """From the ``config.json`` in ``folder``."""
        facts = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        return cls(**{name: facts[name] for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Output:
    """What a pass gives."""

    last_hidden_state: Tensor  #: [B, L, hidden]


class _Embeddings(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        size = shape.hidden_size
        self.word_embeddings = nn.Embedding(shape.vocab_size, size, padding_idx=0)
        self.position_embeddings = nn.Embedding(shape.max_position_embeddings, size)
        self.token_type_embeddings = nn.Embedding(shape.type_vocab_size, size)
        self.LayerNorm = nn.LayerNorm(size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, ids: Tensor, segments: Tensor) -> Tensor:
        places = self.position_embeddings.weight[: ids.shape[1]]
        found = self.word_embeddings(ids) + self.token_type_embeddings(segments) + places
        return self.dropout(self.LayerNorm(found))  # type: ignore[no-any-return]  # torch's modules are untyped


class _Projections(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        size = shape.hidden_size
        self.query, self.key, self.value = (nn.Linear(size, size) for _ in range(3))


class _Residual(nn.Module):
    def __init__(self, shape: Shape, inputs: int) -> None:
        super().__init__()
        self.dense = nn.Linear(inputs, shape.hidden_size)
        self.LayerNorm = nn.LayerNorm(shape.hidden_size, eps=shape.layer_norm_eps)
        self.dropout = nn.Dropout(shape.hidden_dropout_prob)

    def forward(self, found: Tensor, before: Tensor) -> Tensor:
        return self.LayerNorm(self.dropout(self.dense(found)) + before)  # type: ignore[no-any-return]


class _Attention(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        setattr(self, "self", _Projections(shape))  # noqa: B010 - BERT's own name for it
        self.output = _Residual(shape, shape.hidden_size)
        self._heads = shape.num_attention_heads

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        rows, length, size = states.shape
        parts: Any = getattr(self, "self")  # noqa: B009
        query, key, value = (
            project(states).view(rows, length, self._heads, -1).transpose(1, 2)
            for project in (parts.query, parts.key, parts.value)
        )
        # no dropout here, only in the layers: torch's fused attention on CPU has none, and one
        # training step was timed at 2.7 s with it and 1.5 s without
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.output(mixed.transpose(1, 2).reshape(rows, length, size), states)  # type: ignore[no-any-return]


class _Dense(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.dense = nn.Linear(shape.hidden_size, shape.intermediate_size)


class _Layer(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.attention = _Attention(shape)
        self.intermediate = _Dense(shape)
        self.output = _Residual(shape, shape.intermediate_size)

    def forward(self, states: Tensor, mask: Tensor | None) -> Tensor:
        attended = self.attention(states, mask)
        return self.output(functional.gelu(self.intermediate.dense(attended)), attended)  # type: ignore[no-any-return]


class _Layers(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.layer = nn.ModuleList(_Layer(shape) for _ in range(shape.num_hidden_layers))


class Bert(nn.Module):
    """The encoder without a pooler."""

    def __init__(self, shape: Shape) -> None:
        """An untrained network of this shape."""
        super().__init__()
        self.shape = shape
        self.embeddings = _Embeddings(shape)
        self.encoder = _Layers(shape)

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None
    ) -> Output:
        """Last hidden states. ``attention_mask``: 1 for tokens, 0 for padding; ``[B, L]``."""
        segments = torch.zeros_like(input_ids) if token_type_ids is None else token_type_ids
        whole = bool(attention_mask.all())  # attention without a mask is the faster one
        mask = None if whole else attention_mask.bool()[:, None, None, :]
        states = self.embeddings(input_ids, segments)
        for layer in self.encoder.layer:
            states = layer(states, mask)
        return Output(states)


def load_encoder(folder: Path) -> Bert:
    """The encoder whose ``config.json`` and ``model.safetensors`` lie in ``folder``, float32.

    Raises:
        OSError, ValueError, KeyError, RuntimeError: no such files, or weights of another shape.
    """
    from safetensors.torch import load_file

    network = Bert(Shape.read(folder))
    wanted = network.state_dict().keys()
    stored = {
        k.removeprefix("bert."): v for k, v in load_file(folder / "model.safetensors").items()
    }
    network.load_state_dict({k: v for k, v in stored.items() if k in wanted}, assign=True)
    return network.float().eval()


class WordPieces:
    """BERT's tokenizer, without its own truncation and padding."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        """``tokenizer``: with [CLS] and [SEP] in its vocabulary; changed by this."""
        tokenizer.no_truncation()
        tokenizer.no_padding()
        self._tokenizer = tokenizer
        vocabulary = tokenizer.get_vocab()
        self.cls_id, self.sep_id = int(vocabulary["[CLS]"]), int(vocabulary["[SEP]"])

    @classmethod
    def load(cls, folder: Path) -> Self:
        """From the ``tokenizer.json`` in ``folder``.

        Raises:
            OSError: there is none.
        """
        return cls(Tokenizer.from_str((folder / "tokenizer.json").read_text(encoding="utf-8")))

    def ids(self, text: str, limit: int) -> list[int]:
        """The first ``limit`` pieces of ``text``."""
        clean = text.encode("utf-8", "replace").decode("utf-8")  # lone surrogates cannot be read
        return list(self._tokenizer.encode(clean, add_special_tokens=False).ids[:limit])

    def framed(self, texts: Sequence[str], limit: int) -> list[list[int]]:
        """Each text between [CLS] and [SEP], ``limit`` pieces with them."""
        clean = [text.encode("utf-8", "replace").decode("utf-8") for text in texts]
        found = self._tokenizer.encode_batch_fast(clean, add_special_tokens=False)
        return [[self.cls_id, *one.ids[: limit - 2], self.sep_id] for one in found]

    def vocabulary(self) -> frozenset[str]:
        """Every piece."""
        return frozenset(self._tokenizer.get_vocab())
