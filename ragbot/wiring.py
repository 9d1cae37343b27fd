"""THE place where concrete classes are chosen.

    assistant = open_assistant(load_settings())
    report = run_ingest(load_settings(), [Path("seeds")])

A new embedder, store, reader or language model is one adapter file and one line here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from ragbot.adapters.reader_model import load_reader, read_card
from ragbot.adapters.sentence_transformers import (
    EmbedderInfo,
    bundled_model_path,
    embedder_info,
    load_embeddings,
)
from ragbot.assistant import Assistant
from ragbot.compose import Rules
from ragbot.config import Settings
from ragbot.focus import Names
from ragbot.glossary import Glossary
from ragbot.index.generations import IndexDirectory
from ragbot.index.live import LiveIndex
from ragbot.query import Understanding
from ragbot.read import Calibration, TrainedReader
from ragbot.remember import RememberingEmbeddings
from ragbot.resources import folder
from ragbot.retrieve import HybridRetriever
from ragbot.spelling import Speller
from ragbot.types import SourceDocument

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport
    from ragbot.adapters.sentence_transformers import SentenceTransformerEmbeddings
    from ragbot.index.generations import Draft

Progress = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, path)."""


class LazyEmbeddings(Embeddings):
    """An embedder that is loaded when it is first needed: an ingest of unchanged files never is."""

    def __init__(self, load: Callable[[], SentenceTransformerEmbeddings]) -> None:
        """``load``: called once."""
        self._load = load
        self._lock = threading.Lock()
        self._loaded: SentenceTransformerEmbeddings | None = None

    def get(self) -> SentenceTransformerEmbeddings:
        """The loaded embedder."""
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """See ``Embeddings``."""
        return self.get().embed_documents(texts) if texts else []

    def embed_query(self, text: str) -> list[float]:
        """See ``Embeddings``."""
        return self.get().embed_query(text)


class Writer:
    """What ``ingest.pipeline`` writes to: new drafts of one index directory."""

    def __init__(self, directory: IndexDirectory, info: EmbedderInfo, *, rebuild: bool) -> None:
        """``rebuild``: start empty instead of from the current generation."""
        self._directory = directory
        self._info = info
        self._rebuild = rebuild

    def begin(self) -> Draft:
        """A new draft, under the ingest lock."""
        return self._directory.begin(self._info, rebuild=self._rebuild)


def index_directory(settings: Settings) -> IndexDirectory:
    """The index that the settings name."""
    return IndexDirectory(settings.index_dir)


def run_ingest(
    settings: Settings,
    paths: Sequence[Path] = (),
    *,
    prune: bool = False,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Ingest ``paths``, or the bundled seeds.

    Raises:
        IndexProblem: the index is locked, mismatched, or cannot be written.
        ModelProblem: the embedder cannot be loaded.
    """
    from ingest.pipeline import ingest

    embeddings, info = _embeddings(settings, threads=settings.threads)
    return ingest(
        list(paths) or [folder("seeds")],
        writer=Writer(index_directory(settings), info, rebuild=rebuild),
        embeddings=embeddings,
        prune=prune,
        progress=progress,
        skip=[settings.index_dir],
    )


def open_assistant(settings: Settings, *, progress: Progress | None = None) -> Assistant:
    """Load the model, open the index (built from the seeds where there is none): takes seconds.

    Raises:
        IndexProblem: the index cannot be used.
        ModelProblem: a model cannot be loaded.
    """
    directory = index_directory(settings)
    if directory.current() is None:
        run_ingest(settings, progress=progress)
    lazy, info = _embeddings(settings, threads=settings.threads or 1)
    embeddings = RememberingEmbeddings(lazy.get())
    weights = folder("weights")
    card = read_card(weights)
    live = LiveIndex(directory, info)
    with live.use():
        pass  # opened now, so that the first question does not wait for it
    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    words = lazy.get().words()
    return Assistant(
        live=live,
        understanding=lambda generation: Understanding(
            glossary=glossary,
            speller=Speller(generation.library.vocabulary(), known=words),
            names=Names(generation.library.documents()),
        ),
        retriever=HybridRetriever(embeddings=embeddings),
        reader=TrainedReader(
            scorer=load_reader(weights, bundled_model_path()),
            embeddings=embeddings,
            calibration=Calibration.from_card(card["calibration"]),
        ),
        rules=Rules(**card["rules"]),
        top_k=settings.top_k,
        max_question_chars=settings.max_question_chars,
    )


def _embeddings(settings: Settings, *, threads: int) -> tuple[LazyEmbeddings, EmbedderInfo]:
    lazy = LazyEmbeddings(lambda: load_embeddings(settings.embedding_model, threads=threads))
    return lazy, embedder_info(settings.embedding_model) or lazy.get().info


def remembering_embeddings(settings: Settings) -> RememberingEmbeddings:
    """The embedder of questions and sentences, with a memory.

    Raises:
        ModelProblem: it cannot be loaded.
    """
    lazy, _ = _embeddings(settings, threads=settings.threads or 1)
    return RememberingEmbeddings(lazy.get())


def library_sources(
    settings: Settings, *, progress: Progress | None = None
) -> tuple[SourceDocument, ...]:
    """What is in the library, without loading a model (unless there is no index yet).

    Raises:
        IndexProblem: the index cannot be used.
    """
    directory = index_directory(settings)
    if directory.current() is None:
        run_ingest(settings, progress=progress)
    with LiveIndex(directory, embedder_info(settings.embedding_model)).use() as generation:
        return tuple(generation.library.documents())
