"""Backups: what goes in comes out, between folders and servers, and nothing else does."""

import io
import json
import tarfile
from itertools import count

import pytest

from ragbot.errors import IndexCorrupt, IndexLocked, IndexProblem, NoIndex
from ragbot.index.backup import CONTENTS, backup, restore
from ragbot.index.server import ServerIndex
from tests.test_index_server import found
from tests.test_index_support import EMBEDDER, add, index_at, parsed

LIBRARIES = count()


@pytest.fixture(params=["folder", "server"])
def make(request, tmp_path):
    """Makes an empty index of the kind."""
    numbers = count()

    def folder():
        return index_at(tmp_path / f"index-{next(numbers)}")

    def server():
        url = f"{request.getfixturevalue('chroma_server')}/backup-{next(LIBRARIES)}"
        return ServerIndex(url, cache=tmp_path / f"cache-{next(numbers)}")

    return folder if request.param == "folder" else server


@pytest.fixture
def archive(tmp_path):
    index = index_at(tmp_path / "archived")
    add(index, "seeds/a.txt", "seeds/b.txt")
    backup(index, index.require_current(), tmp_path / "library.tar.gz")
    return tmp_path / "library.tar.gz"


def test_a_backup_of_either_comes_back_whole_in_a_folder(make, tmp_path):
    index = make()
    name = add(index, "seeds/a.txt", "seeds/b.txt")
    add(index, "seeds/c.txt")
    backup(index, name, tmp_path / "library.tar.gz")
    other = index_at(tmp_path / "other")
    add(other, "seeds/z.txt")
    restored = restore(other, tmp_path / "library.tar.gz")
    assert other.require_current() == restored == other.names()[-1]
    assert found(other) == found(index, name)
    assert other.verify(restored) == []
    assert other.manifest(restored).embedder == EMBEDDER
    assert add(other, "seeds/d.txt") == other.require_current()  # it can be built upon
    assert list(tmp_path.glob("*.partial")) == []


def test_a_backup_of_a_folder_comes_back_whole_in_either(make, archive, tmp_path):
    index = make()
    restored = restore(index, archive)
    assert index.require_current() == restored
    assert found(index) == found(index_at(tmp_path / "archived"))
    assert index.verify(restored) == []


def rewritten(archive, change):
    """The archive with its members changed by ``change``, a list of (name, bytes, type)."""
    with tarfile.open(archive) as old:
        members = [(m.name, old.extractfile(m).read(), tarfile.REGTYPE) for m in old]
    with tarfile.open(archive, "w:gz") as new:
        for name, data, kind in change(members):
            info = tarfile.TarInfo(name)
            info.type, info.size = kind, len(data) if kind == tarfile.REGTYPE else 0
            info.linkname = "/etc/passwd" if kind != tarfile.REGTYPE else ""
            new.addfile(info, io.BytesIO(data) if info.size else None)


def listed(members, **files):
    facts = json.loads(members[0][1])
    facts["files"] |= files
    return [(CONTENTS, json.dumps(facts).encode(), tarfile.REGTYPE), *members[1:]]


EVIL = {"bytes": 4, "sha256": "0" * 64}
HARMS = {
    "not listed": lambda m: [*m, ("extra.txt", b"evil", tarfile.REGTYPE)],
    "outside": lambda m: [
        *listed(m, **{"../evil.txt": EVIL}),
        ("../evil.txt", b"evil", tarfile.REGTYPE),
    ],
    "absolute": lambda m: [
        *listed(m, **{"/tmp/evil.txt": EVIL}),
        ("/tmp/evil.txt", b"evil", tarfile.REGTYPE),
    ],
    "generation outside": lambda m: [
        (CONTENTS, m[0][1].replace(b'"generation": "', b'"generation": "../'), m[0][2]),
        *m[1:],
    ],
    "a link": lambda m: [
        *listed(m, link={**EVIL, "bytes": 0}),
        ("link", b"", tarfile.SYMTYPE),
    ],
    "missing": lambda m: m[:-1],
    "twice": lambda m: [*m, m[-1]],
    "changed": lambda m: [*m[:-1], (m[-1][0], m[-1][1][:-1] + b"!", m[-1][2])],
    "no list": lambda m: m[1:],
    "an empty list": lambda m: [(CONTENTS, b"{}", tarfile.REGTYPE)],
    "too large": lambda m: listed(m, huge={"bytes": 1 << 60, "sha256": "0" * 64}),
}


@pytest.mark.parametrize("harm", HARMS)
def test_an_archive_that_is_not_ours_changes_nothing(archive, tmp_path, harm):
    rewritten(archive, HARMS[harm])
    index = index_at(tmp_path / "careful")
    before = add(index, "seeds/z.txt")
    with pytest.raises(IndexProblem):
        restore(index, archive)
    assert (index.current(), index.names()) == (before, [before])
    assert not (tmp_path / "evil.txt").exists()


@pytest.mark.parametrize("data", [b"", b"no archive at all", b"\x1f\x8b\x08 broken"])
def test_what_is_no_archive_is_said_to_be_none(tmp_path, data):
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(IndexCorrupt, match="backup"):
        restore(index_at(tmp_path), tmp_path / "file")
    with pytest.raises(IndexCorrupt, match="There is no backup"):
        restore(index_at(tmp_path), tmp_path / "nowhere")


def test_half_an_archive_is_no_backup(archive, tmp_path):
    archive.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    with pytest.raises(IndexCorrupt, match="no whole backup"):
        restore(index_at(tmp_path), archive)


def test_a_damaged_generation_is_not_backed_up(tmp_path):
    index = index_at(tmp_path)
    name = add(index, "seeds/a.txt")
    (index.folder(name) / "library.db").write_bytes(b"damaged")
    with pytest.raises(IndexCorrupt, match="damaged"):
        backup(index, name, tmp_path / "library.tar.gz")
    with pytest.raises(NoIndex):
        backup(index, "20260102T030405678Z-1a2b3c", tmp_path / "library.tar.gz")
    assert not (tmp_path / "library.tar.gz").exists()


def test_a_restore_waits_its_turn(archive, tmp_path):
    index = index_at(tmp_path)
    with index.begin(EMBEDDER) as draft:
        draft.put(*parsed("seeds/z.txt"), "fp")
        with pytest.raises(IndexLocked):
            restore(index, archive)
