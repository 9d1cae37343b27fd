"""What is not looked up: an empty question, one that is too long, personal data, orders to us.

    guard.refusal("", max_chars=2000)                                # → "empty"
    guard.refused("Is 943 476 5919 eligible?", (), max_chars=2000)   # → an Answer that says why

Control characters and bidirectional overrides are taken out of a question before anything else
sees it. A refusal shows the question with every piece of personal data replaced by what it was, and
says so in words; the data itself is nowhere in it. It does not judge what a question is about.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ragbot import personal
from ragbot.render import plain
from ragbot.scope import is_manipulation
from ragbot.types import Answer, RefusalReason, Turn

MESSAGES: dict[RefusalReason, str] = {
    "empty": "Please type a question.",
    "too_long": "That question is too long to look up. Please ask it in a sentence or two.",
    "personal_data": "{where} seems to hold {what}. {remedy}",
    "out_of_scope": "That speaks to the assistant and asks nothing of the library. "
    "Please ask about what its sources say.",
    "rate_limited": "Too many questions at once. Please wait a moment and ask again.",
}
_REMOVE = "It was not looked up. Please take that out and ask again, without naming anyone."
_RESTART = "Your question was not looked up. Please ask it in a new conversation, without that."
_LONGEST = 200  #: characters that a piece of personal data may have; it is not cut in two
TOLD = 20  #: times ``max_chars`` that earlier questions may have; each of them is searched, too


def clean(question: str) -> str:
    """The question on one line, without control characters."""
    return plain(question)


def searchable(text: str) -> str:
    """``text`` cleaned, with personal data cut out: for a search, which has no way to refuse."""
    bare = clean(personal.redact(text, personal.find(text), mark=" "))
    return clean(personal.redact(bare, personal.find(bare), mark=" "))


def refusal(question: str, history: Sequence[Turn] = (), *, max_chars: int) -> RefusalReason | None:
    """Why a question is not looked up, None where it is.

    ``max_chars``: of the question as typed. Of the ``history`` only what the user said counts: the
    rest is answers, which may quote a source's address.
    """
    told = sum(len(turn.content) for turn in history if turn.role == "user")
    if len(question) > max_chars or told > TOLD * max_chars:
        return "too_long"
    if not any(character.isalnum() for character in question):
        return "empty"
    said = (question, *(turn.content for turn in history if turn.role == "user"))
    if any(_personal(text) for text in said):
        return "personal_data"
    return "out_of_scope" if is_manipulation(clean(question)) else None


def refused(question: str, history: Sequence[Turn], *, max_chars: int) -> Answer | None:
    """The answer to a question that is not looked up, None where it is. Arguments: ``refusal``."""
    reason = refusal(question, history, max_chars=max_chars)
    if reason is None:
        return None
    shown = redacted(question, max_chars=max_chars)
    return Answer(shown, shown, "refused", _message(reason, question, history), reason=reason)


def redacted(question: str, *, max_chars: int) -> str:
    """The beginning of a question with each piece of personal data replaced by what it was."""
    found = [
        replace(finding, end=min(finding.end, max_chars))
        for finding in personal.find(question[: max_chars + _LONGEST])
        if finding.start < max_chars
    ]
    shown = clean(personal.redact(question[:max_chars], found))
    return personal.redact(shown, personal.find(shown))[:max_chars]


def _message(reason: RefusalReason, question: str, history: Sequence[Turn]) -> str:
    if reason != "personal_data":
        return MESSAGES[reason]
    if found := _personal(question):
        where, remedy = "Your question", _REMOVE
    else:
        found = [f for turn in history if turn.role == "user" for f in _personal(turn.content)]
        where, remedy = "Something you said earlier in this conversation", _RESTART
    what = personal.describe(found)
    return MESSAGES[reason].format(where=where, what=what, remedy=remedy)


def _personal(text: str) -> list[personal.Finding]:
    """As typed and as it will be read: a character that is taken out may hide or make some."""
    return [*personal.find(text), *personal.find(clean(text))]
