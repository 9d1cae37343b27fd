"""Answers about the sources themselves: their facts, their list, a source or comments as a whole.

    about.facts(asked, generation, expansions)            # "who funded it?": where a source says so
    about.whole(asked, passages, generation, expansions)  # "what did Riding conclude?": that part

What a question asks is told by ``metadata`` and ``parts``; here it is found which source is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from ragbot import authority, compose, metadata, parts, places, selection, shortforms
from ragbot.asking import Asking
from ragbot.described import meant, phrases
from ragbot.index.live import Generation
from ragbot.provenance import speakers
from ragbot.query import Query, asks_for_comments
from ragbot.retrieve import HybridRetriever, whole
from ragbot.sections import is_abstract, parts_of
from ragbot.types import Evidence, EvidenceType, MetadataField, Passage, SourceDocument
from ragbot.zones import Zones

MIN_SIMILARITY = 0.25
"""Cosine below which no source is near enough for "who wrote it?" to be about it."""
SURE_SIMILARITY = 0.5
"""Cosine from which on one is near enough, though not named, for its facts to be the answer."""
OPENING = 4000  #: characters of a source in which a description of it must stand
LOOKED_AT = 30  #: passages searched for letters and what they stand for
SPELT = 2  #: sources quoted for it
SEVERAL = 4  #: sources at most that are each asked for a fact


class AboutSources:
    """Finds which source a question means, and what it says. Safe from several threads."""

    def __init__(
        self,
        *,
        retriever: HybridRetriever,
        zones: Zones,
        asking: Asking,
        bodies: authority.Bodies,
        places_of: places.PlacesOf,
        parts_of: places.PlacesOf,
    ) -> None:
        """``zones``: for abstracts without headings. ``bodies``: see ``ragbot.authority``.

        ``asking``: which facts are asked for, beside the rules of ``ragbot.metadata``.
        ``places_of``: an adjective's; ``parts_of``: a country's, by which a text may name it.
        """
        self._places_of = places_of
        self._parts_of = parts_of
        self._bodies = bodies
        self._retriever = retriever
        self._zones = zones
        self._asking = asking
        self._comments: tuple[str, Sequence[SourceDocument]] = ("", ())  # of which generation

    def meant(
        self,
        asked: Query,
        passages: Sequence[Passage],
        generation: Generation,
        expansions: Callable[[str], Sequence[str]],
    ) -> frozenset[str]:
        """Ids of the sources that a question describes without naming one; mostly none.

        ``passages``: those found for it; the sources are among theirs.
        """
        plain = not (asked.focus or asked.across or asked.comments_asked_for)
        described = phrases(asked.alone) if plain else []
        if not described:
            return frozenset()
        documents = {p.document.source_id: p.document for p in passages}
        texts = generation.library.texts(documents.values())
        openings = {
            source_id: f"{d.title or ''} {d.label} {texts[d.path][d.start : d.end][:OPENING]}"
            for source_id, d in documents.items()
            if d.evidence_type is not EvidenceType.READER_COMMENT
        }
        return meant(described, openings, expansions)

    def facts(
        self, asked: Query, generation: Generation, expansions: Callable[[str], Sequence[str]]
    ) -> compose.Draft | str | None:
        """The answer to a question about facts of sources, None for any other question.

        Text alone says that the source which is meant does not state what was asked.
        ``expansions``: what a short form stands for.
        """
        if asked.whose:
            said = speakers(
                asked.whose,
                generation.library.documents(),
                lambda d: generation.library.text(d.path)[d.start : d.end],
            )
            if said:
                return _told([(d, metadata.identifying(d)) for d in said], generation)
        letters = shortforms.asked(asked.alone)
        if letters:
            spelt = self._spelt_out(letters, asked, generation)
            return _told(spelt, generation) if spelt else shortforms.missing(letters)
        if metadata.asks_for_list(asked.standalone):
            listed = [(d, metadata.identifying(d)) for d in generation.library.documents()]
            return _told(listed, generation)
        if metadata.asks_who_commented(asked.alone):
            comments = self.comments_asked_about(asked, generation)
            commenters = [(document, document.field("speaker")) for document in comments]
            if any(speaker for _, speaker in commenters):
                return _told(commenters, generation)
        body = authority.asked(asked.alone, self._bodies)
        if body and not self._heard(body, generation):
            return authority.silent(body)
        wanted = selection.asked(asked.alone, expansions)
        selected = _selected(wanted, generation) if wanted else None
        if selected:
            return selected
        called = places.asked(asked.alone, self._places_of)
        done_there = self._done_in(called, asked.focus, generation) if called else []
        if done_there:
            told = _told(done_there[: places.MOST], generation)
            return replace(told, note=places.note(len(done_there)))
        known = metadata.fields_asked(asked.standalone)
        names = tuple(dict.fromkeys((*known, *self._asking.fields(asked.standalone))))
        if names and not asked.focus and metadata.asks_of_thing(asked.alone):
            names = ()
        documents, sure = self._sources_meant(asked, generation) if names else ([], False)
        if not documents:
            return None
        if known and not any(metadata.stated(document, known) for document in documents):
            return metadata.missing(documents[0], known)
        stated = [(d, field) for d in documents for field in metadata.stated(d, names)]
        if not (stated and sure):
            return None
        whole = dict.fromkeys((d, _in_its_sentence(d, field, generation)) for d, field in stated)
        return _told(whole, generation)

    def whole(
        self,
        asked: Query,
        passages: Sequence[Passage],
        generation: Generation,
        expansions: Callable[[str], Sequence[str]],
    ) -> tuple[Evidence, ...]:
        """What a question about a source, or comments, as a whole asks for; else empty.

        ``passages``: those found for it; where no source is named, theirs may be meant.
        ``expansions``: what a short form stands for.
        """
        if asks_for_comments(asked.alone):
            documents = self.comments_asked_about(asked, generation)
            written = [whole(document, generation) for document in documents]
            return parts.comments(asked.alone, [one for one in written if one])
        named = bool(asked.focus)
        wanted = parts.asked(asked.alone, named=named)
        if not wanted or len(asked.focus) > 1 or not (named or parts.about(asked.alone)):
            return ()
        if named:
            candidates = [generation.library.document(min(asked.focus))]
        else:
            candidates = [*{p.document.source_id: p.document for p in passages}.values()]
        best: tuple[Evidence, ...] = ()
        most = 0
        for document in candidates:
            own = whole(document, generation)
            if own:
                zoned = parts_of(own, self._zones)
                likeness = parts.likeness(asked.alone, own, zoned, expansions, named=named)
                if likeness > most:
                    best, most = parts.evidence(wanted, own, zoned), likeness
        return best

    def comments_asked_about(
        self, asked: Query, generation: Generation
    ) -> Sequence[SourceDocument]:
        """The readers' comments that are named, else those under what is, else all."""
        name, comments = self._comments
        if name != generation.name:  # two threads may both find them: the same
            kind = EvidenceType.READER_COMMENT
            comments = [d for d in generation.library.documents() if d.evidence_type is kind]
            self._comments = generation.name, comments
        named = [d for d in comments if d.source_id in asked.focus]
        if named or not asked.focus:
            return named or comments
        labels = {generation.library.document(source_id).label for source_id in asked.focus}
        return [d for d in comments if d.about in labels]

    def _spelt_out(
        self, letters: str, asked: Query, generation: Generation
    ) -> list[tuple[SourceDocument, MetadataField]]:
        """The first sentence of each of a few sources that says what letters stand for."""
        near = self._near(letters, asked.search, generation, asked.focus)
        found: dict[str, tuple[SourceDocument, MetadataField]] = {}
        for passage in near:
            for start, end in passage.chunk.sentences:
                if shortforms.spells_out(passage.slice(start, end), letters):
                    place = MetadataField("spelt out", "", start, end)
                    found.setdefault(passage.document.source_id, (passage.document, place))
        return [*found.values()][:SPELT]

    def _done_in(
        self, called: Sequence[str], named: Iterable[str], generation: Generation
    ) -> list[tuple[SourceDocument, MetadataField]]:
        """The studies found that name a place as theirs, each with the sentence that does.

        ``named``: ids of the sources that the question names by it.
        """
        within = {name: self._parts_of(name) for name in called}
        near = [
            passage
            for name in called
            for passage in self._near(name, " ".join((name, *within[name])), generation)
        ]
        studies = {p.document.source_id: p.document for p in near if is_abstract([p])}
        for source_id in named:
            document = generation.library.document(source_id)
            if document.evidence_type is EvidenceType.ABSTRACT:
                studies.setdefault(source_id, document)
        names = [*called, *(part for name in called for part in within[name])]
        found = []
        for document in studies.values():
            own = whole(document, generation)
            field = places.naming(names, own, parts_of(own, self._zones)) if own else None
            if field:
                found.append((document, field))
        return found

    def _heard(self, body: str, generation: Generation) -> bool:
        names = " ".join((body, *self._bodies[body.lower()]))
        near = self._near(body, names, generation)
        return authority.heard(body, self._bodies, near, generation.library.documents())

    def _near(
        self,
        letters: str,
        search: str,
        generation: Generation,
        focus: frozenset[str] = frozenset(),
    ) -> Sequence[Passage]:
        """Passages that hold the letters, or what they stand for, if any do."""
        return self._retriever.retrieve(
            letters, generation, k=LOOKED_AT, lexical_query=search, focus=focus
        )

    def _sources_meant(
        self, asked: Query, generation: Generation
    ) -> tuple[list[SourceDocument], bool]:
        """The sources that a question about a fact of a source means: one, or the few it names.

        And whether that is sure enough for a fact of theirs to be its answer.
        """
        if asked.focus:
            named = sorted(asked.focus) if len(asked.focus) <= SEVERAL else ()
            return [generation.library.document(source_id) for source_id in named], True
        for near in self._retriever.retrieve(metadata.topic(asked.search), generation, k=1):
            if near.similarity >= MIN_SIMILARITY:
                return [near.document], near.similarity >= SURE_SIMILARITY
        return [], False


def _told(
    facts: Iterable[tuple[SourceDocument, MetadataField | None]], generation: Generation
) -> compose.Draft:
    pairs = [(document, field) for document, field in facts if field]
    return metadata.describe(pairs, generation.library.texts(d for d, _ in pairs))


def _selected(wanted: selection.Wanted, generation: Generation) -> compose.Draft | str | None:
    """The sources that have a fact; where none has, that none has, or None if that says little."""
    found, silent = selection.chosen(wanted, generation.library.documents())
    note = selection.note(wanted, len(found), silent)
    if not found:
        return selection.none(wanted, note) if wanted.known else None
    told = found[: selection.MOST]
    whole = [(document, _in_its_sentence(document, field, generation)) for document, field in told]
    return replace(_told(whole, generation), note=note)


def _in_its_sentence(
    document: SourceDocument, field: MetadataField, generation: Generation
) -> MetadataField:
    """A fact that stands in a sentence is quoted with its sentence."""
    for chunk in generation.library.chunks_of(document.source_id):
        for start, end in chunk.sentences:
            if start <= field.start and field.end <= end:
                return replace(field, value="", start=start, end=end)
    return field
