"""The script that puts the chat into another site's page.

    <script src="https://host/ragbot/embed.js" data-theme="light" defer></script>
    <div data-ragbot></div>

Its address never changes, so it may be kept for minutes only. Who may really frame the chat is the
browser's decision, by the ``frame-ancestors`` header (see ``security``); the script only makes the
frame and sizes it. The other end, inside the frame, is ``static/frame.js``.
"""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import FileResponse

from ragbot.web.page import STATIC_FOLDER

HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",  # a page may ask that all it loads says so
}


def router() -> APIRouter:
    """The one route."""
    routes = APIRouter(include_in_schema=False)

    @routes.head("/embed.js")
    @routes.get("/embed.js")
    async def script() -> FileResponse:
        return FileResponse(
            STATIC_FOLDER / "embed.js", media_type="text/javascript", headers=HEADERS
        )

    return routes
