"""Questions about a source as a whole: its aim, its methods, what it found, its limits, the gist.

    asked("What are the main findings of the glue ear study?", named=False)
    # (Part.RESULTS, Part.CONCLUSION)
    about("What are the main findings of the glue ear study?")     # ["glue", "ear"]
    evidence((Part.CONCLUSION,), passages, sections.parts_of(passages, zones))

Such a question shares no words with what answers it, so no search finds that: the section does
(``ragbot.sections``). Which source is meant is for ``ragbot.about``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import zip_longest

from ragbot.adapters.stems import stem
from ragbot.query import FUNCTION
from ragbot.sections import is_abstract, sentences_of
from ragbot.types import Evidence, Passage
from ragbot.zones import Part

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
            for passage, (start, end) in sentences_of(one)
        ]
        for one in passages
        if all(_stems(word) <= _stems(one[0].document.speaker or "") for word in words)
    ]
    return tuple(each for rank in zip_longest(*asked_for) for each in rank if each)


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
    authors = document.field("authors")
    called = " ".join(
        (document.title or "", document.label, document.reference, authors.value if authors else "")
    )
    opening = {Part.AIM, Part.BACKGROUND} if named else {Part.AIM}
    zoned = zip(sentences_of(passages), parts, strict=True)
    aims = [p.slice(*span) for (p, span), part in zoned if part in opening]
    known = _stems(" ".join([called, *(aims if is_abstract(passages) else ())]))

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
    for (passage, (start, end)), part in zip(sentences_of(passages), parts, strict=True):
        one = Evidence(passage, start, end, passage.slice(start, end), 1.0)
        by_part.setdefault(part, []).append(one)
    chosen = dict.fromkeys(part if part in by_part else _INSTEAD.get(part, part) for part in wanted)
    ranks = zip_longest(*(by_part.get(part, ()) for part in chosen))
    return tuple(one for rank in ranks for one in rank if one)


def _words(text: str) -> list[str]:
    """In lower case, without the genitive's ending."""
    found = (word.lower().replace("’", "'") for word in _WORD.findall(text))
    return [word.removesuffix("'s") for word in found]


def _stems(words: str) -> frozenset[str]:
    return frozenset(map(stem, _words(words)))
