"""A model's prose as it streams → whole sentences and the passages that each names.

    parser = MarkerParser(known=4)
    parser.feed("GPs were paid less [1")     # → []: the marker has only half arrived
    parser.feed(", 2]. Nurses")              # → [Drafted("GPs were paid less.", (1, 2))]
    parser.finish()                          # → [Drafted("Nurses", (), whole=False)]

Understood as markers: ``[1]``, ``[1, 2]``, ``[1][2]``, ``[1-3]``, ``[^1]``, ``[Passage 1]`` and the
same in full-width brackets, before or after the full stop. Numbers of no passage are dropped. What
stands in a code fence is no prose (unless the fence is one of Markdown or text); brackets in
``inline code`` are no markers. A sentence ends at a full stop before a new beginning, or with its
line. Every character is looked at a bounded number of times. It judges nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

LONGEST_MARKER = 40  #: characters; what is longer is no marker
LONGEST_SENTENCE = 1500  #: characters; what is longer is no sentence, and its rest is not kept
OPEN, CLOSE = "[［【〔", "]］】〕"
ENDS = ".!?…。"
CLOSERS = "\"'”’»)*_"
PROSE_FENCES = ("", "markdown", "md", "text", "txt", "plaintext")

_INSIDE = re.compile(
    r"\^?\s*(?:(?:passage|source|doc|document|ref)s?\.?\s*)?"
    r"(\d{1,3}(?:\s*[-–—,;&、，]\s*\d{1,3})*)(?:†[^\[\]]*)?\s*",
    re.IGNORECASE,
)
_PART = re.compile(r"(\d{1,3})(?:\s*[-–—]\s*(\d{1,3}))?")
_BULLET = re.compile(r"(?:[-*•–+]|\d{1,2}[.)]|#{1,6}|>)\s+")
_BEFORE_STOP = re.compile(r" +(?=[.,;:!?](?:\s|$))")
_ABBREVIATIONS = """e.g i.e al et vs cf dr mr mrs ms prof st fig no nos vol pp approx ca incl etc"""
_SHORT = frozenset(_ABBREVIATIONS.split())


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as the model wrote it, its markers taken out."""

    text: str
    cited: tuple[int, ...]  #: 1-based numbers of passages, in order, each once
    whole: bool = True  #: it came to its end; False for what was left over, or is too long


@dataclass(slots=True)
class _Sentence:
    characters: list[str] = field(default_factory=list)
    cited: dict[int, None] = field(default_factory=dict)
    ended: bool = False  #: after a full stop, or at the end of its line
    spaced: bool = False  #: and something else may begin here
    line_over: bool = False


class MarkerParser:
    """Takes pieces of text, gives back sentences as soon as they are whole."""

    def __init__(self, *, known: int) -> None:
        """``known``: how many passages there are."""
        self._known = known
        self._now = _Sentence()
        self._held = ""  #: an opening bracket, and what may become a marker
        self._line = ""  #: the beginning of a line that may become a code fence
        self._line_begins = True  #: nothing but space has come on this line
        self._fence: str | None = None  #: the language of the code fence that is open
        self._code = False  #: inside inline code

    def feed(self, piece: str) -> list[Drafted]:
        """The sentences that this piece completes."""
        done: list[Drafted] = []
        for character in piece:
            self._take(character, done)
        return done

    def settle(self) -> list[Drafted]:
        """The sentence that has ended, has its markers, and only waits for what comes next.

        For a pause in the stream: what then comes begins a sentence.
        """
        now = self._now
        if self._held or self._line or not (now.ended and now.cited):
            return []
        return self._close()

    def finish(self) -> list[Drafted]:
        """What is left when the stream has ended."""
        done: list[Drafted] = []
        if self._line and not self._line.startswith("```"):
            line, self._line = self._line, ""
            for character in line:
                self._prose(character, done)
        self._release(done)
        ended = self._now.ended
        return done + [replace(last, whole=last.whole and ended) for last in self._close()]

    def _take(self, character: str, done: list[Drafted]) -> None:
        """Sort out code fences: a line that begins with three backticks."""
        fence = self._line.startswith("```")
        if fence and character == "\n":
            self._toggle(self._line[3:].strip().lower(), done)
        elif fence:
            self._line += character if len(self._line) < LONGEST_MARKER else ""
        elif self._line_begins and character == "`":
            self._line += character
        else:
            line, self._line = self._line, ""
            for each in (*line, character):
                self._prose(each, done)
            self._line_begins = character == "\n" or (self._line_begins and character.isspace())

    def _toggle(self, language: str, done: list[Drafted]) -> None:
        self._line = ""
        self._release(done)
        self._code = False
        done += self._close()
        self._fence = language if self._fence is None else None

    def _prose(self, character: str, done: list[Drafted]) -> None:
        if self._fence is not None and self._fence not in PROSE_FENCES:
            return
        if self._held:
            if character in CLOSE:
                self._marker(character, done)
                return
            if len(self._held) < LONGEST_MARKER and character not in OPEN and character != "\n":
                self._held += character
                return
            self._release(done)
        if character == "`":
            self._code = not self._code
        if character in OPEN and not self._code:
            self._held = character
            return
        self._letter(character, done)

    def _marker(self, close: str, done: list[Drafted]) -> None:
        held, self._held = self._held, ""
        found = _INSIDE.fullmatch(held[1:])
        if found is None:
            for character in held + close:
                self._letter(character, done)
            return
        for first, last in _PART.findall(found[1]):
            for number in range(int(first), min(int(last or first), self._known) + 1):
                if 1 <= number <= self._known:
                    self._now.cited.setdefault(number)

    def _release(self, done: list[Drafted]) -> None:
        """What was held back is no marker."""
        held, self._held = self._held, ""
        for character in held:
            self._letter(character, done)

    def _letter(self, character: str, done: list[Drafted]) -> None:
        now = self._now
        if character == "\n":
            self._code = False
            now.line_over = now.ended = now.spaced = True
            return
        if now.ended and character.isspace():
            now.spaced = True
            return
        if now.ended and not (character in CLOSERS and not now.spaced) and character not in ENDS:
            if (now.line_over and not character.islower()) or self._begins(character):
                done += self._close()
                now = self._now
            else:
                now.ended = False
                now.characters += " " if now.spaced else ""
                now.spaced = False
        if len(now.characters) <= LONGEST_SENTENCE:
            now.characters.append(character)
        if character in ENDS:
            now.ended = True

    def _begins(self, character: str) -> bool:
        """Whether a sentence ends before ``character``: not after "e.g." or an initial."""
        if character.islower() or not self._now.spaced:
            return False
        tail = "".join(self._now.characters[-12:]).rstrip(CLOSERS)
        if not tail.endswith("."):
            return True
        word = tail[:-1].split()[-1].lstrip("(“\"‘'") if tail[:-1].split() else ""
        only = len(tail) < 5 and word.isdecimal()  # "1." before an item of a list
        return not (word.lower() in _SHORT or (len(word) == 1 and word.isupper()) or only)

    def _close(self) -> list[Drafted]:
        now, self._now = self._now, _Sentence()
        text = " ".join("".join(now.characters).split())
        if bullet := _BULLET.match(text):
            text = text[bullet.end() :]
        text = _BEFORE_STOP.sub("", text.replace("**", "").replace("`", "")).strip("*_ ")
        if not any(map(str.isalnum, text)):
            return []
        if len(now.characters) > LONGEST_SENTENCE:
            return [Drafted(text, (), whole=False)]
        return [Drafted(text, tuple(now.cited))]
