"""Opening the PDF itself: the file that was ingested, from a folder that the operator named."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from ragbot.assistant import Assistant, StoredSource
from ragbot.config import Settings, load_settings
from ragbot.errors import ConfigError
from ragbot.types import ParsedFile
from ragbot.web.app import create_app
from ragbot.web.originals import Originals
from ragbot.web.passages import card, in_context
from ragbot.wiring import open_assistant, run_ingest
from tests.browser.waiting import until
from tests.test_parser_pdf import report
from tests.test_web_sources import Reader

QUESTION = "What do nurses see?"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shelf") / "papers"
    (folder / "wounds").mkdir(parents=True)
    (folder / "wounds" / "a report – final.pdf").write_bytes(report(pages=3))
    (folder / "note.txt").write_text("Patients waited four weeks for a first visit last year.")
    return folder


@pytest.fixture(scope="module")
def settings(shelf: Path) -> Settings:
    made = load_settings(index_dir=shelf.parent / "index", originals=str(shelf))
    rows = run_ingest(made, [shelf]).rows
    assert [row.outcome for row in rows] == ["added"] * 2
    return made


@pytest.fixture(scope="module")
def library(settings: Settings) -> Assistant:
    return open_assistant(settings)


@pytest.fixture(scope="module")
def stored(library: Assistant) -> StoredSource:
    (found,) = [s for s in library.sources() if s.path.endswith(".pdf")]
    return library.source(found.source_id)


@pytest.fixture
def client_of(library: Assistant) -> Callable[[Settings], TestClient]:
    def ready(settings: Settings) -> TestClient:
        client = TestClient(create_app(settings, lambda: library))
        client.__enter__()
        until(lambda: client.get("/readyz").status_code == 200)
        clients.append(client)
        return client

    clients: list[TestClient] = []
    yield ready
    for client in clients:
        client.__exit__()


def test_the_pdf_opens_at_the_page_of_the_passage(client_of, settings, stored, shelf: Path):
    client, source_id = client_of(settings), stored.document.source_id
    answer = client.post("/api/ask", json={"question": QUESTION}).json()
    cited = next(c for c in answer["citations"] or answer["nearest"] if c["page"])
    page = client.get(f"/source/{source_id}?start={cited['start']}&end={cited['end']}").text
    assert f'href="/original/{source_id}#page={cited["page"]}"' in page
    got = client.get(f"/original/{source_id}")
    assert got.content == (shelf / "wounds" / "a report – final.pdf").read_bytes()
    assert got.headers["content-type"] == "application/pdf"
    assert got.headers["content-disposition"].startswith("inline")
    assert got.headers["x-content-type-options"] == "nosniff"
    part = client.get(f"/original/{source_id}", headers={"range": "bytes=0-4"})
    assert (part.status_code, part.content) == (206, b"%PDF-")
    assert client.head(f"/original/{source_id}").status_code == 200


def test_the_panel_has_the_same_link(library: Assistant, settings, stored):
    answer = library.ask(QUESTION)
    cited = next(c for c in (*answer.citations, *answer.nearest) if c.page)
    link = f'href="/chat/original/{cited.source_id}#page={cited.page}"'
    for originals, shown in ((Originals.from_settings(settings), True), (Originals(), False)):
        view = in_context(cited, stored, originals)
        assert (link in card(view, turn=1, nearest=False, root_path="/chat")) is shown


def test_the_text_says_where_pages_begin_and_is_the_same_text(client_of, settings, stored):
    html = client_of(settings).get(f"/source/{stored.document.source_id}").text
    read = Reader(html)
    assert [name for name in read.ids if name.startswith("page-")] == ["page-1", "page-2", "page-3"]
    text = stored.file.text[stored.document.start : stored.document.end]
    assert read.text == text.replace("\f", "␌")
    assert [f'href="#page-{n}"' in html for n in (1, 2, 3, 4)] == [True, True, True, False]


def test_nothing_is_offered_where_the_operator_names_no_folder(client_of, settings, stored):
    client = client_of(settings.model_copy(update={"originals": ""}))
    assert "/original/" not in client.get(f"/source/{stored.document.source_id}").text
    refused = client.get(f"/original/{stored.document.source_id}")
    assert refused.status_code == 404
    assert "The original cannot be shown" in refused.text


def test_only_pdfs_are_sent(client_of, settings, library: Assistant, stored):
    client = client_of(settings)
    (note,) = [s for s in library.sources() if s.path.endswith(".txt")]
    assert "/original/" not in client.get(f"/source/{note.source_id}").text
    assert client.get(f"/original/{note.source_id}").status_code == 404
    assert client.get("/original/nobody-1234").status_code == 404
    assert client.get("/original/..%2f..%2fetc%2fpasswd").status_code == 404


def test_a_file_that_has_changed_is_not_sent(stored: StoredSource, shelf: Path, tmp_path: Path):
    folder = tmp_path / "papers"
    shutil.copytree(shelf, folder)
    originals = Originals([folder])
    place = folder / "wounds" / "a report – final.pdf"
    assert originals.find(stored.file) == place.resolve()
    place.write_bytes(report(pages=4))
    assert originals.offers(stored.file)
    assert originals.find(stored.file) is None
    place.unlink()
    assert not originals.offers(stored.file)
    assert originals.find(stored.file) is None


def test_a_path_of_the_index_cannot_lead_out_of_the_folder(stored: StoredSource, shelf: Path):
    outside = shelf.parent / "secret.pdf"
    outside.write_bytes(report(pages=3))
    (shelf / "link.pdf").symlink_to(outside)
    originals = Originals([shelf])
    (shelf / "circle.pdf").symlink_to(shelf / "circle.pdf")
    for path in (
        "papers/circle.pdf",
        "papers/a\0b.pdf",
        "papers/../secret.pdf",
        "papers/link.pdf",
        "papers//etc/passwd",
        "papers",
        "x/y",
    ):
        assert not originals.offers(replace(stored.file, path=path)), path
    assert not originals.offers(ParsedFile("papers/note.txt", "", "", "text", ()))


def test_folders_that_make_no_sense_are_named(tmp_path: Path):
    with pytest.raises(ConfigError, match="'/nowhere' is not a folder"):
        Originals.from_settings(load_settings(originals="/nowhere"))
    for name in ("a/papers", "b/papers"):
        (tmp_path / name).mkdir(parents=True)
    twice = f"{tmp_path}/a/papers, {tmp_path}/b/papers"
    with pytest.raises(ConfigError, match="two folders have the same name"):
        Originals.from_settings(load_settings(originals=twice))
