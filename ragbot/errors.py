"""Everything ragbot raises on purpose.

    RagbotError
    ├── ConfigError            a setting is unknown or makes no sense
    ├── SourceError            one file cannot become evidence (the others still can)
    │   ├── UnreadableFile     missing, not permitted, not a regular file
    │   ├── EmptyFile          no text in it
    │   └── UnsupportedFile    binary, or an encoding or format we cannot read
    ├── IndexProblem           the index as a whole
    │   ├── NoIndex            none has been built yet
    │   ├── IndexLocked        another ingest is at work
    │   ├── IndexMismatch      made with another embedding model or schema
    │   ├── IndexCorrupt       parts are missing or disagree
    │   └── IndexWriteFailed   full disk or no permission; the old generation still stands
    ├── ModelProblem           weights missing, altered, or a model that does not answer
    └── QuoteMismatch          a citation does not slice to its quote: never shown, always a bug

An error says what happened, to which file or setting (``message``), and what to do (``hint``).
Vendors' exceptions are translated in the adapters; nothing else of theirs crosses into ragbot.
"""

from __future__ import annotations


class RagbotError(Exception):
    """Base of all errors that ragbot raises on purpose."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        """``message``: what happened to what. ``hint``: what the reader can do about it."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Message and hint, as shown to a person."""
        return f"{self.message} {self.hint}".strip()


class ConfigError(RagbotError):
    """A setting is unknown or makes no sense."""


class SourceError(RagbotError):
    """One file cannot become evidence."""


class UnreadableFile(SourceError):
    """The file is missing, not permitted, or not a regular file."""


class EmptyFile(SourceError):
    """The file holds no text."""


class UnsupportedFile(SourceError):
    """The file is binary or in an encoding or format that ragbot cannot read."""


class IndexProblem(RagbotError):
    """The index as a whole cannot be used as asked."""


class NoIndex(IndexProblem):
    """No index has been built yet."""


class IndexLocked(IndexProblem):
    """Another process holds the ingest lock."""


class IndexMismatch(IndexProblem):
    """The index was made with another embedding model or another schema."""


class IndexCorrupt(IndexProblem):
    """Parts of the index are missing or disagree with each other."""


class IndexWriteFailed(IndexProblem):
    """The new generation could not be written; the old one still stands."""


class ModelProblem(RagbotError):
    """Model weights are missing or altered, or a model does not answer."""


class QuoteMismatch(RagbotError):
    """A citation does not slice to its quote."""
