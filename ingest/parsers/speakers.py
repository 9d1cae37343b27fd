"""Who introduces themselves at the start of a paragraph, in their own words.

    introduction("As head nurse at Elm, a healthcare company that …, we …", 0, 56)
    # Speaker(short="head nurse at Elm", full="head nurse at Elm, a healthcare company", …)

It looks for the grammar of an introduction ("I am a …", "As a …, I", "We are a … company") around
a noun for an occupation or a part someone has in health care. It knows no names, and what a
comment says later about others introduces nobody ("I’m aware of several practice pharmacists").
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ingest.clean import one_line
from ingest.sentences import sentences
from ingest.statements import ORGANISATION

_ROLE_WORDS = """
academic administrator adviser advisor analyst assistant associate carer chair chairman chairperson
chairwoman chief clinician coach commissioner consultant coordinator co-ordinator counsellor dean
dentist dietitian dietician director doctor economist editor educator executive facilitator fellow
founder governor gp head historian inspector journalist lead leader lecturer manager matron member
mentor midwife minister navigator nurse officer operator optometrist osteopath owner paediatrician
paramedic parent partner patient pharmacist physician physiotherapist planner podiatrist
practitioner president principal prescriber professional professor psychiatrist psychologist
psychotherapist radiographer receptionist registrar representative researcher resident retiree
scientist secretary specialist statistician student superintendent supervisor surgeon teacher
technician therapist trainee trainer trustee tutor user visitor volunteer worker
"""
_ROLES = frozenset(_ROLE_WORDS.split())
_COMPANIES = r"(?:company|firm|business|supplier|start-?up|consultancy|vendor|manufacturer)"
_COMPANY = re.compile(rf"\b{_COMPANIES}\b", re.IGNORECASE)
_BEHIND = re.compile(rf"\b(?:{_COMPANIES}|provider|agency)\b", re.IGNORECASE)
_ARTICLE = r"(?:(?:an?|the|your|one of the)\s+)?"
_WHO = r"(?P<who>[^,.;:!?\r\n]+)"
_GREETING = (
    r"(?:(?:(?:hi|hello|dear|thanks|thank you)\b[^.,!]*[,!]?|my name is [^,.]+?(?:,|\s+and))\s*)?"
)
_I_AM = re.compile(
    rf"{_GREETING}(?:I\s+am|I[’']m|I\s+(?:have\s+)?work(?:ed)?\s+as|speaking\s+as)\s+{_ARTICLE}{_WHO}",
    re.IGNORECASE,
)
_AS = re.compile(
    rf"{_GREETING}(?:writing\s+)?as\s+{_ARTICLE}{_WHO},(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_WE_ARE = re.compile(rf"{_GREETING}we\s+are\s+an?\s+{_WHO}", re.IGNORECASE)
_APPOSITIVE = re.compile(
    r",\s*(?:an?|the)\s+(?P<what>[^,.;]*?)(?=\s+(?:that|which|who|whose)\b|[,.;]|$)"
)
_FIRST_PERSON = re.compile(r"\b(?:I|my|me|we|our|us)\b")
_HEAD_END = re.compile(
    r"\s+(?:at|in|of|for|with|from|who|that|which|working|and|within|based|on|by|to|since|here)\b"
)
_CLAUSE = re.compile(r"\s+(?:and|but|so|who|that|which|because|since)\b")
_EMPLOYER = re.compile(rf"\b(?:at|for|of|with|from)\s+(?:the\s+)?(?P<name>{ORGANISATION})")
_OPENING = 2  #: sentences at the start of a paragraph in which speakers introduce themselves

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Speaker:
    """Somebody who introduces themselves; the spans are places of the words in the text."""

    short: str  #: for labels: "Chief Nursing Officer at HN"
    full: str  #: as far as the words go: "Chief Nursing Officer at HN, a healthcare company"
    place: Span  #: of ``full``
    role: str  #: the noun that says what they are: "officer"
    organisation: Span | None
    company: Span | None  #: the words that say that they speak for a business
    certain: bool  #: "I am a nurse" always introduces; "As a nurse, I …" may only remind


def introduction(text: str, start: int, end: int) -> Speaker | None:
    """Who introduces themselves in the first sentences of the paragraph ``text[start:end]``."""
    for first, last in sentences(text, start, end)[:_OPENING]:
        found = _introduced(text, first, last)
        if found:
            return found
    return None


def _introduced(text: str, start: int, end: int) -> Speaker | None:
    match = _I_AM.match(text, start, end)
    if match:
        return _speaker(text, match, end, certain=True)
    match = _AS.match(text, start, end)
    if match and _FIRST_PERSON.search(match["rest"]):
        return _speaker(text, match, end, certain=False)
    match = _WE_ARE.match(text, start, end)
    if match and _COMPANY.search(match["who"]):
        return _speaker(text, match, end, certain=True)
    return None


def _speaker(text: str, match: re.Match[str], end: int, *, certain: bool) -> Speaker | None:
    """The speaker in ``match``, if the words name an occupation or a business."""
    start, stop = match.span("who")
    clause = _CLAUSE.search(text, start, stop)
    stop = clause.start() if clause else stop
    head_end = _HEAD_END.search(text, start, stop)
    head = (start, head_end.start() if head_end else stop)
    role = (text[slice(*head)].split() or [""])[-1].lower()
    if role not in _ROLES and not _COMPANY.fullmatch(role):
        return None
    employer = _EMPLOYER.search(text, start, stop)
    company = _company(text, start, stop, end)
    place = (start, max(stop, company[1] if company else stop))
    return Speaker(
        short=one_line(text[start : employer.end() if employer else head[1]]),
        full=one_line(text[slice(*place)]),
        place=place,
        role=role,
        organisation=employer.span("name") if employer else None,
        company=company,
        certain=certain,
    )


def _company(text: str, start: int, stop: int, end: int) -> Span | None:
    """Words that call the speaker's employer a business: in the introduction or right behind it."""
    match = _APPOSITIVE.match(text, stop, end)
    if match and _BEHIND.search(match["what"]):
        return match.span("what")
    named = _COMPANY.search(text, start, stop)
    return (start, stop) if named else None
