"""Baselines beside which a figure means something: the same files, quoted by simpler means.

    systems = open_baselines(["textbook", "bm25", "dense"], settings=settings, library=library)

* ``textbook``: LangChain's ``RecursiveCharacterTextSplitter`` at 1000/200, MiniLM, Chroma, the five
  nearest chunks, and of their sentences the three nearest to the question by cosine.
* ``bm25``, ``dense``: the product's own chunks and search with one side switched off, and the three
  best sentences by that score (BM25, or cosine).

None refuses, rewrites a follow-up, or says who speaks. Their support number is their best score.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langchain_core.embeddings import Embeddings

from eval.case import Case
from eval.errors import EvalError
from eval.library import Library
from eval.passages import DEPTH
from eval.sentence_scores import Bm25Score, CosineScore
from eval.systems import Outcome
from eval.textmatch import Span

if TYPE_CHECKING:
    from ragbot.config import Settings
    from ragbot.types import Passage

NAMES = ("textbook", "bm25", "dense")
READ = 5  #: passages whose sentences are candidates
QUOTED = 3  #: sentences quoted
CHUNK, OVERLAP = 1000, 200  #: characters; the textbook's
_SENTENCE = re.compile(r"\S.*?(?:[.!?][\"”’)\]]*(?=\s|$)|(?=\n)|$)", re.DOTALL)
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Found:
    """A passage that a baseline found, and the sentences it could quote from it."""

    path: str
    start: int
    end: int
    sentences: tuple[Span, ...]


Find = Callable[[str, int], Sequence[Found]]
"""(question, k) → the k best passages, best first."""

Score = Callable[[str, Sequence[str]], Sequence[float]]
"""(question, sentences) → a score for each; higher is better."""


class QuoteBaseline:
    """Finds passages, quotes the best-scored sentences of the first few, and never refuses."""

    parallel = 1

    def __init__(self, name: str, *, find: Find, score: Score, library: Library) -> None:
        """``find`` and ``score`` are what tells one baseline from another."""
        self.name = name
        self._find = find
        self._score = score
        self._library = library

    def answer(self, case: Case) -> Outcome:
        """See ``eval.systems.System``."""
        began = time.perf_counter()
        passages = self._find(case.question, DEPTH)
        retrieved = time.perf_counter()
        units = list(
            dict.fromkeys((p.path, *span) for p in passages[:READ] for span in p.sentences)
        )
        texts = [self._library.texts[path][start:end] for path, start, end in units]
        scores = self._score(case.question, texts) if texts else []
        best = sorted(range(len(units)), key=lambda i: (-scores[i], units[i]))[:QUOTED]
        done = time.perf_counter()
        return Outcome(
            answer_json(
                case.question,
                [units[i] for i in best],
                library=self._library,
                support=max(scores, default=0.0),
                engine=self.name,
            ),
            tuple({"path": p.path, "start": p.start, "end": p.end} for p in passages),
            {
                "retrieve": round(1000 * (retrieved - began), 2),
                "read": round(1000 * (done - retrieved), 2),
                "wall": round(1000 * (done - began), 2),
            },
        )


def answer_json(
    question: str,
    quotes: Sequence[tuple[str, int, int]],
    *,
    library: Library,
    support: float,
    engine: str,
) -> dict[str, Any]:
    """The contract's Answer for bare quotes: (path, start, end), in the order of the answer."""
    citations = []
    for n, (path, start, end) in enumerate(quotes, start=1):
        owner = next(iter(library.sources_at(path, start, end)), "")
        source = library.source(owner)
        citations.append(
            {
                "n": n,
                "source_id": owner,
                "label": source.label if source else path,
                "reference": source.reference if source else path,
                "evidence_type": source.evidence_type.value if source else "document",
                "section": None,
                "quote": library.texts[path][start:end],
                "path": path,
                "start": start,
                "end": end,
                "page": None,
                "url": "",
            }
        )
    sentences = [
        {"text": f"“{c['quote']}”", "citations": [c["n"]], "support": "verbatim"} for c in citations
    ]
    return {
        "question": question,
        "standalone_question": question,
        "status": "answered" if citations else "not_in_sources",
        "reason": None,
        "text": " ".join(f"{s['text']} [{s['citations'][0]}]" for s in sentences),
        "sentences": sentences,
        "citations": citations,
        "nearest": [],
        "engine": engine,
        "index": "",
        "support": round(float(support), 6),
    }


def open_baselines(
    names: Sequence[str], *, settings: Settings | None, library: Library, resources: ExitStack
) -> list[QuoteBaseline]:
    """The baselines of these names. What they open is closed with ``resources``.

    Raises:
        EvalError: a name that is no baseline, or an engine without ragbot's settings.
    """
    unknown = sorted(set(names) - set(NAMES))
    if unknown:
        raise EvalError(
            f"There is no baseline {', '.join(unknown)}.", hint=f"Known: {', '.join(NAMES)}."
        )
    if not names:
        return []
    if settings is None:
        raise EvalError("Baselines need ragbot's own index.", hint="Leave --baseline out.")
    from ragbot.adapters.sentence_transformers import load_embeddings

    embeddings = load_embeddings(settings.embedding_model, threads=settings.threads or 1)
    cosine = CosineScore(embeddings)
    made = []
    for name in dict.fromkeys(names):
        if name == "textbook":
            find = textbook_find(library.texts, embeddings, resources=resources)
            made.append(QuoteBaseline(name, find=find, score=cosine, library=library))
            continue
        find = _own_find(settings, embeddings, dense_weight=float(name == "dense"))
        score = cosine if name == "dense" else Bm25Score(_sentences_of(library))
        made.append(QuoteBaseline(name, find=find, score=score, library=library))
    return made


def textbook_find(
    texts: Mapping[str, str], embeddings: Embeddings, *, resources: ExitStack
) -> Find:
    """The textbook pipeline over these texts, its Chroma store in memory."""
    import chromadb
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    splitter = RecursiveCharacterTextSplitter(
        chunk_size=CHUNK, chunk_overlap=OVERLAP, add_start_index=True
    )
    documents = [
        Document(page_content=text, metadata={"path": path}) for path, text in sorted(texts.items())
    ]
    store = Chroma(
        collection_name="textbook",
        embedding_function=embeddings,
        client=chromadb.EphemeralClient(),
    )
    resources.callback(store.delete_collection)
    chunks = splitter.split_documents(documents)
    for at in range(0, len(chunks), 5000):  # Chroma takes at most 5,461 rows at once
        store.add_documents(chunks[at : at + 5000])

    def find(question: str, k: int) -> list[Found]:
        found = []
        for document in store.similarity_search(question, k=min(k, len(chunks))):
            path, start = document.metadata["path"], document.metadata["start_index"]
            end = start + len(document.page_content)
            found.append(Found(path, start, end, sentences(texts[path], (start, end))))
        return found

    return find


def _own_find(settings: Settings, embeddings: Embeddings, *, dense_weight: float) -> Find:
    from ragbot.index.live import LiveIndex
    from ragbot.retrieve import HybridRetriever
    from ragbot.wiring import index_directory

    live = LiveIndex(index_directory(settings), None)
    retriever = HybridRetriever(embeddings=embeddings, dense_weight=dense_weight)

    def find(question: str, k: int) -> list[Found]:
        with live.use() as generation:
            return [_found(passage) for passage in retriever.retrieve(question, generation, k=k)]

    return find


def _found(passage: Passage) -> Found:
    chunk = passage.chunk
    return Found(chunk.path, chunk.start, chunk.end, chunk.sentences)


def sentences(text: str, span: Span) -> tuple[Span, ...]:
    """Sentences inside ``span`` by full stops and line ends: the simplest rule."""
    return tuple(
        (span[0] + found.start(), span[0] + found.start() + len(found.group().rstrip()))
        for found in _SENTENCE.finditer(text[span[0] : span[1]])
        if _WORD.search(found.group())
    )


def _sentences_of(library: Library) -> list[str]:
    return [
        text[start:end]
        for _, text in sorted(library.texts.items())
        for start, end in sentences(text, (0, len(text)))
    ]
