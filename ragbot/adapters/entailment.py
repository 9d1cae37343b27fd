"""An entailment model on this machine: does the premise say what the sentence says?

    model = load_entailment(Path("/models/nli-deberta"))
    model.entails("We interviewed nine GPs.", "Nine GPs took part.")

Any sequence classifier for pairs of texts in the format of transformers will do, if one of its
labels is "entailment" (as with models trained on MNLI). None is shipped and none is downloaded.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ragbot.errors import ModelProblem

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

MAX_TOKENS = 512
LABEL = "entailment"


class EntailmentModel:
    """``ragbot.verify.Entailment`` by a cross-encoder. Safe from several threads."""

    def __init__(
        self, model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, *, label: int
    ) -> None:
        """``label``: the index of "entailment" among the model's labels."""
        self._model = model
        self._tokenizer = tokenizer
        self._label = label
        self._lock = threading.Lock()

    def entails(self, premise: str, sentence: str) -> bool:
        """Whether "entailment" is the likeliest label; never where the two are too long to read."""
        import torch

        pair: Any = self._tokenizer(premise, sentence, return_tensors="pt")
        if pair["input_ids"].shape[1] > min(MAX_TOKENS, self._most()):
            return False
        with self._lock, torch.inference_mode():
            logits = self._model(**pair).logits[0]
        return int(logits.argmax()) == self._label

    def _most(self) -> int:
        return int(getattr(self._model.config, "max_position_embeddings", MAX_TOKENS))


def load_entailment(folder: Path) -> EntailmentModel:
    """The model in ``folder``, from this machine alone.

    Raises:
        ModelProblem: it cannot be loaded, or has no label "entailment".
    """
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForSequenceClassification.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError) as error:
        raise ModelProblem(
            f"The entailment model in {folder} cannot be loaded ({type(error).__name__}).",
            hint="It needs config.json, the weights and the tokenizer, as transformers saves them.",
        ) from error
    labels = {str(name).lower(): int(i) for i, name in model.config.id2label.items()}
    if LABEL not in labels:
        raise ModelProblem(
            f"The model in {folder} has no label {LABEL!r}, but {', '.join(sorted(labels))}.",
            hint="RAGBOT_VERIFIER takes a model that was trained for entailment (NLI).",
        )
    model.eval()
    return EntailmentModel(model, tokenizer, label=labels[LABEL])
