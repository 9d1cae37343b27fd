"""The list of sources and the stored text of each, as HTML read by a real parser."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from ragbot.config import Settings
from ragbot.web.app import create_app
from ragbot.web.markup import Span, annotate
from ragbot.web.page import exact
from tests.browser.fake_assistant import ATTACK, FakeAssistant
from tests.browser.waiting import until

FAKE = FakeAssistant()


class Reader(HTMLParser):
    """Collects the text inside #text, the text by element id, and what is marked."""

    def __init__(self, html: str, *, inside: str | None = "text") -> None:
        super().__init__()
        self.text = ""
        self.by_id: dict[str, str] = {}
        self.ids: list[str] = []
        self.marked = ""
        self.tags: list[str] = []
        self._open: list[tuple[str, str | None]] = [] if inside else [("", None)]
        self._inside = inside
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        name = dict(attrs).get("id")
        self.tags.append(tag)
        if name:
            self.ids.append(name)
        if self._open or name == self._inside:
            self._open.append((tag, name))

    def handle_endtag(self, tag):
        if self._open and self._open[-1][0] == tag:
            self._open.pop()

    def handle_data(self, data):
        if not self._open:
            return
        self.text += data
        for _, name in self._open:
            if name:
                self.by_id[name] = self.by_id.get(name, "") + data
        if any(tag == "mark" for tag, _ in self._open):
            self.marked += data


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), lambda: FAKE)) as ready:
        until(lambda: ready.get("/readyz").status_code == 200)
        yield ready


def test_the_list_names_every_source_with_its_kind_and_place(client: TestClient):
    html = client.get("/sources").text
    assert "1 report, 2" in html
    for document in FAKE.sources():
        assert f'href="/source/{document.source_id}"' in html
        assert f"characters {document.start} to {document.end}" in html
    assert html.count("Reader’s comment – not the publisher’s findings") == 2
    assert html.count("Study abstract") == 2


@pytest.mark.parametrize("source_id", [d.source_id for d in FAKE.sources()])
def test_the_text_is_the_canonical_text_and_every_unit_has_its_anchor(
    client: TestClient, source_id: str
):
    stored = FAKE.source(source_id)
    document, text = stored.document, stored.file.text
    page = Reader(client.get(f"/source/{source_id}").text)
    shown = text[document.start : document.end]
    if source_id == "hostile-1f2e":
        shown = shown.replace("\x00", "␀").replace("\u202e", "\ufffd").replace("\u202c", "\ufffd")
        text = shown
    assert page.text == shown
    assert len(page.ids) == len(set(page.ids))
    for start, end in stored.units:
        assert page.by_id[f"c{start}-{end}"] == text[start:end]
    for field in document.fields:
        assert f"c{field.start}-{field.end}" in page.ids


def test_any_range_is_marked_by_the_server(client: TestClient):
    document = FAKE.source("skivington-2018-7a8b").document
    text = FAKE.source("skivington-2018-7a8b").file.text
    start = text.index("collaborative working")
    end = text.index("between organisations")
    page = Reader(client.get(f"/source/{document.source_id}?start={start}&end={end}").text)
    assert page.marked == text[start:end]
    assert f"c{start}-{end}" in page.ids
    assert (
        f"print(text[{start}:{end}])"
        in client.get(f"/source/{document.source_id}?start={start}&end={end}").text
    )


@pytest.mark.parametrize(
    "query", ["start=a&end=b", "start=-1&end=3", "start=9&end=3", "start=0&end=99999999", "start=1"]
)
def test_a_range_that_is_none_is_ignored(client: TestClient, query: str):
    response = client.get(f"/source/norman-9c0d?{query}")
    assert response.status_code == 200
    assert Reader(response.text).marked == ""


def test_a_comment_says_what_it_is(client: TestClient):
    html = client.get("/source/comment-2-5e6f").text
    assert "It is not part of the publisher’s report or its findings." in html
    assert "a clinical pharmacist with over 20 years experience" in html


@pytest.mark.parametrize("path", ["/source/nope", "/source/..%2f..%2fetc", "/source/%00"])
def test_an_unknown_source(client: TestClient, path: str):
    response = client.get(path)
    assert response.status_code == 404
    assert 'href="/sources"' in response.text


def test_markup_in_a_source_is_text(client: TestClient):
    for path in ("/source/hostile-1f2e", "/source/hostile-1f2e?start=40&end=60", "/sources"):
        html = client.get(path).text
        page = Reader(html, inside=None)
        assert "img" not in page.tags
        assert page.tags.count("script") == html.count('src="/static/ragbot/')
        assert ATTACK in page.text


def test_exact_keeps_offsets():
    assert exact("a\x00b\u202ec\r\n<&>") == "a␀b\ufffdc&#13;\n&lt;&amp;&gt;"


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1)


@given(TEXT, st.data())
def test_annotating_changes_no_character(text: str, data: st.DataObject):
    offsets = st.integers(0, len(text))
    ranges = data.draw(st.lists(st.tuples(offsets, offsets), max_size=8))
    marked = data.draw(st.none() | st.tuples(offsets, offsets).filter(lambda r: r[0] < r[1]))
    spans = [Span(a, b, f"c{a}-{b}") for a, b in ranges]
    html = annotate(text, start=0, end=len(text), spans=spans, marked=marked)
    page = Reader(html, inside=None)
    expected = text.translate(
        dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)], 0xFFFD)
    )
    assert page.text == expected
    assert page.marked == (expected[marked[0] : marked[1]] if marked else "")
    assert len(page.ids) == len(set(page.ids))
    assert html.count("<span") == html.count("</span>")
    for a, b in ranges:
        if a < b:
            assert f"c{a}-{b}" in page.ids


def test_a_crossing_range_becomes_an_empty_anchor():
    spans = [Span(0, 5, "c0-5"), Span(3, 8, "c3-8"), Span(6, 7, "c6-7")]
    page = Reader(annotate("abcdefgh", start=0, end=8, spans=spans), inside=None)
    assert page.by_id == {"c0-5": "abcde", "c6-7": "g"}
    assert page.ids == ["c0-5", "c3-8", "c6-7"]
    marked = annotate("abcdefgh", start=0, end=8, spans=spans, marked=(3, 8))
    assert Reader(marked, inside=None).ids == ["c0-5", "c3-8", "c6-7"]
