"""Which files an ingest takes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from ingest import discover as module
from ingest.discover import discover, read
from ragbot.errors import UnreadableFile


def write(path: Path, text: str = "Text.") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def paths(*given: Path) -> list[str]:
    return [file.path for file in discover(given).files]


def test_a_folder_is_taken_recursively_and_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "sub/deeper/c.txt", "sub/a.txt"):
        write(tmp_path / "library" / name)
    assert paths(tmp_path / "library") == [
        "library/a.txt",
        "library/b.txt",
        "library/sub/a.txt",
        "library/sub/deeper/c.txt",
    ]


def test_a_single_file_goes_by_its_folder_s_name(tmp_path: Path) -> None:
    file = write(tmp_path / "library" / "a.txt", "Text é.")
    (found,) = discover([file]).files
    assert found.path == "library/a.txt"
    assert found.size == 8
    assert found.sha256 == hashlib.sha256("Text é.".encode()).hexdigest()
    assert read(found) == "Text é.".encode()


def test_dots_and_relative_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "library" / "a.txt")
    monkeypatch.chdir(tmp_path / "library")
    assert paths(Path()) == ["library/a.txt"]
    assert paths(Path("..") / "library") == ["library/a.txt"]
    assert paths(Path("a.txt")) == ["library/a.txt"]


def test_hidden_entries_and_indexes_are_skipped(tmp_path: Path) -> None:
    write(tmp_path / "library" / "a.txt")
    write(tmp_path / "library" / ".hidden")
    write(tmp_path / "library" / ".git" / "config")
    write(tmp_path / "library" / "index" / "CURRENT", "g1")
    write(tmp_path / "library" / "index" / "g1" / "manifest.json", "{}")
    write(tmp_path / "library" / "other" / "x.txt")
    assert paths(tmp_path / "library") == ["library/a.txt", "library/other/x.txt"]
    (problem,) = discover([tmp_path / "library" / "index"]).problems
    assert problem.error.message.endswith("/index is an index of ragbot, not a source.")
    found = discover([tmp_path / "library"], skip=[tmp_path / "library" / "other"])
    assert [file.path for file in found.files] == ["library/a.txt"]
    found = discover([tmp_path / "library"], skip=[tmp_path / "library" / "a.txt", tmp_path / "no"])
    assert [file.path for file in found.files] == ["library/other/x.txt"]


def test_notes_about_a_folder_are_no_sources_unless_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    note = write(folder / "SOURCES.md")
    for name in ("README", "readme.txt", "License.md", "sources.txt", "sources/readme.pdf"):
        write(folder / name)
    assert paths(folder) == ["library/sources.txt", "library/sources/readme.pdf"]
    assert paths(note) == ["library/SOURCES.md"]


def test_links_are_followed_and_loops_end(tmp_path: Path) -> None:
    write(tmp_path / "library" / "a.txt")
    write(tmp_path / "elsewhere" / "b.txt")
    (tmp_path / "library" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "library" / "loop").symlink_to(tmp_path / "library")
    (tmp_path / "elsewhere" / "up").symlink_to(tmp_path / "library")
    assert paths(tmp_path / "library") == ["library/a.txt", "library/link/b.txt"]


def test_what_does_not_exist_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "dangling").symlink_to(tmp_path / "nowhere")
    found = discover([tmp_path / "missing", tmp_path / "library"])
    assert found.files == ()
    assert [(p.path, p.error.message) for p in found.problems] == [
        (str(tmp_path / "missing"), f"{tmp_path / 'missing'} does not exist."),
        ("library/dangling", "library/dangling cannot be read: No such file or directory."),
    ]
    assert found.problems[1].error.hint == ""  # no word of permissions, which are not the matter


def test_special_files_are_problems(tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    os.mkfifo(tmp_path / "library" / "pipe")
    (problem,) = discover([tmp_path / "library"]).problems
    assert problem.error.message == "library/pipe is not a regular file."


def test_a_file_too_large_is_a_problem(tmp_path: Path) -> None:
    file = write(tmp_path / "library" / "huge.txt")
    os.truncate(file, module.MAX_BYTES + 1)
    (problem,) = discover([file]).problems
    assert problem.error.message == "library/huge.txt is too large: 200,000,001 bytes."


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_files_that_may_not_be_read_are_problems(tmp_path: Path) -> None:
    file = write(tmp_path / "library" / "secret.txt")
    file.chmod(0)
    (problem,) = discover([file]).problems
    assert "Permission denied" in problem.error.message


def test_a_name_that_is_not_utf_8_is_a_problem(tmp_path: Path) -> None:
    folder = tmp_path / "library"
    folder.mkdir()
    Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9.txt")).write_text("x", encoding="utf-8")
    (problem,) = discover([folder]).problems
    assert "is not UTF-8" in problem.error.message
    problem.path.encode("utf-8")


def test_two_files_do_not_share_a_name(tmp_path: Path) -> None:
    one = write(tmp_path / "x" / "library" / "a.txt", "One.")
    write(tmp_path / "y" / "library" / "a.txt", "Two.")
    found = discover([tmp_path / "x" / "library", tmp_path / "y" / "library", one])
    assert [file.disk for file in found.files] == [one]
    (problem,) = found.problems
    assert "the same name in the library" in problem.error.message


def test_a_file_that_goes_away_is_unreadable(tmp_path: Path) -> None:
    file = write(tmp_path / "library" / "a.txt")
    (found,) = discover([file]).files
    file.unlink()
    with pytest.raises(UnreadableFile, match="No such file"):
        read(found)
