"""The files themselves, where the operator lets readers open them: PDFs with pages, as ingested.

    originals = Originals.from_settings(settings)     # RAGBOT_ORIGINALS=/srv/papers
    originals.offers(stored.file)                     # whether a link is worth showing
    originals.find(stored.file)                       # the file, for ``ragbot.web.sources`` to send

A file is sent only while its bytes are those that the index was made from, so that the page a
citation names is the page that is shown. Its place comes from the index, never from the address,
and must lie in a folder that the operator named. Other formats are not sent: HTML would run here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.parse import quote as url_quote

from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.render import escape
from ragbot.types import ParsedFile

if TYPE_CHECKING:
    import os

_PDF = b"%PDF-"
_PREAMBLE = 1024  #: bytes that may stand before it (ISO 32000-1, implementation note 13)


class Originals:
    """Finds the file that a source was read from. Safe from several threads."""

    def __init__(self, folders: Sequence[Path] = ()) -> None:
        """``folders``: as they were ingested; their names begin the paths in the index."""
        self._folders = {folder.name: folder for folder in folders}
        self._sums: dict[Path, tuple[tuple[int, int], str]] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_settings(cls, settings: Settings) -> Self:
        """The folders of ``RAGBOT_ORIGINALS``.

        Raises:
            ConfigError: one is not there, or two have the same name.
        """
        folders = [
            Path(part.strip()).absolute() for part in settings.originals.split(",") if part.strip()
        ]
        for folder in folders:
            if not folder.is_dir():
                raise ConfigError(f"RAGBOT_ORIGINALS: {str(folder)!r} is not a folder.")
        if len({folder.name for folder in folders}) < len(folders):
            raise ConfigError(
                "RAGBOT_ORIGINALS: two folders have the same name.",
                hint="Their files could not be told apart in the index either.",
            )
        return cls(folders)

    def offers(self, file: ParsedFile) -> bool:
        """Whether there is a file at its place; whether it is still the same is not looked at."""
        return self._place(file) is not None

    def find(self, file: ParsedFile) -> Path | None:
        """The file, None where it is gone, is no PDF, or is not what was ingested any more."""
        place = self._place(file)
        if place is None:
            return None
        try:
            with place.open("rb") as opened:
                if _PDF not in opened.read(_PREAMBLE):
                    return None
            return place if self._sha256(place) == file.sha256 else None
        except OSError:
            return None

    def _place(self, file: ParsedFile) -> Path | None:
        name, _, rest = file.path.partition("/")
        folder = self._folders.get(name)
        if folder is None or not file.page_starts:
            return None
        try:
            place = (folder / rest).resolve()
            inside = place.is_relative_to(folder.resolve()) and place.is_file()
        except (OSError, RuntimeError, ValueError):  # not to be read, links in a circle, a NUL
            return None
        return place if inside else None

    def _sha256(self, place: Path) -> str:
        """Read once for each state of the file: a viewer asks for it in many parts."""
        state = _state(place.stat())
        with self._lock:
            known = self._sums.get(place)
        if known and known[0] == state:
            return known[1]
        with place.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        with self._lock:
            self._sums[place] = (state, digest)
        return digest


def _state(status: os.stat_result) -> tuple[int, int]:
    return status.st_mtime_ns, status.st_size


def original_link(source_id: str, name: str, page: int | None, *, root_path: str) -> str:
    """A link that opens the original, at a page where the browser's viewer can."""
    href = f"{root_path}/original/{url_quote(source_id, safe='')}"
    place = f" at page {page}" if page else ""
    return (
        f'<a href="{escape(href)}{f"#page={page}" if page else ""}" target="_blank" rel="noopener">'
        f'Open the PDF{place}<span class="rb-hidden">: {escape(name)}, opens in a new tab'
        "</span></a>"
    )
