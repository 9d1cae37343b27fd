"""THE place where concrete classes are chosen.

    assistant = open_assistant(load_settings())
    report = run_ingest(load_settings(), [Path("seeds")])

A new embedder, store, reader or language model is one adapter file and one line here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Container, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.embeddings import Embeddings

from ragbot.about import AboutSources
from ragbot.adapters.english import English
from ragbot.adapters.reader_model import load_reader
from ragbot.adapters.sentence_model import load_sentence_model
from ragbot.adapters.sentence_transformers import (
    EmbedderInfo,
    bundled_model_path,
    embedder_info,
    load_embeddings,
)
from ragbot.adapters.support_model import load_support_model
from ragbot.adapters.weights import read_card
from ragbot.asking import Asking
from ragbot.assistant import Assistant
from ragbot.compose import Rules
from ragbot.config import Settings
from ragbot.focus import Names
from ragbot.generate import Bounds, Calls
from ragbot.generate import Writer as AnswerWriter
from ragbot.glossary import Glossary
from ragbot.index.generations import IndexDirectory
from ragbot.index.library import Library
from ragbot.index.live import LiveIndex
from ragbot.index.preview import Preview
from ragbot.longforms import LongForms
from ragbot.outline import Outlines
from ragbot.prompts import load_prompt
from ragbot.proper import OPENING, proper_nouns, with_countries
from ragbot.query import Understanding
from ragbot.read import Calibration, TrainedReader
from ragbot.remember import RememberingEmbeddings
from ragbot.resources import folder
from ragbot.retrieve import HybridRetriever
from ragbot.spelling import Speller
from ragbot.standalone import Condenser
from ragbot.support import Parameters
from ragbot.types import EvidenceType, SourceDocument
from ragbot.verify import Verifier
from ragbot.wiring_models import language_model, reranker, second_checker
from ragbot.writing import Writing
from ragbot.zones import Zones

if TYPE_CHECKING:
    from ingest.pipeline import IngestReport, Options
    from ragbot.adapters.sentence_transformers import SentenceEmbeddings
    from ragbot.index.generations import Draft
    from ragbot.index.port import Index

Progress = Callable[[str, int, int, str], None]
"""Called with (stage, done, total, path)."""
OCR_TIMES = 60  #: as long as that a file may take when its scanned pages are read, too


class LazyEmbeddings(Embeddings):
    """An embedder that is loaded when it is first needed: an ingest of unchanged files never is."""

    def __init__(self, load: Callable[[], SentenceEmbeddings]) -> None:
        """``load``: called once."""
        self._load = load
        self._lock = threading.Lock()
        self._loaded: SentenceEmbeddings | None = None

    def get(self) -> SentenceEmbeddings:
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

    def __init__(self, directory: Index, info: EmbedderInfo, *, rebuild: bool) -> None:
        """``rebuild``: start empty instead of from the current generation."""
        self._directory = directory
        self._info = info
        self._rebuild = rebuild

    def begin(self) -> Draft:
        """A new draft, under the ingest lock."""
        return self._directory.begin(self._info, rebuild=self._rebuild)


def index_directory(settings: Settings) -> Index:
    """The index that the settings name: a folder, or a Chroma server with a cache in that folder.

    Raises:
        ConfigError: the server's address makes no sense.
        IndexUnreachable: the server does not answer.
    """
    if settings.chroma_url:
        from ragbot.index.server import ServerIndex

        return ServerIndex(settings.chroma_url, cache=settings.index_dir)
    return IndexDirectory(settings.index_dir)


def run_ingest(
    settings: Settings,
    paths: Sequence[Path] = (),
    *,
    prune: bool = False,
    rebuild: bool = False,
    progress: Progress | None = None,
) -> IngestReport:
    """Ingest ``paths``, or the bundled seeds, once.

    Raises:
        IndexProblem: the index is locked, mismatched, or cannot be written.
        ModelProblem: the embedder cannot be loaded.
    """
    from ingest.pipeline import Options

    run = open_ingest(settings, rebuild=rebuild, progress=progress)
    return run(paths, Options(prune=prune))


def open_ingest(
    settings: Settings,
    *,
    jobs: int = 0,
    rebuild: bool = False,
    engine: str = "local",
    progress: Progress | None = None,
) -> Callable[[Sequence[Path], Options], IngestReport]:
    """A function that ingests and, called again, has its embedder still loaded.

    ``jobs``: processes that parse; 0: one for each core. ``engine``: "local", or "ray" to parse and
    embed on a Ray cluster. See ``ingest.pipeline`` for its errors.
    """
    from ingest.journal import Journal
    from ingest.pipeline import ingest
    from ingest.workers import Limits, Workers

    embeddings, info = _embeddings(settings, threads=settings.threads)
    directory = index_directory(settings)
    seconds = settings.file_seconds * (OCR_TIMES if settings.ocr else 1)
    limits = Limits(seconds=seconds, megabytes=settings.file_memory_mb)
    scope = f"{info.name} {info.dimension} {info.weights_sha256}"

    def begin_journal(paths: Sequence[Path], options: Options) -> Journal:
        journal = Journal.open(settings.index_dir / ".work.db", scope=scope)
        if engine == "ray" and not options.dry_run:
            from ingest.ray_engine import fill

            name = None if rebuild else directory.current()
            files = directory.manifest(name).files if name else {}
            fill(
                list(paths) or [folder("seeds")],
                journal,
                known={path: entry.fingerprint for path, entry in files.items()},
                load=partial(load_embeddings, settings.embedding_model, threads=1),
                limits=limits,
                max_chars=options.max_chars,
                ocr=settings.ocr,
                skip=[settings.index_dir],
            )
        return journal

    def run(paths: Sequence[Path], options: Options) -> IngestReport:
        make = Preview if options.dry_run else Writer
        with Workers(jobs=jobs, limits=limits) as workers:
            return ingest(
                list(paths) or [folder("seeds")],
                writer=make(directory, info, rebuild=rebuild),
                embeddings=embeddings,
                workers=workers,
                journal=lambda: begin_journal(paths, options),
                progress=progress,
                options=replace(options, ocr=settings.ocr),
                skip=[settings.index_dir],
            )

    return run


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
    weights, base = folder("weights"), bundled_model_path()
    card = read_card(weights)
    live = LiveIndex(directory, info)
    with live.use():
        pass  # opened now, so that the first question does not wait for it
    glossary = Glossary.load(folder("prompts") / "glossary.toml")
    words = lazy.get().words()
    ordinary = English(besides=words)
    retriever = HybridRetriever(embeddings=embeddings)
    zones = Zones.read(weights)
    calls = language_model(settings)
    assistant = Assistant(
        live=live,
        understanding=lambda generation: Understanding(
            glossary=glossary,
            speller=Speller(generation.library.vocabulary(), known=ordinary),
            names=_names(generation.library, words, glossary),
        ),
        retriever=retriever,
        reranker=reranker(settings),
        reader=TrainedReader(
            scorer=load_reader(weights, base),
            sentences=load_sentence_model(weights, base),
            calibration=Calibration.from_card(card["calibration"]),
            long_forms=LongForms(glossary.acronyms),
        ),
        rules=Rules(**card["rules"]),
        about=AboutSources(
            retriever=retriever,
            zones=zones,
            asking=Asking.read(weights),
            bodies=glossary.bodies,
            places_of=glossary.places_of,
            parts_of=glossary.parts_of,
        ),
        outlines=Outlines(zones),
        top_k=settings.top_k,
        max_question_chars=settings.max_question_chars,
        writing=_writing(settings, calls, embeddings, weights) if calls else None,
        condenser=_condenser(settings, calls) if calls else None,
    )
    assistant.prepare()
    return assistant


def _writing(settings: Settings, calls: Calls, embeddings: Embeddings, weights: Path) -> Writing:
    writer = AnswerWriter(
        calls=calls,
        checks=Verifier(
            embeddings=embeddings,
            network=load_support_model(weights, bundled_model_path()),
            parameters=Parameters.read(weights),
            entailment=second_checker(settings),
        ),
        prompt=load_prompt("answer"),
        bounds=Bounds(first=settings.llm_first_timeout, whole=settings.llm_timeout),
    )
    return Writing(writer=writer, show_unverified=settings.show_unverified)


def _condenser(settings: Settings, calls: Calls) -> Condenser:
    seconds = settings.llm_first_timeout / 2
    return Condenser(calls=calls, prompt=load_prompt("standalone"), seconds=seconds)


def _names(library: Library, words: Container[str], glossary: Glossary) -> Names:
    documents = library.documents()
    told = [d for d in documents if d.evidence_type is not EvidenceType.READER_COMMENT]
    openings = {
        d.source_id: library.text(d.path)[d.start : min(d.end, d.start + OPENING)] for d in told
    }
    proper = with_countries(proper_nouns(openings, common=words), openings, glossary.regions)
    return Names(documents, proper, words=words, short_forms=glossary.acronyms)


def _embeddings(settings: Settings, *, threads: int) -> tuple[LazyEmbeddings, EmbedderInfo]:
    lazy = LazyEmbeddings(lambda: load_embeddings(settings.embedding_model, threads=threads))
    return lazy, embedder_info(settings.embedding_model) or lazy.get().info


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
