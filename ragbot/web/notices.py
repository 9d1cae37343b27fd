"""Pages that say why there is no other page: getting ready, cannot answer, not found.

    notices.waiting(LIBRARY, failure=None, root_path="")

They are answered before Gradio or the engine is there, so they need neither.
"""

from __future__ import annotations

from fastapi.responses import HTMLResponse

from ragbot.render import escape
from ragbot.web import page


def waiting(part: str, *, failure: str | None, root_path: str, status: int = 503) -> HTMLResponse:
    """What is shown until ``part`` is there, or when it cannot be (``failure`` says why).

    ``part`` is one of the words of ``/healthz``'s ``waiting_for``: the page's script reloads it
    when that word is gone.
    """
    scripts: tuple[str, ...] = ()
    if failure:
        title, text, reload = "ragbot cannot answer", escape(failure), ""
    else:
        title = "Getting ready…"
        text = "ragbot is starting. It takes a few seconds. This page reloads by itself."
        scripts = ("waiting.js",)
        reload = '<noscript><meta http-equiv="refresh" content="5"></noscript>'
    body = (
        f"<h1>{title}</h1>"
        f'<p role="status" id="waiting" data-health="{escape(root_path)}/healthz"'
        f' data-part="{escape(part)}">{text}</p>'
    )
    html = page.document(
        title=title, body=body, root_path=root_path, scripts=scripts, extra_head=reload
    )
    return HTMLResponse(html, status, headers={"Retry-After": "5", "Cache-Control": "no-store"})


def missing(*, root_path: str) -> HTMLResponse:
    """No such source, or no such page."""
    body = (
        "<h1>Page not found</h1><p>There is no such page or source here. A source’s address "
        "changes when its text changes.</p>"
        f'<p><a href="{escape(root_path)}/sources">See all sources in this library</a></p>'
    )
    return HTMLResponse(page.document(title="Page not found", body=body, root_path=root_path), 404)


def no_original(*, root_path: str) -> HTMLResponse:
    """The file that a source was read from cannot be shown."""
    body = (
        "<h1>The original cannot be shown</h1><p>The file is not there, may not be opened here, or "
        "has changed since it was read. The text that answers quote is on the source’s page.</p>"
        f'<p><a href="{escape(root_path)}/sources">See all sources in this library</a></p>'
    )
    title = "The original cannot be shown"
    return HTMLResponse(page.document(title=title, body=body, root_path=root_path), 404)
