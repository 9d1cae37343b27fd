"""Comparing wordings and ranges the way a careful reader would.

    contains("The study took  14\u00a0parents", "14 parents")        # True
    visible_overlap(text, (0, 90), [(10, 40), (35, 60)])             # characters, spaces left out

Normalisation: Unicode NFKC (so NBSP is a space), curly quotes and all dashes made plain, "◽" out,
case folded, white space collapsed. What it does not do: stem, translate or forgive typing errors.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache

Span = tuple[int, int]
"""``[start, end)`` in characters."""

_PLAIN = str.maketrans(
    {
        **dict.fromkeys("‘’‚‛′`´", "'"),
        **dict.fromkeys("“”„‟″«»", '"'),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **dict.fromkeys("◽\u00ad\u200b\ufeff", None),
    }
)


@lru_cache(maxsize=4096)
def normalise(text: str) -> str:
    """``text`` in the one form in which wordings are compared."""
    plain = unicodedata.normalize("NFKC", text).translate(_PLAIN).casefold()
    return " ".join(plain.split())


def contains(text: str, wording: str, *, whole_words: bool = False) -> bool:
    """Whether normalised ``text`` holds normalised ``wording``.

    A number never matches inside a longer one ("11 GPs" not in "111 GPs"). ``whole_words``: no
    letter may stand beside the wording either ("HN" not in "technology"); without it a wording is
    found behind a heading that the source glues to it ("ResultsGPs reported").
    """
    wanted = normalise(wording)
    if not wanted:
        return False
    letters = r"\w" if whole_words else r"\d"
    before = rf"(?<!{letters})" if re.match(letters, wanted) else ""
    after = rf"(?!{letters})" if re.match(letters, wanted[-1]) else ""
    return re.search(before + re.escape(wanted) + after, normalise(text)) is not None


def merge(spans: Iterable[Span]) -> list[Span]:
    """The same characters as disjoint spans, ascending."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        elif start < end:
            merged.append((start, end))
    return merged


def visible(text: str, span: Span) -> int:
    """How many characters of ``span`` are not white space."""
    return sum(not character.isspace() for character in text[span[0] : span[1]])


def visible_overlap(text: str, span: Span, others: Sequence[Span]) -> int:
    """How many visible characters of ``span`` lie in the union of ``others``."""
    return sum(
        visible(text, (max(span[0], start), min(span[1], end)))
        for start, end in merge(others)
        if max(span[0], start) < min(span[1], end)
    )


def covered(text: str, span: Span, others: Sequence[Span]) -> float:
    """The share of ``span``'s visible characters that lie in the union of ``others``."""
    whole = visible(text, span)
    return visible_overlap(text, span, others) / whole if whole else 0.0
