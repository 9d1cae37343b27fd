"""Which part of its source each sentence belongs to: its aim, its methods, its results.

    parts_of(passages, zones)         # all of one source: [Part.AIM, Part.METHOD, …]
    part_of_heading("Study design")   # Part.METHOD

The heading says it; where an abstract has none, ``zones`` does, and a cue where a sentence has one.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from ragbot.types import EvidenceType, Passage
from ragbot.zones import Part, Zones

Range = tuple[int, int]

_PARAGRAPHS = 3  #: from which an abstract has a paragraph for each part
_HEADINGS: tuple[tuple[Part, str], ...] = (
    (Part.LIMITATIONS, r"limitation|weakness"),
    (Part.FUTURE, r"future|further (?:work|research)"),
    (Part.CONCLUSION, r"conclu|interpretation|implication|discussion|summary"),
    (Part.AIM, r"\baims?\b|objective|purpose|research question"),
    (Part.RESULTS, r"result|finding"),
    (Part.METHOD, r"method|design|setting|participant|material|data source|intervention|measure"),
    (Part.BACKGROUND, r"background|introduction|context"),
    (Part.OTHER, r"fund|registration|keywords|interests"),
)
_PLAIN_HEADING = re.compile(  # of other texts: "Infection control measures" is no method
    r"(?:\d[\d.]* )?(?:(?:our|the|key|main|study|research) )?(?:background|introduction|aims?"
    r"|objectives?|methods?|methodology|findings?|results?|limitations?|conclusions?|discussion|summary)"
    r"(?: and \w+)?",
    re.IGNORECASE,
)
_CUES: tuple[tuple[Part, str], ...] = (
    (Part.OTHER, r"\bregistered\b|\bfund(?:ed|ing)\b.{0,60}\b(?:by|from)\b"),
    (Part.FUTURE, r"\b(?:future|further) (?:work|research|stud(?:y|ies)|investigations?)\b"),
    (
        Part.LIMITATIONS,
        r"\blimitations?\b|\bunable to\b|\bcould not\b|\bsmall (?:sample|numbers?)\b"
        r"|\bgenerali[sz]ab\w+",
    ),
)
_FOUND_BY_HEADING = tuple((part, re.compile(p, re.IGNORECASE)) for part, p in _HEADINGS)
_FOUND_BY_CUE = tuple((part, re.compile(p, re.IGNORECASE)) for part, p in _CUES)
_AIM = re.compile(
    r"^\W*To [a-z]+\b|\b(?:aim|objective|purpose|goal)s?\b|\bresearch questions?\b"
    r"|\b(?:aim(?:s|ed)|sought|set out|wish(?:ed)?|designed) to\b"
    r"|\b(?:we|(?:this|the present) (?:study|paper|project|article|evaluation))"
    r" (?:explore[sd]?|examine[sd]?|investigate[sd]?|assess(?:es|ed)?|evaluate[sd]?)\b",
    re.IGNORECASE,
)


def part_of_heading(heading: str) -> Part | None:
    """What a section with this heading is for, None where the heading does not say."""
    return _by(_FOUND_BY_HEADING, heading)


def parts_of(passages: Sequence[Passage], zones: Zones) -> list[Part]:
    """The part of its source that each sentence belongs to, in order; ``passages``: all of one."""
    sentences = sentences_of(passages)
    abstract = is_abstract(passages)
    headings = [passage.chunk.section or "" for passage, _ in sentences]
    told = [
        part_of_heading(heading) if abstract or _PLAIN_HEADING.fullmatch(heading) else None
        for heading in headings
    ]
    texts = [passage.slice(*span) for passage, span in sentences]
    if any(told) or not abstract:
        found = [part or Part.BACKGROUND for part in told]
    else:
        found = _without_headings(texts, _paragraphs(sentences), zones)
    if Part.AIM in found:
        return found
    return [
        Part.AIM if part is Part.BACKGROUND and _AIM.search(text) else part
        for part, text in zip(found, texts, strict=True)
    ]


def sentences_of(passages: Sequence[Passage]) -> list[tuple[Passage, Range]]:
    """Every sentence with the passage that holds it, in order."""
    return [(passage, span) for passage in passages for span in passage.chunk.sentences]


def is_abstract(passages: Sequence[Passage]) -> bool:
    """Whether they are passages of an abstract."""
    return passages[0].document.evidence_type is EvidenceType.ABSTRACT


def _without_headings(
    texts: Sequence[str], paragraphs: Sequence[Sequence[int]], zones: Zones
) -> list[Part]:
    """By cues and ``zones``: a part for each paragraph, or in running text for each sentence."""
    if len(paragraphs) < _PARAGRAPHS:
        cues = [_by(_FOUND_BY_CUE, text) for text in texts]
        return [cue or part for cue, part in zip(cues, zones.of(texts), strict=True)]
    cues = [_mostly([_by(_FOUND_BY_CUE, texts[i]) for i in one]) for one in paragraphs]
    rest = [one for one, cue in zip(paragraphs, cues, strict=True) if cue is None]
    told = iter(zones.of_paragraphs([[texts[i] for i in one] for one in rest]))
    found = [Part.BACKGROUND] * len(texts)
    for one, cue in zip(paragraphs, cues, strict=True):
        part = cue or next(told)
        for i in one:
            found[i] = part
    return found


def _mostly(cues: Sequence[Part | None]) -> Part | None:
    """What more than half of a paragraph's sentences are."""
    cue, count = Counter(cue for cue in cues if cue).most_common(1)[0] if any(cues) else (None, 0)
    return cue if 2 * count > len(cues) else None


def _paragraphs(sentences: Sequence[tuple[Passage, Range]]) -> list[list[int]]:
    """Indices of the sentences of each section."""
    starts = sorted({section.start for section in sentences[0][0].document.sections})
    found: dict[int, list[int]] = {}
    for i, (_, (start, _)) in enumerate(sentences):
        found.setdefault(bisect_right(starts, start), []).append(i)
    return list(found.values())


def _by(patterns: Sequence[tuple[Part, re.Pattern[str]]], text: str) -> Part | None:
    return next((part for part, pattern in patterns if pattern.search(text)), None)
