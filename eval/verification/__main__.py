"""``python -m eval.verification --data ../shared/data``: the verifier's figures as Markdown.

nice python -m eval.verification --data ../shared/data             # minutes on one core
python -m eval.verification --seeds-only                           # the three sources alone
python -m eval.verification --data ../shared/data --fit            # also writes the card anew
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Literal

import typer

from eval.training.statements import load_statements
from eval.verification import report
from eval.verification.calibrate import fit
from eval.verification.items import PARAPHRASES, items
from eval.verification.labelled import abstracts, bioasq, pubmedqa, scifact
from eval.verification.measure import judge, read_claims, read_statements
from eval.verification.passages import abstract_passages, file_passages
from ragbot.adapters.sentence_transformers import bundled_model_path, load_embeddings
from ragbot.adapters.support_model import load_support_model
from ragbot.remember import RememberingEmbeddings
from ragbot.resources import folder
from ragbot.support import CARD, Parameters
from ragbot.verify import Verifier

SETS: tuple[Literal["scifact"], Literal["pubmedqa"]] = ("scifact", "pubmedqa")
KEPT = 200_000  #: vectors kept while it runs


def main(
    data: Annotated[
        Path | None, typer.Option(help="The development data; none: seeds only")
    ] = None,
    limit: Annotated[int, typer.Option(help="Claims of each labelled set and part at most")] = 300,
    abstract_count: Annotated[int, typer.Option(help="Abstracts of each set to corrupt")] = 25,
    seeds_only: Annotated[bool, typer.Option("--seeds-only")] = False,
    refit: Annotated[bool, typer.Option("--fit", help="Fit the card anew and write it")] = False,
) -> None:
    """Measure (and fit) the verifier."""
    if data is None and not seeds_only:
        raise typer.BadParameter("--data DIR is needed, or --seeds-only.")
    embeddings = RememberingEmbeddings(load_embeddings("", threads=1), capacity=KEPT)
    weights = folder("weights")
    network = load_support_model(weights, bundled_model_path())
    parameters = Parameters.read(weights)
    verifier = Verifier(embeddings=embeddings, network=network, parameters=parameters)
    seeds = folder("seeds")
    library = file_passages(sorted(seeds.glob("*.txt")), seeds.parent)
    own = items(library, embeddings, PARAPHRASES)
    sets = (scifact, bioasq, pubmedqa)
    if refit and data:
        train = [claim for read in sets for claim in read(data, part="train")[:limit]]
        fitted = fit(read_claims(train, verifier), own, verifier, parameters)
        card = {"parameters": asdict(fitted), "fitted_on": report.FITTED_ON}
        (weights / CARD).write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
        verifier = Verifier(embeddings=embeddings, network=network, parameters=fitted)
    typer.echo("\n".join(report.corruption_table("The three sources", judge(own, verifier))))
    if data is None:
        return
    kept_back = [s for s in load_statements(data) if s.premise.part == "test"]
    typer.echo("\n".join(report.statement_table(read_statements(kept_back, verifier))))
    for name in SETS:
        chosen = abstract_passages(abstracts(data, name, abstract_count))
        theirs = items(chosen, embeddings, None)
        typer.echo(
            "\n".join(report.corruption_table(f"Abstracts of {name}", judge(theirs, verifier)))
        )
    parts = {
        read.__name__: (
            read_claims(read(data, part="train")[:limit], verifier),
            read_claims(read(data, part="test")[:limit], verifier),
        )
        for read in sets
    }
    typer.echo("\n".join(report.labelled_table(parts)))


if __name__ == "__main__":
    typer.run(main)
