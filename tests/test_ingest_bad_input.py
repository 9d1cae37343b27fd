"""Files that are no good, or not quite: every one has a clear outcome."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.parsers.table import parse_file
from ingest.split import split_file
from ragbot.errors import EmptyFile, SourceError, UnsupportedFile

PROSE = "The naïve café owner said “yes” – and a nurse agreed. It took a long time to decide. "


def notes(data: bytes) -> tuple[str, ...]:
    parsed = parse_file("library/a.txt", data)
    assert parsed.notes[-1] == "The kind of page is not known: indexed as plain text."
    return parsed.notes[:-1]


@pytest.mark.parametrize("data", [b"", b" \n\t\r\n", "\u00a0\u200b\n".encode(), b"\xef\xbb\xbf"])
def test_nothing_to_read(data: bytes) -> None:
    with pytest.raises(EmptyFile):
        parse_file("library/a.txt", data)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"PK\x03\x04word/document.xml", "ZIP container"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "PNG image"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG image"),
        (b"\x7fELF\x02\x01\x01" + bytes(50), "program"),
        (b"SQLite format 3\x00" + bytes(50), "SQLite"),
        (bytes(range(256)) * 8, "binary"),
        (bytes(200), "binary"),
        (b"a\x01b\x02c\x03" * 20, "binary"),
    ],
)
def test_binary_files(data: bytes, message: str) -> None:
    with pytest.raises(UnsupportedFile, match=message) as caught:
        parse_file("library/a.bin", data)
    assert caught.value.hint
    assert "library/a.bin" in caught.value.message


@pytest.mark.parametrize(
    ("encoding", "note"),
    [
        ("cp1252", "Not UTF-8: read as windows-1252."),
        ("utf-16", "Not UTF-8: read as utf-16."),
        ("utf-16-le", "Not UTF-8: read as utf-16-le."),
        ("utf-16-be", "Not UTF-8: read as utf-16-be."),
        ("utf-32", "Not UTF-8: read as utf-32."),
    ],
)
def test_other_encodings_are_read_and_noted(encoding: str, note: str) -> None:
    data = PROSE.encode(encoding)
    assert parse_file("library/a.txt", data).text == PROSE
    assert notes(data) == (note,)


def test_latin_1_is_read() -> None:
    text = "Le café est fermé, a nurse said. Later it opened again."
    assert parse_file("library/a.txt", text.encode("latin-1")).text == text


def test_another_alphabet_is_guessed() -> None:
    text = "Привет, мир. Это достаточно длинный русский текст для угадывания кодировки. " * 3
    parsed = parse_file("library/a.txt", text.encode("cp1251"))
    assert parsed.text == text
    assert parsed.notes[0].startswith("Not UTF-8: read as ")


def test_utf_8_is_left_alone() -> None:
    text = "\ufeffOne.\r\nTwo\u00a0ﬁt.\rThree e\u0301.\n"
    parsed = parse_file("library/a.txt", text.encode())
    assert parsed.text == text
    assert [parsed.text[s:e] for c in split_file(parsed) for s, e in c.sentences] == [
        "One.",
        "Two\u00a0ﬁt.",
        "Three e\u0301.",
    ]


def test_a_few_control_characters_are_kept_and_noted() -> None:
    data = b"A nurse\x00 came. " + b"Then she left again. " * 20
    assert notes(data) == ("Control characters in the text: 1.",)
    parsed = parse_file("library/a.txt", data)
    assert "\x00" in parsed.text
    assert all("\x00" not in chunk.embedding_text for chunk in split_file(parsed))


def test_markup_of_an_unknown_kind_is_kept_as_text_and_noted() -> None:
    data = b"<?xml version='1.0'?><notes><script>alert(1)</script><p>Hi there.</p></notes>"
    assert notes(data) == ("It holds HTML or XML markup, which is indexed with the text.",)
    assert "<script>alert(1)</script>" in parse_file("library/a.txt", data).text


def test_markup_in_a_known_page_stays_text() -> None:
    text = (
        '2001 ◽ \nAuthor(s): \nBo <b onclick="x">Ek</b>\n\n'
        "AimTo <script>alert('x')</script> ask.ResultsYes & no.\n"
    )
    parsed = parse_file("library/a.txt", text.encode())
    assert parsed.kind == "abstract_listing"
    assert parsed.documents[0].fields[-1].value == 'Bo <b onclick="x">Ek</b>'
    first = parsed.documents[0].sections[0]
    assert parsed.text[first.start : first.end] == "To <script>alert('x')</script> ask."


@pytest.mark.parametrize(
    "text",
    [
        "Author(s):\n",
        "Author(s):\n\nText without names stands here.\n",
        "◽\nAuthor(s): ◽\n◽\n\n◽\n",
        "Comments\nComments\nComments.\n",
        "Heading\nText.\nComments\nGood.\nComments\n",
        '{"title": "", "abstract": "", "doi": ""}\n',
        '{"title": "A", "abstract": "\\n\\n", "doi": "x"}\n',
        '{"title": "A", "abstract": "One. Two.", "authors": [[[]]]}\nAbstract\n\nOne. Two.\n',
        "# \n## \n",
        "...\n",
    ],
)
def test_shells_of_known_pages_end_in_a_result_or_a_clear_error(text: str) -> None:
    try:
        parsed = parse_file("library/a.txt", text.encode())
    except SourceError as error:
        assert error.message
    else:
        for document in parsed.documents:
            assert document.label
            assert 0 <= document.start <= document.end <= len(text)
        for chunk in split_file(parsed):
            assert text[chunk.start : chunk.end].strip()


SHELL = st.sampled_from(
    [
        "Author(s): \n",
        "◽ \u00a0\n",
        "2001 ◽\n",
        "Vol 3 (2) ◽\n",
        "pp. 1-2\n",
        "...\n",
        "Bo Ek ◽\n",
        "\n",
        "AimTo go.ResultsWe went.\n",
        "Comments\n",
        "Add your comment",
        "I am a nurse at Elm. ",
        "As a GP, I agree.\n",
        "Our work\n",
        "We did it.\n",
        "- a thing\n",
        "One thing:\n",
        "\r\n",
        '{"title": "A b", "abstract": "We did it.\\n\\nOne thing.", "doi": "10.1/x"}\n',
        "Abstract\n",
        "scholarly journals A title of five words\n",
        "<b>",
        "\ufeff",
        "\x00",
        "é",
        "{",
        "# H\n",
    ]
)


@settings(deadline=None)
@given(st.lists(SHELL, max_size=25).map("".join))
def test_any_mixture_of_page_parts_is_survived(text: str) -> None:
    try:
        parsed = parse_file("library/a.txt", text.encode())
    except SourceError:
        return
    assert parsed.text == text
    for document in parsed.documents:
        for section in document.sections:
            assert document.start <= section.start < section.end <= document.end
        for field in document.fields:
            assert document.start <= field.start < field.end <= document.end
    for chunk in split_file(parsed):
        assert text[chunk.start : chunk.end].strip()


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_file_or_a_clear_error(data: bytes) -> None:
    try:
        parsed = parse_file("library/a.txt", data)
    except SourceError as error:
        assert error.message.startswith(("library/a.txt", "The text of library/a.txt"))
    else:
        assert parsed.documents
        split_file(parsed)
