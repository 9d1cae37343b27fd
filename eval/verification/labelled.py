"""Published claims with the evidence for or against them, as sentences to verify.

    claims = scifact(Path("../shared/data"), part="test")
    claims[0].supported, claims[0].label       # False, 'CONTRADICT'

SciFact's claims are held against the abstract they were written for. BioASQ's ideal answers and
PubMedQA's conclusions are held against their own abstract (supported) and against the abstract of
another question (not supported): the second is easy for whatever looks at the topic alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from eval.training.passages import read_jsonl, split
from eval.verification.corrupt import pick
from eval.verification.passages import Abstract

Part = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence, the abstracts it is held against, and what is known of it."""

    claim_id: str
    text: str
    abstracts: tuple[Abstract, ...]
    label: str  #: SUPPORT, CONTRADICT, NOT_ENOUGH_INFO, OWN, OTHER

    @property
    def supported(self) -> bool:
        """What a verifier should say."""
        return self.label in ("SUPPORT", "OWN")


def scifact(data: Path, *, part: Part) -> list[Claim]:
    """Claims of SciFact with the first abstract each was written for."""
    corpus = _corpus(data / "scifact/corpus.jsonl")
    cited: dict[str, str] = {}
    for line in (data / "scifact/qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        key, document, *_ = line.split("\t")
        cited.setdefault(key, document)
    found = []
    for query in read_jsonl(data / "scifact/queries.jsonl"):
        evidence = query["evidence"]
        about = evidence[0]["doc"] if evidence else cited.get(query["_id"])
        if query["part"] == part and about in corpus:
            name = f"scifact-{query['_id']}"
            found.append(Claim(name, query["text"], (corpus[about],), query["label"]))
    return found


def bioasq(data: Path, *, part: Part) -> list[Claim]:
    """First sentences of ideal answers with their own snippets' abstracts, and with others'."""
    corpus = _corpus(data / "bioasq/corpus.jsonl")
    gold: dict[str, list[str]] = {}
    for line in (data / "bioasq/qrels.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        key, document, *_ = line.split("\t")
        gold.setdefault(key, []).append(document)
    rows = []
    for query in read_jsonl(data / "bioasq/queries.jsonl"):
        documents = tuple(corpus[d] for d in gold.get(query["_id"], [])[:2] if d in corpus)
        sentences = split(" ".join(query["ideal_answer"][:1]))
        if query["part"] == part and documents and sentences:
            rows.append((f"bioasq-{query['_id']}", sentences[0], documents))
    return list(_own_and_other(rows))


def pubmedqa(data: Path, *, part: Part) -> list[Claim]:
    """First sentences of conclusions with their own abstract (without it), and with another."""
    corpus = _corpus(data / "pubmedqa/corpus.jsonl")
    rows = []
    for query in read_jsonl(data / "pubmedqa/queries.jsonl"):
        sentences = split(query["long_answer"])
        if query["part"] == part and query["gold_doc"] in corpus and sentences:
            rows.append((f"pubmedqa-{query['_id']}", sentences[0], (corpus[query["gold_doc"]],)))
    return list(_own_and_other(rows))


def abstracts(data: Path, name: Literal["scifact", "pubmedqa"], count: int) -> list[Abstract]:
    """``count`` abstracts of the test part, chosen by a hash of their ids."""
    wanted = {
        claim.abstracts[0][0]: claim.abstracts[0]
        for claim in (scifact if name == "scifact" else pubmedqa)(data, part="test")
    }
    return sorted(wanted.values(), key=lambda abstract: pick(abstract[0]))[:count]


def _own_and_other(
    rows: Sequence[tuple[str, str, tuple[Abstract, ...]]],
) -> Iterator[Claim]:
    for place, (key, text, own) in enumerate(rows):
        yield Claim(f"{key}-own", text, own, "OWN")
        yield Claim(f"{key}-other", text, rows[(place + 1) % len(rows)][2], "OTHER")


def _corpus(path: Path) -> dict[str, Abstract]:
    return {row["_id"]: (row["_id"], row["title"] or "", row["text"]) for row in read_jsonl(path)}
