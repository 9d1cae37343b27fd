"""Finds ``prompts/`` and ``seeds/`` in a checkout or in an installed wheel.

    folder("seeds")  # → /…/checkout/seeds, or /…/site-packages/ragbot/seeds

The wheel carries both folders inside the package (see pyproject.toml).
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from ragbot.errors import ConfigError


def folder(name: Literal["prompts", "seeds", "weights"]) -> Path:
    """The folder of that name.

    Raises:
        ConfigError: neither a checkout nor the wheel has it: the installation is broken.
    """
    package = Path(__file__).resolve().parent
    for place in (package / name, package.parent / name):
        if place.is_dir():
            return place
    raise ConfigError(
        f"The folder {name}/ is missing from this installation of ragbot.",
        hint="Install ragbot again.",
    )
