"""The frame of every page: head, skip link, header, footer; and text made safe for it.

    page.document(title="Sources", body=html, root_path="/chat")

Plain functions instead of a template language: there is little of it, and every value passes
``escape`` or ``exact`` where it is put in. Nothing here knows a question or a source.
"""

from __future__ import annotations

import hashlib
import html
import re
from functools import cache
from pathlib import Path

from ragbot.render import escape

PRODUCT = "ragbot"
STRAPLINE = "Answers from your library, with the exact passage"
STATIC_FOLDER = Path(__file__).resolve().parent / "static"
STATIC_PATH = "/static/ragbot"  #: below Gradio's own /static

_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def exact(text: str) -> str:
    r"""Canonical text as HTML text, one character for one character, white space kept.

    A control character is shown as its picture (``\x00`` as ``␀``) and a direction override as
    ``�``, so that neither can change how the rest is read. Offsets stay what they are.
    """
    text = _CONTROL.sub(lambda found: _picture(found.group()), text)
    return html.escape(_BIDI.sub("\ufffd", text), quote=True).replace("\r", "&#13;")


def _picture(control: str) -> str:
    return "\u2421" if control == "\x7f" else chr(0x2400 + ord(control))


@cache
def _version(name: str) -> str:
    return hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()[:12]


def static_url(name: str, *, root_path: str) -> str:
    """Where a file of ``static/`` is; the address changes with its content."""
    return f"{escape(root_path)}{STATIC_PATH}/{name}?v={_version(name)}"


def head(*, styles: tuple[str, ...], scripts: tuple[str, ...], root_path: str) -> str:
    """Links to our own styles, scripts and icon."""
    parts = [f'<link rel="icon" href="{static_url("icon.svg", root_path=root_path)}">']
    parts += [
        f'<link rel="stylesheet" href="{static_url(name, root_path=root_path)}">' for name in styles
    ]
    parts += [
        f'<script src="{static_url(name, root_path=root_path)}" defer></script>' for name in scripts
    ]
    return "".join(parts)


def header(*, root_path: str, current: str, skip_to: str) -> str:
    """Skip link and banner; ``current``: "chat", "sources" or "" for neither."""
    here = ' aria-current="page"'
    links = "".join(
        f'<li><a href="{escape(root_path)}{path}"{here if key == current else ""}>{name}</a></li>'
        for key, path, name in (("chat", "/", "Ask"), ("sources", "/sources", "Sources"))
    )
    return (
        f'<a class="rb-skip" href="#{skip_to}">Skip to main content</a>'
        '<header class="rb-header"><div class="rb-width">'
        f'<p class="rb-brand"><a href="{escape(root_path)}/">{PRODUCT}</a>'
        f'<span class="rb-strapline">{STRAPLINE}</span></p>'
        f'<nav aria-label="Main"><ul>{links}</ul></nav>'
        "</div></header>"
    )


def footer(*, root_path: str, embedded: bool = False, account: bool = False) -> str:
    """What a reader should keep in mind on every page.

    ``embedded``: in a frame, so the least. ``account``: the reader can sign out.
    """
    away = ' target="_blank" rel="noopener"' if embedded else ""
    note = '<span class="rb-hidden"> (opens in a new tab)</span>' if embedded else ""
    links = "".join(
        f'<li><a href="{escape(root_path)}{path}"{away}>{name}{note}</a></li>'
        for path, name in (("/privacy", "Privacy"), ("/accessibility", "Accessibility"))
    )
    if account:
        links += f'<li><a href="{escape(root_path)}/auth/account">Your account</a></li>'
    return (
        f'<footer class="rb-foot{"note" if embedded else "er"}"><div class="rb-width">'
        "<p>ragbot quotes the sources in this library. It gives no medical advice and does not "
        f"check whether a source is right or up to date.</p><ul>{links}</ul></div></footer>"
    )


def document(
    *,
    title: str,
    body: str,
    root_path: str,
    current: str = "",
    styles: tuple[str, ...] = ("base.css",),
    scripts: tuple[str, ...] = (),
    extra_head: str = "",
) -> str:
    """A whole page; ``body`` is HTML, all else is text."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)} – {PRODUCT}</title>"
        f"{extra_head}{head(styles=styles, scripts=scripts, root_path=root_path)}</head><body>"
        f"{header(root_path=root_path, current=current, skip_to='main')}"
        f'<main id="main" class="rb-width rb-main" tabindex="-1">{body}</main>'
        f"{footer(root_path=root_path)}</body></html>"
    )
