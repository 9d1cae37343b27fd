"""Whether quotes say what a sentence says: one pass over both, one number.

    model = load_support_model(folder("weights"), bundled_model_path())
    model.entailed("Ten GPs were asked.", "We interviewed nine GPs.", title="")    # -1.1

A cross-encoder for textual entailment (Dagan et al. 2006; Reimers and Gurevych 2019 for the shape):
the reader's encoder reads ``[CLS] sentence [SEP] title: quotes [SEP]`` and a head reads ``[CLS]``
beside the mean of the sentence's tokens. It is trained by eval/training/support.py, from the
reader's weights; only a low-rank difference from those is stored (Hu et al. 2021, "LoRA", has why
that is enough), a seventh of the size. It knows nothing of who says what: that is for the checks.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ragbot.adapters.reader_model import PAD_TO
from ragbot.adapters.weights import READER, SUPPORT, read_card, read_weights, ready
from ragbot.errors import ModelProblem

if TYPE_CHECKING:
    import torch

    from ragbot.adapters.bert import WordPieces

MAX_SENTENCE = 90  #: tokens; the rest of a longer sentence is not read
MAX_TITLE = 30
MAX_PREMISE = 230  #: tokens of title and quotes together
UP, DOWN = ".up", ".down"  #: ends of the names of a difference's two factors

Encoded = tuple[list[int], list[int]]
"""Token ids of the sentence with its marks, and of what stands against it."""


class SupportModel:
    """The network with its tokenizer. Nothing in it changes: safe from several threads at once."""

    def __init__(self, network: torch.nn.Module, pieces: WordPieces) -> None:
        """Both must be of the same vocabulary."""
        self._network = network
        self._pieces = pieces

    def entailed(self, sentence: str, premise: str, *, title: str) -> float:
        """A logit: higher is likelier; 0 is even. ``title``: of the source, may be empty.

        Also 0 where either is too long to be read whole: the rest could say the opposite.
        """
        import torch

        first, second = encode(self._pieces, sentence, premise, title=title)
        if len(first) == MAX_SENTENCE + 2 or len(second) == MAX_PREMISE + 1:
            return 0.0
        with torch.inference_mode():
            return float(self._network(*collate([(first, second)]))[0])


def encode(pieces: WordPieces, sentence: str, premise: str, *, title: str) -> Encoded:
    """Lay out one input."""
    first = [pieces.cls_id, *pieces.ids(sentence, MAX_SENTENCE), pieces.sep_id]
    about = pieces.ids(f"{title}:", MAX_TITLE) if title else []
    return first, [*about, *pieces.ids(premise, MAX_PREMISE - len(about)), pieces.sep_id]


def collate(items: Sequence[Encoded]) -> tuple[torch.Tensor, ...]:
    """Ids, mask and segments, ``[B, L]`` each."""
    import torch

    longest = max(len(first) + len(second) for first, second in items)
    length = -(-longest // PAD_TO) * PAD_TO
    ids = torch.zeros(len(items), length, dtype=torch.long)
    mask, segments = ids.clone(), ids.clone()
    for row, (first, second) in enumerate(items):
        size = len(first) + len(second)
        ids[row, :size] = torch.tensor(first + second)
        mask[row, :size] = 1
        segments[row, len(first) : size] = 1
    return ids, mask, segments


def build_network(base: Path) -> torch.nn.Module:
    """The untrained network on the encoder in ``base``."""
    import torch
    from torch import nn

    from ragbot.adapters.bert import load_encoder

    class Support(nn.Module):
        """See the module's docstring."""

        def __init__(self) -> None:
            super().__init__()
            self.enc = load_encoder(base)
            hidden = self.enc.shape.hidden_size
            self.head = nn.Sequential(
                nn.Dropout(0.1), nn.Linear(2 * hidden, 192), nn.GELU(), nn.Linear(192, 1)
            )
            self.enc.embeddings.requires_grad_(False)

        def forward(
            self, ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor
        ) -> torch.Tensor:
            """Logits ``[B]``, float32."""
            states = self.enc(
                input_ids=ids, attention_mask=mask, token_type_ids=segments
            ).last_hidden_state
            own = (mask * (1 - segments)).unsqueeze(-1).to(states.dtype)
            mean = (states * own).sum(1) / own.sum(1)
            logits: torch.Tensor = self.head(torch.cat([states[:, 0], mean], -1))
            return logits.squeeze(-1).float()

    return Support()


def load_support_model(weights: Path, base: Path) -> SupportModel:
    """Load the trained network; ``base``: the bundled encoder (for its word embeddings).

    Raises:
        ModelProblem: the weights are missing or are not the ones that the card names.
    """
    from ragbot.adapters.bert import WordPieces

    require_its_reader(weights)
    network = build_network(base)
    start_from_reader(network, weights)
    add(network, read_weights(weights, SUPPORT))
    return SupportModel(ready(network), WordPieces.load(base))


def require_its_reader(weights: Path) -> None:
    """See that the reader beside it is the one that the difference is taken from.

    Raises:
        ModelProblem: it is not, or the card is missing.
    """
    card = read_card(weights)
    if card.get("support_belongs_to") != card["sha256"].get(READER):
        raise ModelProblem(
            f"{SUPPORT} belongs to another reader than {READER}.",
            hint="Train it again: python -m eval.training.support",
        )


def start_from_reader(network: torch.nn.Module, weights: Path) -> None:
    """Give the network the reader's encoder, which it is trained from.

    Raises:
        ModelProblem: the weights are missing or are not the ones that the card names.
    """
    state = read_weights(weights, READER)
    encoder = {name: value for name, value in state.items() if name.startswith("enc.")}
    network.load_state_dict(encoder, strict=False)


def add(network: torch.nn.Module, stored: dict[str, torch.Tensor]) -> None:
    """Add what is stored as a difference's two factors; what is stored whole takes its place."""
    import torch

    state = network.state_dict()
    with torch.no_grad():
        for name, value in stored.items():
            if name.endswith(UP):
                own = name.removesuffix(UP)
                state[own] += value @ stored[own + DOWN]
            elif not name.endswith(DOWN):
                state[name].copy_(value)
