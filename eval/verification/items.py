"""The sentences to verify: true ones as they stand, true ones reworded, and corruptions of both.

    found = items(file_passages(paths, root), embeddings, PARAPHRASES)
    found[0]      # Item(kind="verbatim", half="dev", sentence="…", cited=(3,), passages=(…))

The half hangs on a salted hash of where the true sentence stands, so that a sentence, its
paraphrase and their corruptions are always in the same half; nothing was fitted on "held-out".
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from langchain_core.embeddings import Embeddings

from eval.verification.corrupt import KINDS, Material, corrupt, subject_of
from ragbot.types import EvidenceType, Passage, SourceDocument

SALT = "ragbot-verify-1:"  #: never change it: it would move sentences between the halves
PARAPHRASES = Path(__file__).with_name("paraphrases.jsonl")
DEPTH = 20  #: passages that the verifier is given, as in the product
SHORTEST = 40  #: characters of a sentence worth corrupting
TRUE = ("verbatim", "paraphrase")

Half = Literal["dev", "held-out"]


@dataclass(frozen=True, slots=True)
class Item:
    """A sentence with the passages it is held against."""

    item_id: str
    half: Half
    kind: str  #: "verbatim", "paraphrase" or the kind of corruption
    origin: str  #: of a corruption: what kind of true sentence it was made from
    sentence: str
    cited: tuple[int, ...]
    passages: tuple[Passage, ...]

    @property
    def true(self) -> bool:
        """Whether the passages support it."""
        return self.kind in TRUE


@dataclass(frozen=True, slots=True)
class Spot:
    """A sentence of a passage."""

    passage: Passage
    start: int
    end: int

    @property
    def text(self) -> str:
        """As it stands."""
        return self.passage.slice(self.start, self.end)


def half_of(key: str) -> Half:
    """By the parity of SHA-256 over the salted key."""
    odd = hashlib.sha256((SALT + key).encode()).digest()[0] & 1
    return "held-out" if odd else "dev"


def items(
    passages: Sequence[Passage],
    embeddings: Embeddings,
    paraphrases: Path | None,
    *,
    every: int = 1,
) -> list[Item]:
    """True sentences and their corruptions over a collection of passages.

    ``every``: only each so-manieth true sentence, for a quick look.
    """
    spots = [Spot(p, *span) for p in passages for span in p.chunk.sentences]
    true: list[tuple[str, str, Spot]] = [
        (f"v{i}", "verbatim", spot) for i, spot in enumerate(spots) if len(spot.text) >= SHORTEST
    ]
    sentences = {key: _said(spot) for key, _, spot in true}
    if paraphrases:
        for i, line in enumerate(paraphrases.read_text(encoding="utf-8").splitlines()):
            record = json.loads(line)
            true.append((f"p{i}", "paraphrase", _find(spots, record["quotes"][0])))
            sentences[f"p{i}"] = record["text"]
    near = _Neighbours(passages, embeddings)
    found = []
    for key, kind, spot in true[::every]:
        shown, number = near.around(sentences[key], spot.passage)
        where = f"{spot.passage.chunk.path}:{spot.start}"
        item = Item(key, half_of(where), kind, kind, sentences[key], (number,), shown)
        found.append(item)
        found += _corruptions(item, _material(spot, passages))
    return found


def _corruptions(item: Item, material: Material) -> Iterator[Item]:
    for kind in KINDS:
        made = corrupt(item.sentence, kind, material, key=item.item_id)
        if made:
            yield replace(item, item_id=f"{item.item_id}-{kind}", kind=kind, sentence=made)


def _said(spot: Spot) -> str:
    """The sentence as an honest answer would give it: a comment is called one."""
    text = " ".join(spot.text.split())
    if spot.passage.document.evidence_type is EvidenceType.READER_COMMENT:
        return f"A reader’s comment says: {text}"
    return text


def _find(spots: Sequence[Spot], quote: str) -> Spot:
    for spot in spots:
        if quote in " ".join(spot.text.split()):
            return spot
    raise ValueError(f"No sentence holds {quote!r}.")


def _material(spot: Spot, passages: Sequence[Passage]) -> Material:
    document = spot.passage.document
    own = [p.text for p in passages if p.document is document]
    others = [p for p in passages if p.document.source_id != document.source_id]
    subjects = []
    for passage in others[:200]:
        for span in passage.chunk.sentences[:1]:
            text = passage.slice(*span)
            place = subject_of(text)
            if place:
                subjects.append(text[place[0] : place[1]])
    labels = {p.document.source_id: _label(p.document) for p in others}
    return Material(
        numbers=re.findall(r"(?<![\w.-])\d+(?![\w-])", " ".join(own)),
        label=_label(document),
        other_labels=[label for label in labels.values() if label],
        other_subjects=subjects,
        publisher=_publisher(document),
    )


def _label(document: SourceDocument) -> str:
    """As a sentence names the source: "Adams et al., 2020" → "Adams et al. (2020)"."""
    publisher = document.field("publisher")
    if publisher:
        return f"the report of {publisher.value}"
    if document.evidence_type is EvidenceType.READER_COMMENT:
        return ""
    return re.sub(r",? (\d{4})$", r" (\1)", document.label.replace(", no date given", ""))


def _publisher(document: SourceDocument) -> str:
    about = document.about or ""
    return about if document.evidence_type is EvidenceType.READER_COMMENT else ""


class _Neighbours:
    """The passages that a search for a sentence would find."""

    def __init__(self, passages: Sequence[Passage], embeddings: Embeddings) -> None:
        self._passages = passages
        self._embeddings = embeddings
        texts = [p.chunk.embedding_text for p in passages]
        self._vectors = np.asarray(embeddings.embed_documents(texts), dtype=np.float32)

    def around(self, sentence: str, own: Passage) -> tuple[tuple[Passage, ...], int]:
        """The nearest passages, the sentence's own among them, and its number."""
        vector = np.asarray(self._embeddings.embed_query(sentence), dtype=np.float32)
        order = [int(i) for i in np.argsort(-(self._vectors @ vector), kind="stable")]
        shown = [self._passages[i] for i in order[:DEPTH]]
        if own not in shown:
            shown[-1] = own
        return tuple(shown), shown.index(own) + 1
