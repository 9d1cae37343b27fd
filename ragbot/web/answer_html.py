"""An answer's words as HTML, each marker a link to its passage.

    answer_body(answer, root_path="/chat")

An answer made of sentences is shown from its sentences: those that follow one lead-in become a
list under it. Any other text (a refusal, an error) is shown from ``Answer.text``, of whose Markdown
only paragraphs, list items and bold words are understood. All of it is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ragbot.cite import markers
from ragbot.render import escape, marker_html
from ragbot.types import Answer, AnswerSentence, Citation
from ragbot.web.page import exact

_ESCAPABLE = "\\`*_[]<>~|$"
_PIECE = re.compile(r"\\.|\*\*|[^\\*]+|.", re.DOTALL)


def answer_body(answer: Answer, *, root_path: str) -> str:
    """The answer as HTML blocks."""
    citations = {citation.n: citation for citation in answer.citations}
    note = f'<p class="rb-note">{escape(answer.note)}</p>' if answer.note else ""
    if answer.sentences:
        groups = _groups(answer.sentences)
        return note + "".join(_group(group, citations, root_path) for group in groups)
    text = "".join(_block(block, citations, root_path) for block in _blocks(answer.text))
    css = "rb-problem" if answer.status in {"refused", "error"} else "rb-plain"
    return f'{note}<div class="{css}">{text}</div>{_nearest_link(answer)}' if text else note


def _nearest_link(answer: Answer) -> str:
    if not answer.nearest:
        return ""
    return '<p><button type="button" class="rb-show-nearest">Show the nearest passages</button></p>'


def _groups(sentences: Sequence[AnswerSentence]) -> list[list[AnswerSentence]]:
    """Sentences under one lead-in together; a sentence with a lead-in begins a group."""
    groups: list[list[AnswerSentence]] = []
    for sentence in sentences:
        if sentence.lead_in or not groups:
            groups.append([])
        groups[-1].append(sentence)
    return groups


def _group(
    group: Sequence[AnswerSentence], citations: Mapping[int, Citation], root_path: str
) -> str:
    lead = group[0].lead_in
    parts = [_sentence(sentence, citations, root_path) for sentence in group]
    if not lead:
        return f"<p>{' '.join(parts)}</p>"
    head = f"<strong>{escape(lead)}</strong>"
    if len(parts) == 1:
        return f"<p>{head} {parts[0]}</p>"
    return f"<p>{head}</p><ul>{''.join(f'<li>{part}</li>' for part in parts)}</ul>"


def _sentence(sentence: AnswerSentence, citations: Mapping[int, Citation], root_path: str) -> str:
    words = escape(sentence.text.removeprefix(sentence.lead_in))
    if sentence.support == "unverified":
        words = f'<span class="rb-unverified">{words}</span> <em>(not verified)</em>'
    marks = _marks(sentence.citations, citations, root_path)
    return f"{words}\N{NO-BREAK SPACE}{marks}" if marks else words


def _marks(numbers: Sequence[int], citations: Mapping[int, Citation], root_path: str) -> str:
    """Markers of citations that there are; a number without one is not shown as if it had one."""
    known = [citations[n] for n in numbers if n in citations]
    return "".join(marker_html(citation, root_path=root_path) for citation in known)


def _blocks(text: str) -> list[str]:
    return [block.strip() for block in text.split("\n\n") if block.strip()]


def _block(block: str, citations: Mapping[int, Citation], root_path: str) -> str:
    lines = block.split("\n")
    if all(line.startswith("- ") for line in lines):
        items = "".join(f"<li>{_inline(line[2:], citations, root_path)}</li>" for line in lines)
        return f"<ul>{items}</ul>"
    return f"<p>{_inline(' '.join(lines), citations, root_path)}</p>"


def _inline(text: str, citations: Mapping[int, Citation], root_path: str) -> str:
    r"""One line of Markdown: markers become links, bold stays bold, the rest is text.

    An escaped bracket (``\[1\]``) is no marker: the pattern of a marker does not fit it.
    """
    parts, place = [], 0
    for marker in markers(text):
        parts.append(_words(text[place : marker.start]))
        as_text = escape(text[marker.start : marker.end])
        parts.append(_marks(marker.numbers, citations, root_path) or as_text)
        place = marker.end
    return "".join((*parts, _words(text[place:])))


def _words(text: str) -> str:
    """Text with ``**bold**`` and backslash escapes understood; spaces at its edges are kept."""
    pieces = _PIECE.findall(text)
    stars = pieces.count("**") // 2 * 2  # one without a partner stays as it is
    parts, bold = [], False
    for piece in pieces:
        if piece == "**" and stars:
            bold, stars = not bold, stars - 1
            parts.append("<strong>" if bold else "</strong>")
        else:
            parts.append(exact(piece[1:] if _is_escape(piece) else piece))
    return "".join(parts)


def _is_escape(piece: str) -> bool:
    return len(piece) == 2 and piece[0] == "\\" and piece[1] in _ESCAPABLE
