"""The trained reader's network: one pass over question and passage, a score for every sentence.

    model = load_reader(folder("weights"))
    model.score("How many GPs took part?", [Window("Vennik et al., 2018", units)])

A MiniLM encoder reads ``[CLS] question [SEP] header heading: sentence sentence … [SEP]`` and two
heads read the encoder: one scores each sentence (mean of its tokens beside ``[CLS]``), one scores
the window as a whole (``[CLS]`` beside the best sentence). It is trained by eval/training; the word
embeddings are those of the bundled MiniLM and are not stored again. It knows neither where in its
source a sentence stands nor what a source is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ragbot.adapters.weights import READER, load_weights

if TYPE_CHECKING:
    import torch

    from ragbot.adapters.bert import WordPieces

MAX_TOKENS = 288  #: of question and window together
MAX_QUESTION = 60  #: tokens; the rest of a longer question is not read
MAX_HEADER = 40
MAX_UNIT = 200  #: tokens of one sentence
PAD_TO = 16  #: lengths are padded to multiples: every new shape costs torch time and memory
BATCH = 4  #: windows read at once; measured fastest on one core


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence to score, with the heading that stands before it, if one does."""

    heading: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of one source: what the network reads at once."""

    header: str
    units: tuple[Unit, ...]


@dataclass(frozen=True, slots=True)
class WindowScores:
    """Logits: higher is likelier; 0 is even."""

    sentences: tuple[float, ...]  #: one for each unit; -inf for one that did not fit
    window: float


class ReaderModel:
    """The network with its tokenizer. Nothing in it changes: safe from several threads at once."""

    def __init__(self, network: torch.nn.Module, pieces: WordPieces) -> None:
        """Both must be of the same vocabulary."""
        self._network = network
        self._pieces = pieces

    def score(self, question: str, windows: Sequence[Window]) -> list[WindowScores]:
        """Scores for every window, in order."""
        import torch

        items = [encode(self._pieces, question, window) for window in windows]
        order = sorted(range(len(items)), key=lambda i: len(items[i].ids))
        scores: list[WindowScores | None] = [None] * len(items)
        with torch.inference_mode():
            for at in range(0, len(order), BATCH):
                rows = order[at : at + BATCH]
                sentence, whole = self._network(*collate([items[i] for i in rows]))
                for row, i in enumerate(rows):
                    read = sentence[row, : len(items[i].spans)].tolist()
                    missing = [float("-inf")] * (len(windows[i].units) - len(read))
                    scores[i] = WindowScores((*read, *missing), float(whole[row]))
        return [score for score in scores if score is not None]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Token ids of one question and window, and where each sentence's tokens stand."""

    ids: list[int]
    question_length: int
    spans: list[tuple[int, int]]


def question_ids(pieces: WordPieces, question: str) -> list[int]:
    """``[CLS] question [SEP]``."""
    return [pieces.cls_id, *pieces.ids(question, MAX_QUESTION), pieces.sep_id]


def encode(pieces: WordPieces, question: str | None, window: Window) -> Encoded:
    """Lay out one input; sentences that do not fit are left out at the end.

    Without a question the window stands alone, in one segment.
    """
    ids = [pieces.cls_id] if question is None else question_ids(pieces, question)
    question_length = len(ids) if question is not None else MAX_TOKENS
    ids += pieces.ids(window.header, MAX_HEADER) if window.header else []
    spans: list[tuple[int, int]] = []
    for unit in window.units:
        heading = pieces.ids(f"{unit.heading}:", MAX_HEADER) if unit.heading else []
        body = pieces.ids(unit.text, MAX_UNIT)
        room = MAX_TOKENS - 1 - len(ids) - len(heading)
        if (spans and room < len(body)) or room < 1:
            break
        ids += heading
        spans.append((len(ids), len(ids) + min(room, len(body))))
        ids += body[:room]
    return Encoded([*ids, pieces.sep_id], question_length, spans)


def collate(items: Sequence[Encoded]) -> tuple[torch.Tensor, ...]:
    """Ids, mask, segments ``[B, L]``; pooling ``[B, S, L]``; sentence mask ``[B, S]``."""
    import torch

    longest = max(len(item.ids) for item in items)
    length = -(-longest // PAD_TO) * PAD_TO
    most = max(1, *(len(item.spans) for item in items)) if items else 1
    ids = torch.zeros(len(items), length, dtype=torch.long)
    mask, segments = ids.clone(), ids.clone()
    pooling = torch.zeros(len(items), most, length)
    sentences = torch.zeros(len(items), most, dtype=torch.bool)
    for row, item in enumerate(items):
        size = len(item.ids)
        ids[row, :size] = torch.tensor(item.ids)
        mask[row, :size] = 1
        segments[row, item.question_length : size] = 1
        for column, (start, end) in enumerate(item.spans):
            pooling[row, column, start:end] = 1 / (end - start)
            sentences[row, column] = True
    return ids, mask, segments, pooling, sentences


def build_network(base: Path) -> torch.nn.Module:
    """The untrained network on the encoder in ``base``."""
    import torch
    from torch import nn

    from ragbot.adapters.bert import load_encoder

    class Reader(nn.Module):
        """See the module's docstring."""

        def __init__(self) -> None:
            super().__init__()
            self.enc = load_encoder(base)
            hidden = self.enc.shape.hidden_size
            self.sent = nn.Sequential(nn.Linear(2 * hidden, 192), nn.GELU(), nn.Linear(192, 1))
            self.ans = nn.Sequential(nn.Linear(hidden + 1, 192), nn.GELU(), nn.Linear(192, 1))
            self.enc.embeddings.word_embeddings.weight.requires_grad_(False)

        def forward(
            self,
            ids: torch.Tensor,
            mask: torch.Tensor,
            segments: torch.Tensor,
            pooling: torch.Tensor,
            sentences: torch.Tensor,
        ) -> tuple[torch.Tensor, torch.Tensor]:
            """Sentence logits ``[B, S]`` and window logits ``[B]``, float32."""
            states = self.enc(
                input_ids=ids, attention_mask=mask, token_type_ids=segments
            ).last_hidden_state
            first = states[:, 0]
            pooled = torch.bmm(pooling.to(states.dtype), states)
            beside = first[:, None].expand(-1, pooled.shape[1], -1)
            scores = self.sent(torch.cat([pooled, beside], -1)).squeeze(-1).float()
            best = scores.masked_fill(~sentences, -20).max(1).values
            whole = self.ans(torch.cat([first, best[:, None].to(first.dtype)], -1))
            return scores, whole.squeeze(-1).float()

    return Reader()


def load_reader(weights: Path, base: Path) -> ReaderModel:
    """Load the trained reader; ``base``: the bundled encoder (for its word embeddings).

    Raises:
        ModelProblem: the weights are missing or are not the ones that the card names.
    """
    from ragbot.adapters.bert import WordPieces

    network = load_weights(build_network(base), weights, READER)
    return ReaderModel(network, WordPieces.load(base))
