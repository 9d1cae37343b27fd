"""``make bench``: how fast the product is, beside the textbook pipeline on the same files.

    python -m eval.bench.speed --documents 60 --questions 20

Measured in one run, because only ratios survive a busy machine: ingest (documents a second; what
one document alone costs, loading the model above all, is taken off the product's time), one
question in a warm process, start-up to the first answer in a fresh one, and the memory of that
process. The files are made from the seeds' sentences with a fixed seed, so that nothing has to be
downloaded. The textbook is LangChain's splitter at 1000/200, MiniLM in
sentence-transformers, and Chroma; it neither keeps offsets nor can be interrupted.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from eval.stats import percentile
from eval.summary_text import markdown_table

QUESTIONS = (
    "What did GPs call the extra work of fixing operational failures?",
    "how many nurses took part in the glue ear study",
    "Why did community organisations struggle with social prescribing?",
    "what stops pts using econsult",
    "Who funded the evaluation of primary care networks?",
    "What is the dose of amoxicillin for otitis media?",
)
SENTENCES = 12  #: of one made document, about 2,000 characters


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; returns the exit code."""
    options = _parser().parse_args(args)
    with tempfile.TemporaryDirectory(prefix="ragbot-speed-") as place:
        root = Path(place)
        files = make_files(root / "corpus", count=options.documents, seed=options.seed)
        rows = _measure(root, files, questions=options.questions)
    print(f"{options.documents} documents, {options.questions} questions, {os.cpu_count()} cores\n")
    print("\n".join(markdown_table([["", "ragbot", "textbook", "ratio"], *rows])))
    return 0


def make_files(folder: Path, *, count: int, seed: int) -> list[Path]:
    """Text files of the seeds' sentences in random order, the same for the same seed."""
    from ragbot.resources import folder as resource_folder

    text = " ".join(p.read_text("utf-8") for p in sorted(resource_folder("seeds").glob("0*.txt")))
    sentences = [s for s in re.split(r"(?<=[.!?])\s+", text) if 40 < len(s) < 400]
    chance = random.Random(seed)  # noqa: S311 - a reproducible corpus, no secret
    folder.mkdir()
    files = []
    for number in range(count):
        path = folder / f"{number:05d}.txt"
        chosen = chance.sample(sentences, SENTENCES)
        path.write_text(f"Document {number}\n\n{' '.join(chosen)}\n", encoding="utf-8")
        files.append(path)
    return files


def _measure(root: Path, files: Sequence[Path], *, questions: int) -> list[list[str]]:
    from ragbot.config import load_settings
    from ragbot.wiring import open_assistant, run_ingest

    settings = load_settings(index_dir=root / "index")
    run_ingest(load_settings(index_dir=root / "warm"), [files[0]])  # imports, weights in the cache
    one = _seconds(lambda: run_ingest(load_settings(index_dir=root / "one"), [files[0]]))
    ours = _seconds(lambda: run_ingest(settings, [root / "corpus"])) - one
    textbook, theirs = _textbook(files)
    asked = [QUESTIONS[n % len(QUESTIONS)] for n in range(questions)]
    assistant = open_assistant(settings)
    assistant.ask(asked[0])
    textbook(asked[0])
    mine = [_seconds(lambda q=question: assistant.ask(q)) for question in asked]  # type: ignore[misc]
    other = [_seconds(lambda q=question: textbook(q)) for question in asked]  # type: ignore[misc]
    first, memory = _start(root / "index")
    speeds = ((len(files) - 1) / max(ours, 1e-3), len(files) / theirs)
    return [
        _row("Ingest, documents/s (higher is better)", *speeds),
        _row("One question, warm, p50 ms", *(1000 * percentile(s, 0.5) for s in (mine, other))),
        _row("One question, warm, p95 ms", *(1000 * percentile(s, 0.95) for s in (mine, other))),
        _row("Start-up to the first answer, s", first, None),
        _row("Memory of that process, MB", memory, None),
    ]


def _textbook(files: Sequence[Path]) -> tuple[Callable[[str], object], float]:
    """The textbook's answer (three nearest sentences), and the seconds its ingest took."""
    import chromadb
    from langchain_chroma import Chroma
    from langchain_core.documents import Document
    from langchain_huggingface import HuggingFaceEmbeddings
    from langchain_text_splitters import RecursiveCharacterTextSplitter

    from eval.baselines import CHUNK, OVERLAP, QUOTED, READ, CosineScore, sentences
    from ragbot.adapters.sentence_transformers import bundled_model_path

    embeddings = HuggingFaceEmbeddings(
        model_name=str(bundled_model_path()), model_kwargs={"device": "cpu"}
    )
    embeddings.embed_query("loaded before the clock starts")
    store = Chroma("speed", embeddings, client=chromadb.EphemeralClient())
    splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK, chunk_overlap=OVERLAP)

    def ingest() -> None:
        documents = [Document(page_content=path.read_text("utf-8")) for path in files]
        chunks = splitter.split_documents(documents)
        for at in range(0, len(chunks), 5000):
            store.add_documents(chunks[at : at + 5000])

    def answer(question: str) -> list[str]:
        found = [d.page_content for d in store.similarity_search(question, k=READ)]
        units = [text[a:b] for text in found for a, b in sentences(text, (0, len(text)))]
        scores = CosineScore(embeddings)(question, units)
        return [unit for _, unit in sorted(zip(scores, units, strict=True), reverse=True)[:QUOTED]]

    return answer, _seconds(ingest)


def _start(index: Path) -> tuple[float, float]:
    """Seconds and peak MB of a fresh process that answers one question and ends."""
    command = [sys.executable, "-m", "eval.bench.first_answer", str(index), QUESTIONS[0]]
    seconds = _seconds(lambda: subprocess.run(command, check=True, capture_output=True))  # noqa: S603
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return seconds, peak / (1024 if sys.platform != "darwin" else 1024**2)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _row(name: str, ours: float, theirs: float | None) -> list[str]:
    if theirs is None:
        return [name, f"{ours:.1f}", "–", "–"]
    return [name, f"{ours:.1f}", f"{theirs:.1f}", f"{ours / theirs:.2f}"]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m eval.bench.speed", description="Speed beside the textbook pipeline."
    )
    parser.add_argument("--documents", type=int, default=60)
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    return parser


if __name__ == "__main__":
    sys.exit(main())
