"""Questions about a source as a whole: its aim, its methods, what it found, its limits, the gist.

    asked("What are the main findings of the glue ear study?", named=False)
    # (Part.RESULTS, Part.CONCLUSION)
    about("What are the main findings of the glue ear study?")     # ["glue", "ear"]
    evidence((Part.CONCLUSION,), passages, parts_of(passages, zones))

Such a question shares no words with what answers it, so no search finds that: the section does. Its
heading says what it is; where an abstract has none, ``zones`` does. Which source is meant is for
the assistant.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import zip_longest

from ragbot.adapters.stems import stem
from ragbot.query import FUNCTION
from ragbot.types import Evidence, EvidenceType, Passage
from ragbot.zones import Part, Zones

Range = tuple[int, int]


_SOURCE = (
    r"(?:stud(?:y|ies)|papers?|articles?|reports?|trial|abstract|evaluation|review|project|research"
    r"|researchers?|authors?|investigators?|et al|colleagues|co-?authors?)"
)
_GIST = r"(?:main|key|overall|principal|major|central)"
_ASKED: tuple[tuple[tuple[Part, ...], str], ...] = (
    ((Part.LIMITATIONS,), r"\b(?:limitations?|weakness(?:es)?|shortcomings?|caveats?)\b"),
    ((Part.FUTURE,), r"\b(?:future|further) (?:work|research|stud(?:y|ies))\b"),
    (
        (Part.AIM,),
        r"\b(?:aims?|aimed|objectives?|purpose|research questions?)\b"
        r"|\b(?:set out|try|trying|tried) to (?:find out|do|show|answer|achieve)\b",
    ),
    (
        (Part.METHOD,),
        rf"\b(?:methods?|methodology)\b|\bdesign of\b|\b{_SOURCE} design\b"
        rf"|\bhow (?:was|were|did)\b.{{0,60}}\b{_SOURCE}\b.{{0,20}}"
        r"\b(?:done|carried out|conducted)\b",
    ),
    (
        (Part.CONCLUSION,),
        r"\b(?:conclu(?:de|ded|des|sions?)|take.?(?:home|away)s?(?: messages?)?)\b"
        r"|\b(?:bottom line|upshot)\b",
    ),
    (
        (Part.AIM, Part.CONCLUSION),
        rf"\b(?:summar(?:y|ised?|ized?)|gist|overview|nutshell|{_GIST} (?:points?|messages?))\b"
        r"|\bwhat\b.{0,60}\babout\W*$",
    ),
    (
        (Part.RESULTS, Part.CONCLUSION),
        r"\b(?:findings?|results?)\b|\b(?:find|found|show|showed|discover(?:ed)?)(?: out)?\W*$",
    ),
)
_COMPILED = tuple((parts, re.compile(pattern, re.IGNORECASE)) for parts, pattern in _ASKED)
_OF_A_SOURCE = re.compile(
    rf"\b{_SOURCE}\b|\b{_GIST} (?:findings?|results?|points?|messages?)\b", re.IGNORECASE
)
_ON_A_TOPIC = re.compile(
    rf"(?:find|found|findings?|results?|conclu\w+|say|said|{_SOURCE})"
    r"\W+(?:about|on|regarding|concerning|around)\W+(?!(?:in|for)\b)\w",
    re.IGNORECASE,
)
_OF_A_THING = re.compile(  # "the purpose of link workers in the study" is not the study's
    rf"\b(?:purpose|aims?|objectives?|goals?) of\b.{{1,60}}\b(?:in|by|according to)\b.{{0,60}}"
    rf"\b{_SOURCE}\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:[-’'][^\W_]+)*")
_SAYS_NOTHING = """
main key overall principal major central tell summary brief briefly short quick quickly list
describe explain own author authors researcher researchers investigators colleague colleagues et al
co-author co-authors team reach reached come came draw drew drawn suggest suggested recommend
recommended propose proposed want wanted
"""
_KINDS_OF_SOURCE = frozenset(("trial", "evaluation", "review", "report"))  # not every study is one
_OF_THE_QUESTION = frozenset(_SAYS_NOTHING.split())
_LENGTH = re.compile(  # how long the answer should be, and for whom
    r"\b(?:in|for) (?:(?:a|an|one|two|three|my|our|the|plain|simple) )?(?:few )?"
    r"(?:sentences?|lines?|words?|paragraphs?|nutshell|english)\b",
    re.IGNORECASE,
)
_PARAGRAPHS = 3  #: from which an abstract has a paragraph for each part
_WHAT_IS_SAID = re.compile(
    r"\bwhat(?:['’]?s)?\b|\bwot\b|\bsummar\w+|\bgist\b|\b(?:list|show|tell|any)\b", re.IGNORECASE
)
_OTHERS = re.compile(  # who else may have said it
    r"\b(?:stud(?:y|ies)|papers?|trial|authors?|researchers?|investigators?|how many)\b",
    re.IGNORECASE,
)
_COMMENTING = re.compile(
    r"comment\w*|readers?|report|page|article|view\w*|opinion\w*|writ\w+|wrote|sa(?:y|ys|id)"
    r"|thinks?|thought|repl\w+|respon\w+|left|post\w*|there|any"
)
_INSTEAD = {Part.RESULTS: Part.CONCLUSION, Part.CONCLUSION: Part.RESULTS}
_PREAMBLE = re.compile(r"^[^:?.]{0,40}:\s")  # what the answer is for
_ASKING = re.compile(  # what asks, in a match that spans what is asked about
    r"\b(?:what|about|how|was|were|did|done|carried|out|conducted|find|found|show\w*|discover\w*"
    r"|aim\w*|objectives?|purpose|questions?|set|try\w*|tried|methods?|methodology|design|of|conclu\w+"
    r"|take\W?(?:home|away)s?|bottom|line|upshot|messages?|points?|summar\w+|gist|overview|nutshell"
    r"|findings?|results?|limitations?|weakness\w*|shortcomings?|caveats?|future|further|work)\b",
    re.IGNORECASE,
)

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
        r"\blimitations?\b|\bunable to\b|\bcautio\w+|\bsmall (?:sample|numbers?)\b"
        r"|\bgenerali[sz]ab\w+|\b(?:selection|recall|response) bias\b",
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


def asked(question: str, *, named: bool) -> tuple[Part, ...]:
    """The parts a question asks for, empty for most. ``named``: it names a source.

    "What did they find on pay?" asks for what is said on pay, not for a part.
    """
    if _OF_A_THING.search(question) or _ON_A_TOPIC.search(question):
        return ()
    if not (named or _OF_A_SOURCE.search(question)):
        return ()
    return next((parts for parts, pattern in _COMPILED if pattern.search(question)), ())


def about(question: str) -> list[str]:
    """The words, in lower case, that say what the source or the question is about."""
    rest = _PREAMBLE.sub("", question)
    for _, pattern in _COMPILED:  # before the nouns go: "how was the study carried out"
        rest = pattern.sub(lambda found: _ASKING.sub(" ", found.group()), rest)
    rest = re.sub(rf"\b{_SOURCE}\b", " ", _LENGTH.sub(" ", rest), flags=re.IGNORECASE)
    return [word for word in _words(rest) if word not in FUNCTION | _OF_THE_QUESTION]


def about_comments(question: str) -> list[str]:
    """What a question about readers' comments asks besides what they say; empty: for all of it."""
    return [word for word in about(question) if not _COMMENTING.fullmatch(word)]


def comments(question: str, passages: Sequence[Sequence[Passage]]) -> tuple[Evidence, ...]:
    """The sentences of comments as a whole, the first of each before the second.

    ``passages``: all of each comment. Empty where the question asks for something in particular;
    besides what it takes to ask, it may only say who wrote the comment.
    """
    words = about_comments(question)
    if not _WHAT_IS_SAID.search(question) or _OTHERS.search(question):
        return ()
    if words and _ON_A_TOPIC.search(question):
        return ()
    asked_for = [
        [
            Evidence(passage, start, end, passage.slice(start, end), 1.0)
            for passage, (start, end) in _sentences(one)
        ]
        for one in passages
        if all(_stems(word) <= _stems(one[0].document.speaker or "") for word in words)
    ]
    return tuple(each for rank in zip_longest(*asked_for) for each in rank if each)


def part_of_heading(heading: str) -> Part | None:
    """What a section with this heading is for, None where the heading does not say."""
    return _by(_FOUND_BY_HEADING, heading)


def parts_of(passages: Sequence[Passage], zones: Zones) -> list[Part]:
    """The part of its source that each sentence belongs to, in order; ``passages``: all of one."""
    sentences = _sentences(passages)
    abstract = _is_abstract(passages)
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


def likeness(
    question: str,
    passages: Sequence[Passage],
    parts: Sequence[Part],
    expansions: Callable[[str], Sequence[str]],
    *,
    named: bool = False,
) -> int:
    """How many words of a question only say which source is meant; 0 where some say more.

    They must stand in what the source is called or, if it is an abstract, in its aim; in its
    background too where the question has ``named`` it. A short form stands there where one of its
    ``expansions`` does.
    """
    document = passages[0].document
    called = f"{document.title or ''} {document.label} {document.reference}"
    opening = {Part.AIM, Part.BACKGROUND} if named else {Part.AIM}
    zoned = zip(_sentences(passages), parts, strict=True)
    aims = [p.slice(*span) for (p, span), part in zoned if part in opening]
    known = _stems(" ".join([called, *(aims if _is_abstract(passages) else ())]))

    def stands(word: str) -> bool:
        return any(_stems(form) <= known for form in (word, *expansions(word)))

    kinds = [word for word in _words(question) if word in _KINDS_OF_SOURCE]
    if not all(stands(word) for word in (*about(question), *kinds)):
        return 0
    return 1 + sum(stands(word) for word in _words(question) if word not in FUNCTION)


def evidence(
    wanted: Sequence[Part], passages: Sequence[Passage], parts: Sequence[Part]
) -> tuple[Evidence, ...]:
    """The sentences of those parts of one source, the first of each part before the second.

    Where a source has no conclusion of its own its results stand for it, and the other way round.
    """
    by_part: dict[Part, list[Evidence]] = {}
    for (passage, (start, end)), part in zip(_sentences(passages), parts, strict=True):
        one = Evidence(passage, start, end, passage.slice(start, end), 1.0)
        by_part.setdefault(part, []).append(one)
    chosen = dict.fromkeys(part if part in by_part else _INSTEAD.get(part, part) for part in wanted)
    ranks = zip_longest(*(by_part.get(part, ()) for part in chosen))
    return tuple(one for rank in ranks for one in rank if one)


def _sentences(passages: Sequence[Passage]) -> list[tuple[Passage, Range]]:
    return [(passage, span) for passage in passages for span in passage.chunk.sentences]


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
    """What at least half of a paragraph's sentences are."""
    cue, count = Counter(cue for cue in cues if cue).most_common(1)[0] if any(cues) else (None, 0)
    return cue if 2 * count >= len(cues) else None


def _is_abstract(passages: Sequence[Passage]) -> bool:
    return passages[0].document.evidence_type is EvidenceType.ABSTRACT


def _paragraphs(sentences: Sequence[tuple[Passage, Range]]) -> list[list[int]]:
    """Indices of the sentences of each section."""
    starts = sorted({section.start for section in sentences[0][0].document.sections})
    found: dict[int, list[int]] = {}
    for i, (_, (start, _)) in enumerate(sentences):
        found.setdefault(bisect_right(starts, start), []).append(i)
    return list(found.values())


def _words(text: str) -> list[str]:
    """In lower case, without the genitive's ending."""
    found = (word.lower().replace("’", "'") for word in _WORD.findall(text))
    return [word.removesuffix("'s") for word in found]


def _stems(words: str) -> frozenset[str]:
    return frozenset(map(stem, _words(words)))


def _by(patterns: Sequence[tuple[Part, re.Pattern[str]]], text: str) -> Part | None:
    return next((part for part, pattern in patterns if pattern.search(text)), None)
