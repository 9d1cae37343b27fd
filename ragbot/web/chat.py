"""The chat page, in Gradio: what is on it, and which widget starts what.

    blocks = build_chat(desk, options=ChatOptions(root_path="", examples=("…",)))

The conversation log and the source panel are HTML of our own (``conversation``, ``passages``);
Gradio brings the question box, the buttons, the queue and the stream. The conversation lives in
the browser (``gr.BrowserState``) and comes along with each question. What happens then is in
``dialogue``. This module imports Gradio, which takes seconds: import it late.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr

from ragbot.web.asker import NOBODY, asker_of
from ragbot.web.desk import Desk
from ragbot.web.dialogue import Chat, Screen
from ragbot.web.feedback import Mode
from ragbot.web.originals import Originals

#: Not a secret that protects anything: the key that hides the conversation in the browser's own
#: store. It is fixed so that a conversation outlives a restart of the server.
STORE_SECRET = "ragbot-conversation"  # noqa: S105

INTRO = (
    '<section class="rb-intro"><h1>Ask your library</h1>'
    "<p>Type a question in plain English. Every sentence of the answer is tied to an exact "
    "passage that you can open and check.</p></section>"
)
PANEL = (
    '<h2 id="rb-panel-title" tabindex="-1">Sources</h2>'
    '<p class="rb-quiet rb-panel-empty">The exact passages behind each answer appear here.</p>'
)

#: All but the question box, in the order of ``Widgets.outputs``.
CLEAR_PAGE = "() => new Promise(done => setTimeout(() => done(['', '', '', '', [], '']), 250))"

#: For the bundled sources; an operator with another library passes others.
DEFAULT_EXAMPLES = (
    "What does the report recommend?",
    "What support do people in additional roles need?",
    "How did GPs describe compensatory labour?",
    "What do the studies say about primary care networks?",
    "What do readers say about the report?",
)


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """What the operator chooses about the page."""

    root_path: str = ""  #: path prefix behind a proxy
    examples: Sequence[str] = field(default=DEFAULT_EXAMPLES)  #: questions offered as buttons
    feedback: Mode = "off"  #: what is asked under an answer
    suggestions: bool = False  #: offer questions to go on with


def build_chat(desk: Desk, originals: Originals, *, options: ChatOptions) -> gr.Blocks:
    """The page, with its events wired."""
    chat = Chat(desk, originals, root_path=options.root_path, feedback=options.feedback)
    blocks = gr.Blocks(title="ragbot", analytics_enabled=False, fill_width=True)
    with blocks:
        widgets = _lay_out(options)
        _wire(blocks, widgets, chat, suggestions=options.suggestions)
    return blocks


@dataclass(frozen=True, slots=True)
class Widgets:
    """The parts of the page that events read or write."""

    question: gr.Textbox
    past: gr.HTML
    live: gr.HTML
    past_panel: gr.HTML
    live_panel: gr.HTML
    store: gr.BrowserState
    next: gr.HTML
    ask: gr.Button
    new: gr.Button
    stop: gr.Button
    again: gr.Button
    edit: gr.Button
    examples: tuple[gr.Button, ...]

    def outputs(self) -> list[Any]:
        """In the order of ``_values``."""
        return [
            self.question,
            self.past,
            self.live,
            self.past_panel,
            self.live_panel,
            self.store,
            self.next,
        ]


def _lay_out(options: ChatOptions) -> Widgets:
    store = gr.BrowserState(
        [], storage_key=f"ragbot-conversation{options.root_path}", secret=STORE_SECRET
    )
    with gr.Row(elem_id="rb-grid"):
        with gr.Column(elem_id="rb-chat"):
            _html("rb-intro", INTRO)
            past, live = _html("rb-past"), _html("rb-live")
            following = _html("rb-next")
            with gr.Column(elem_id="rb-composer"):
                question = gr.Textbox(
                    label="Your question",
                    lines=1,
                    max_lines=6,
                    elem_id="rb-question",
                    container=True,
                )
                with gr.Row(elem_id="rb-buttons"):
                    ask = gr.Button("Ask", variant="primary", elem_id="rb-ask")
                    stop = gr.Button("Stop", elem_id="rb-stop")
                    again = gr.Button("Ask again", elem_id="rb-again")
                    edit = gr.Button("Edit question", elem_id="rb-edit")
                    new = gr.Button("New chat", variant="secondary", elem_id="rb-new")
            with gr.Column(elem_id="rb-examples"):
                _html("rb-examples-title", "<h2>You could ask</h2>")
                examples = tuple(
                    gr.Button(text, elem_classes="rb-example") for text in options.examples
                )
        with gr.Column(elem_id="rb-sources"):
            _html("rb-panel", PANEL)
            past_panel, live_panel = _html("rb-past-panel"), _html("rb-live-panel")
    return Widgets(
        *(question, past, live, past_panel, live_panel, store, following),
        *(ask, new, stop, again, edit, examples),
    )


def _html(elem_id: str, value: str = "") -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, js_on_load=None, apply_default_css=False)


def _wire(blocks: gr.Blocks, widgets: Widgets, chat: Chat, *, suggestions: bool) -> None:
    async def answer(
        question: str, stored: object, request: gr.Request
    ) -> AsyncIterator[tuple[Any, ...]]:
        asker = asker_of(request.request.scope) if request.request else NOBODY
        async for screen in chat.answer(question, stored, asker):
            yield _values(screen)

    async def restore(stored: object) -> AsyncIterator[tuple[Any, ...]]:
        async for screen in chat.restore(stored):
            yield _values(screen)

    async def again(stored: object, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        asker = asker_of(request.request.scope) if request.request else NOBODY
        async for screen in chat.again(stored, asker):
            yield _values(screen)

    async def suggest(stored: object) -> str:
        return (await chat.suggest(stored)).next or ""

    async def edit(stored: object) -> tuple[Any, ...]:
        return _values(await chat.edit(stored))

    async def stop(stored: object) -> tuple[Any, ...]:
        return _values(await chat.stop(stored))

    quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
    asking: dict[str, Any] = {
        "fn": answer,
        "inputs": [widgets.question, widgets.store],
        "outputs": widgets.outputs(),
        "concurrency_limit": None,  # the engine itself bounds how many it takes
        **quiet,
    }
    running = [gr.on([widgets.question.submit, widgets.ask.click], trigger_mode="once", **asking)]
    for button in widgets.examples:
        chosen = button.click(lambda text=button.value: text, outputs=widgets.question, **quiet)
        running.append(chosen.then(**asking))
    last: dict[str, Any] = {"inputs": [widgets.store], "outputs": widgets.outputs(), **quiet}
    running.append(widgets.again.click(again, concurrency_limit=None, **last))
    if suggestions:  # an event of its own: the answer is whole before it begins
        offering = {**last, "outputs": [widgets.next], "concurrency_limit": None}
        running += [each.then(suggest, **offering) for each in running[:]]
    widgets.edit.click(edit, concurrency_limit=None, **last)
    widgets.stop.click(stop, concurrency_limit=None, cancels=running, **last)
    widgets.new.click(fn=None, js="() => ''", outputs=widgets.question, **quiet)
    # What was on its way when the answer was cancelled is drawn first, then cleared.
    widgets.new.click(
        fn=None, js=CLEAR_PAGE, outputs=widgets.outputs()[1:], cancels=running, **quiet
    )
    blocks.load(
        restore,
        inputs=[widgets.store],
        outputs=widgets.outputs(),
        concurrency_limit=None,
        **quiet,
    )
    prefill = "() => new URLSearchParams(window.location.search).get('q') || ''"
    blocks.load(None, js=prefill, outputs=[widgets.question], **quiet)


def _values(screen: Screen) -> tuple[Any, ...]:
    """In the order of ``Widgets.outputs``."""
    parts = (
        screen.question,
        screen.past,
        screen.live,
        screen.past_panel,
        screen.live_panel,
        screen.kept,
        screen.next,
    )
    return tuple(gr.skip() if part is None else part for part in parts)
