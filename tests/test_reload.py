"""An ingest beside a server under load: no request fails, and the new source is answered from."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

from fastapi.testclient import TestClient

from ragbot.config import Settings
from ragbot.web.app import create_app
from ragbot.wiring import open_assistant, run_ingest
from tests.browser.waiting import until

NEW = "The Zedborough pilot placed falconers in eleven practices and halved pigeon complaints."


def test_a_new_index_is_taken_up_without_a_dropped_request(seed_settings: Settings, tmp_path: Path):
    index = tmp_path / "index"
    shutil.copytree(seed_settings.index_dir, index)
    settings = Settings(index_dir=index, limit_address="", feedback="off")
    found: list[tuple[int, str]] = []
    stop = threading.Event()

    with TestClient(create_app(settings, lambda: open_assistant(settings))) as client:
        until(lambda: client.get("/readyz").status_code == 200)

        def ask() -> None:
            while not stop.is_set():
                answer = client.post("/api/ask", json={"question": "Who funded the report?"})
                found.append((answer.status_code, answer.json().get("index", "")))

        askers = [threading.Thread(target=ask) for _ in range(3)]
        for asker in askers:
            asker.start()
        until(lambda: len(found) > 3)
        (tmp_path / "new.txt").write_text(f"A report on falconry.\n\n{NEW}\n", encoding="utf-8")
        run_ingest(settings, [tmp_path / "new.txt"])
        first = found[0][1]
        until(lambda: found[-1][1] != first)
        stop.set()
        for asker in askers:
            asker.join()
        hits = client.get("/api/search", params={"q": "falconers in practices"}).json()["passages"]

    assert {status for status, _ in found} == {200}
    assert len({index for _, index in found}) == 2  # the old generation or the new, never neither
    assert NEW in hits[0]["text"]
