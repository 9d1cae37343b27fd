"""A question as typed, with its conversation → what to search and read for.

    query = Understanding(glossary, speller).understand("fcps an premises?", history)
    query.standalone   # the question, typos mended, with what it takes from the conversation
    query.search       # the same plus spelt-out short forms and everyday words' terms

Rules of the language and of the trade, without an LLM; nothing here knows a source. It does not
search.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ragbot.again import same_of_another
from ragbot.attributed import claim
from ragbot.focus import Names
from ragbot.glossary import Glossary
from ragbot.phrasing import plainly
from ragbot.provenance import asks_whose
from ragbot.spelling import Speller
from ragbot.texting import spelt_out
from ragbot.types import Turn

_WORD = re.compile(r"[A-Za-z][A-Za-z’'&-]*[A-Za-z]|[A-Za-z]|\d[\d.,/]*")
_LEANS_BACK = re.compile(
    r"^\W*(and|but|so|also|ok|okay|or|what about|how about|why( not)?|which ones?|same)\b"
    r"|\b(it|its|they|their|theirs|them|those|these|this|that one|he|she|his|her|hers|there|"
    r"the same|the others?|the (study|paper|report|trial|authors?|researchers))\b",
    re.IGNORECASE,
)
_ANOTHER = re.compile(  # "same for the glue ear study?" has left the study before
    r"\b(?:the|that) (?!same\b|other\b|first\b|last\b|previous\b|above\b)(?:[\w-]+ ){1,3}"
    r"(?:study|paper|trial|report|article|evaluation|one)\b",
    re.IGNORECASE,
)
_ACROSS = re.compile(
    r"\b(?:studies|papers|sources)\b|\b(?:each|every) (?:study|paper|source|report)\b"
    r"|\b(?:both|other|several) (?:of the )?(?:authors|articles|reports|abstracts)\b"
    r"|\bcompar(?:e|ed|es|ing|ison)\b",
    re.IGNORECASE,
)
_THE_COMMENTER = re.compile(r"\bthe comment(er|ator)?\b", re.IGNORECASE)
_OTHER_SPEAKER = re.compile(  # "and what did the report say?" has left the comment
    r"\b(?:report|authors?|researchers?|stud(?:y|ies)|papers?|trial|abstract)\b", re.IGNORECASE
)
_POINTS_BACK = re.compile(
    r"\b(?:for|of|on|about|in|from|with|by|did|was|is|were|does|at) (?:that|this)\b", re.IGNORECASE
)
_COMMENT = re.compile(
    r"\b(comment(s|ed|er|ers|ing|ator|ators)?|below the line|readers?( ?[’']s?)? (said|say|wrote|"
    r"write|view|views|think|thought|opinions?|respon\w+|repl\w+)"
    r"|who (?:wrote|writes) in\b(?! (?:the|an?|this|that|their|his|her|plain|favou?r|support|detail"
    r"|english|\d+"
    r"|(?-i:[A-Z])\w*)\b)"
    r"|(writ\w+|wrote|post\w*|repl\w+|respon\w+) (?:in )?(under(neath)?|below|beneath)"
    r" (the|this|that|a) ([\w’'-]+ ){0,3}(page|report|article|blog)"
    r"|(under(neath)?|below|beneath) (the|this|that) ([\w’'-]+ ){0,3}"
    r"(page|article|blog|piece)(?! (?:of|\d)))\b",
    re.IGNORECASE,
)
_THE_US = re.compile(r"\b([Tt]he|[Tt]his|[Aa]) us\b(?! and them\b)")  # elsewhere it is a pronoun
_US = re.compile(r"\bUS\b")
_WHERE = (
    r"\b(where(?:abouts)?|wh(?:ich|at) (?:part|bit|area|region|corner|end)s?) (?:in|of) (?:the )?"
)
_NO_COMMENTS = re.compile(
    r"\b(?:not|excluding|exclude|except(?: for)?|apart from|leav(?:e|ing) out"
    r"|(?<!n['’]t )(?<!not )ignoring|(?:^|[,;:.?] )ignore|without|rather than|instead of"
    r"|never mind|other than|aside from)"
    r" (?:in |from |what |by |under )?(?:the |any |these |those |its )?"
    r"(?:(?:readers? ?['’]?s?['’]? )?(?:comments|commenters?|commentators?)\b"
    r"|readers? ?['’]?s?['’]? (?:views?|opinions?|said|say|think|thought|wrote|write)\b)"
    r"|\bcomments (?:aside|apart(?! from)|excluded)\b|\bleav(?:e|ing) the comments out\b",
    re.IGNORECASE,
)
_FUNCTION_WORDS = """
a about above after again all also am an and any are as at be because been before being
between both but by can could did do does doing down during each else even ever few for from
further get give given gives got had has have having he her here hers him his how i if in into
is it its itself just know let like made make many may me might more most much must my no nor
not now of off ok on once one only or other our out over own please really s same say said
says she should show so some such tell than that the their them then there these they thing
things think this those through to too under up us use used using very was way we were what
when where which while who whom whose why will with would yes you your
"""
FUNCTION = frozenset(_FUNCTION_WORDS.split())


MAX_TURNS = 8  #: messages of the conversation that are looked at
MAX_TURN_CHARS = 2000  #: characters of each


@dataclass(frozen=True, slots=True)
class Query:
    """What is searched and read for."""

    standalone: str  #: the question, mended, with what it takes from the conversation
    search: str  #: for the lexical side: the same plus expansions
    unnamed: str  #: as networks read it: in plain forms, without authors where it names a source
    reworded: str = ""  #: the same with everyday words in the field's terms
    comments_asked_for: bool = False  #: it asks what readers wrote
    comments_left_out: bool = False  #: it asks for what is not a comment: "not the comments"
    focus: frozenset[str] = frozenset()  #: ids of the sources it names, describes, or goes on about
    corrections: tuple[tuple[str, str], ...] = ()  #: (as typed, as understood)
    alone: str = ""  #: the question, mended, without the words it only takes from the conversation
    across: bool = False  #: it asks what several sources say
    whose: str = ""  #: the answer before, where it asks who said that


class Understanding:
    """Understands questions put to one library."""

    def __init__(self, *, glossary: Glossary, speller: Speller, names: Names) -> None:
        """``speller`` holds the library's vocabulary, ``names`` what its sources are called."""
        self._names = names
        self._glossary = glossary
        countries = "|".join(map(re.escape, glossary.countries)) or "(?!)"
        self._where_in = re.compile(  # a country within which a place is asked for names no source
            rf"{_WHERE}(?:(?:north|south|east|west)(?:ern)? )?(?:{countries})\b"
            r"(?!['’-]| (?:[\w-]+ )?(?:study|paper|trial|evaluation|survey|report|page|one)\b)",
            re.IGNORECASE,
        )
        self._speller = speller

    def understand(self, question: str, history: Sequence[Turn] = ()) -> Query:
        """Mend, resolve and expand ``question``; pure, a function of its arguments.

        Only the last few turns of ``history`` count, and the beginning of each.
        """
        if question.isupper():
            question = _US.sub("us", question)  # a pronoun, more often than not
        question = _THE_US.sub(r"\1 US", question)
        mended, corrections = self._mend(question)
        whose = self.whose(mended, history)
        history = [Turn(t.role, t.content[:MAX_TURN_CHARS]) for t in history[-MAX_TURNS:]]
        before = self._before(mended, history)
        again = same_of_another(mended, before, self._names.called) if before else None
        mended = again or mended
        standalone = again or self._resolve(mended, before)
        focus = self.named(question) if again else self._focus(question, history)
        comments = asks_for_comments(mended) or (
            asks_for_comments(standalone) and not _OTHER_SPEAKER.search(mended)
        )
        left_out = _NO_COMMENTS.search(mended) is not None
        comments = comments and not left_out
        if left_out:
            focus = self._names.without_comments(focus)
        elif comments:
            focus = self._names.of_comments(focus, mended)
        unnamed = self._names.unnamed(standalone) if focus else standalone
        plain = plainly(unnamed, of_a_study=self._names.studies(focus))
        return Query(
            standalone,
            self._expand(standalone),
            plain,
            self._glossary.in_terms(plain),
            comments,
            left_out,
            focus,
            corrections,
            mended,
            bool(_ACROSS.search(standalone)),
            whose,
        )

    def expansions(self, word: str) -> tuple[str, ...]:
        """What a word can stand for, by the glossary."""
        return self._glossary.expansions(word)

    def claim(self, question: str) -> str:
        """What a question takes a report to have said, see ``ragbot.attributed``; mostly empty."""
        return claim(question, self._names.report)

    def whose(self, question: str, history: Sequence[Turn]) -> str:
        """The answer before, where a question is who said that."""
        answers = [turn.content for turn in history if turn.role == "assistant"]
        return answers[-1] if answers and asks_whose(question, called=self._names.called) else ""

    def named(self, text: str) -> frozenset[str]:
        """Sources that a text names; "Swedish" names what "Sweden" does."""
        text = self._where_in.sub(r"\1", text)
        places = [name for word in _WORD.findall(text) for name in self._glossary.places_of(word)]
        return self._names.named(". ".join([text, *places]))

    def _focus(self, question: str, history: Sequence[Turn]) -> frozenset[str]:
        """Sources named in the question, else in the conversation it leans on, newest first."""
        named = self.named(question)
        if named or _ANOTHER.search(question) or not leans_back(question, history):
            return named
        found = (self.named(turn.content) for turn in reversed(history))
        return next((sources for sources in found if sources), named)

    def _mend(self, question: str) -> tuple[str, tuple[tuple[str, str], ...]]:
        corrections: list[tuple[str, str]] = []

        def mend(found: re.Match[str]) -> str:
            word = found.group()
            if self._glossary.knows(word) or (word.isupper() and len(word) <= 6):
                return word
            better = self._speller.variant(word) or self._speller.correct(word)
            if better is None:
                return word
            corrections.append((word, better))
            return better

        return _WORD.sub(mend, spelt_out(question, self._glossary.texting)), tuple(corrections)

    def _before(self, question: str, history: Sequence[Turn]) -> str:
        """The question before, standalone; empty where this one does not need it."""
        asked = [turn for turn in history if turn.role == "user"]
        if not asked or not leans_back(question, history):
            return ""
        return self.understand(asked[-1].content, asked[:-1]).standalone

    def _resolve(self, question: str, before: str) -> str:
        """Add what a question that leans on the one before takes from it."""
        if not before:
            return question
        own = {word.lower() for word in _WORD.findall(question)}
        elsewhere = bool(self.named(question))  # "and in the Swedish one?" has left Glasgow
        topic = [
            word
            for word in _WORD.findall(before)
            if word.lower() not in own
            and word.lower() not in FUNCTION
            and not (elsewhere and self.named(word))
        ]
        return f"{question.rstrip()} ({' '.join(topic)})" if topic else question

    def _expand(self, text: str) -> str:
        extra: dict[str, None] = {}
        for word in _WORD.findall(text):
            if word.lower() not in FUNCTION or word.isupper():
                for expansion in self._glossary.expansions(word):
                    extra.setdefault(expansion)
        return " ".join([text, *extra])


def asks_for_comments(question: str) -> bool:
    """Whether a question asks what readers wrote."""
    return _COMMENT.search(_NO_COMMENTS.sub(" ", question)) is not None


def leans_back(question: str, history: Sequence[Turn]) -> bool:
    """Whether a question cannot be understood without the ones before it.

    "The commenter" is somebody of the conversation where comments have come up in it, else of the
    library.
    """
    if _THE_COMMENTER.search(question) and any(_COMMENT.search(t.content) for t in history):
        return True
    return points_back(question) or len(_content(question)) <= 2


def leans_on_clause(clause: str) -> bool:
    """The same of what is asked in one breath: it is shorter, and may ask of something else."""
    return points_back(clause) or len(_content(clause)) <= 1


def points_back(question: str) -> bool:
    """Whether a question has a word that stands for something before it."""
    return bool(_LEANS_BACK.search(question) or _POINTS_BACK.search(question))


def _content(question: str) -> list[str]:
    return [word for word in _WORD.findall(question) if word.lower() not in FUNCTION]
