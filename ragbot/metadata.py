"""Questions about the sources themselves: who wrote it, which journal, when, how many there are.

    fields_asked("which journal was the glue ear study in?")   # ("journal",)
    stated(document, ("journal",))                             # (MetadataField("journal", …),)

The answer cites the place in the file where the source says so; what a file does not say is not
filled in. It recognises what is asked; which source is meant is the retriever's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ragbot.cite import cite
from ragbot.compose import Draft, attribution
from ragbot.render import markdown
from ragbot.types import AnswerSentence, MetadataField, SourceDocument

_STUDY = "(?:paper|study|article|report|review|evaluation|trial|abstract|page)"
_DONE = "(?:audit|survey|census|inquiry|work)"  #: what training questions ask who did, besides
_PAPER = f"(?:it|this|that|{_STUDY})"
_A_WORK = rf"(?:the|that|this)(?: (?!(?:in|for|at)\b)[\w-]+){{0,5}} (?:{_STUDY}|{_DONE})\b"
_ASK = (
    r"(?:interview|ask|include|involve|recruit|reach|invite|exclude|follow"
    r"|(?:talk|speak) (?:to|with))"
)
_PAID = r"\b(?:funded|paid for|financed|sponsored|bankrolled|commissioned|asked for|ordered)\b"
_NO_STUDY = re.compile(  # "who funded the headsets" asks for no study's funder
    rf"\bwho (?:has |have |had )?{_PAID} (?!{_A_WORK}"
    r"|(?:it|this|that|them)\b(?=\W*$|[,;:?.]| (?:all|and|was|is|please|pls|then)\b)"
    rf"|(?:[\w'’&/-]+ ){{0,7}}(?:{_STUDY}|audit|survey|census|inquiry|papers|studies|rct|cohort"
    r"|research|interviews?|focus groups?|project|pilot|publication|experiment|thesis|analysis)\b)",
    re.IGNORECASE,
)
_REFERENCE = (
    "(?:journal|vol(?:ume)?|issue|doi|authors?|title|ref(?:erence)?|citation|paper|article)"
)
_ASKED: tuple[tuple[str, str], ...] = (
    (
        "authors",
        r"\bwho(?:['’]?s| is| are| was| were)?(?: the)? (?:(?:wrote|written|write)\b"
        r"(?! in\b(?! (?:19|20)\d\d| (?:the )?(?:\w+ ){0,2}(?:journal|bmj|bjgp|lancet|pulse)\b)"
        r"| (?:under|below|back)\b)"
        r"|authors?\b|authored\b|writers?\b|published\b|co-?authors?\b|lead author\b)"
        r"|\b(?:names? of|names?|list|give|all|which|what) (?:me |all )*(?:the |its )?authors?\b"
        r"(?: (?:of|for|behind|on)\b|\W*$)|\bauthors? (?:of|for|behind)\b|^\W*authors?\W*$"
        r"|\b(?:written|authored) by (?:who|whom)\b"
        r"|(?:^\W*|\b(?:who(?:['’]?s| is| are| was| were)?|names? of|what|which) )(?:the )?"
        r"(?:research )?(?:people|team|researchers) behind\b"
        r"|\bwho (?:did|ran|carried out|conducted|led) (?:it|that|this)\W*$"
        rf"|\bwho (?:ran|carried out|conducted|led) {_A_WORK}"
        rf"|\bwho did (?!.*\b{_ASK}\W*$){_A_WORK}"
        r"(?! (?!(?:and|in|on|of|at|for|about|with|into)\b)\w)",
    ),
    (
        "journal",
        r"\b(?:which|what|wot|the|name of the|in a|in which) (?:journal|periodical)\b"
        r"(?!\W*clubs?\b)"
        rf"|\bjournal\b(?!\W*clubs?\b).{{0,25}}\?|^journal\b(?!\W*clubs?\b)"
        rf"|\bwhere\b.{{0,60}}\b{_PAPER}\b.{{0,60}}\bpublished\b"
        rf"|\bwhere (?:was|is|were)\b.{{0,60}}\bpublished\b",
    ),
    (
        "year",
        r"\b(?:when(?! (?:will|would|does|do|should|can)\b)|(?:what|which) year|what date)\b.{0,60}"
        r"\b(?:publish(?:ed)?|c[ao]me out|article|(?<!on )(?<!from )(?<!to )paper"
        r"(?! (?:records?|notes|forms?|letters?|prescriptions?)\b))\b"
        r"|\b(?:when|(?:what|which) year|what date) (?:was|were)\b.{0,60}\bwritten"
        r"(?! (?:up|down|into|to|on|off|back|in(?! (?:19|20)\d\d))\b)"
        rf"|\bwhen did (?:{_PAPER}|{_A_WORK}) appear\b|\bhow old (?:is|was) (?:{_PAPER}|{_A_WORK})"
        r"|\b(?:year|date) of publication\b|\bpublication (?:year|date)\b"
        rf"|\bwhat year\b.{{0,40}}\b{_PAPER}\b|\bpublished\b.{{0,60}}\bwhen\b"
        r"|\byear\b.{0,20}\b(?:vol|volume|issue|pages?|journal)\b"
        r"|\bjournal(?:,| and| &|,? or) (?:which |what )?year\b",
    ),
    ("doi", r"\bdoi\b"),
    ("pmid", r"\bpmid\b|\bpubmed (?:id|number|identifier)\b"),
    ("volume", r"\bvol(?:ume)?\b"),
    ("issue", r"\bissue (?:no|number|num|#)|\bvolume (?:and|&) issue\b|\bwhich issue\b"),
    (
        "pages",  # a site has pages, too, and costs are pp
        r"\b(?:which|what) pages\b(?! (?:say|says|said|tell|do|does|did)\b)|^\W*pages\W*$"
        r"|\bpage (?:numbers?|nos?|range|span)\b"
        rf"|\b{_REFERENCE}\b.{{0,30}}\b(?:pages|pp)\b|\b(?:pages|pp)\b.{{0,30}}\b{_REFERENCE}\b"
        rf"|\bpages of {_A_WORK}|\bhow many pages (?:is|are in|does|has) {_A_WORK}",
    ),
    (
        "title",
        r"\b(?:title of|full title|what(?:['’]s| is| was) .{0,40}(?:titled|entitled))\b"
        rf"|\bwhat(?:['’]s| is| was) (?:.{{0,30}}\b(?:{_STUDY}|survey|project)\b.{{0,40}}"
        r"|it|this|that) called\W*(?:again)?\W*$",
    ),
    (
        "registration",  # practices, too, are registered
        r"\bprospero\b|\bregistration (?:no|num|number|id|code)\b"
        rf"|\b(?:is|was|has) (?:it|this|that|(?:the )?(?:[\w-]+ ){{0,3}}{_STUDY})"
        r"(?: been)? registered\b"
        rf"|\b{_STUDY}['’]?s? registration\b"
        rf"|\bregistration (?:of|for) (?:the )?(?:[\w-]+ ){{0,3}}{_STUDY}\b",
    ),
    (
        "funder",
        r"\bwho (?:has |have |had )?(?:funded|paid for|financed|sponsored|bankrolled)\b"
        r"|\b(?:funders?|sponsors?|funding body|funding source|source of funding)\b"
        r"|\b(?:funded|paid for|financed|sponsored) by (?:who|whom|what)\b",
    ),
    (
        "commissioner",
        r"\bwho (?:commissioned|asked for|ordered)\b|\bcommissioned by (?:who|whom)\b",
    ),
    ("grant_number", r"\bgrant (?:no|num|number|ref|code|id)"),
)
_COMPILED = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _ASKED)
NAMES = {
    "article_id": "article identifier",
    "doi": "DOI",
    "grant_number": "grant number",
    "pmid": "PMID",
    "publication_date": "publication date",
}
_LIST = re.compile(
    r"\b(?:what|which|list|show|how many)\b.{0,30}"
    r"\b(?:sources|papers|studies|documents|files|library)\b.{0,20}"
    r"\b(?:do you|have you|are there|you have|you hold|in (?:the|this|your) library|on offer)\b"
    r"|\b(?:what(?:['’]s| is) in|contents of) (?:the|this|your) library\b"
    r"|\blist (?:all )?(?:of )?(?:the |your )?(?:sources|papers|studies|documents)\b",
    re.IGNORECASE,
)
_OF_AN_AUTHOR = re.compile(  # "the e-mail of the author" asks for no names
    r"\b(?!(?:sur)?names?\b|list\b|which\b|who\b|all\b|any\b)[\w-]+ of (?:the |its )?"
    r"(?:lead |first |last )?authors?\b"
    r"|\bauthors?['’]s? (?!(?:sur)?names?\b)\w+"
    r"|\b(?:do|did|does|have|had) (?:the |its )?(?:lead |first |last )?authors?\b",  # they say it
    re.IGNORECASE,
)
_ON_A_TOPIC = re.compile(
    r"^\W*(?:on|about|regarding|concerning|around|into|that|which|by|from|with|where|who)"
    r" (?!offer\b|file\b|here\b)\w",
    re.IGNORECASE,
)
_WHO_COMMENTED = re.compile(  # all of the question: "the nurse who left a comment" is another
    r"^\W*(?:(?:and|so|but|ok|okay)\W+)?who(?:['’]?s| is| are| was| were| has| have)? "
    r"(?:(?:the |that |this |these )?comment(?:s|ed|er|ers|ator|ators|ing)?"
    r"|(?:wrote|left|made|posted|put) (?:the |that |this |these |a |any )?"
    r"(?:reader ?['’]?s?['’]? )?comments?)\b"
    r"(?: (?:on|under|about|below) .{0,30}\b(?:report|page|article|it))?\W*$",
    re.IGNORECASE,
)
_ASKING = re.compile(
    rf"\b(?:{_PAPER}s?|journals?|publish\w*|wrote|written|authors?|who|when|where|which|what|year|"
    r"funded|funders?|funding|sponsor\w*|commission\w*|paid for|volume|vol|issue|pages?|range|pp|"
    r"doi|title|titled|called|grant|numbers?|registration|date|appear\w*|came out|the|a|an|was|"
    r"were|is|did|do|of|in|by|please|can|you|name|give|me)\b",
    re.IGNORECASE,
)
_SYNONYMOUS = {"year": ("publication_date", "year"), "pages": ("pages", "article_id")}
"""Fields that answer the same question, the fuller first."""


def fields_asked(question: str) -> tuple[str, ...]:
    """Names of the metadata fields that a question asks for; empty for most questions."""
    question = _OF_AN_AUTHOR.sub(" ", question)
    return tuple(name for name, pattern in _COMPILED if pattern.search(question))


def asks_of_thing(question: str) -> bool:
    """Whether it asks who paid for, or asked for, what is no study: "who funded the headsets"."""
    return _NO_STUDY.search(question) is not None


def stated(document: SourceDocument, names: Sequence[str]) -> tuple[MetadataField, ...]:
    """The fields of those names that the source's file states, in the order asked."""
    return tuple(field for name in names for field in _of(document, name))


def topic(question: str) -> str:
    """The question without the words that ask for metadata: what the source is about."""
    return " ".join(_ASKING.sub(" ", question).split())


def asks_for_list(question: str) -> bool:
    """Whether the question is what the library holds: all of it, not what it holds on a topic."""
    found = _LIST.search(question)
    return bool(found and not _ON_A_TOPIC.search(question[found.end() :]))


def asks_who_commented(question: str) -> bool:
    """Whether the question is whose the readers' comments are."""
    return bool(_WHO_COMMENTED.search(question))


def missing(document: SourceDocument, names: Sequence[str]) -> str:
    """What to say when a source's file does not give what was asked."""
    wanted = " or ".join(NAMES.get(name, name) for name in names)
    return f"{document.label}: the library’s copy does not give the {wanted}."


def describe(
    found: Sequence[tuple[SourceDocument, MetadataField]], texts: Mapping[str, str]
) -> Draft:
    """An answer that cites each field where its file states it. ``texts``: by path.

    Raises:
        QuoteMismatch: a field that does not stand in its source.
    """
    citations, sentences, lines = [], [], []
    for n, (document, field) in enumerate(found, start=1):
        citation = cite(
            n,
            document,
            text=texts[document.path],
            start=field.start,
            end=field.end,
            section=None,
            page=None,
        )
        lead = f"{attribution(document, None)}, {NAMES.get(field.name, field.name)}:"
        citations.append(citation)
        sentences.append(AnswerSentence(f"{lead} “{citation.quote}”", (n,), "verbatim", lead))
        lines.append(f"**{markdown(lead)}** {markdown(f'“{citation.quote}”')} [{n}]")
    return Draft(tuple(sentences), tuple(citations), "\n\n".join(lines))


def identifying(document: SourceDocument) -> MetadataField | None:
    """The field that best says what a source is, for a list of sources."""
    names = ("title", "authors", "speaker", "publisher")
    return next((f for name in names if (f := document.field(name))), None)


def _of(document: SourceDocument, name: str) -> Iterator[MetadataField]:
    for candidate in _SYNONYMOUS.get(name, (name,)):
        found = document.field(candidate)
        if found:
            yield found
            return
    if name == "authors":  # a file that lists them apart, with affiliations between
        yield from (field for field in document.fields if field.name == "author")
