"""A second checker: another language model says whether quotes support a sentence.

    checker = SecondModel(calls=calls, prompt=load_prompt("support"), seconds=10)
    checker.entails("We interviewed nine GPs.", "Nine GPs took part.")     # True, if it says so

It is asked about what ragbot's own checks have passed, and only a plain yes lets that stand: a
model that fails, is too slow, hedges, or repeats what it was told takes the sentence away. Quotes
and sentence are fenced as data. For an entailment model on this machine see
``ragbot.adapters.entailment``.
"""

from __future__ import annotations

import logging

from ragbot.errors import ModelProblem
from ragbot.fence import Tripwire, new_fence
from ragbot.generate import Calls
from ragbot.prompts import Prompt

log = logging.getLogger(__name__)

YES = "supported"
NO = "unsupported"


class SecondModel:
    """``ragbot.verify.Entailment`` by a language model."""

    def __init__(self, *, calls: Calls, prompt: Prompt, seconds: float) -> None:
        """``prompt``: ``prompts/support.md``; ``seconds``: how long one reply may take."""
        self.name = calls.name
        self._calls = calls
        self._prompt = prompt
        self._seconds = seconds

    def entails(self, premise: str, sentence: str) -> bool:
        """Whether it says so, and nothing else."""
        fence = new_fence([premise, sentence])
        system, human = self._prompt.render(
            quotes=fence.quotes(premise),
            sentence=fence.sentence(sentence),
            nonce=fence.nonce,
            canary=fence.canary,
            yes=YES,
            no=NO,
        )
        try:
            reply = self._calls.reply(system, human, seconds=self._seconds)
        except ModelProblem as error:
            log.warning("A sentence is left out, the second checker gave no answer: %s", error)
            return False
        leaked = Tripwire(fence.secrets).trips(reply)
        return not leaked and reply.strip(" \n\t.\"'`*").casefold() == YES
