"""Files and questions of the speed benchmark, made from the bundled sources with a fixed seed.

    make_files(Path("/tmp/files"), count=200, seed=0)

Nothing has to be downloaded; the texts are real sentences in random order.
"""

from __future__ import annotations

import random
from pathlib import Path

from eval.bench.synthetic import seed_sentences

QUESTIONS = (
    "What did GPs call the extra work of fixing operational failures?",
    "how many nurses took part in the glue ear study",
    "Why did community organisations struggle with social prescribing?",
    "what stops pts using econsult",
    "Who funded the evaluation of primary care networks?",
    "What is the dose of amoxicillin for otitis media?",
)
SENTENCES = 12  #: of one made document, about 2,000 characters


def make_files(folder: Path, *, count: int, seed: int) -> list[Path]:
    """Text files of the seeds' sentences in random order, the same for the same seed."""
    sentences = seed_sentences()
    chance = random.Random(seed)  # noqa: S311 - a reproducible corpus, no secret
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number in range(count):
        path = folder / f"{seed}-{number:05d}.txt"
        chosen = chance.sample(sentences, SENTENCES)
        path.write_text(f"Document {number} of {seed}\n\n{' '.join(chosen)}\n", encoding="utf-8")
        files.append(path)
    return files
