"""What is not looked up at all: an empty question, one that is too long.

    guard.refusal("", max_chars=2000)  # → "empty"

Control characters and bidirectional overrides are taken out of a question before anything else
sees it. It does not judge what a question is about.
"""

from __future__ import annotations

from ragbot.render import plain
from ragbot.types import RefusalReason

MESSAGES: dict[RefusalReason, str] = {
    "empty": "Please type a question.",
    "too_long": "That question is too long to look up. Please ask it in a sentence or two.",
    "personal_data": "That question seems to hold personal data. Please take it out and ask again.",
    "out_of_scope": "That is not something this library can be asked.",
    "rate_limited": "Too many questions at once. Please wait a moment and ask again.",
}


def clean(question: str) -> str:
    """The question on one line, without control characters."""
    return plain(question)


def refusal(question: str, *, max_chars: int) -> RefusalReason | None:
    """Why a question is not looked up, None where it is.

    ``max_chars``: of the question as typed.
    """
    if len(question) > max_chars:
        return "too_long"
    if not any(character.isalnum() for character in question):
        return "empty"
    return None
