"""Gradio's theme without its fonts; colours and sizes come from ``static/base.css``.

    gr.mount_gradio_app(..., theme=plain_theme())

Gradio's own themes name web fonts; this one names only what a machine has, so that nothing is
fetched for it.
"""

from __future__ import annotations

import gradio as gr

FONTS = ["Arial", "Helvetica", "sans-serif"]
MONO = ["Consolas", "Menlo", "monospace"]


def plain_theme() -> gr.themes.Base:
    """The bare theme, with local fonts."""
    return gr.themes.Base(
        font=[gr.themes.Font(name) for name in FONTS],
        font_mono=[gr.themes.Font(name) for name in MONO],
        radius_size="none",
    )
