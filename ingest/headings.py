"""Headings of structured abstracts, however they are set into the running text.

    split_headings("AimTo explore care.MethodGPs were asked.", 0, 40)
    # (Section("Aim", 3, 19), Section("Method", 25, 40))

Known styles: glued ("BackgroundSocial"), with a colon ("Background: Primary"), with a full stop
("Background. Primary"), spaced ("Background There is") and on a line of their own. The words are
the usual ones of structured abstracts (CONSORT, PubMed's labels), singular and plural, and
compounds of them ("Methods and Materials"). A word counts as a heading only at the start of the
text or of a sentence, and only in the style in which the text begins (or that it uses at least
twice): "ResultsParticipants identified" has the heading "Results", and "Participants were
recruited" has none. The text itself is not changed; what it does not head gets the title None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from ingest.clean import trim
from ragbot.types import Section

_SINGLE = """
background(s) introduction context rationale importance problem aim(s) objective(s) purpose(s)
hypothesis hypotheses design(s) setting(s) participant(s) patient(s) population(s) sample
subject(s) method(s) methodology material(s) procedure(s) approach intervention(s) exposure(s)
measure(s) measurement(s) outcome(s) analysis analyses result(s) finding(s) limitation(s)
discussion interpretation conclusion(s) implication(s) significance relevance recommendation(s)
funding registration strengths impact evaluation keywords
"""
_PHRASES = """
aims and objectives
research question(s)
study question(s)
study design
research design
data source(s)
data collection
data extraction
data synthesis
data analysis
statistical analysis
search strategy
search method(s)
selection criteria
eligibility criteria
inclusion criteria
study selection
study population
review method(s)
main outcome measure(s)
primary outcome measure(s)
primary and secondary outcome measure(s)
main outcome(s) and measure(s)
main outcome(s)
primary outcome(s)
secondary outcome(s)
outcome measure(s)
main result(s)
main finding(s)
key finding(s)
key result(s)
author(s) conclusion(s)
authors' conclusion(s)
strengths and limitations
future work
future research
trial registration
trial registration number
study registration
clinical trial registration
registration number
ethics and dissemination
ethical approval
patient and public involvement
patient or public contribution
implications for practice
clinical implications
practical implications
clinical relevance
what this study adds
plain language summary
plain english summary
"""
_GAP = r"[ \t\u00a0]+"
_JOIN = rf"(?:[ \t\u00a0]*[,/&+]{_GAP[:-1]}*(?:and{_GAP})?|{_GAP}(?:and|And|AND|or){_GAP})"
_ENDED = r".?!"  #: what a sentence ends with
_CLOSERS = ")]”’\"'»"
_ABSTRACT = re.compile(r"(?:Abstract|ABSTRACT)(?:\s*[:.]\s*|\s+(?=[^a-z\s])|(?=[A-Z]))")
_LOOK_BACK = 20  #: characters before a heading in which a sentence must have ended
_LEAST_ALONE = 2  #: headings that are needed where the text does not begin with one

_FOLLOW = {
    "glued": r"(?=[A-Z0-9“‘\"(\[])",
    "colon": r"[ \t\u00a0]*[:：]\s*|\s+[–—-]\s+(?=[A-Z0-9“‘])",
    "stop": r"\.\s+(?=[A-Z0-9“‘])",
    "spaced": r"[ \t\u00a0]+(?=[A-Z0-9“‘(])",
    "line": r"[ \t\u00a0]*(?:\r\n|\n|\r)",
}
_ALSO = {"glued": ("colon",), "colon": ("glued",), "stop": ("colon",), "spaced": ("colon",)}


@dataclass(frozen=True, slots=True)
class _Hit:
    """A heading that may be one."""

    start: int
    end: int
    body: int  #: where its text starts
    style: str


def split_headings(text: str, start: int, end: int) -> tuple[Section, ...]:
    """The sections of ``text[start:end]``; one with the title None where it has no headings."""
    start, end = trim(text, start, end)
    abstract = _ABSTRACT.match(text, start, end)
    if abstract:
        start = abstract.end()
    hits = _accepted(_hits(text, start, end), start)
    stops = [*(hit.start for hit in hits), end]
    sections = [_section(text, None, start, stops[0])]
    for hit, stop in zip(hits, stops[1:], strict=True):
        sections.append(_section(text, text[hit.start : hit.end], hit.body, stop))
    return tuple(section for section in sections if section.start < section.end)


def is_heading_word(text: str) -> bool:
    """Whether ``text`` as a whole is a usual heading of an abstract."""
    return _heading().fullmatch(text) is not None


def _section(text: str, title: str | None, start: int, end: int) -> Section:
    first, last = trim(text, start, end)
    return Section(title, first, last)


def _hits(text: str, start: int, end: int) -> list[_Hit]:
    hits: list[_Hit] = []
    position = start
    while match := _heading().search(text, position, end):
        position = match.start() + 1
        hit = _hit(text, match, start, end)
        if hit:
            hits.append(hit)
            position = hit.body
    return hits


def _hit(text: str, match: re.Match[str], start: int, end: int) -> _Hit | None:
    """The heading at the start of ``match``; a shorter one where the longest does not fit."""
    place = match.start()
    for style, follow in _follows().items():
        whole = follow.match(text, place, end)
        if whole and _may_stand(text, place, start, style):
            if style == "glued" and _in_a_longer_word(text, whole):
                continue
            return _Hit(place, place + len(whole.group("heading")), whole.end(), style)
    return None


def _in_a_longer_word(text: str, glued: re.Match[str]) -> bool:
    """Whether capitals go on after a heading in capitals: "CONTEXT" in "CONTEXTUAL"."""
    capitals = re.compile(r"[A-Z]{2,}(?![a-z])")
    return glued.group("heading").isupper() and bool(capitals.match(text, glued.end()))


def _may_stand(text: str, place: int, start: int, style: str) -> bool:
    """Whether a heading of ``style`` may stand at ``place``: text or sentence begins there."""
    if place == start:
        return True
    before = text[place - 1]
    if style == "line":
        return before in "\r\n"
    if style == "glued":
        return before in _ENDED + _CLOSERS + ":;%" or before.islower() or before.isdigit()
    near = text[max(start, place - _LOOK_BACK) : place]
    ended = near.rstrip()
    spaced = len(ended) < len(near)
    closed = ended.rstrip(_CLOSERS)
    return closed[-1:] in tuple(_ENDED) and (spaced or style == "colon")


def _accepted(hits: list[_Hit], start: int) -> list[_Hit]:
    """The hits in the style of the text: that of its beginning, or one that it uses twice."""
    if hits and hits[0].start == start:
        style = hits[0].style
        kept = [hit for hit in hits if hit.style in (style, *_ALSO.get(style, ()))]
        return kept if len(kept) > 1 or style not in ("spaced", "stop") else []
    for style in ("colon", "glued", "line", "spaced"):
        kept = [hit for hit in hits if hit.style == style]
        if len(kept) >= _LEAST_ALONE:
            return kept
    return []


@cache
def _heading() -> re.Pattern[str]:
    return re.compile(_HEADING)


@cache
def _follows() -> dict[str, re.Pattern[str]]:
    return {
        style: re.compile(rf"(?P<heading>{_HEADING})(?:{follow})")
        for style, follow in _FOLLOW.items()
    }


def _vocabulary() -> list[str]:
    """Every heading word by word, longest first, "s" for a plural included."""
    entries = [*_SINGLE.split(), *filter(None, _PHRASES.splitlines())]
    spelt: set[str] = set()
    for entry in entries:
        spelt |= {entry.replace("(s)", ""), entry.replace("(s)", "s")}
    return sorted(spelt, key=lambda entry: (-len(entry), entry))


def _pattern() -> str:
    """A heading or a compound of headings, in sentence case, title case or capitals."""
    first, later, capitals = [], [], []
    for entry in _vocabulary():
        words = [re.escape(word).replace("'", "['’]") for word in entry.split()]
        either = [f"[{word[0].upper()}{word[0]}]{word[1:]}" for word in words]
        first.append(_GAP.join([words[0][0].upper() + words[0][1:], *either[1:]]))
        later.append(_GAP.join(either))
        capitals.append(_GAP.join(word.upper() for word in words))
    plain = rf"(?:{'|'.join(first)})(?:{_JOIN}(?:{'|'.join(later)}))*"
    upper = rf"(?:{'|'.join(capitals)})(?:{_JOIN}(?:{'|'.join(capitals)}))*"
    return rf"(?:{plain}|{upper})"


_HEADING = _pattern()
