"""Which sources have a fact: "which studies were published in BMJ Open?", "… funded by NIHR?".

    wanted = asked("which papers came out since 2020?", expansions)
    wanted.fields, wanted.met("2021")      # ("year", "publication_date"), True

The other way round from ``ragbot.metadata``, where the source is known and the fact asked for. Only
what ends with the fact is such a question; "which studies from 2020 looked at pay" is read for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ragbot.metadata import NAMES
from ragbot.types import EvidenceType, MetadataField, SourceDocument

Expansions = Callable[[str], Sequence[str]]
"""What a short form stands for."""

MOST = 12  #: sources told of

SOURCES = r"(?:stud(?:y|ies)|papers?|articles?|sources?|documents?|abstracts?|trials?|evaluations?)"
LEAD = (  #: what asks for sources, as in "which of the "
    r"^\W*(?:(?:and|so|ok|please|can you|could you)\W+)*"
    r"(?:(?:which|what|wot|any|list|show|name|find|give|are there|is there|do you have"
    r"|have you got) (?:(?:me|us|all|any|a|the|of|these|those|your|other|research) )*)?"
)
WHICH = (
    rf"{LEAD}{SOURCES}\b"
    r"(?: (?:do you have|you have|in the library|that|which|here|were|was|are|is|got|have|been))*"
)
END = r"(?:[ ,]+(?:in the library|here|please|exactly))*\W*$"
_ANYTHING = (
    r"^\W*(?:what(?:['’]s| is| do (?:you|we) have| have (?:you|we) got)"
    r"|(?:is there |do (?:you|we) have |have (?:you|we) got )?anything)"
    r"(?: there| here| in the library)*(?=(?: published| from| since)\b)"
)
_YEARS = re.compile(
    rf"(?:{WHICH}|{_ANYTHING})"
    r"(?: (?:published|written|dated|printed|out|appeared|appear|came out|come out))*"
    r"(?: from(?= (?:between|before)))? (?P<when>from|in|of|during|since|after|before|prior to"
    r"|until|up to|between) (?P<first>(?:19|20)\d\d)"
    r"(?:(?: and | or | to | ?[-–] ?)(?P<last>(?:19|20)\d\d))?"
    rf"(?P<open> (?:or (?:later|after|newer|earlier|before)|onwards?|on))?{END}",
    re.IGNORECASE,
)
_JOURNAL = re.compile(
    rf"{WHICH} (?:published|printed|out|appeared|appear|came out|come out|come|came|from)"
    rf"(?: from)?(?: in| by)? (?:the )?(?:journal )?(?P<value>[^\d\W][^?,;:]{{1,80}}?){END}",
    re.IGNORECASE,
)
_BY = r"(?:funded|financed|sponsored|paid for|bankrolled)"
_PAYS = r"(?:fund|funded|pay for|paid for|financed?|sponsor(?:ed)?)"
_FUNDER = re.compile(
    rf"{WHICH} {_BY} by (?:the )?(?P<value>[^?,;:]{{2,80}}?){END}"
    rf"|^\W*(?:which|what) {SOURCES} (?:did|does|has|have) (?:the )?(?P<payer>[^?,;:]{{2,80}}?)"
    rf" {_PAYS}{END}",
    re.IGNORECASE,
)
_COMMISSIONER = re.compile(
    rf"{WHICH} commissioned by (?:the )?(?P<value>[^?,;:]{{2,80}}?){END}", re.IGNORECASE
)
_WRITER = re.compile(
    rf"{WHICH}(?: (?:written|authored|published))? by (?:dr |prof(?:essor)? )?"
    rf"(?P<value>[^\W\d][\w’' .-]{{1,40}}?)(?:,? et al\.?)?{END}"
    rf"|^\W*(?:(?:which|what) {SOURCES} (?:did|has|have|were|was)|what (?:has|have|did|does))"
    r" (?:dr |prof(?:essor)? )?(?P<writer>[^\W\d][\w’' .-]{1,40}?)(?:,? et al\.?)?"
    rf" (?:writ(?:e|ten)|wrote|publish(?:ed)?|author(?:ed)?){END}",
    re.IGNORECASE,
)
_TWO = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A fact that sources are chosen by."""

    fields: tuple[str, ...]  #: names of metadata fields, any of which may give it
    met: Callable[[str], bool]  #: of a field's value
    known: bool = False  #: whether no source having it is an answer; else other may be meant


def asked(question: str, expansions: Expansions) -> Wanted | None:
    """What sources are to be chosen by; None for nearly all questions."""
    if years := _YEARS.match(question):
        return Wanted(("year", "publication_date"), _in(years), known=True)
    if payer := _FUNDER.match(question):
        return Wanted(("funder",), _says(payer["value"] or payer["payer"], expansions))
    if payer := _COMMISSIONER.match(question):
        return Wanted(("commissioner",), _says(payer["value"], expansions))
    if writer := _WRITER.match(question):
        return Wanted(("authors",), _has(writer["value"] or writer["writer"]))
    if journal := _JOURNAL.match(question):
        return Wanted(("journal",), _is(journal["value"]))
    return None


def chosen(
    wanted: Wanted, documents: Iterable[SourceDocument]
) -> tuple[list[tuple[SourceDocument, MetadataField]], int]:
    """The sources that have it, each with the field that says so; and how many do not state any.

    A reader's comment is not a source that is published or paid for.
    """
    found, silent = [], 0
    for document in documents:
        if document.evidence_type is EvidenceType.READER_COMMENT:
            continue
        stated = [f for name in wanted.fields if (f := document.field(name))]
        silent += not stated
        field = next((f for f in stated if wanted.met(f.value)), None)
        if field:
            found.append((document, field))
    return found, silent


def note(wanted: Wanted, found: int, silent: int) -> str:
    """What an answer of so many sources leaves out: those above ``MOST``, and the silent ones."""
    notes = [f"{found - MOST} more sources have it."] if found > MOST else []
    if silent:
        who = "1 source" if silent == 1 else f"{silent} sources"
        notes.append(f"Of {who} the library’s copy does not give the {_name(wanted)}.")
    return " ".join(notes)


def none(wanted: Wanted, beside: str) -> str:
    """That no source has it; ``beside``: the note on those that do not state any."""
    return f"No source in the library gives that {_name(wanted)}. {beside}".rstrip()


def _name(wanted: Wanted) -> str:
    return NAMES.get(wanted.fields[0], wanted.fields[0])


def _in(years: re.Match[str]) -> Callable[[str], bool]:
    first, last = int(years["first"]), int(years["last"] or years["first"])
    low, high = min(first, last), max(first, last)
    when, beyond = years["when"].lower(), (years["open"] or "").lower()
    if when == "since" or beyond.endswith(("later", "after", "newer", "on", "onward", "onwards")):
        high = 9999
    elif when == "after":
        low, high = low + 1, 9999
    elif when in {"before", "prior to"}:
        low, high = 0, high - 1
    elif when in {"until", "up to"} or beyond.endswith(("earlier", "before")):
        low = 0
    return lambda value: any(
        low <= int(year) <= high for year in re.findall(r"\b(?:19|20)\d\d\b", value)[:1]
    )


def _says(name: str, expansions: Expansions) -> Callable[[str], bool]:
    """Whether a value holds a name, or what it stands for; of two names, either."""
    names = [part for part in _TWO.split(name) if part.strip()]
    forms = {_plain(form) for part in (name, *names) for form in (part, *expansions(part.strip()))}
    return lambda value: any(f" {form} " in f" {_plain(value)} " for form in forms if form)


def _has(name: str) -> Callable[[str], bool]:
    """Whether a list of persons holds all words of a name, in any order; of two names, either."""
    names = [{*_plain(part).split()} for part in _TWO.split(name)]
    return lambda value: any(one <= {*_plain(value).split()} for one in names if one)


def _is(name: str) -> Callable[[str], bool]:
    return lambda value: _plain(value) == _plain(name)


def _plain(text: str) -> str:
    return " ".join(word.lower() for word in _WORD.findall(text)).removeprefix("the ")
