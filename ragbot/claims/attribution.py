"""Who is said to speak, against who does.

    speakers(analyse("According to the report, staff are lonely."))       # frozenset({'report'})
    agree(sentence, documents=[comment], others=())                       # False: a reader says so

A sentence that rests on a reader's comment must say that it is one, and must not name the publisher
or a study as its speaker; one that rests on a report or a study must not pass for a comment; a
study's finding is not the report's. Names and years of the sources come from the library: a source
that is named must be among those quoted, with its own year.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ragbot.claims.words import SPEECH, Premise, Text, analyse, listed
from ragbot.types import EvidenceType, SourceDocument

_COMMENT = re.compile(
    r"\b(?:comment\w*|readers?(?:['’]s?)?|respondents?|responder)\b", re.IGNORECASE
)
_SAYS = (
    "found|finds?|finding|says?|said|states?|stated|reports|reported|concludes?|concluded|argues?"
    "|argued|recommends?|recommended|notes|noted|believes?|thinks?|shows|showed|warns?|warned"
    "|describes?|described|identifies|identified|suggests?|suggested|highlights|highlighted|observed"
    "|sees|saw|claims|claimed"
)
_SPEAKER = re.compile(
    r"\b(?:(?P<who>report|review|study|studies|trial|paper|abstract|authors?|researchers|"
    r"investigators|research|article)(?:\s(?:itself|also|has|have|team|by\s[^,]{2,40}))*,?\s"
    rf"(?:{_SAYS})\b"
    r"|(?:according to|as reported (?:by|in)|in) (?:the|this|a|one|their) (?:\w+ ){0,2}?"
    r"(?P<source>report|study|trial|paper|abstract|review|authors|researchers|article)\b)",
    re.IGNORECASE,
)
_STUDY = listed(
    """
study studies trial paper abstract author authors researchers investigators article
"""
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_WORD = re.compile(r"[^\W\d_]+(?:[-’'][^\W\d_]+)*")
_ET_AL = re.compile(
    r"(?P<name>[A-Z][^\W\d_]+(?:-[A-Z]?[^\W\d_]+)*)(?:['’]s)?,? "
    r"(?:et al\b|and (?:colleagues|others)\b|"
    r"(?:&|and) [A-Z][^\W\d_]+(?=,? \(?(?:19|20)\d\d))\.?(?:,? \(?(?P<after>(?:19|20)\d\d)\)?)?|"
    r"(?P<dated>[A-Z][^\W\d_]+(?:-[A-Z]?[^\W\d_]+)*),? \(?(?P<year>(?:19|20)\d\d)\)?"
)
_NOT_NAMES = listed(
    """
date given report reader comment page document the et al no and in january february march april
may june july august september october november december since until by from during
"""
)
_SPEAKER_WORDS = 2  #: words of a comment's speaker that say who it is, and so that it is one


def speakers(sentence: Text) -> frozenset[str]:
    """Which kinds of source a sentence has speaking, such as "report" and "authors"."""
    found = _SPEAKER.finditer(sentence.raw)
    return frozenset((m["who"] or m["source"]).lower() for m in found)


def agree(
    sentence: Text,
    premise: Premise,
    documents: Sequence[SourceDocument],
    others: Sequence[SourceDocument],
) -> bool:
    """Whether the sentence has the right source speaking.

    ``documents``: those quoted, ``others``: further ones that were found.
    """
    spoken_of = {d.source_id for quote in premise.quotes for d in named(quote, others)}
    others = [document for document in others if document.source_id not in spoken_of]
    if not _named_right(sentence, documents, others):
        return False
    kinds = {document.evidence_type for document in documents}
    if kinds == {EvidenceType.READER_COMMENT}:
        return _is_comment(sentence, documents)
    if EvidenceType.READER_COMMENT in kinds:
        return bool(_COMMENT.search(sentence.raw))
    if _says_comment(sentence) and not any(_COMMENT.search(q.raw) for q in premise.quotes):
        return False
    spoken = speakers(sentence)
    if kinds == {EvidenceType.ABSTRACT}:
        return "report" not in spoken or bool(spoken & _STUDY) or "report" in premise.stems
    return True


def named(sentence: Text, documents: Sequence[SourceDocument]) -> list[SourceDocument]:
    """The sources that a sentence names, by a surname of their label or by their publisher."""
    low = _plain(sentence.raw)
    found = [d for d in documents if any(_holds(low, name) for name in _names(d))]
    years = set(_YEAR.findall(sentence.raw))
    dated = [d for d in found if (year := d.field("year")) and year.value in years]
    return dated or found


def body(sentence: Text, documents: Sequence[SourceDocument]) -> Text:
    """The sentence without the years that only say which of the documents is meant."""
    raw = sentence.raw
    known = _known_names(documents)
    for match in _ET_AL.finditer(raw):
        if _plain(match["name"] or match["dated"]) in known - _NOT_NAMES:
            raw = raw.replace(match.group(), _YEAR.sub("", match.group()))
    return analyse(raw) if raw != sentence.raw else sentence


def own_words(document: SourceDocument) -> str:
    """What is known of a source beside its text: label, reference, facts."""
    facts = " . ".join(field.value for field in document.fields)
    return f"{document.label} . {document.reference} . {facts} . {document.speaker or ''}"


def _named_right(
    sentence: Text, documents: Sequence[SourceDocument], others: Sequence[SourceDocument]
) -> bool:
    quoted = {document.source_id for document in documents}
    people = [d for d in documents if d.evidence_type is not EvidenceType.READER_COMMENT]
    called = named(sentence, [*people, *others])
    if called and not quoted & {document.source_id for document in called}:
        return False
    known = _known_names(documents)
    for match in _ET_AL.finditer(sentence.raw):
        name = _plain(match["name"] or match["dated"])
        if name in _NOT_NAMES:
            continue
        if match["name"] and name not in known:
            return False
        years = {f.value for d in documents if (f := d.field("year"))}
        year = match["year"] or match["after"]
        if year and name in known and years and year not in years:
            return False
    return True


def _known_names(documents: Sequence[SourceDocument]) -> set[str]:
    return {_plain(word) for d in documents for word in _WORD.findall(own_words(d))}


def _is_comment(sentence: Text, documents: Sequence[SourceDocument]) -> bool:
    """Whether a sentence on comments says so, and has nobody else speaking."""
    said = bool(_COMMENT.search(sentence.raw))
    if speakers(sentence) and not _agrees_with(sentence):
        return False
    for document in documents:
        for name in _publisher(document):
            low = _plain(sentence.raw)
            if re.search(rf"\b{re.escape(name)}(?: \w+)?,? (?:{_SAYS})\b", low):
                return False
            if re.search(rf"\b(?:according to|for) (?:the )?{re.escape(name)}\b", low):
                return False
    return said


def _agrees_with(sentence: Text) -> bool:
    """Whether the report is what is spoken of: "the commenter agrees with the report"."""
    about = r"\b(?:(?:dis)?agree\w* with|comment\w* (?:on|under)|repl\w+ to|under) (?:the|this)"
    return re.search(rf"{about} report\b", sentence.raw, re.IGNORECASE) is not None


def _says_comment(sentence: Text) -> bool:
    """Whether a sentence presents a source's own words as those of a reader."""
    said = re.search(
        r"\b(?:(?:a|one|the|another) (?:reader|commenter|commentator)|readers?['’]s? comments?"
        r"|(?:reader|commenter)s? (?:said|says?|wrote|writes|believes?|argues?|argued)"
        r"|(?:in|under) (?:a|the|one) comments?)\b",
        sentence.raw,
        re.IGNORECASE,
    )
    return bool(said)


def _publisher(document: SourceDocument) -> list[str]:
    """What a comment hangs on, as a sentence may name it."""
    about = _plain(document.about or "").removeprefix("the ")
    short = re.sub(r"\s(report|review|guidance|guideline|page|website)$", "", about)
    return [name for name in dict.fromkeys((about, short)) if len(name) > 2]


def _names(document: SourceDocument) -> list[str]:
    if document.evidence_type is EvidenceType.READER_COMMENT:
        return []
    publisher = document.field("publisher")
    if publisher:
        return [_plain(publisher.value).removeprefix("the ")]
    if not document.field("authors"):
        return []
    words = [_plain(word) for word in _WORD.findall(document.label)]
    return [word for word in words if len(word) > 2 and word not in _NOT_NAMES]


def _holds(low: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}s?\b", low) is not None


def _plain(text: str) -> str:
    return text.lower().replace("’", "'").replace("'s", "").replace("'", "")


def content(sentence: Text, documents: Sequence[SourceDocument]) -> tuple[str, ...]:
    """Stems of what the sentence claims, without the words that only say who speaks."""
    told = frozenset(
        word.stem
        for d in documents
        for word in analyse(f"{d.label} {d.speaker or ''} {d.about or ''}").words
    )
    return tuple(
        word.stem
        for word in sentence.content
        if word.low not in SPEECH and (word.stem not in told or word.text[0].islower())
    )
