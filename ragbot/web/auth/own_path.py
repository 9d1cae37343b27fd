"""Where to go after signing in: a path of ours, or the front page. Never another site's.

    own_path("/chat/sources?x=1", root_path="/chat")     # as it is
    own_path("//evil.example", root_path="/chat")        # "/chat/"

It does not ask whether there is such a page.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

LONGEST = 1500  #: characters; the page's question may be among them
_PLAIN = re.compile(r"/[!-\[\]-~]*")  # printable ASCII without the backslash, which is a slash too


def own_path(asked: str, *, root_path: str) -> str:
    """``asked`` where a browser would stay below the root path with it; else the front page."""
    front = root_path + "/"
    if len(asked) > LONGEST or not _PLAIN.fullmatch(asked) or not asked.startswith(front):
        return front
    path = unquote(asked.partition("?")[0].partition("#")[0])
    below = path.removeprefix(root_path)
    leaves = "//" in path or "\\" in path or {".", ".."} & set(path.split("/"))
    return front if leaves or below.startswith("/auth/") else asked
