"""Readers' comments that stand one after another without names or dates.

    As Chief Nursing Officer at HN, a healthcare company that …, this report is …
    I am a clinical pharmacist with over 20 years experience …

A new comment starts where a paragraph introduces a new speaker; what stands before the first
introduction belongs to the first comment. The words in which speakers introduce themselves become
the speaker. Comments that introduce nobody cannot be told apart and stay together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ingest.citation import source_id
from ingest.clean import one_line
from ingest.parsers.lines import Line
from ingest.parsers.speakers import Speaker, introduction
from ragbot.types import EvidenceType, MetadataField, Section, SourceDocument


def comment_documents(
    path: str,
    text: str,
    found: Sequence[Line],
    *,
    heading: str,
    about: str,
    publisher: str | None,
) -> tuple[SourceDocument, ...]:
    """One source for each comment in ``found``, the lines under the heading ``heading``."""
    return tuple(
        _document(path, text, group, speaker, heading=heading, about=about, publisher=publisher)
        for group, speaker in _groups(text, found)
    )


def _groups(text: str, found: Sequence[Line]) -> list[tuple[list[Line], Speaker | None]]:
    groups: list[tuple[list[Line], Speaker | None]] = []
    for line in found:
        speaker = introduction(text, line.start, line.end)
        if not groups:
            groups.append(([line], speaker))
            continue
        group, current = groups[-1]
        if speaker is None or _same(speaker, current):
            group.append(line)
        elif current is None:
            groups[-1] = ([*group, line], speaker)
        else:
            groups.append(([line], speaker))
    return groups


def _same(speaker: Speaker, current: Speaker | None) -> bool:
    return current is not None and not speaker.certain and speaker.role == current.role


def _document(
    path: str,
    text: str,
    group: Sequence[Line],
    speaker: Speaker | None,
    *,
    heading: str,
    about: str,
    publisher: str | None,
) -> SourceDocument:
    start, end = group[0].start, group[-1].end
    label = f"Reader comment: {speaker.short}" if speaker else "Reader comment"
    return SourceDocument(
        source_id=source_id(label, text[start:end]),
        path=path,
        start=start,
        end=end,
        evidence_type=EvidenceType.READER_COMMENT,
        label=label,
        reference=_reference(speaker, about, publisher),
        sections=(Section(heading, start, end),),
        fields=tuple(_fields(text, speaker)),
        speaker=speaker.full if speaker else None,
        about=about,
    )


def _fields(text: str, speaker: Speaker | None) -> Iterator[MetadataField]:
    if speaker is None:
        return
    named = {
        "speaker": speaker.place,
        "organisation": speaker.organisation,
        "company": speaker.company,
    }
    for name, place in named.items():
        if place:
            yield MetadataField(name, one_line(text[slice(*place)]), *place)


def _reference(speaker: Speaker | None, about: str, publisher: str | None) -> str:
    who = f" by “{speaker.full}”" if speaker else ""
    own = " It speaks of that company’s own service." if speaker and speaker.company else ""
    whose = publisher or "the report"
    return (
        f"Reader’s comment{who} under: {about}. Not a finding of {whose}.{own} "
        "[Name and date not given.]"
    )
