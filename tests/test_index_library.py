"""library.db: what goes in comes out, whatever the characters and from any thread."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragbot.errors import IndexCorrupt
from ragbot.index.library import Library
from ragbot.index.library_writer import LibraryWriter
from ragbot.index.rows import (
    decode_chunk,
    decode_document,
    decode_file,
    decode_text,
    encode_chunk,
    encode_document,
    encode_file,
    encode_text,
)
from ragbot.types import Chunk, EvidenceType, MetadataField, ParsedFile, Section, SourceDocument
from tests.test_index_support import SENTENCES, parsed

ANY_TEXT = st.text(st.characters(), max_size=20) | st.text("\ud800\udc00\x00é🙂", max_size=5)
NUMBER = st.integers(0, 10**9)


def stored(folder, *files):
    """A library with these (file, chunks) pairs."""
    with closing(LibraryWriter.open(folder / "library.db")) as writer:
        for file, chunks in files:
            writer.put(file, chunks, fingerprint=f"fp-{file.path}")
        writer.finish()
    return Library.open(folder / "library.db")


@given(ANY_TEXT)
def test_any_text_survives(text):
    assert decode_text(encode_text(text)) == text


@given(
    st.builds(
        Chunk,
        chunk_id=ANY_TEXT,
        source_id=ANY_TEXT,
        path=ANY_TEXT,
        start=NUMBER,
        end=NUMBER,
        section=st.none() | ANY_TEXT,
        evidence_type=st.sampled_from(EvidenceType),
        sentences=st.lists(st.tuples(NUMBER, NUMBER), max_size=3).map(tuple),
        body=ANY_TEXT,
        context=ANY_TEXT,
        page=st.none() | NUMBER,
    )
)
def test_any_chunk_survives(chunk):
    assert decode_chunk(encode_chunk(chunk)) == chunk


@given(
    st.builds(
        SourceDocument,
        source_id=ANY_TEXT,
        path=ANY_TEXT,
        start=NUMBER,
        end=NUMBER,
        evidence_type=st.sampled_from(EvidenceType),
        label=ANY_TEXT,
        reference=ANY_TEXT,
        sections=st.lists(st.builds(Section, st.none() | ANY_TEXT, NUMBER, NUMBER), max_size=2).map(
            tuple
        ),
        fields=st.lists(
            st.builds(MetadataField, ANY_TEXT, ANY_TEXT, NUMBER, NUMBER), max_size=2
        ).map(tuple),
        speaker=st.none() | ANY_TEXT,
        about=st.none() | ANY_TEXT,
    )
)
def test_any_document_survives(document):
    assert decode_document(encode_document(document)) == document


@given(st.lists(NUMBER).map(tuple), st.lists(ANY_TEXT).map(tuple), ANY_TEXT)
def test_any_file_survives(page_starts, notes, text):
    file = ParsedFile("p", "00", text, "pdf", (), page_starts, notes)
    assert decode_file(encode_file(file), text=text, documents=()) == file


def test_files_documents_and_chunks_come_back_equal(tmp_path):
    first, first_chunks, _ = parsed("seeds/b.txt")
    second, second_chunks, _ = parsed("seeds/a.txt", SENTENCES[:2])
    second = replace(second, page_starts=(0, 9), text=second.text + "\x00\ud800 end")
    with stored(tmp_path, (first, first_chunks), (second, second_chunks)) as library:
        assert library.file("seeds/b.txt") == first
        assert library.file("seeds/a.txt") == second
        assert library.text("seeds/a.txt") == second.text
        assert [f.path for f in library.files()] == ["seeds/a.txt", "seeds/b.txt"]
        entry = library.files()[1]
        assert (entry.sha256, entry.kind, entry.fingerprint) == (
            first.sha256,
            "test",
            "fp-seeds/b.txt",
        )
        assert entry.text_sha256 == first.sha256  # plain UTF-8: the file itself
        assert library.documents() == [*second.documents, *first.documents]
        assert library.document(first.documents[0].source_id) == first.documents[0]
        assert library.chunks_of(first.documents[0].source_id) == list(first_chunks)
        assert library.chunk(first_chunks[2].chunk_id) == first_chunks[2]
        wanted = [first_chunks[3], second_chunks[0], first_chunks[0]]
        assert library.chunks([c.chunk_id for c in wanted]) == wanted
        assert library.chunk_ids() == sorted(c.chunk_id for c in (*first_chunks, *second_chunks))
        assert library.counts() == {
            "files": 2,
            "documents": 2,
            "chunks": 6,
            "words": len(library.vocabulary()),
        }
        assert library.integrity_problems() == []


def test_many_chunks_are_fetched_in_the_order_asked_for(tmp_path):
    file, chunks, _ = parsed("seeds/a.txt", [f"Sentence number {n}." for n in range(1300)])
    with stored(tmp_path, (file, chunks)) as library:
        ids = [chunk.chunk_id for chunk in reversed(chunks)]
        assert [chunk.chunk_id for chunk in library.chunks(ids)] == ids
        assert library.chunks([]) == []
        assert library.chunks_of(chunks[0].source_id) == list(chunks)


def test_unknown_keys(tmp_path):
    file, chunks, _ = parsed("seeds/a.txt")
    with stored(tmp_path, (file, chunks)) as library:
        for ask in (library.file, library.text, library.document, library.chunk):
            with pytest.raises(KeyError, match="nowhere"):
                ask("nowhere")
        with pytest.raises(KeyError, match="nowhere"):
            library.chunks([chunks[0].chunk_id, "nowhere"])
        with pytest.raises(KeyError):
            library.document(file.documents[0].source_id, path="seeds/b.txt")
        assert library.chunks_of("nowhere") == []
        assert library.places("nowhere") == []


def test_vocabulary_counts_chunks_by_surface_word(tmp_path):
    sentences = ["Asthma, ASTHMA and asthma's café.", "The GP's naïve-looking asthma 42 times_x."]
    file, chunks, _ = parsed("seeds/a.txt", sentences)
    with stored(tmp_path, (file, chunks)) as library:
        words = library.vocabulary()
    assert words == {
        "asthma": 2, "and": 1, "asthma's": 1, "café": 1, "the": 1, "gp's": 1, "naïve": 1,
        "looking": 1, "42": 1, "times": 1, "x": 1,
    }  # fmt: skip


def test_a_source_in_two_files_is_one_source_with_two_places(tmp_path):
    first, chunks, _ = parsed("seeds/a.txt", source_id="same")
    second, others, _ = parsed("seeds/b.txt", source_id="same")
    assert [c.chunk_id for c in chunks] == [c.chunk_id for c in others]
    with stored(tmp_path, (second, others), (first, chunks)) as library:
        assert library.documents() == list(first.documents)
        assert library.document("same").path == "seeds/a.txt"
        assert library.document("same", path="seeds/b.txt") == second.documents[0]
        assert library.places("same") == [*first.documents, *second.documents]
        assert library.chunk(chunks[0].chunk_id).path == "seeds/a.txt"
        assert library.chunks_of("same") == list(chunks)
        assert library.chunks_of("same", path="seeds/b.txt") == list(others)
        assert library.counts()["documents"] == 1
        assert library.counts()["chunks"] == len(chunks)
        assert library.vocabulary()["salbutamol"] == 1


def test_removing_one_of_two_places_keeps_the_chunks(tmp_path):
    first, chunks, _ = parsed("seeds/a.txt", source_id="same")
    second, others, _ = parsed("seeds/b.txt", source_id="same")
    with closing(LibraryWriter.open(tmp_path / "library.db")) as writer:
        assert writer.put(first, chunks, fingerprint="1") == []
        assert writer.put(second, others, fingerprint="2") == []
        assert writer.remove("seeds/a.txt") == []
        assert [c.path for c in writer.searchable()] == ["seeds/b.txt"] * len(others)
        assert writer.remove("seeds/b.txt") == [c.chunk_id for c in others]
        assert writer.remove("seeds/b.txt") == []
        assert writer.fingerprints() == {}


def test_putting_a_file_again_names_the_chunks_that_are_gone(tmp_path):
    file, chunks, _ = parsed("seeds/a.txt")
    shorter, fewer, _ = parsed("seeds/a.txt", SENTENCES[:2])
    with closing(LibraryWriter.open(tmp_path / "library.db")) as writer:
        writer.put(file, chunks, fingerprint="1")
        gone = writer.put(shorter, fewer, fingerprint="2")
        assert gone == [c.chunk_id for c in chunks[2:]]
        assert writer.fingerprints() == {"seeds/a.txt": "2"}
        assert writer.hashes() == {"seeds/a.txt": (shorter.sha256, "2")}


def test_the_same_chunk_twice_in_one_file_is_kept_once(tmp_path):
    file, chunks, _ = parsed("seeds/a.txt")
    with stored(tmp_path, (file, [*chunks, replace(chunks[0], start=1)])) as library:
        assert library.chunk(chunks[0].chunk_id) == chunks[0]
        assert library.counts()["chunks"] == len(chunks)


def test_removed_text_is_not_left_in_the_file(tmp_path):
    secret = "A patient called Zebedee Quillfeather attended."
    file, chunks, _ = parsed("seeds/a.txt", [secret] * 50)
    with closing(LibraryWriter.open(tmp_path / "library.db")) as writer:
        writer.put(file, chunks, fingerprint="1")
        writer.finish()
    assert b"Zebedee" in (tmp_path / "library.db").read_bytes()
    with closing(LibraryWriter.open(tmp_path / "library.db")) as writer:
        writer.remove("seeds/a.txt")
        writer.finish()
    assert b"Zebedee" not in (tmp_path / "library.db").read_bytes()


def test_many_threads_read_one_library(tmp_path):
    files = [parsed(f"seeds/{n}.txt")[:2] for n in range(30)]
    wrong = []
    with stored(tmp_path, *files) as library:

        def read():
            for file, chunks in files:
                if library.text(file.path) != file.text or library.file(file.path) != file:
                    wrong.append(file.path)
                if library.chunks([c.chunk_id for c in chunks]) != list(chunks):
                    wrong.append(file.path)

        threads = [threading.Thread(target=read) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []


def test_a_reader_cannot_write_and_leaves_nothing_behind(tmp_path):
    file, chunks, _ = parsed("seeds/a.txt")
    with stored(tmp_path, (file, chunks)) as library:
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            library._connection.execute("DELETE FROM files")
        assert [p.name for p in tmp_path.iterdir()] == ["library.db"]


def test_paths_with_odd_characters_open(tmp_path):
    folder = tmp_path / "a?b#c%20d é"
    folder.mkdir()
    file, chunks, _ = parsed("seeds/ü #1?.txt")
    with stored(folder, (file, chunks)) as library:
        assert library.file("seeds/ü #1?.txt") == file


@pytest.mark.parametrize("content", [None, b"", b"rubbish" * 1000])
def test_no_library_is_corrupt(tmp_path, content):
    if content is not None:
        (tmp_path / "library.db").write_bytes(content)
    with pytest.raises(IndexCorrupt):
        Library.open(tmp_path / "library.db")
