"""The conversation: kept in the browser as JSON, shown as HTML, told to the engine as turns.

    turns = restore(stored)                    # from the browser: checked, oldest first
    turn_html(turns[-1], root_path="/chat")
    keep([*turns, Kept(4, answer)])            # back to the browser

What comes from the browser is treated like any other input: what does not fit is dropped, addresses
are made anew, and quotes are compared with the library before they are shown (see ``passages``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ragbot import render
from ragbot.cite import source_url
from ragbot.types import Answer, Citation, Turn
from ragbot.web.answer_html import answer_body
from ragbot.web.feedback import Mode, form_html
from ragbot.web.page import exact

MAX_TURNS = 30  #: kept in the browser
MAX_CONTEXT = 6  #: earlier questions told to the engine

_ANSWER = TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class Kept:
    """A question and its answer, with a number that stays when older ones are dropped."""

    id: int  #: 1-based
    answer: Answer


def restore(stored: object) -> list[Kept]:
    """The turns in what the browser kept; anything else in it is left out."""
    if not isinstance(stored, list):
        return []
    turns = []
    for item in stored[-MAX_TURNS:]:
        try:
            number, answer = int(item["id"]), _ANSWER.validate_python(item["answer"])
        except (TypeError, KeyError, ValueError, ValidationError):
            continue
        turns.append(Kept(number, _with_own_addresses(answer)))
    return turns


def keep(turns: Sequence[Kept]) -> list[dict[str, Any]]:
    """The last turns as JSON values."""
    return [
        {"id": turn.id, "answer": _ANSWER.dump_python(turn.answer, mode="json")}
        for turn in turns[-MAX_TURNS:]
    ]


def next_id(turns: Sequence[Kept]) -> int:
    """The number of the next turn."""
    return turns[-1].id + 1 if turns else 1


def as_history(turns: Sequence[Kept]) -> list[Turn]:
    """What the engine should know of what was said before."""
    history = []
    told = [turn for turn in turns if turn.answer.status in {"answered", "not_in_sources"}]
    for turn in told[-MAX_CONTEXT:]:
        history.append(Turn("user", turn.answer.question))
        history.append(Turn("assistant", render.plain_blocks(turn.answer)))
    return history


def turn_html(turn: Kept, *, root_path: str, busy: str = "", feedback: Mode = "off") -> str:
    """One question and its answer; ``busy`` says what is going on while it is not whole."""
    answer = turn.answer
    body = answer_body(answer, root_path=root_path)
    progress = f'<p class="rb-busy">{render.escape(busy)}</p>' if busy else ""
    tools = _tools(answer) if answer.status == "answered" and not busy else ""
    opinion = "" if busy else form_html(answer, mode=feedback)
    return (
        f'<article class="rb-turn rb-turn--{answer.status}" data-turn="{turn.id}"'
        f' data-state="{"busy" if busy else "done"}">'
        f'<h2 class="rb-question"><span class="rb-hidden">Your question: </span>'
        f"{render.escape(answer.question)}</h2>"
        f'<div class="rb-answer">{body}{progress}</div>{tools}{opinion}</article>'
    )


def next_html(number: int, questions: Sequence[str]) -> str:
    """Questions to go on with after turn ``number``; the page's script asks the one chosen."""
    if not questions:
        return ""
    buttons = "".join(
        f'<li><button type="button" class="rb-ask-next">{render.escape(question)}</button></li>'
        for question in questions
    )
    return (
        f'<section class="rb-next" data-after="{number}" aria-labelledby="rb-next-title">'
        f'<h3 id="rb-next-title">You could ask next</h3><ul>{buttons}</ul></section>'
    )


def copy_text(answer: Answer) -> str:
    """The answer with its references, as plain text to paste."""
    references = render.vancouver(answer.citations)
    return f"{render.plain_blocks(answer)}\n\nReferences\n{references}"


def _tools(answer: Answer) -> str:
    text = copy_text(answer)
    return (
        '<div class="rb-tools">'
        '<button type="button" class="rb-copy">Copy answer with references</button>'
        '<div class="rb-copied" hidden><label><span class="rb-copied__note"></span>'
        f'<textarea readonly rows="6">\n{exact(text)}</textarea></label></div></div>'
    )


def _with_own_addresses(answer: Answer) -> Answer:
    def own(citation: Citation) -> Citation:
        url = source_url(citation.source_id, citation.start, citation.end)
        return replace(citation, url=url)

    return replace(
        answer,
        citations=tuple(own(citation) for citation in answer.citations),
        nearest=tuple(own(citation) for citation in answer.nearest),
    )
