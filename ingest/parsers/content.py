r"""A file's bytes, and the text they decode to.

    content = Content("seeds/a.txt", b"caf\xe9")
    content.text     # "café"
    content.notes    # ("Not UTF-8: read as windows-1252.",)

UTF-8 is decoded and otherwise left alone: a byte order mark stays in the text and ``\r\n`` stays
``\r\n``, so that offsets are those of ``open(path, encoding="utf-8", newline="").read()``. It does
not read the disk.
"""

from __future__ import annotations

import codecs
import hashlib
import io
import re
import zipfile
from functools import cached_property

from ingest.clean import is_blank
from ragbot.errors import EmptyFile, UnsupportedFile

_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0", "an old or a protected Office document"),
    (b"{\\rtf", "an RTF document"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"II*\x00", "a TIFF image"),
    (b"MM\x00*", "a TIFF image"),
    (b"RIFF", "a sound, film or WebP image"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an XZ archive"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"PAR1", "a Parquet table"),
    (b"\x89HDF", "an HDF5 file"),
    (b"%!PS", "a PostScript document"),
    (b"ID3", "a sound"),
    (b"OggS", "a sound or film"),
    (b"MZ\x90", "a program"),
    (b"\x7fELF", "a program"),
    (b"SQLite format 3\x00", "an SQLite database"),
)
_ZIPS = (  # what a ZIP container with a part of that name is
    ("xl/workbook", "an Excel workbook"),
    ("ppt/presentation", "a PowerPoint presentation"),
    ("visio/", "a Visio drawing"),
    ("word/", "a Word document without its text"),
    ("content.xml", "an OpenDocument file"),
    ("Index/Document.iwa", "an Apple iWork document"),
    ("META-INF/MANIFEST.MF", "a Java archive"),
)
_FILM = b"ftyp"  #: at byte 4
_DECLARED = re.compile(rb"(?:charset|encoding)\s*=\s*[\"']?([A-Za-z0-9_.:-]{3,30})", re.IGNORECASE)
_DECLARED_WITHIN = 2048  #: bytes; HTML wants it within 1024
_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_ASCII_TEXT = re.compile(rb"[A-Za-z \t\r\n]")
_MOST_CONTROLS = 0.02  #: share of control characters above which a file is no text
_HALF_ZERO = 0.8  #: share of zeros in every second byte that tells UTF-16 without a mark
_WESTERN = 0.8  #: share of ASCII letters and spaces above which other bytes are windows-1252
_HINT = "Save it as plain text (UTF-8) or PDF."


class Content:
    """One file's bytes under the path by which the library knows it."""

    def __init__(self, path: str, data: bytes) -> None:
        """``path``: relative to the ingested folder's parent, "/"-separated."""
        self.path = path
        self.data = data

    @cached_property
    def sha256(self) -> str:
        """Of the bytes, lower-case hex."""
        return hashlib.sha256(self.data).hexdigest()

    @property
    def text(self) -> str:
        """The decoded text.

        Raises:
            EmptyFile: there is no text in it.
            UnsupportedFile: it is binary or in no encoding that can be told.
        """
        return self._decoded[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the ingest report should know about the decoding."""
        return self._decoded[1]

    @cached_property
    def _decoded(self) -> tuple[str, tuple[str, ...]]:
        if not self.data:
            raise EmptyFile(f"{self.path} is empty.")
        text, notes = _decode(self.path, self.data)
        controls = len(_CONTROLS.findall(text))
        if controls > _MOST_CONTROLS * len(text):
            raise UnsupportedFile(f"{self.path} is binary.", hint=_HINT)
        if is_blank(text):
            raise EmptyFile(f"{self.path} holds only white space.")
        if controls:
            notes = (*notes, f"Control characters in the text: {controls}.")
        return text, notes


def _decode(path: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    if known := _known_binary(data):
        raise UnsupportedFile(f"{path} is {known}, which is not read.", hint=_HINT)
    try:
        for bom, encoding in _BOMS:
            if data.startswith(bom):
                return data.decode(encoding).removeprefix("\ufeff"), (_note(encoding),)
        for side, encoding in ((1, "utf-16-le"), (0, "utf-16-be")):
            if 2 * data[side::2].count(0) > _HALF_ZERO * len(data):
                return data.decode(encoding), (_note(encoding),)
        return data.decode("utf-8"), ()
    except UnicodeDecodeError:
        return _guess(path, data)


def _known_binary(data: bytes) -> str:
    """What a file is by its first bytes, "" where that says nothing."""
    if data.startswith(b"PK\x03\x04"):
        return _zip_kind(data)
    if data[4:8] == _FILM:
        return "a film or HEIC image"
    return next((name for signature, name in _SIGNATURES if data.startswith(signature)), "")


def _zip_kind(data: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return "a broken ZIP container (DOCX, XLSX, ODT, EPUB …)"
    for part, name in _ZIPS:
        if any(entry.startswith(part) for entry in inside):
            return name
    return f"a ZIP archive of {len(inside)} files"


def _decoded(data: bytes, encoding: str) -> str | None:
    """None where the bytes do not fit, or nobody knows such an encoding."""
    try:
        return data.decode(encoding)
    except (LookupError, UnicodeDecodeError):
        return None


def _guess(path: str, data: bytes) -> tuple[str, tuple[str, ...]]:
    declared = _DECLARED.search(data, 0, _DECLARED_WITHIN)
    if declared and data.lstrip()[:1] == b"<":
        encoding = declared.group(1).decode("ascii")
        text = _decoded(data, encoding)
        if text is not None:  # else it declares what it is not: what follows may know better
            return text, (_note(encoding.lower()),)
    plain = len(_ASCII_TEXT.findall(data))
    if plain > _WESTERN * len(data):
        text = _decoded(data, "cp1252")
        if text is not None:  # else it has one of the five bytes that mean nothing there
            return text, (_note("windows-1252"),)
    from charset_normalizer import from_bytes

    best = from_bytes(data).best()
    if best is None or (data.count(0) > _MOST_CONTROLS * len(data) and "16" not in best.encoding):
        raise UnsupportedFile(
            f"{path} is binary, or in an encoding that cannot be told.", hint=_HINT
        )
    return str(best), (_note(best.encoding.replace("_", "-")),)


def _note(encoding: str) -> str:
    return f"Not UTF-8: read as {encoding}."
