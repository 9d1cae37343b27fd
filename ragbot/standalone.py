"""A follow-up question → one that stands without the conversation, by a language model.

    condenser.condense("And for nurses?", history)    # "What did GPs' pay mean for nurses?"

Only a question that leans on the conversation is rewritten. The model may use the words that the
conversation has used and no others: so it can neither answer, nor bring in a subject of its own or
of a source that was quoted. None leaves it to the rules of ``ragbot.query``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragbot.errors import ModelProblem
from ragbot.fence import Tripwire, new_fence
from ragbot.generate import Calls
from ragbot.prompts import Prompt
from ragbot.query import MAX_TURN_CHARS, MAX_TURNS, leans_back
from ragbot.render import plain
from ragbot.types import Turn

LONGEST = 400  #: characters of a rewritten question
STEM = 5  #: letters by which two words count as the same: "nurse", "nurses"
_WORD = re.compile(r"[^\W_]+")
_FUNCTION_WORDS = """
    a about after also an and any are as at be been before between by can could did do does for
    from had has have how if in into is it its not of on or say said should that the their them
    there these they this those to was were what when where which who whom whose why will with would
    you your
"""
_FREE = frozenset(_FUNCTION_WORDS.split())


class Condenser:
    """Rewrites follow-up questions."""

    def __init__(self, *, calls: Calls, prompt: Prompt, seconds: float) -> None:
        """``prompt``: ``prompts/standalone.md``; ``seconds``: how long it may take."""
        self._calls = calls
        self._prompt = prompt
        self._seconds = seconds

    def condense(self, question: str, history: Sequence[Turn]) -> str | None:
        """The question made standalone; None where it stands alone, or the model is no help."""
        turns = [Turn(t.role, t.content[:MAX_TURN_CHARS]) for t in history[-MAX_TURNS:]]
        if not turns or not leans_back(question, turns):
            return None
        fence = new_fence([question, *(turn.content for turn in turns)])
        system, human = self._prompt.render(
            question=question,
            conversation=fence.conversation(turns),
            nonce=fence.nonce,
            canary=fence.canary,
        )
        try:
            reply = self._calls.reply(system, human, seconds=self._seconds)
        except ModelProblem:
            return None
        said = " ".join([question, *(turn.content for turn in turns)])
        return None if Tripwire(fence.secrets).trips(reply) else _usable(reply, said)


def _usable(reply: str, said: str) -> str | None:
    lines = [line for line in reply.splitlines() if line.strip()]
    if len(lines) != 1:
        return None
    text = plain(lines[0]).strip(" \"'“”*")
    known = {word[:STEM] for word in _words(said)}
    own = [word for word in _words(text) if word not in _FREE and word[:STEM] not in known]
    return text if 0 < len(text) <= LONGEST and not own else None


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]
