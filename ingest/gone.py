"""Indexed files that are no longer where they were: renamed, gone, or gone but relied on. Pure.

    for gone in gone_files(found, holdings):
        gone.path, gone.renamed, gone.relying     # "library/a.txt", "library/b.txt", None

Only files below a folder that is being ingested can be gone. A file is renamed where a new one has
the same bytes. It decides nothing: what happens to them is the pipeline's.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass

from ingest.discover import Found
from ingest.holdings import Holdings
from ingest.receipt import Receipt


@dataclass(frozen=True, slots=True)
class Gone:
    """A file that the index has and its folder has not."""

    path: str
    receipt: Receipt
    renamed: str | None  #: the new file with the same bytes
    relying: str | None  #: a file whose source has its text from this one, and which stands but
    #: cannot be read again now


def gone_files(found: Found, holdings: Holdings) -> Iterator[Gone]:
    """Every such file, by path."""
    here = {file.path for file in found.files}
    gone = [path for path in sorted(holdings.receipts) if path not in here and _away(path, found)]
    settled = here.union(gone)
    new = {f.sha256: f.path for f in found.files if f.path not in holdings.receipts}
    for path in gone:
        receipt = holdings.receipts[path]
        renamed = new.pop(receipt.sha256, None)
        yield Gone(path, receipt, renamed, _relying(receipt, holdings, settled))


def _away(path: str, found: Found) -> bool:
    """Whether a file that was not found lies where one could look for it."""
    under = any(path.startswith(f"{folder}/") for folder in found.folders)
    blocked = any(f"{path}/".startswith(f"{problem.path}/") for problem in found.problems)
    return under and not blocked


def _relying(receipt: Receipt, holdings: Holdings, settled: Set[str]) -> str | None:
    places = (place for source in receipt.sources for place in holdings.places(source))
    return next((place for place in places if place not in settled), None)
