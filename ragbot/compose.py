"""Evidence → the extractive answer: verbatim quotes, grouped by who says them.

    draft = compose(reading, rules=Rules(), comments_asked_for=False)
    draft.sentences[0].text   # 'Sinnott et al., 2020 (study abstract, Results): “GPs reported …”'

A reader's comment is used only when the question asks for readers' comments or nothing else
answers, and then every sentence of it says that it is one. Nothing is paraphrased.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby

from ragbot.cite import cite
from ragbot.lists import lists
from ragbot.render import markdown
from ragbot.types import (
    AnswerSentence,
    Citation,
    Evidence,
    EvidenceType,
    Passage,
    Reading,
    SourceDocument,
)

_LEANS = re.compile(
    r"(?:it|its|they|their|them|this|these|those|that|such|he|she|his|her|both|however|but|also"
    r"|although|though|moreover|furthermore|in addition|additionally|thus|therefore|so|hence|yet"
    r"|by contrast|in contrast|instead|similarly|likewise|finally|second(?:ly)?|third(?:ly)?"
    r"|as a result|further|others?|another)\b",
    re.IGNORECASE,
)
"""How a sentence begins that is read after the one before it."""
ENOUGH_OF_A_LIST = 3  #: quoted items from which the whole list is quoted
LONGEST_LIST = 8  #: items; a longer list is quoted in part
NEAR_THE_BEST = 0.3
"""Share of the best score from which another source is quoted too, if several are asked for."""
MOST_SOURCES = 4  #: quoted before any of them is quoted twice
_NUMBER = re.compile(r"(” )\[(\d+)\]$", re.MULTILINE)  # in a quote brackets are escaped
NOT_IN_SOURCES = "The sources in this library do not answer this question."
NEAREST = "The nearest passages are shown with the sources; they are not an answer."


@dataclass(frozen=True, slots=True)
class Rules:
    """When to answer, and with how much. Fitted on development data, see the model card."""

    min_support: float = 0.45  #: below it the library does not answer
    min_score: float = 0.03  #: what a comment that nobody asked for, or its rival, must score
    completeness: float = 1.0  #: how many times as much it weighs as precision, see ``choose``
    least_right: float = 1.5  #: sentences that answer a question that is answered, at the least
    max_sentences: int = 6
    max_words: int = 130  #: a soft bound: the first sentence is always quoted whole
    comment_lead: float = 3.0  #: how much better than all else an unasked comment must score
    likely: float = 0.3  #: what it must score in place of the report that was asked about


@dataclass(frozen=True, slots=True)
class Draft:
    """A composed answer, before it gets its question and its timings."""

    sentences: tuple[AnswerSentence, ...]
    citations: tuple[Citation, ...]
    text: str
    note: str = ""  #: what is to be said beside it


NOTHING = Draft((), (), "")  #: an answer that adds nothing to what has been said


def compose(
    reading: Reading,
    *,
    rules: Rules,
    comments_asked_for: bool,
    texts: Mapping[str, str],
    focus: frozenset[str] = frozenset(),
    across: bool = False,
) -> Draft | None:
    """The answer that ``reading`` supports, None where it supports none.

    ``texts``: canonical text by path, for the check of every citation. ``focus``: ids of the
    sources that the question names. ``across``: it asks what several sources say.

    Raises:
        QuoteMismatch: evidence that is not a passage of its source.
    """
    if reading.support < rules.min_support:
        return None
    chosen = choose(
        reading.evidence,
        rules=rules,
        comments_asked_for=comments_asked_for,
        focus=focus,
        across=len(focus) > 1 or (across and not focus),
    )
    if not chosen:
        return None
    sentences: list[AnswerSentence] = []
    citations: list[Citation] = []
    blocks: list[str] = []
    for _, members in groupby(chosen, key=lambda e: e.passage.document.source_id):
        group = [(e, _cite(len(citations) + i, e, texts)) for i, e in enumerate(members, start=1)]
        lead = _lead_in([evidence for evidence, _ in group])
        citations += [citation for _, citation in group]
        sentences += _sentences(group, lead)
        blocks.append(_block(lead, [citation for _, citation in group]))
    return Draft(tuple(sentences), tuple(citations), "\n\n".join(blocks))


def choose(
    evidence: Sequence[Evidence],
    *,
    rules: Rules,
    comments_asked_for: bool,
    focus: frozenset[str] = frozenset(),
    across: bool = False,
) -> list[Evidence]:
    """The sentences to quote: grouped by source, best source first.

    As many of the best as make the expected F-measure largest (Ye et al. 2012, "Optimizing
    F-measure: a tale of two approaches", in its simple form: the sum of their probabilities for
    what is right, the sum of all for what should be there). That the question is answered at all
    is settled by now, so a sum below ``least_right`` is raised to it: where every sentence seemed
    unlikely, several are as likely as the first. A question that names a source is answered from
    it alone where that answers best; one ``across`` sources by the best of each.
    """
    once: dict[str, Evidence] = {}
    for item in _without_idle_comments(evidence, rules, asked=comments_asked_for):
        once.setdefault(" ".join(item.text.lower().split()), item)
    usable = list(once.values())
    leading: list[Evidence] = []
    if across:
        leading = _best_of_each(usable)
        usable = [*leading, *(item for item in usable if item not in leading)]
    elif usable and usable[0].passage.document.source_id in focus:
        usable = [item for item in usable if item.passage.document.source_id in focus]
    expected_right = sum(item.score for item in usable)
    raised = max(1.0, rules.least_right / expected_right) if expected_right else 1.0
    likely = [min(1.0, raised * item.score) for item in usable]
    wanted = rules.completeness**2 * sum(likely)
    kept: list[Evidence] = []
    words, right, best, enough = 0, 0.0, 0.0, 1
    for item, probability in zip(usable, likely, strict=True):
        length = len(item.text.split())
        if kept and words + length > rules.max_words:
            continue
        kept.append(item)
        words += length
        right += probability
        expected = right / (len(kept) + wanted)
        if expected > best or item in leading:
            best, enough = expected, len(kept)
        if len(kept) == rules.max_sentences:
            break
    kept = _whole_lists(kept[:enough], usable)
    return _in_order(kept)


def joined(drafts: Sequence[Draft]) -> Draft:
    """One answer after the other; citations are numbered through."""
    sentences: list[AnswerSentence] = []
    citations: list[Citation] = []
    blocks: list[str] = []
    for draft in drafts:
        before = len(citations)
        citations += [replace(c, n=c.n + before) for c in draft.citations]
        sentences += [
            replace(s, citations=tuple(n + before for n in s.citations)) for s in draft.sentences
        ]
        blocks.append(
            _NUMBER.sub(lambda found, by=before: f"{found[1]}[{int(found[2]) + by}]", draft.text)  # type: ignore[misc]
        )
    return Draft(tuple(sentences), tuple(citations), "\n\n".join(filter(None, blocks)))


def beginning(evidence: Sequence[Evidence], *, rules: Rules) -> tuple[Evidence, ...]:
    """As much of a part of a source, from its beginning, as an answer holds; one at least."""
    words = accumulate(len(one.text.split()) for one in evidence)
    fits = sum(total <= rules.max_words for total in words)
    return tuple(evidence[: min(max(1, fits), rules.max_sentences)])


def nearest(
    passages: Sequence[Passage], *, texts: Mapping[str, str], limit: int = 3
) -> tuple[Citation, ...]:
    """Up to ``limit`` passages to show beside a refusal; they are not an answer."""
    return tuple(
        cite(
            n,
            passage.document,
            text=texts[passage.chunk.path],
            start=passage.chunk.start,
            end=passage.chunk.end,
            section=passage.chunk.section,
            page=passage.chunk.page,
        )
        for n, passage in enumerate(passages[:limit], start=1)
    )


def attribution(document: SourceDocument, section: str | None) -> str:
    """Who says it, as the words before a quote."""
    match document.evidence_type:
        case EvidenceType.READER_COMMENT:
            report = document.about or "the report"
            return f"{document.label} (a reader’s comment under {report}, not its findings)"
        case _ if section == document.label:
            return document.label
        case EvidenceType.ABSTRACT:
            return f"{document.label} (study abstract{', ' + section if section else ''})"
        case _:
            return f"{document.label}{' (' + section + ')' if section else ''}"


def _best_of_each(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The best sentence of every source that comes near the best of all."""
    first: dict[str, Evidence] = {}
    for item in evidence:
        first.setdefault(item.passage.document.source_id, item)
    near = [item for item in first.values() if item.score >= NEAR_THE_BEST * evidence[0].score]
    return near[:MOST_SOURCES]


def _lead_in(group: Sequence[Evidence]) -> str:
    """The words before a group's quotes; the section too where all quotes are from one."""
    document = group[0].passage.document
    sections = {evidence.passage.chunk.section for evidence in group}
    return attribution(document, sections.pop() if len(sections) == 1 else None) + ":"


def _sentences(group: Sequence[tuple[Evidence, Citation]], lead: str) -> Iterator[AnswerSentence]:
    """One sentence a quote. Every sentence of a comment says itself that it is one."""
    for place, (evidence, citation) in enumerate(group):
        comment = evidence.passage.document.evidence_type is EvidenceType.READER_COMMENT
        before = lead if place == 0 else "The same reader’s comment:" if comment else ""
        text = f"{before} “{citation.quote}”".strip()
        yield AnswerSentence(text, (citation.n,), "verbatim", before)


def _block(lead: str, citations: Sequence[Citation]) -> str:
    quotes = [f"{markdown(f'“{c.quote}”')} [{c.n}]" for c in citations]
    head = f"**{markdown(lead)}**"
    if len(quotes) == 1:
        return f"{head} {quotes[0]}"
    return "\n".join([head, "", *(f"- {quote}" for quote in quotes)])


def _cite(n: int, evidence: Evidence, texts: Mapping[str, str]) -> Citation:
    chunk = evidence.passage.chunk
    return cite(
        n,
        evidence.passage.document,
        text=texts[chunk.path],
        start=evidence.start,
        end=evidence.end,
        section=chunk.section,
        page=chunk.page,
    )


def _whole_lists(kept: list[Evidence], evidence: Sequence[Evidence]) -> list[Evidence]:
    """Where most of a list is quoted, or what introduces it, quote all of it.

    A reader takes a list for whole, and an item that is no sentence says nothing without what
    introduces it. What would introduce nothing is left out.
    """
    for passage in {id(e.passage): e.passage for e in kept}.values():
        here = {(e.start, e.end): e for e in evidence if e.passage is passage}
        for found in lists(passage):
            items = [here[span] for span in found.items if span in here]
            quoted = [e for e in kept if e in items]
            most = len(quoted) >= ENOUGH_OF_A_LIST and 2 * len(quoted) >= len(items)
            most = most and not _are_sentences(items)
            introduced = any(e.passage is passage and (e.start, e.end) == found.lead for e in kept)
            if (most or introduced) and len(items) <= LONGEST_LIST:
                kept = kept + [e for e in items if e not in quoted]
            lead = here.get(found.lead) if found.lead else None
            if quoted and lead and not introduced and not _are_sentences(items):
                kept = [*kept, lead]
    return [e for e in kept if not _introduces_nothing(e, kept)] or kept


def _in_order(kept: Sequence[Evidence]) -> list[Evidence]:
    """By source, the best first; in each the best sentence, then the others as the source has them.

    Who is in haste reads the first line. A sentence that leans on the one before it, or stands in a
    list, stays in its place; those that lean on the best come with it.
    """
    best: dict[str, Evidence] = {}
    for item in kept:
        best.setdefault(item.passage.document.source_id, item)
    order = {source: i for i, source in enumerate(best)}
    placed = sorted(kept, key=lambda e: (order[e.passage.document.source_id], e.start))
    first: list[Evidence] = []
    for item in best.values():
        if not _LEANS.match(item.text) and not _listed(item):
            first += [item, *_leaning_on(item, placed)]

    def place(item: Evidence) -> tuple[int, bool, int]:
        return order[item.passage.document.source_id], item not in first, item.start

    return sorted(kept, key=place)


def _leaning_on(evidence: Evidence, placed: Sequence[Evidence]) -> Iterator[Evidence]:
    """The sentences right behind one that are read after it."""
    for item in placed[placed.index(evidence) + 1 :]:
        if item.passage.document != evidence.passage.document or not _LEANS.match(item.text):
            return
        yield item


def _listed(evidence: Evidence) -> bool:
    span = (evidence.start, evidence.end)
    return any(
        span == one.lead or (span in one.items and not evidence.text.endswith((".", "?", "!")))
        for one in lists(evidence.passage)
    )


def _are_sentences(items: Sequence[Evidence]) -> bool:
    """Whether most items stand by themselves, as findings with bullets do."""
    return 2 * sum(e.text.endswith((".", "?", "!")) for e in items) > len(items)


def _introduces_nothing(evidence: Evidence, kept: Sequence[Evidence]) -> bool:
    if not evidence.text.endswith(":"):
        return False
    span = (evidence.start, evidence.end)
    after = [s for s in evidence.passage.chunk.sentences if s[0] >= evidence.end][:1]
    led = next((one.items for one in lists(evidence.passage) if one.lead == span), after)
    return not any(e.passage is evidence.passage and (e.start, e.end) in led for e in kept)


def _without_idle_comments(
    evidence: Sequence[Evidence], rules: Rules, *, asked: bool
) -> list[Evidence]:
    """Comments go where the question did not ask for them and something else may answer."""
    comments: list[Evidence] = []
    others: list[Evidence] = []
    for item in evidence:
        comment = item.passage.document.evidence_type is EvidenceType.READER_COMMENT
        (comments if comment else others).append(item)
    if not comments or not others:
        return [*comments, *others]
    if asked:
        return comments
    best, rival = comments[0].score, others[0].score
    leads = rival < rules.min_score or best > rules.comment_lead * rival
    return comments if leads and best >= rules.min_score else others
