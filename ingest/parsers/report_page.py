"""A report's web page as plain text, with its readers' comments under it.

    Background                          ← headings on lines of their own
    The King’s Fund has a long history of … and more recently we have been working …
    Our findings
    - We found that …
    Comments                            ← from here on readers speak
    A very interesting report …
    Add your comment                    ← a button

The report is one source and each comment another: position decides, not wording. Who publishes is
read from how the text names itself ("X has … and we …"); where it does not, the source is called
"Report page". It tells comments apart by their speakers, see ``ingest.parsers.comments``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from ingest.citation import Work, reference, source_id
from ingest.clean import one_line
from ingest.parsers.comments import comment_documents
from ingest.parsers.content import Content
from ingest.parsers.lines import Line, lines
from ingest.parsers.sections import is_heading, is_text
from ingest.statements import ORGANISATION, statements
from ragbot.types import EvidenceType, MetadataField, ParsedFile, Section, SourceDocument

KIND = "report_page"
UNNAMED = "Report page"
_COMMENTS = re.compile(
    r"(?:readers?[’']?s? )?comments(?: \(\d+\)|: ?\d+)?:?|\d+ comments?", re.IGNORECASE
)
_BUTTON = re.compile(
    r"(?:(?:add|leave|post|write|submit|make|join|view|see|show|load)\b.{0,20}"
    r"|(?:log|sign) ?in to (?:add |post |leave )?(?:a |your )?)"
    r"(?:comments?|reply|replies|conversation|discussion)\b.{0,20}",
    re.IGNORECASE,
)
_BYLINE = re.compile(r"(?:By|Authors?:)\s+(?P<authors>[A-Z].{2,150}?)\.?")
_DATED = re.compile(
    r"(?:(?:first )?published|publication date|date|posted)(?: on)?:?\s+"
    r"(?P<date>.{0,12}(?:1[5-9]|20)\d\d.{0,9}?)\.?"
    r"|(?P<bare>(?:\d{1,2} )?(?:January|February|March|April|May|June|July|August|September"
    r"|October|November|December) (?:\d{1,2}, )?(?:19|20)\d\d|(?:19|20)\d\d-\d\d-\d\d)",
    re.IGNORECASE,
)
_SELF = re.compile(
    rf"(?:^|(?<=[.!?][ \n]))(?P<name>(?:The[ \u00a0]+)?{ORGANISATION})(?:,[^.,]{{3,80}},)?\s+"
    r"(?P<verb>has|have|is|are|was|works?|worked|exists?|aims?|supports?|runs?|provides?|publishes)\b"
    r"(?P<rest>[^.!?]*)",
    re.MULTILINE,
)
_AT_US = re.compile(rf"\b[Aa]t (?:the[ \u00a0]+)?(?P<name>{ORGANISATION}),? we\b")
_WE = re.compile(r"\b(?:we|our|us)\b")
_NO_NAME = re.compile(
    r"(?:The )?(?:This|That|These|Those|It|They|There|He|She|We|Our|Many|Most|Some|All|Each|Every"
    r"|One|Report|Programme|Study|Project|Research|Government|Scheme)\b"
)
_ACTS_ON_US = re.compile(r"^\s*(?:asked|commissioned|funded|told|invited|given|paid)\b")


class ReportPage:
    """Recognises headed prose that is followed by a bare line ``Comments`` and more prose."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """A line ``Comments`` with a headed text above it and a sentence below it."""
        found = [line for line in lines(content.text) if not line.blank]
        place = _comments_line(found)
        if place is None:
            return False
        above, below = found[:place], found[place + 1 :]
        headed = any(is_heading(a, b) for a, b in pairwise(above))
        return headed and any(line.text.endswith((".", "!", "?")) for line in below)

    def parse(self, content: Content) -> ParsedFile:
        """The report, then each comment."""
        text = content.text
        found = [line for line in lines(text) if not line.blank]
        place = _comments_line(found)
        if place is None:
            raise ValueError("not a report page: sniff() first")
        report = _report(content.path, text, found[:place])
        below = _without_buttons(found[place + 1 :])
        publisher = report.field("publisher")
        comments = comment_documents(
            content.path,
            text,
            below,
            heading=found[place].text,
            about=report.label,
            publisher=publisher.value if publisher else None,
        )
        return ParsedFile(
            path=content.path,
            sha256=content.sha256,
            text=text,
            kind=KIND,
            documents=(report, *comments),
            notes=content.notes,
        )


def _comments_line(found: Sequence[Line]) -> int | None:
    places = [i for i, line in enumerate(found) if _COMMENTS.fullmatch(line.text)]
    return places[-1] if places else None


def _without_buttons(found: Sequence[Line]) -> list[Line]:
    return [line for line in found if not _BUTTON.fullmatch(line.text)]


def _report(path: str, text: str, found: Sequence[Line]) -> SourceDocument:
    front = _front_matter(found)
    body = found[len(front) :]
    sections = tuple(_sections(body))
    start, end = found[0].start, found[-1].end
    fields = [*_front_fields(text, front)]
    publisher = _publisher(text, body[0].start, end)
    if publisher:
        fields.append(publisher)
    fields += statements(text, start, end)
    label = f"{publisher.value} report" if publisher else UNNAMED
    return SourceDocument(
        source_id=source_id(label, text[start:end]),
        path=path,
        start=start,
        end=end,
        evidence_type=EvidenceType.REPORT,
        label=label,
        reference=_reference(fields, publisher),
        sections=sections,
        fields=tuple(fields),
    )


def _front_matter(found: Sequence[Line]) -> list[Line]:
    """Lines above the first heading or sentence: a title, authors, a date."""
    front: list[Line] = []
    for line, following in pairwise(found):
        if is_text(line) or is_heading(line, following):
            break
        front.append(line)
    return front


def _front_fields(text: str, front: Sequence[Line]) -> Iterator[MetadataField]:
    titled = False
    for line in front:
        byline = _BYLINE.fullmatch(text, line.start, line.end)
        dated = _DATED.fullmatch(text, line.start, line.end)
        if byline:
            start, end = byline.span("authors")
            yield MetadataField("authors", one_line(text[start:end]), start, end)
            for name in re.compile(r"(?:(?!\s*,\s*|\s+and\s+|\s+&\s+).)+").finditer(
                text, start, end
            ):
                place = name.start() + len(name[0]) - len(name[0].lstrip(", "))
                value = re.sub(r"^(?:and|&)\s+", "", one_line(text[place : name.end()]))
                if value:
                    yield MetadataField("author", value, name.end() - len(value), name.end())
        elif dated:
            start, end = dated.span("date" if dated["date"] else "bare")
            yield MetadataField("publication_date", one_line(text[start:end]), start, end)
        elif not titled:
            titled = True
            yield MetadataField("title", line.text, line.start, line.end)


def _reference(fields: Sequence[MetadataField], publisher: MetadataField | None) -> str:
    values = {field.name: field.value for field in reversed(fields)}
    work = Work(
        authors=[field.value for field in fields if field.name == "author"],
        title=values.get("title"),
        date=values.get("publication_date"),
    )
    missing = [
        name
        for name, value in (("title", work.title), ("author", work.authors), ("date", work.date))
        if not value
    ]
    given = [publisher.value + "." if publisher else "", reference(work), "Report page."]
    if missing:
        listed = " and ".join(filter(None, [", ".join(missing[:-1]), missing[-1]]))
        given.append(f"[{listed.capitalize()} not given.]")
    return " ".join(part for part in given if part)


def _sections(body: Sequence[Line]) -> Iterator[Section]:
    heads = [i for i, (a, b) in enumerate(pairwise(body)) if is_heading(a, b)]
    if not heads or heads[0] > 0:
        stop = heads[0] if heads else len(body)
        yield Section(None, body[0].start, body[stop - 1].end)
    for head, following in zip(heads, [*heads[1:], len(body)], strict=True):
        yield Section(body[head].text, body[head + 1].start, body[following - 1].end)


def _publisher(text: str, start: int, end: int) -> MetadataField | None:
    """The organisation that speaks of itself by name and as "we" in one sentence."""
    for match in _AT_US.finditer(text, start, end):
        if not _NO_NAME.match(match["name"]):
            return MetadataField("publisher", one_line(match["name"]), *match.span("name"))
    for match in re.compile(_SELF).finditer(text, start, end):
        name = match["name"]
        several = len(name.removeprefix("The").split()) > 1 or name.startswith("The")
        if not several or _NO_NAME.match(name) or _ACTS_ON_US.match(match["rest"]):
            continue
        if _WE.search(match["rest"]):
            return MetadataField("publisher", one_line(name), *match.span("name"))
    return None
