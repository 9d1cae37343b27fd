"""Paths given by a person → the files to take.

    found = discover([Path("seeds")])
    found.files[0].path        # "seeds/000_f7a70f3d400ee0f7.txt"

Folders are taken recursively and in order of name. Hidden entries, index folders and notes about
the folder (README.md, SOURCES.md) are skipped; links are followed, each folder once. What cannot be
taken is a problem in the result and never an exception. It reads the bytes once, for their
checksum, and does not look at what they mean.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from ragbot.errors import SourceError, UnreadableFile, UnsupportedFile

ABOUT_THE_FOLDER = frozenset({"README", "SOURCES", "LICENSE", "LICENCE", "CHANGELOG"})
"""Names of notes about a folder: not evidence. One that is asked for by name is taken."""

MAX_BYTES = 200_000_000  #: a larger file is not a text that anyone reads


_Identity = tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to take."""

    path: str  #: relative to the ingested folder's parent, "/"-separated
    disk: Path  #: where it lies
    size: int  #: bytes
    sha256: str  #: of the bytes, lower-case hex


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that was asked for or met, and cannot be taken."""

    path: str
    error: SourceError


@dataclass(frozen=True, slots=True)
class Found:
    """Everything that was found."""

    files: tuple[FoundFile, ...]
    problems: tuple[Problem, ...]
    folders: tuple[str, ...]  #: names of the ingested folders: the first part of their files' paths


@dataclass(slots=True)
class _Walk:
    """What one discovery collects; ``path`` → disk keeps two files from sharing one name."""

    files: list[FoundFile] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    taken: dict[str, Path] = field(default_factory=dict)


def discover(paths: Iterable[Path], *, skip: Sequence[Path] = ()) -> Found:
    """The files under ``paths``.

    ``skip``: files and folders below them to leave out, besides recognised indexes.
    """
    walk = _Walk()
    folders: list[str] = []
    left_out = {_identity(path) for path in skip if path.exists()}
    for given in paths:
        root = Path(os.path.abspath(given))  # noqa: PTH100 (resolve() renames links)
        if not os.path.lexists(root):
            error = UnreadableFile(f"{given} does not exist.", hint="Check the path.")
            walk.problems.append(Problem(str(given), error))
        elif _is_folder(root) and _is_index(root):
            error = UnreadableFile(f"{given} is an index of ragbot, not a source.")
            walk.problems.append(Problem(str(given), error))
        elif _is_folder(root):
            folders.append(root.name)
            for path, disk in _entries(root, root.name, set(), left_out, walk):
                _take(path, disk, walk)
        else:
            _take(f"{root.parent.name}/{root.name}".lstrip("/"), root, walk)
    return Found(
        tuple(sorted(walk.files, key=lambda file: file.path)), tuple(walk.problems), tuple(folders)
    )


def read(file: FoundFile) -> bytes:
    """The file's bytes.

    Raises:
        UnreadableFile: it is gone or may not be read.
    """
    try:
        return file.disk.read_bytes()
    except OSError as error:
        raise _unreadable(file.path, error) from error


def _entries(
    folder: Path, path: str, seen: set[_Identity], left_out: Set[_Identity], walk: _Walk
) -> Iterator[tuple[str, Path]]:
    """Every file below ``folder``; a folder that was seen before is not entered again."""
    identity = _identity(folder)
    if identity in seen:
        return
    seen.add(identity)
    try:
        entries = [] if _is_index(folder) else sorted(folder.iterdir())
    except OSError as error:
        walk.problems.append(Problem(path, _unreadable(path, error)))
        return
    for disk in entries:
        if disk.name.startswith(".") or _identity(disk) in left_out:
            continue
        if _is_folder(disk):
            yield from _entries(disk, f"{path}/{disk.name}", seen, left_out, walk)
        elif not _is_note(disk):
            yield f"{path}/{disk.name}", disk


def _is_note(disk: Path) -> bool:
    """Whether a file is about its folder: by name, and only where the ending fits a note."""
    if disk.stem.upper() not in ABOUT_THE_FOLDER:
        return False
    return disk.suffix.lower() in ("", ".md", ".rst") or disk.name.upper() == "README.TXT"


def _take(path: str, disk: Path, walk: _Walk) -> None:
    try:
        path.encode("utf-8")
        found = _found(path, disk)
    except UnicodeEncodeError:
        shown = path.encode("utf-8", "backslashreplace").decode()
        error: SourceError = UnreadableFile(f"The name of {shown} is not UTF-8.", hint="Rename it.")
        walk.problems.append(Problem(shown, error))
        return
    except OSError as os_error:
        walk.problems.append(Problem(path, _unreadable(path, os_error)))
        return
    except SourceError as source_error:
        walk.problems.append(Problem(path, source_error))
        return
    other = walk.taken.setdefault(path, disk)
    if other is disk:
        walk.files.append(found)
    elif not other.samefile(disk):
        error = UnreadableFile(
            f"{disk} would have the same name in the library as {other}.",
            hint="Rename one of the folders, or ingest their common parent.",
        )
        walk.problems.append(Problem(path, error))


def _found(path: str, disk: Path) -> FoundFile:
    status = disk.stat()
    if not stat.S_ISREG(status.st_mode):
        raise UnreadableFile(f"{path} is not a regular file.")
    if status.st_size > MAX_BYTES:
        raise UnsupportedFile(
            f"{path} is too large: {status.st_size:,} bytes.",
            hint=f"Split it: the most is {MAX_BYTES:,}.",
        )
    with disk.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FoundFile(path, disk, status.st_size, digest)


def _unreadable(path: str, error: OSError) -> UnreadableFile:
    reason = error.strerror or type(error).__name__
    hint = "Check its permissions." if isinstance(error, PermissionError) else ""
    return UnreadableFile(f"{path} cannot be read: {reason}.", hint=hint)


def _identity(entry: Path) -> _Identity:
    """What stays the same whatever an entry is called; None where it cannot be told."""
    try:
        status = entry.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _is_folder(entry: Path) -> bool:
    """Like ``is_dir``, and False where that is not permitted to say."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _is_index(folder: Path) -> bool:
    """Whether ``folder`` is an index of ragbot: it names its current generation."""
    try:
        return (folder / "CURRENT").is_file() and any(folder.glob("*/manifest.json"))
    except OSError:
        return False
