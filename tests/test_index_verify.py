"""verify finds each kind of damage, and opening refuses what could crash a vendor."""

import hashlib
import json
import shutil
import sqlite3
from contextlib import closing

import pytest

from ragbot.adapters.chroma import ChromaVectors
from ragbot.adapters.lexical import LexicalIndex
from ragbot.errors import IndexCorrupt, IndexMismatch
from ragbot.index.generation import Generation
from ragbot.index.manifest import SCHEMA, load_manifest
from ragbot.index.seal import parts_of
from tests.test_index_support import add, index_at, parsed, vector_of


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    directory = index_at(tmp_path_factory.mktemp("published"))
    add(directory, "seeds/a.txt", "seeds/b.txt")
    return directory


@pytest.fixture
def directory(published, tmp_path):
    shutil.copytree(published.path, tmp_path / "index")
    return index_at(tmp_path)


@pytest.fixture
def folder(directory):
    return directory.folder(directory.current())


def problems(directory):
    return directory.verify(directory.current())


def forge(folder, change):
    """Change the manifest's facts and give it a fitting checksum, as a careless tool would."""
    facts = json.loads((folder / "manifest.json").read_text())
    change(facts)
    facts.pop("checksum")
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    import hashlib

    facts["checksum"] = hashlib.sha256(canonical.encode()).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(facts))


def reseal(folder):
    """Make the manifest's checksums fit the changed parts, to reach the deeper checks."""
    parts = {name: {"bytes": p.bytes, "sha256": p.sha256} for name, p in parts_of(folder).items()}
    forge(folder, lambda facts: facts.update(parts=parts))


def edit(folder, statement, *values):
    with closing(sqlite3.connect(folder / "library.db")) as database, database:
        database.execute(statement, values)
    reseal(folder)


def test_a_whole_generation_has_no_problems(directory):
    assert problems(directory) == []
    assert problems(directory) == []  # and verifying does not damage it


@pytest.mark.parametrize(
    "part",
    ["data_level0.bin", "header.bin", "index_metadata.pickle", "length.bin", "link_lists.bin"],
)
@pytest.mark.parametrize("damage", ["delete", "truncate", "flip"])
def test_a_damaged_graph_file(directory, folder, part, damage):
    path = next((folder / "chroma").rglob(part))
    data = path.read_bytes()
    if damage == "flip" and not data:
        pytest.skip("an empty file has no byte to flip")
    if damage == "delete":
        path.unlink()
    elif damage == "truncate":
        path.write_bytes(data[: len(data) // 2] if data else b"x")
    else:
        path.write_bytes(bytes([data[0] ^ 1]) + data[1:])
    assert any(part in problem for problem in problems(directory))
    if damage != "flip":
        with pytest.raises(IndexCorrupt, match=part):
            Generation.open(folder)


def test_a_deleted_chroma_database(directory, folder):
    (folder / "chroma" / "chroma.sqlite3").unlink()
    assert any("chroma.sqlite3" in problem for problem in problems(directory))
    with pytest.raises(IndexCorrupt, match=r"chroma\.sqlite3"):
        Generation.open(folder)


def test_a_damaged_chroma_database(directory, folder):
    path = folder / "chroma" / "chroma.sqlite3"
    data = bytearray(path.read_bytes())
    data[4096:40960] = bytes(36864)
    path.write_bytes(data)
    assert problems(directory)


@pytest.mark.parametrize("place", [100, 5000, -1])
def test_one_flipped_byte_in_the_library(directory, folder, place):
    data = bytearray((folder / "library.db").read_bytes())
    data[place] ^= 1
    (folder / "library.db").write_bytes(data)
    assert problems(directory) == ["library.db has changed since it was written (checksum)"]


def test_changed_counts_in_the_manifest(directory, folder):
    facts = json.loads((folder / "manifest.json").read_text())
    facts["counts"]["chunks"] += 1
    (folder / "manifest.json").write_text(json.dumps(facts))
    assert "checksum" in problems(directory)[0]
    forge(folder, lambda facts: None)
    assert (
        "should hold 9 chunks, but Chroma has 8 and the lexical index 8" in problems(directory)[0]
    )
    forge(folder, lambda facts: facts["counts"].update(chunks=8, words=1))
    assert "the manifest counts" in problems(directory)[0]


def test_a_missing_lexical_segment(directory, folder):
    next((folder / "lexical").glob("*.idx")).unlink()
    assert any(".idx is missing" in problem for problem in problems(directory))
    with pytest.raises(IndexCorrupt, match=r"\.idx is missing") as caught:
        Generation.open(folder)
    assert "ragbot index rollback" in caught.value.hint


def test_a_manifest_of_another_generation(directory, folder):
    forge(folder, lambda facts: facts.update(generation="20990101T000000000Z-abcdef"))
    assert "20990101T000000000Z-abcdef" in problems(directory)[0]


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": 1}', "\x00"])
def test_a_manifest_that_is_none(directory, folder, text):
    (folder / "manifest.json").write_text(text)
    assert "manifest.json" in problems(directory)[0]


def test_a_missing_manifest(directory, folder):
    (folder / "manifest.json").unlink()
    assert "manifest.json" in problems(directory)[0]


def test_a_format_of_the_future_is_a_mismatch(directory, folder):
    forge(folder, lambda facts: facts.update(schema=SCHEMA + 1, surprise=True))
    with pytest.raises(IndexMismatch, match=f"format {SCHEMA + 1}") as caught:
        load_manifest(folder)
    assert "--rebuild" in caught.value.hint
    assert "format" in problems(directory)[0]


def test_other_source_hashes_in_the_manifest(directory, folder):
    forge(folder, lambda facts: facts["files"]["seeds/a.txt"].update(sha256="00"))
    assert problems(directory) == [
        "the manifest lists other files, or other checksums of files, than library.db"
    ]


def test_a_text_that_is_not_the_file(directory, folder):
    edit(folder, "UPDATE files SET text = CAST(text || X'21' AS BLOB) WHERE path = 'seeds/a.txt'")
    assert problems(directory) == [
        "The stored text of seeds/a.txt is not the one that was read in."
    ]


@pytest.mark.parametrize(
    ("key", "value"),
    [("end", 10**6), ("start", -1), ("start", 40), ("sentences", [[0, 10**6]]), ("end", 0)],
)
def test_a_chunk_outside_its_text(directory, folder, key, value):
    chunk_id = parsed("seeds/a.txt")[1][0].chunk_id
    with closing(sqlite3.connect(folder / "library.db")) as database:
        (data,) = database.execute(
            "SELECT data FROM chunks WHERE chunk_id = ?", [chunk_id]
        ).fetchone()
    changed = json.dumps({**json.loads(data), key: value}).encode()
    edit(folder, "UPDATE chunks SET data = ? WHERE chunk_id = ?", changed, chunk_id)
    assert problems(directory) == [f"1 chunks lie outside their text: {chunk_id}"]


def test_ids_that_differ_between_the_stores(directory, folder):
    chunks = parsed("seeds/a.txt")[1]
    with ChromaVectors.open(folder / "chroma") as vectors:
        vectors.delete([chunks[0].chunk_id])
        vectors.put(["stranger"], ["s"], vector_of("stranger")[None])
    with LexicalIndex.open(folder / "lexical") as lexical:
        lexical.delete([chunks[1].chunk_id])
        lexical.add([chunks[2]])
        lexical.commit()
    reseal(folder)
    assert problems(directory) == [
        f"1 chunks are missing from Chroma: {chunks[0].chunk_id}",
        "1 unknown chunks are in Chroma: stranger",
        f"1 chunks are missing from the lexical index: {chunks[1].chunk_id}",
        "the lexical index holds 1 chunks twice",
    ]


def test_many_bad_chunks_are_counted_and_five_are_named(directory, folder):
    nothing = hashlib.sha256(b"").hexdigest()
    edit(folder, f"UPDATE files SET text = X'', text_sha256 = '{nothing}'")
    found = problems(directory)
    assert found[-1].startswith("8 chunks lie outside their text: ")
    assert found[-1].endswith(", …")
