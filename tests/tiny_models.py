"""Models of transformers that are made in the test: tiny, untrained, and saved as real ones are.

save_classifier(tmp_path / "model", labels=("entailment", "neutral"), favourite="neutral")
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

WORDS = ["nine", "gps", "were", "interviewed", "nurses", "rooms", "staff", "rained"]


def save_classifier(
    folder: Path, *, labels: Sequence[str], favourite: str = "", positions: int = 64
) -> Path:
    """A classifier of pairs of texts; ``favourite``: the label that it always finds likeliest."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    folder.mkdir()
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
    (folder / "vocab.txt").write_text("\n".join(words))
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=1,
        intermediate_size=8,
        max_position_embeddings=positions,
        initializer_range=1.0,
        id2label=dict(enumerate(labels)),
        label2id={label: i for i, label in enumerate(labels)},
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)  # some untrained models give every text the same score
        model = BertForSequenceClassification(config)
    if favourite:
        with torch.no_grad():
            model.classifier.weight.zero_()
            model.classifier.bias.zero_()
            model.classifier.bias[labels.index(favourite)] = 100.0
    model.save_pretrained(folder)
    BertTokenizer(str(folder / "vocab.txt"), model_max_length=positions).save_pretrained(folder)
    return folder
