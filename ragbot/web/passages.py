"""A citation in its surroundings, as a card of the source panel.

    view = in_context(citation, stored)          # StoredSource, or None where it is gone
    card(view, turn=3, root_path="/chat")        # HTML

The quote is compared with the stored text once more before it is shown as a quote. Where they
differ – the library has moved on since the answer was given – the card says so and highlights
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ragbot.render import escape
from ragbot.types import Citation, SourceDocument
from ragbot.web.originals import Originals, original_link
from ragbot.web.page import exact
from ragbot.web.sources import badge, citation_href

if TYPE_CHECKING:
    from ragbot.assistant import StoredSource

SENTENCES_AROUND = 2
CHARACTERS_AROUND = 700  #: of context on each side, at most
CONSULTED_HEADING = "Passages that the answer is being written from"
NEAREST_HEADING = "Nearest passages – these do not answer the question"


@dataclass(frozen=True, slots=True)
class PassageView:
    """A citation with the stored text around it."""

    citation: Citation
    before: str = ""
    after: str = ""
    cut_before: bool = False  #: more text of the section stands before ``before``
    cut_after: bool = False
    current: bool = True  #: the stored text still holds the quote at this place
    original: bool = False  #: the file it was read from can be opened


def in_context(
    citation: Citation, stored: StoredSource | None, originals: Originals | None = None
) -> PassageView:
    """The citation with up to two sentences on each side, from the same section."""
    if stored is None or stored.file.path != citation.path:
        return PassageView(citation, current=False)
    text = stored.file.text
    if text[citation.start : citation.end] != citation.quote:
        return PassageView(citation, current=False)
    first, last = _section_bounds(citation, stored.document)
    left = _left_edge(citation.start, first, stored.units)
    right = _right_edge(citation.end, last, stored.units)
    return PassageView(
        citation,
        before=text[left : citation.start],
        after=text[citation.end : right],
        cut_before=bool(text[first:left].strip()),
        cut_after=bool(text[right:last].strip()),
        original=originals is not None and originals.offers(stored.file),
    )


def _section_bounds(citation: Citation, document: SourceDocument) -> tuple[int, int]:
    for section in document.sections:
        if section.start <= citation.start and citation.end <= section.end:
            return section.start, section.end
    return document.start, document.end


def _left_edge(start: int, first: int, units: Sequence[tuple[int, int]]) -> int:
    """Where the second sentence before ``start`` begins, not before ``first``."""
    edges = [unit[0] for unit in units if first <= unit[0] < start]
    edge = edges[-SENTENCES_AROUND:][0] if edges else start
    return max(edge, start - CHARACTERS_AROUND, first)


def _right_edge(end: int, last: int, units: Sequence[tuple[int, int]]) -> int:
    edges = [unit[1] for unit in units if end < unit[1] <= last]
    edge = edges[:SENTENCES_AROUND][-1] if edges else end
    return min(edge, end + CHARACTERS_AROUND, last)


def group(
    turn: int,
    question: str,
    views: Sequence[PassageView],
    *,
    nearest: bool,
    root_path: str,
    heading: str = "",
) -> str:
    """The panel's content for one answer."""
    if not views:
        return ""
    heading = heading or (NEAREST_HEADING if nearest else "Passages behind this answer")
    cards = "".join(card(view, turn=turn, nearest=nearest, root_path=root_path) for view in views)
    return (
        f'<section class="rb-group{" rb-group--nearest" if nearest else ""}" data-turn="{turn}">'
        f'<h3 class="rb-group__title">{heading}</h3>'
        f'<p class="rb-quiet">Question: {escape(question)}</p>{cards}</section>'
    )


def card(view: PassageView, *, turn: int, nearest: bool, root_path: str) -> str:
    """One passage: number, kind, where it stands, the text, and the way to the source."""
    citation = view.citation
    number = "" if nearest else f'<span class="rb-number">[{citation.n}]</span> '
    place = [part for part in (citation.section, _page(citation)) if part]
    where = f'<p class="rb-place">{escape(", ".join(place))}</p>' if place else ""
    href = citation_href(citation, root_path=root_path)
    back = (
        '<button type="button" class="rb-back">Back to the answer<span class="rb-hidden">'
        f" at source {citation.n}</span></button>"
    )
    return (
        f'<article class="rb-passage" id="p{turn}-{citation.n}" data-n="{citation.n}">'
        f'<h4 tabindex="-1">{number}{escape(citation.label)}</h4>'
        f"<p>{badge(citation.evidence_type)}</p>{where}{_text(view, nearest=nearest)}"
        f'<p class="rb-reference">{escape(citation.reference)}</p>'
        f'<p class="rb-actions"><a href="{href}" target="_blank" rel="noopener">'
        f'Open in source<span class="rb-hidden">: {escape(citation.label)}, opens in a new tab'
        f"</span></a>{_original(view, root_path=root_path)}{'' if nearest else back}</p></article>"
    )


def _original(view: PassageView, *, root_path: str) -> str:
    citation = view.citation
    if not view.original:
        return ""
    return original_link(citation.source_id, citation.label, citation.page, root_path=root_path)


def _page(citation: Citation) -> str:
    return f"page {citation.page}" if citation.page else ""


def _text(view: PassageView, *, nearest: bool) -> str:
    if not view.current:
        return (
            '<p class="rb-note">This source has changed since the answer was given. '
            f"The answer quoted: “{escape(view.citation.quote)}”</p>"
        )
    before = ("… " if view.cut_before else "") + exact(view.before)
    after = exact(view.after) + (" …" if view.cut_after else "")
    quote = exact(view.citation.quote)
    # What does not answer is not highlighted as if it did.
    shown = f'<span class="rb-nearest">{quote}</span>' if nearest else f"<mark>{quote}</mark>"
    return f'<blockquote class="rb-context">{before}{shown}{after}</blockquote>'
