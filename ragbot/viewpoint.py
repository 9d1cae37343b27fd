"""Questions about a group of people, and whether a source speaks of that group at all.

    group = asked("What did receptionists make of it?")       # "receptionist": its view
    speaks_of(group, "GPs and reception staff were asked.")   # True
    staff("As a nurse I wonder: do paramedics do it faster?") # {"paramedic"}

What GPs think is no answer to what receptionists do, however near it comes. Of 206 questions for a
view over the invented libraries of the training, the source that answers speaks of the group in
all but four, which are comments by somebody of the group. Of 1,500 answered ones that speak of
staff other than the asker's own it does in all but six, while of 2,061 unanswered ones more than
half of the library's sources do not. General practitioners are left out: they are everywhere.
Whether it is their view is the reader's business.
"""

from __future__ import annotations

import re

_DESK = r"reception|front.desk|\bdesk|\bcounter|admin|non.clinical|navigat|call.?handl|clerical"
_NURSE = r"nurs|\bHCAs?\b|healthcare assistant|\bA[NC]Ps?\b|advanced (?:clinical )?pract|matron"
_GROUPS = {
    "receptionist": _DESK,
    "reception": _DESK,
    "nurse": _NURSE,
    "pharmacist": r"pharmac|chemist",
    "physio": r"physio|first.contact|\bFCPs?\b|musculoskeletal",
    "paramedic": r"paramedic|ambulance",
    "manager": r"manag",
    "midwife": r"midwi|maternity",
    "midwives": r"midwi|maternity",
    "dentist": r"dent",
    "parent": r"parent|mother|father|\bmums?\b|\bdads?\b|famil|guardian|carer|caregiver",
    "carer": r"carer|caregiver|famil|relative|spouse|wife|husband|daughter|partner|parent",
    "link worker": r"\blinks?\b|social prescri",
    "consultant": r"consultant|hospital|specialist|secondary care|\w+ologist|surgeon",
    "commissioner": r"commission|board|integrated care|health authorit|\bCCGs?\b|\bICBs?\b",
    "patient": r"patient|client|people|person|user|women|\bmen\b|participant|adult|parent|child",
    "trainee": r"train|registrar|student|foundation|junior doctor|resident|\bGPSTs?\b|\bST[1-4]\b",
    "student": r"student|pupil|train|undergrad",
    "dietitian": r"diet",
    "counsellor": r"counsel|therap",
    "health visitor": r"visitor",
    "teenager": r"teen|young|adolesc|pupil",
}
"""Who may be asked → how a text speaks of them."""

_STAFF = {
    name: _GROUPS[name]
    for name in (
        *("receptionist", "reception", "nurse", "pharmacist", "physio", "paramedic", "midwife"),
        *("midwives", "dentist", "link worker", "commissioner", "dietitian", "counsellor"),
        "health visitor",
    )
} | {
    "fcp": _GROUPS["physio"],
    "splw": _GROUPS["link worker"],
    "physician associate": r"physician|\bPAs?\b",
    "care coordinator": r"co-?ordinat",
    "health coach": r"coach",
    "occupational therapist": r"occupational|\bOTs?\b",
    "pharmacy technician": r"technician",
    "social worker": r"social (?:work|care)",
}
"""The same of staff whom few sources speak of; a manager or a student may be anybody."""

_NAMES = "|".join(sorted(_GROUPS, key=len, reverse=True))
_STAFF_NAMES = "|".join(sorted(_STAFF, key=len, reverse=True))
_DOCTORS = r"(?:doctors?|docs|drs?|gps?|medics|physicians)"
_OWN = re.compile(  # who asks, and of whom he tells
    rf"\b(?:i['’]?m|i am|as) (?:an? |the )?(?:[\w-]+ ){{0,3}}?(?:{_STAFF_NAMES})"
    r"|\b(?:my|our|his|her|their|we(?:['’]?ve| have)) (?:[\w'’-]+ ){0,3}?"
    rf"(?:{_STAFF_NAMES})"
    rf"|\b(?:{_STAFF_NAMES})s?\b.{{0,20}}\b(?:says|tells|told (?:me|us)|reckons|swears"
    r"|asked me)\b"
    r"|\b(?:say,?|like|such as|rather than|instead of|without|leave out) (?:(?:the|an?) )?"
    rf"(?:{_STAFF_NAMES})"
    rf"|\b(?:student|trainee|former|once|late) (?:an? )?(?:{_STAFF_NAMES})"
    rf"|\b{_DOCTORS}(?: (?:and|n|or|&) |/| ?, ?)(?:the )?nurses?\b"  # clinicians, whoever they are
    rf"|\bnurses?(?: (?:and|n|or|&) |/| ?, ?)(?:the )?{_DOCTORS}\b",
    re.IGNORECASE | re.ASCII,
)
_OF_STAFF = re.compile(rf"\b({_STAFF_NAMES})s?\b", re.IGNORECASE | re.ASCII)
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


def staff(question: str) -> frozenset[str]:
    """Staff that a question speaks of, other than who asks it."""
    return frozenset(name.lower() for name in _OF_STAFF.findall(_OWN.sub(" ", question)))


def speaks_of(group: str, text: str) -> bool:
    """Whether a text speaks of them; ``group``: as ``asked`` or ``staff`` gave it."""
    told = _GROUPS.get(group) or _STAFF[group]
    return re.search(told, text, re.IGNORECASE) is not None
