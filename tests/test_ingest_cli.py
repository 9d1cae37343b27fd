"""``ragbot ingest`` at its edges, without a model: reports, dry runs, exit codes, Ctrl-C."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from ingest.report import IngestReport, Row
from ragbot.cli import app
from ragbot.cli_ingest import _stopping


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder in which everything fails: no model is loaded for it."""
    folder = tmp_path / "library"
    folder.mkdir()
    (folder / "empty.txt").write_text("")
    (folder / "=cmd().txt").write_text("")
    return folder


def run(*arguments: str | Path, index: Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments), "--index", str(index)])


def test_the_outcomes_as_json_and_csv(library: Path, tmp_path: Path) -> None:
    index = tmp_path / "index"
    for name in ("out.json", "out.csv"):
        done = run("ingest", library, "--report", tmp_path / name, "--json", index=index)
        assert done.exit_code == 2  # nothing could be done
    printed = json.loads(done.stdout)
    written = json.loads((tmp_path / "out.json").read_text())
    assert [row["path"] for row in printed["files"]] == [row["path"] for row in written["files"]]
    rows = [*csv.DictReader(io.StringIO((tmp_path / "out.csv").read_text("utf-8-sig")))]
    assert [row["file"] for row in rows] == ["library/=cmd().txt", "library/empty.txt"]
    assert rows[1]["outcome"] == "failed"
    assert rows[1]["reason"] == "library/empty.txt is empty."


def test_a_cell_is_never_a_formula() -> None:
    rows = tuple(Row(path, "failed", reason="+1") for path in ("=a", "+a", "-a", "@a", "a=b"))
    table = [*csv.DictReader(io.StringIO(IngestReport(rows, None, 0, 0.0).to_csv()))]
    assert [row["file"] for row in table] == ["'=a", "'+a", "'-a", "'@a", "a=b"]
    assert {row["reason"] for row in table} == {"'+1"}


def test_a_dry_run_makes_no_index(library: Path, tmp_path: Path) -> None:
    (library / "a.txt").write_text("A text about care. It is short.")
    done = run("ingest", library, "--dry-run", index=tmp_path / "index")
    assert done.exit_code == 1
    assert "Nothing was written. Texts that would be embedded: 1." in done.stdout
    assert not (tmp_path / "index").exists()


@pytest.mark.parametrize("report", ["out.txt", "nowhere/out.csv"])
def test_a_report_that_cannot_be_written_is_refused_before_the_work(
    library: Path, tmp_path: Path, report: str
) -> None:
    done = run("ingest", library, "--report", tmp_path / report, index=tmp_path / "index")
    assert done.exit_code == 2
    assert not (tmp_path / "index").exists()


def test_watching_what_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    done = run("watch", tmp_path / "nowhere", index=tmp_path / "index")
    assert done.exit_code == 2


def test_the_first_ctrl_c_asks_and_the_second_interrupts() -> None:
    stop, before = threading.Event(), signal.getsignal(signal.SIGINT)
    with _stopping(stop, signal.SIGINT):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(60)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            threading.Event().wait(60)
    assert signal.getsignal(signal.SIGINT) is before
