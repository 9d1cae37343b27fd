"""What keeps sources data and the prompt ours: a fence round passages, a tripwire in the reply.

    fence = new_fence([p.text for p in passages])
    fence.passages(passages)      # <<<PASSAGE 1 OF 2 · 5f0c…>>> … <<<END OF PASSAGE 1 · 5f0c…>>>
    wire = Tripwire(fence.secrets)
    wire.trips("…the service mark is 9a1")    # → False; after the rest has come, True

A fence carries a code drawn for one request, which no fenced text contains, so that no text can
close it. The system prompt also holds a canary: a reply with either of them repeats what it was
told, and is refused. A passage that speaks to a model (by its usual words: a net with holes) is not
shown to one. These are layers; what a hijacked model writes still has to be verified.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ragbot.render import plain
from ragbot.types import EvidenceType, Passage, Turn

CODE_BYTES = 8  #: of randomness in a code: 16 letters or digits

KINDS = {
    EvidenceType.REPORT: "report",
    EvidenceType.READER_COMMENT: "reader's comment",
    EvidenceType.ABSTRACT: "study abstract",
    EvidenceType.DOCUMENT: "document",
}
_TO_A_MODEL = re.compile(
    r"\b(?:ignore|disregard|forget|override)\b[^.\n]{0,40}"
    r"\b(?:instructions?|prompts?|everything above|what you were told)\b"
    r"|\b(?:you are|act as)(?: now)? an? (?:AI|assistant|chatbot|language model)\b"
    r"|\b(?:new|your) (?:system )?(?:instructions|prompt)\s{0,3}:"
    r"|\b(?:system prompt|as an AI language model)\b|<\|?(?:system|im_start)\|?>",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fence:
    """The codes of one request."""

    nonce: str  #: on every line of the fence
    canary: str  #: in the system prompt alone

    @property
    def secrets(self) -> tuple[str, str]:
        """What no reply may contain."""
        return self.nonce, self.canary

    def passages(self, passages: Sequence[Passage]) -> str:
        """Passages, numbered from 1, each with what it is and where it is from."""
        total = len(passages)
        return "\n\n".join(
            self._block(f"PASSAGE {n}", f" OF {total}", _described(passage))
            for n, passage in enumerate(passages, start=1)
        )

    def conversation(self, turns: Sequence[Turn]) -> str:
        """What was said so far."""
        said = "\n".join(f"{turn.role}: {plain(turn.content)}" for turn in turns)
        return self._block("CONVERSATION", "", said)

    def quotes(self, text: str) -> str:
        """What a sentence is held against."""
        return self._block("QUOTES", "", plain(text))

    def sentence(self, text: str) -> str:
        """A sentence to check."""
        return self._block("SENTENCE", "", plain(text))

    def _block(self, name: str, of: str, inside: str) -> str:
        head, foot = f"<<<{name}{of} · {self.nonce}>>>", f"<<<END OF {name} · {self.nonce}>>>"
        return f"{head}\n{inside}\n{foot}"


class Tripwire:
    """Looks for secrets in text that comes in pieces, whatever its case, spaces or punctuation."""

    def __init__(self, words: Iterable[str]) -> None:
        """``words``: the secrets."""
        self._words = tuple(_bare(word) for word in words)
        self._longest = max(map(len, self._words))
        self._tail = ""

    def trips(self, piece: str) -> bool:
        """Whether the text has a secret in it that ends in this piece."""
        seen = self._tail + _bare(piece)
        self._tail = seen[-self._longest + 1 :]
        return any(word in seen for word in self._words)


def new_fence(texts: Iterable[str]) -> Fence:
    """Codes that stand in none of the ``texts``."""
    inside = "\n".join(_bare(text) for text in texts)
    while True:
        nonce, canary = secrets.token_hex(CODE_BYTES), secrets.token_hex(CODE_BYTES)
        if nonce not in inside and canary not in inside:
            return Fence(nonce, canary)


def speaks_to_a_model(text: str) -> bool:
    """Whether a text has the usual words of an instruction hidden for language models."""
    return _TO_A_MODEL.search(unicodedata.normalize("NFKC", plain(text))) is not None


def _described(passage: Passage) -> str:
    chunk, document = passage.chunk, passage.document
    lines = [
        f"type: {KINDS[chunk.evidence_type]}",
        f"source: {plain(document.label)}",
        f"reference: {plain(document.reference)}",
    ]
    if chunk.section:
        lines.append(f"section: {plain(chunk.section)}")
    if document.about:
        lines.append(f"written under: {plain(document.about)}")
    return "\n".join([*lines, f"text: {plain(passage.text)}"])


def _bare(text: str) -> str:
    """Letters and digits alone, in one case and one width."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(character for character in folded if character.isalnum())
