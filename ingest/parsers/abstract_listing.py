"""A listing of abstracts, as an aggregator of scholarly articles prints it.

    2020 ◽ ␣                        ← citation lines; any of them may be missing
    Vol 70 (700) ◽ ␣
    pp. e825-e832
    Author(s): ␣
    Carol Sinnott ◽ ␣
    Mary Dixon-Woods

    BackgroundOperational failures, defined as …

A record's citation lines stand *before* its ``Author(s):``, so a record begins where they begin
and not at ``Author(s):``. Every field may be missing, and is then missing in the reference. A line
``...`` among the authors means that the list is cut. It does not follow links or look anything up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ingest.citation import NO_DATE, Work, author_label, not_given, reference, source_id
from ingest.clean import one_line
from ingest.headings import split_headings
from ingest.parsers.content import Content
from ingest.parsers.lines import Line, lines, paragraphs
from ingest.statements import statements
from ragbot.errors import EmptyFile
from ragbot.types import EvidenceType, MetadataField, ParsedFile, SourceDocument

KIND = "abstract_listing"
_SEPARATOR = "◽◻▫□·|"
_AUTHORS = re.compile(r"authors?(?:\(s\))?:", re.IGNORECASE)
_SNIFF = re.compile(rf"^Author(?:\(s\)|s)?:[\s{_SEPARATOR}]*$", re.MULTILINE)
_CUT = re.compile(r"(?:\.{3,}|…|et al\.?)", re.IGNORECASE)
_FACET = re.compile(  # what aggregators print before a title to say what kind of thing it is
    r"(?:scholarly journals?|(?:journal|review|research) articles?|journals?|magazines?|preprints?"
    r"|books?(?: chapters?)?|reports?|conference (?:papers?|proceedings)|proceedings articles?"
    r"|dissertations?|posted content|reference entry)\s+(?=[^a-z\s])"
)
_FIELDS = {
    "year": re.compile(r"(?P<year>(?:1[5-9]|20)\d\d)"),
    "volume": re.compile(r"Vol(?:ume|\.)?\s+(?P<volume>[^\s(]+)(?:\s*\((?P<issue>[^)]+)\))?"),
    "pages": re.compile(r"(?:pp?\.|pages?)\s*(?P<pages>[a-z]{0,2}\d+(?:\s?[-–]\s?[a-z]{0,2}\d+)?)"),
    "article_id": re.compile(r"(?:pp?\.|pages?|article)\s*(?P<article_id>\S+)"),
    "doi": re.compile(r"(?:doi:?\s*|https?://(?:dx\.)?doi\.org/)?(?P<doi>10\.\d{4,9}/\S+)"),
}
_WORD = re.compile(r"[^\W\d_]{2,}")
_LONGEST_FIELD = 150  #: characters of a citation line; anything longer is text
_LONGEST_TITLE = 400
_SHORTEST_TITLE = 5  #: words of a title that nothing marks as one; buttons have fewer
_ENDS = (".", "?", "!", ".”")
_PROSE = 200  #: characters from which a paragraph is text though no full stop ends it


@dataclass(frozen=True, slots=True)
class _Record:
    """The lines of one record."""

    title: tuple[Line, ...]
    citation: tuple[Line, ...]
    authors: tuple[Line, ...]
    body: tuple[Line, ...]


class AbstractListing:
    """Recognises ``Author(s):`` blocks."""

    kind = KIND

    def sniff(self, content: Content) -> bool:
        """Bare lines ``Author(s):``, mostly with names below them and then text, or no text at all.

        A text in which such lines happen to stand is not a listing; a listing without any abstract
        is one, and is refused as such.
        """
        if not _SNIFF.search(content.text):
            return False
        blocks = _blocks(content.text)
        records = [*_records(blocks)]
        broken = sum(any(map(_is_no_name, record.authors)) for record in records)
        if 2 * broken < sum(bool(record.body) for record in records):
            return True
        return not any(_is_text(line) for block in blocks for line in block)

    def parse(self, content: Content) -> ParsedFile:
        """One source for each record that has an abstract."""
        text = content.text
        records = [*_records(_blocks(text))]
        kept = [record for record in records if record.body]
        if not kept:
            raise EmptyFile(f"{content.path} lists records without an abstract.")
        notes = list(content.notes)
        if len(kept) < len(records):
            notes.append(f"Records without an abstract, left out: {len(records) - len(kept)}.")
        return ParsedFile(
            path=content.path,
            sha256=content.sha256,
            text=text,
            kind=KIND,
            documents=tuple(_document(content.path, text, record) for record in kept),
            notes=tuple(notes),
        )


def _blocks(text: str) -> list[list[Line]]:
    return paragraphs(lines(text, also=_SEPARATOR))


def _records(blocks: Sequence[Sequence[Line]]) -> Iterator[_Record]:
    """Cut the blocks at each author block; what stands before the first belongs to it."""
    heads = [i for i, block in enumerate(blocks) if any(_AUTHORS.fullmatch(x.text) for x in block)]
    title = _title(blocks[: heads[0]])
    for head, following in zip(heads, [*heads[1:], len(blocks)], strict=True):
        place = next(i for i, x in enumerate(blocks[head]) if _AUTHORS.fullmatch(x.text))
        own_title, citation = _without_title(blocks[head][:place])
        prose = blocks[head + 1 : following]
        next_title = _title(prose[1:]) if following < len(blocks) else ()
        body = _body(prose[: len(prose) - len(next_title)])
        yield _Record(own_title or title, citation, tuple(blocks[head][place + 1 :]), body)
        title = next_title


def _is_text(line: Line) -> bool:
    """Whether a line is prose, and no name, number or title."""
    sentence = line.text.endswith(_ENDS) and len(_WORD.findall(line.text)) >= _SHORTEST_TITLE
    return sentence or len(line.text) > _PROSE


def _is_no_name(line: Line) -> bool:
    """Whether a line below ``Author(s):`` is prose, or a citation line, which stands above it."""
    return _is_text(line) or any(p.fullmatch(line.text) for p in _FIELDS.values())


def _without_title(block: Sequence[Line]) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Take a title line off the citation lines: one that is too long, or marked as one."""
    if block and (_FACET.match(block[0].text) or len(block[0].text) > _LONGEST_FIELD):
        return (block[0],), tuple(block[1:])
    return (), tuple(block)


def _title(blocks: Sequence[Sequence[Line]]) -> tuple[Line, ...]:
    """The title of the next record: the last block, if it is one line and no sentence."""
    if not blocks or len(blocks[-1]) != 1:
        return ()
    line = blocks[-1][0]
    is_text = line.text.endswith(".") or len(line.text) > _LONGEST_TITLE
    is_title = _FACET.match(line.text) or len(_WORD.findall(line.text)) >= _SHORTEST_TITLE
    return (line,) if is_title and not is_text else ()


def _body(blocks: Sequence[Sequence[Line]]) -> tuple[Line, ...]:
    """The blocks of text; page furniture behind them (no sentences) is left out."""
    body: list[Line] = []
    for block in blocks:
        if not any(line.text.endswith(_ENDS) or len(line.text) > _PROSE for line in block):
            break
        body.extend(block)
    return tuple(body)


def _document(path: str, text: str, record: _Record) -> SourceDocument:
    fields = [*_title_fields(text, record.title), *_citation_fields(text, record.citation)]
    cut = any(_CUT.fullmatch(line.text) for line in record.authors)
    named = [line for line in record.authors if not _CUT.fullmatch(line.text)]
    start, end = record.body[0].start, record.body[-1].end
    fields += [*_author_fields(record.authors, named), *statements(text, start, end)]
    values = {field.name: field.value for field in reversed(fields)}
    work = Work(
        authors=[line.text for line in named],
        cut=cut,
        title=values.get("title"),
        journal=values.get("journal"),
        date=values.get("year"),
        volume=values.get("volume"),
        issue=values.get("issue"),
        pages=values.get("pages") or values.get("article_id"),
        doi=values.get("doi"),
    )
    label = _label(work)
    first = min([*(field.start for field in fields), start])
    return SourceDocument(
        source_id=source_id(label, text[first:end]),
        path=path,
        start=first,
        end=end,
        evidence_type=EvidenceType.ABSTRACT,
        label=label,
        reference=f"{reference(work)} {not_given(work)}".strip(),
        sections=split_headings(text, start, end),
        fields=tuple(fields),
    )


def _label(work: Work) -> str:
    if not work.authors:
        return work.title or "Abstract without author"
    who = author_label(work.authors, cut=work.cut, dated=work.date is not None)
    return f"{who}, {work.date or NO_DATE}"


def _title_fields(text: str, title: Sequence[Line]) -> Iterator[MetadataField]:
    for line in title:
        facet = _FACET.match(text, line.start, line.end)
        start = facet.end() if facet else line.start
        yield MetadataField("title", one_line(text[start : line.end]), start, line.end)


def _citation_fields(text: str, citation: Sequence[Line]) -> Iterator[MetadataField]:
    """What each citation line states; the one that states nothing else names the journal."""
    journal = False
    for line in citation:
        for pattern in _FIELDS.values():
            match = pattern.fullmatch(text, line.start, line.end)
            if match:
                yield from _groups(match)
                break
        else:
            if not journal and len(line.text) <= _LONGEST_FIELD:
                journal = True
                yield MetadataField("journal", line.text, line.start, line.end)


def _groups(match: re.Match[str]) -> Iterator[MetadataField]:
    """The named parts of a citation line, each with its place."""
    for name, value in match.groupdict().items():
        if value is not None:
            yield MetadataField(name, one_line(value), *match.span(name))


def _author_fields(printed: Sequence[Line], named: Sequence[Line]) -> Iterator[MetadataField]:
    """The list as printed, the line that cuts it short included, and each name."""
    if not named:
        return
    names = [line.text for line in named]
    value = ", ".join(names if len(named) == len(printed) else [*names, "et al."])
    yield MetadataField("authors", value, printed[0].start, printed[-1].end)
    for line in named:
        yield MetadataField("author", line.text, line.start, line.end)
