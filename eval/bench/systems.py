"""What the benchmark races: ragbot, the textbook LangChain pipeline, and txtai.

    system = SYSTEMS["txtai"]()
    system.ingest(files, folder)                     # files → a stored index
    search = system.open(folder); search("asthma")   # the five best

Each does what its own documentation shows, on the same weights: the textbook with LangChain's
splitter at 1000/200, sentence-transformers and Chroma; txtai with the same pieces of text, its own
embedder, faiss and its SQLite content store. Neither keeps offsets, verifies what it wrote, or goes
on answering from the old index while the new one is made.
``build`` fills an index with vectors that are given, to time searches at sizes that would take an
hour to embed; queries are embedded as always.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from eval.baselines import CHUNK, OVERLAP
from eval.errors import EvalError

if TYPE_CHECKING:
    from eval.bench.synthetic import Maker

K = 5  #: passages asked for
BLOCK = 5000  #: chunks handed over at once

Search = Callable[[str], object]


class System(Protocol):
    """A contender."""

    def warm(self) -> None:
        """Load the model, so that ``ingest`` is not charged for it."""

    def ingest(self, files: Sequence[Path], folder: Path) -> None:
        """Files → an index in ``folder``, on disk."""

    def build(self, folder: Path, maker: Maker, chunks: int) -> None:
        """An index of so many made chunks with given vectors."""

    def open(self, folder: Path) -> Search:
        """A search over the index in ``folder``, for the ``K`` best."""

    def add(self, folder: Path, file: Path) -> None:
        """One more file, embedded and stored."""


class Ragbot:
    """The product: verified generations, search by words and vectors."""

    def warm(self) -> None:
        """See ``System``: one ingest of one file, elsewhere."""
        import tempfile

        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "one.txt").write_text("One sentence about asthma.", encoding="utf-8")
            self.ingest([Path(place) / "one.txt"], Path(place) / "index")

    def ingest(self, files: Sequence[Path], folder: Path) -> None:
        """See ``System``."""
        from ragbot.config import load_settings
        from ragbot.wiring import run_ingest

        report = run_ingest(load_settings(index_dir=folder), files)
        failed = [row for row in report.rows if row.outcome == "failed"]
        if failed:
            raise EvalError(f"{len(failed)} files were refused; the first: {failed[0].reason}")

    def build(self, folder: Path, maker: Maker, chunks: int) -> None:
        """See ``System``."""
        from eval.bench.synthetic import build

        build(folder, maker=maker, chunks=chunks)

    def open(self, folder: Path) -> Search:
        """See ``System``: the whole assistant is opened, as it is in the server."""
        from ragbot.config import load_settings
        from ragbot.wiring import open_assistant

        assistant = open_assistant(load_settings(index_dir=folder))
        return lambda question: assistant.search(question, K)

    def add(self, folder: Path, file: Path) -> None:
        """See ``System``."""
        self.ingest([file], folder)


class Textbook:
    """LangChain's tutorial: splitter, HuggingFaceEmbeddings, Chroma."""

    def warm(self) -> None:
        """See ``System``."""
        self._embeddings()

    def ingest(self, files: Sequence[Path], folder: Path) -> None:
        """See ``System``."""
        store, pieces = self._store(folder), split(files)
        for at in range(0, len(pieces), BLOCK):
            store.add_texts(pieces[at : at + BLOCK])

    def build(self, folder: Path, maker: Maker, chunks: int) -> None:
        """See ``System``; past LangChain, which has no way in for vectors that are there."""
        collection = self._store(folder)._collection
        for ids, texts, vectors in _blocks(maker, chunks):
            collection.add(ids=ids, documents=texts, embeddings=vectors)

    def open(self, folder: Path) -> Search:
        """See ``System``."""
        store = self._store(folder)
        return lambda question: store.similarity_search(question, k=K)

    def add(self, folder: Path, file: Path) -> None:
        """See ``System``."""
        self.ingest([file], folder)

    def _embeddings(self) -> Any:  # noqa: ANN401 (a peer's type)
        from langchain_huggingface import HuggingFaceEmbeddings

        from ragbot.adapters.sentence_transformers import bundled_model_path

        if not hasattr(self, "_loaded"):
            path = str(bundled_model_path())
            self._loaded = HuggingFaceEmbeddings(model_name=path, model_kwargs={"device": "cpu"})
            self._loaded.embed_query("loaded before the clock starts")
        return self._loaded

    def _store(self, folder: Path) -> Any:  # noqa: ANN401
        from langchain_chroma import Chroma

        return Chroma("bench", self._embeddings(), persist_directory=str(folder))


class Txtai:
    """txtai as its introduction has it: ``Embeddings(path=…, content=True)``."""

    def warm(self) -> None:
        """See ``System``."""
        self._fresh().batchtransform(["loaded before the clock starts"])

    def ingest(self, files: Sequence[Path], folder: Path) -> None:
        """See ``System``."""
        embeddings = self._fresh()
        embeddings.index(enumerate(split(files)))
        embeddings.save(str(folder))

    def build(self, folder: Path, maker: Maker, chunks: int) -> None:
        """See ``System``: made vectors go in through txtai's way for external ones."""
        known: dict[str, Any] = {}
        embeddings = self._fresh(
            method="external", transform=lambda texts: [known[t] for t in texts]
        )
        made: list[tuple[str, str]] = []
        for ids, texts, vectors in _blocks(maker, chunks):
            known.update(zip(texts, vectors, strict=True))
            made += zip(ids, texts, strict=True)
        embeddings.index(made)
        embeddings.config |= {"method": "transformers", "path": _weights()}
        embeddings.config.pop("transform", None)
        embeddings.save(str(folder))

    def open(self, folder: Path) -> Search:
        """See ``System``."""
        embeddings = self._fresh()
        embeddings.load(str(folder))
        return lambda question: embeddings.search(question, K)

    def add(self, folder: Path, file: Path) -> None:
        """See ``System``."""
        embeddings = self._fresh()
        embeddings.load(str(folder))
        embeddings.upsert((f"{file.name}-{n}", piece) for n, piece in enumerate(split([file])))
        embeddings.save(str(folder))

    def _fresh(self, **options: object) -> Any:  # noqa: ANN401
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        from txtai import Embeddings

        chosen = {"path": _weights(), "content": True, **options}
        return Embeddings(chosen)


SYSTEMS: dict[str, type[Ragbot] | type[Textbook] | type[Txtai]] = {
    "ragbot": Ragbot,
    "textbook": Textbook,
    "txtai": Txtai,
}


def split(files: Sequence[Path]) -> list[str]:
    """The pieces that both peers are given."""
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)
    return [piece for file in files for piece in splitter.split_text(file.read_text("utf-8"))]


def _weights() -> str:
    from ragbot.adapters.sentence_transformers import bundled_model_path

    return str(bundled_model_path())


def _blocks(maker: Maker, chunks: int) -> Iterator[tuple[list[str], list[str], Any]]:
    """(ids, texts, vectors) of the made chunks, some thousands at a time."""
    for at in range(0, chunks, BLOCK):
        count = min(BLOCK, chunks - at)
        texts = [maker.text(at + n) for n in range(count)]
        yield [f"c{at + n}" for n in range(count)], texts, maker.vectors(count)
