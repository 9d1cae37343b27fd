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
    │   ├── IndexUnreachable   the Chroma server does not answer
    │   └── IndexWriteFailed   full disk or no permission; the old generation still stands
    ├── ModelProblem           weights missing, altered, or a model that does not answer
    │   ├── ModelTooSlow       it did not answer within the operator's bounds
    │   └── PromptLeaked       it repeated what only its instructions hold
    ├── WorkerProblem          processes that parse files cannot be started
    ├── Interrupted            somebody stopped an ingest, and nothing of it is published
    ├── TurnedAway             the server does not take this question, or not now
    │   ├── Busy               too many are waiting already, or it is stopping
    │   ├── TooManyQuestions   one user or one address asked too many
    │   └── TimeUp             it took longer than the operator allows
    ├── AuditProblem           the audit log is broken or cannot be written
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


class IndexUnreachable(IndexProblem):
    """The server that holds the index does not answer."""


class IndexWriteFailed(IndexProblem):
    """The new generation could not be written; the old one still stands."""


class ModelProblem(RagbotError):
    """Model weights are missing or altered, or a model does not answer."""


class ModelTooSlow(ModelProblem):
    """A language model did not answer within the operator's bounds."""


class PromptLeaked(ModelProblem):
    """A language model's reply holds what only its instructions hold."""


class TurnedAway(RagbotError):
    """The server does not take this question, or not now."""

    def __init__(self, message: str, *, retry_after: int) -> None:
        """``retry_after``: seconds after which it makes sense to ask again."""
        super().__init__(message, hint="Please wait a moment and ask again.")
        self.retry_after = retry_after


class Busy(TurnedAway):
    """Too many questions are waiting already, or the server is stopping."""

    def __init__(self, *, stopping: bool = False) -> None:
        """``stopping``: it is not the crowd, it is a restart."""
        message = (
            "This service is being restarted." if stopping else "Too many are asking just now."
        )
        super().__init__(message, retry_after=5)


class TooManyQuestions(TurnedAway):
    """One user or one address asked more than it may."""

    def __init__(self, who: str, *, retry_after: int) -> None:
        """``who``: "user" or "address"."""
        whose = "you" if who == "user" else "your address"
        super().__init__(f"Too many questions from {whose}.", retry_after=retry_after)
        self.who = who


class TimeUp(TurnedAway):
    """A question took longer than the operator allows."""

    def __init__(self, seconds: float) -> None:
        """``seconds``: the limit."""
        super().__init__(f"That took longer than {seconds:g} seconds.", retry_after=5)


class AuditProblem(RagbotError):
    """The audit log is broken or cannot be written: no question is answered without it."""


class WorkerProblem(RagbotError):
    """A process that parses files cannot be started."""


class Interrupted(RagbotError):
    """An ingest was stopped; the index is as it was."""


class QuoteMismatch(RagbotError):
    """A citation does not slice to its quote."""
