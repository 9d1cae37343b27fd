"""Questions for what a group of people thinks, and whether a source speaks of that group at all.

    group = asked("What did receptionists make of it?")       # "receptionist"
    speaks_of(group, "GPs and reception staff were asked.")   # True

What GPs think is no answer to what receptionists do, however near it comes. Of 208 such questions
over the invented libraries of the training, the source that answers speaks of the group in all but
four, which are comments by somebody of the group. General practitioners are left out: they are
everywhere. Whether it is their view is the reader's business.
"""

from __future__ import annotations

import re

from ragbot.subjects import STAFF

_GROUPS = STAFF | {
    "manager": r"manag",
    "parent": r"parent|mother|father|\bmums?\b|\bdads?\b|famil|guardian|carer|caregiver",
    "carer": r"carer|caregiver|famil|relative|spouse|wife|husband|daughter|partner|parent",
    "consultant": r"consultant|hospital|specialist|secondary care|\w+ologist|surgeon",
    "patient": r"patient|client|people|person|user|women|\bmen\b|participant|adult|parent|child",
    "trainee": r"train|registrar|student|foundation|junior doctor|resident|\bgpsts?\b|\bst[1-4]\b",
    "student": r"student|pupil|train|undergrad",
    "teenager": r"teen|young|adolesc|pupil",
}
"""Who may be asked → how a text in small letters speaks of them."""

_NAMES = "|".join(sorted(_GROUPS, key=len, reverse=True))
_ASKED = re.compile(
    rf"\b(?:what|how) (?:do|did|does|have|has) (?:the |our |any )?(?:[\w-]+ ){{0,2}}?"
    rf"(?P<who>{_NAMES})s?(?: staff)?\b.{{0,60}}\b(?:make of|think|feel|felt|say|said|see|view"
    r"|find|found|want|like|react|experience|reckon)\b"
    rf"|\b(?P<whose>{_NAMES})s?['’]?s?['’]? (?:own )?(?:take|views?|opinions?|thoughts?|verdict"
    r"|experiences?|perspectives?)\b"
    rf"|\bdid (?:the |any )?(?:[\w-]+ )?(?P<did>{_NAMES})s? (?:worry|like|feel|think|mind|object"
    r"|complain|welcome|trust|prefer)\b",
    re.IGNORECASE | re.ASCII,
)


def asked(question: str) -> str | None:
    """Whose view is asked for, None for nearly all questions."""
    found = _ASKED.search(question)
    return next(name for name in found.groups() if name).lower() if found else None


def speaks_of(group: str, text: str) -> bool:
    """Whether a text speaks of them; ``group``: as ``asked`` gave it."""
    return re.search(_GROUPS[group], text.lower()) is not None
