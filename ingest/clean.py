r"""Canonical text → search text, and the way back.

    search_text("patients’ care\u00a0– well-\nbeing")    # "patients' care - wellbeing"
    cleaned = clean("ﬁt for\u00a0use")
    cleaned.text, cleaned.to_canonical(0, 3)             # ("fit for use", (0, 2))

The search text is what is embedded and indexed: NFKC, one kind of space, quote and dash, soft
hyphens and line-break hyphenation undone, ``n=21`` and ``n = 21`` alike. It is never shown as a
quote: a quote is a slice of the canonical text, to which every character here maps back. Case and
stems are left to the lexical index, spelling variants to the question side.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_PLAIN = {
    **dict.fromkeys("‘’‚‛′ʼ＇`´", "'"),
    **dict.fromkeys("“”„‟″«»＂", '"'),
    **dict.fromkeys("‐‑‒–—―−﹘﹣－", "-"),
}
_NOTHING = "\u200b"
_INVISIBLE = frozenset("\u00ad\u200b\u200c\u200d\u2060\ufeff")
_WRAPPED_WORD = re.compile(r"(?<=[a-zß-öø-ÿ])[-‐‑\u00ad\ufffe][ \t]*\r?\n[ \t\f]*(?=[a-zß-öø-ÿ])")
_COUNT = re.compile(r"(?<=\b[nNpPkK])[ \u00a0]?([=<>])[ \u00a0]?(?=[\d.])")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """Search text, and where each of its characters comes from."""

    text: str
    origins: tuple[tuple[int, int], ...]  #: canonical ``[start, end)`` of each character of text

    def to_canonical(self, start: int, end: int) -> tuple[int, int]:
        """The canonical range behind ``text[start:end]``, which must not be empty.

        Raises:
            ValueError: the range is empty or does not lie in the text.
        """
        if not 0 <= start < end <= len(self.text):
            raise ValueError(f"no range of the search text: [{start}, {end})")
        return self.origins[start][0], self.origins[end - 1][1]


def search_text(text: str) -> str:
    """The search text of a stretch of canonical text."""
    return clean(text).text


def clean(text: str) -> Cleaned:
    """The search text of ``text``, with its offset map."""
    chars: list[str] = []
    origins: list[tuple[int, int]] = []
    for piece, start, end in _pieces(text):
        for char in piece:
            space = char.isspace() or unicodedata.category(char) == "Cc"
            if not space:
                chars.append(char)
                origins.append((start, end))
            elif chars and chars[-1] != " ":
                chars.append(" ")
                origins.append((start, end))
    if chars and chars[-1] == " ":
        chars.pop()
        origins.pop()
    return Cleaned("".join(chars), tuple(origins))


def blanked(text: str, ranges: Iterable[tuple[int, int]]) -> str:
    """``text`` without what stands in ``ranges`` (in order), but with every offset as it was.

    They become spaces, or nothing that is seen (U+200B) inside a word: "wo**r**d" stays one word.
    """
    parts: list[str] = []
    position = 0
    for start, end in ranges:
        first = max(start, position)
        if first < end:
            inside = not re.search(r"\s|^$", text[first - 1 : end + 1] if first else "")
            parts += (text[position:first], (_NOTHING if inside else " ") * (end - first))
            position = end
    return "".join([*parts, text[position:]]) if parts else text


def is_blanked(char: str) -> bool:
    """Whether ``blanked`` writes that character."""
    return char in (" ", _NOTHING)


def one_line(text: str) -> str:
    """A printed statement made fit for display: one line, single spaces, typography kept."""
    kept = "".join(" " if _blank(char) else char for char in text if char not in _INVISIBLE)
    return " ".join(kept.split())


def is_blank(text: str) -> bool:
    """True where there is nothing to read: white space, marks of order, control characters."""
    return all(_blank(char) or char in _INVISIBLE for char in text)


def trim(text: str, start: int, end: int, also: str = "") -> tuple[int, int]:
    """``[start, end)`` without the white space, invisible characters and ``also`` at its ends."""
    while start < end and (_trimmed(text[start]) or text[start] in also):
        start += 1
    while end > start and (_trimmed(text[end - 1]) or text[end - 1] in also):
        end -= 1
    return start, end


def _blank(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) == "Cc"


def _trimmed(char: str) -> bool:
    return _blank(char) or char in _INVISIBLE


def _pieces(text: str) -> Iterator[tuple[str, int, int]]:
    """Stretches of ``text`` with what they become; in order, without gaps."""
    edits = {m.start(): (m.end(), "") for m in _WRAPPED_WORD.finditer(text)}
    edits |= {m.start(): (m.end(), f" {m.group(1)} ") for m in _COUNT.finditer(text)}
    position = 0
    while position < len(text):
        if position in edits:
            end, piece = edits[position]
        else:
            end = _cluster_end(text, position)
            piece = _normal(text[position:end])
        yield piece, position, end
        position = end


def _cluster_end(text: str, start: int) -> int:
    """End of a base character and the marks that NFKC may compose with it."""
    end = start + 1
    while end < len(text) and text[end] > "\u02ff" and _composes(text[end]):
        end += 1
    return end


def _composes(char: str) -> bool:
    return unicodedata.category(char).startswith("M") or "\u1160" <= char <= "\u11ff"


def _normal(cluster: str) -> str:
    if cluster.isascii():
        return _PLAIN.get(cluster, cluster)
    kept = "".join(_PLAIN.get(char, char) for char in cluster if char not in _INVISIBLE)
    folded = unicodedata.normalize("NFKC", kept)
    return "".join(_PLAIN.get(char, char) for char in folded if char not in _INVISIBLE)
