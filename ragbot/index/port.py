"""An index as everybody else sees it: in a folder (``generations``) or on a server (``server``)."""

from __future__ import annotations

from typing import Protocol

from ragbot.index.draft import Draft
from ragbot.index.generation import Generation
from ragbot.index.manifest import EmbedderInfo, Manifest


class Index(Protocol):
    """Generations, one of which is current. ``IndexDirectory`` says what each method raises."""

    def current(self) -> str | None:
        """The id of the live generation, None where nothing has been built yet."""

    def require_current(self) -> str:
        """The id of the live generation."""

    def names(self) -> list[str]:
        """The ids of all generations, oldest first."""

    def manifest(self, name: str) -> Manifest:
        """What a generation holds."""

    def open(self, name: str) -> Generation:
        """A generation, for reading."""

    def verify(self, name: str) -> list[str]:
        """What is wrong with a generation, and with which is current; empty if nothing."""

    def rollback(self, name: str, *, timeout: float = 0.0) -> None:
        """Make an earlier (or later) generation the current one, if it verifies."""

    def begin(
        self, embedder: EmbedderInfo, *, rebuild: bool = False, timeout: float = 0.0
    ) -> Draft:
        """A draft of the next generation, copied from the current one."""
