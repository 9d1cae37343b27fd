"""One word for how an answer turned out, for filters and for lists of what changed.

    verdict(scored)     # "incomplete"

It is a reading of the figures, not one more figure.
"""

from __future__ import annotations

from eval.metrics import Scored

TITLES = {
    "right": "Right",
    "incomplete": "Answered, incomplete",
    "wrong_source": "Answered from the wrong source",
    "wrong_claim": "Answered, with a forbidden claim or misattribution",
    "false_refusal": "Refused, though answerable",
    "unfounded": "Answered, though not in the library",
    "failed": "Failed",
    "unscored": "Not scored: no gold",
}


def verdict(item: Scored) -> str:
    """A key of ``TITLES``. "right": complete, or a refusal where the library does not answer."""
    if item.reply.failed:
        return "failed"
    if item.forbidden_found or item.attribution:
        return "wrong_claim"
    if item.case.answerable is False:
        return "unfounded" if item.answered else "right"
    if item.case.answerable and not item.answered:
        return "false_refusal"
    if not item.case.gold:
        return "unscored"
    if item.values["complete"]:
        return "right"
    return "incomplete" if item.values["right_source"] else "wrong_source"
