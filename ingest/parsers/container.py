r"""ZIP containers (DOCX, EPUB), opened with care: what they unpack to is counted before it is read.

    with opened(content) as archive:
        xml = part(archive, "word/document.xml", path=content.path)

Parts whose declared size is out of all proportion are refused before a byte of them is unpacked,
and no part is unpacked beyond what it declares. Names inside are looked up and never become paths
on the disk.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from ingest.parsers.content import Content
from ragbot.errors import SourceError, UnreadableFile, UnsupportedFile

MOST_PARTS = 10_000
MOST_BYTES = 300_000_000  #: all parts unpacked, pictures included
MOST_MARKUP = 50_000_000  #: one part of text; a thousand pages are about 5 MB
MOST_RATIO = 250  #: unpacked to packed; text packs about 10:1, DOCX tables up to 60:1
SMALL = 1_000_000  #: bytes below which the ratio does not matter
_MARKUP = (".xml", ".rels", ".html", ".xhtml", ".htm", ".opf", ".ncx")
_SAVE_AGAIN = "Open it in the program that made it and save it again."
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError)


def is_zip(content: Content) -> bool:
    """The signature of a ZIP file at the very beginning."""
    return content.data.startswith(b"PK\x03\x04")


def names(content: Content) -> frozenset[str]:
    """The names in a ZIP file; empty where its directory cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(content.data)) as archive:
            return frozenset(archive.namelist())
    except _BROKEN:
        return frozenset()


@contextmanager
def opened(content: Content) -> Iterator[zipfile.ZipFile]:
    """The container, once its directory has been found harmless.

    Raises:
        UnreadableFile: it is broken.
        UnsupportedFile: it is a bomb, or encrypted.
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content.data))
    except _BROKEN as error:
        raise broken(content.path, error) from error
    with archive:
        check(content.path, archive.infolist())
        yield archive


def check(path: str, parts: list[zipfile.ZipInfo]) -> None:
    """Look at the declared sizes.

    Raises:
        UnsupportedFile: unpacking would take too much, or needs a password.
    """
    total = sum(part.file_size for part in parts)
    if len(parts) > MOST_PARTS or total > MOST_BYTES:
        message = f"{path} would unpack to {len(parts):,} parts and {total:,} bytes."
        raise UnsupportedFile(message, hint="Split it, or save it without its pictures.")
    for part in parts:
        too_long = part.filename.lower().endswith(_MARKUP) and part.file_size > MOST_MARKUP
        ratio = part.file_size / max(1, part.compress_size)
        if too_long or (part.file_size > SMALL and ratio > MOST_RATIO):
            message = f"{path} looks like a decompression bomb: a part unpacks {ratio:,.0f} times."
            raise UnsupportedFile(message, hint=_SAVE_AGAIN)
        if part.flag_bits & 1:
            raise UnsupportedFile(
                f"{path} is protected by a password.", hint="Save it without one."
            )


def part(archive: zipfile.ZipFile, name: str, *, path: str) -> bytes | None:
    """The bytes of a part, None where there is none of that name.

    It is read to its declared length, since ``ZipFile.read`` unpacks all there is before it counts.

    Raises:
        UnreadableFile: it is broken or not as long as declared.
    """
    try:
        declared = archive.getinfo(name).file_size
        with archive.open(name) as stream:
            return stream.read(declared + 1)
    except KeyError:
        return None
    except (*_BROKEN, RuntimeError) as error:
        raise broken(path, error) from error


def broken(path: str, error: Exception) -> SourceError:
    """What to say of a container that cannot be read."""
    return UnreadableFile(
        f"{path} is a broken ZIP container ({type(error).__name__}: {error}).", hint=_SAVE_AGAIN
    )
