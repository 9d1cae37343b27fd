"""The audit log: chained, shared by processes, pruned, and no byte of it can be changed."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from ragbot.audit.chain import GENESIS, head_path, record_of, seal, verify
from ragbot.audit.log import AuditLog, export
from ragbot.cli import app
from ragbot.errors import AuditProblem

DAY = timedelta(days=1)


class Clock:
    """A time that moves when told."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of six records that nobody changes."""
    path = tmp_path_factory.mktemp("shared") / "audit.jsonl"
    filled(path, 6)
    return path


def filled(path: Path, count: int = 4) -> AuditLog:
    log = AuditLog(path)
    for n in range(count):
        log.append("answered", user="amy", status="answered", cited=[f"source-{n}#1-2"])
    return log


def records(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def test_each_line_seals_the_one_before(path: Path):
    filled(path)
    lines = records(path)
    assert [line["seq"] for line in lines] == [1, 2, 3, 4]
    assert [line["prev"] for line in lines] == [GENESIS, *(line["hash"] for line in lines[:-1])]
    verdict = verify(path)
    assert (verdict.records, verdict.problems) == (4, ())
    assert verdict.head.hash == lines[-1]["hash"]
    assert path.stat().st_mode & 0o077 == 0


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_change_of_any_byte_is_found(shared: Path, data):
    path = shared.with_name("changed.jsonl")
    head_path(path).write_bytes(head_path(shared).read_bytes())
    whole = shared.read_bytes()
    at = data.draw(st.integers(0, len(whole) - 1), label="at")
    how = data.draw(st.sampled_from(["change", "remove", "insert"]), label="how")
    byte = data.draw(st.integers(0, 255), label="byte")
    rest = whole[at:] if how == "insert" else whole[at + 1 :]
    changed = whole[:at] + (b"" if how == "remove" else bytes([byte])) + rest
    path.write_bytes(changed)
    assert bool(verify(path).problems) == (changed != whole)


@pytest.mark.parametrize("cut", [1, 2, 3])
@pytest.mark.parametrize("first", [0, 1, 2])
def test_lines_removed_or_swapped_are_found(shared: Path, cut: int, first: int):
    path = shared.with_name("cut.jsonl")
    head_path(path).write_bytes(head_path(shared).read_bytes())
    lines = shared.read_bytes().splitlines(keepends=True)
    for wrong in (
        lines[:-cut],
        lines[:first] + lines[first + cut :],
        [*lines[:first], lines[first + cut], *lines[first + 1 :]],
        [*lines, lines[-1]],
        [],
    ):
        path.write_bytes(b"".join(wrong))
        assert verify(path).problems


@given(
    st.dictionaries(
        st.text(max_size=8).filter(lambda key: key not in ("prev", "hash", "seq")),
        st.one_of(
            st.text(max_size=20),
            st.integers(),
            st.floats(allow_nan=False, allow_infinity=False),
            st.none(),
        ),
        max_size=4,
    )
)
def test_any_record_comes_back_as_it_was(facts: dict):
    line = seal({"seq": 1, **facts}, prev=GENESIS)
    assert line.count(b"\n") == 1
    found = record_of(line)
    assert {k: v for k, v in found.items() if k not in ("seq", "prev", "hash")} == facts


def test_a_record_may_not_forge_the_chain():
    with pytest.raises(ValueError, match="own keys"):
        seal({"seq": 1, "hash": "x"}, prev=GENESIS)


def test_what_a_crash_left_is_cut_off_and_said(path: Path):
    log = filled(path)
    with path.open("ab") as file:
        file.write(b'{"seq":5,"time":"20')
    assert verify(path).problems
    log.append("answered")
    assert [r["event"] for r in records(path)[-2:]] == ["recovered", "answered"]
    assert records(path)[-2]["lost_bytes"] == 19
    assert verify(path).problems == ()


def test_a_crash_between_log_and_head_is_no_tampering(path: Path):
    log = filled(path, 2)
    behind = head_path(path).read_text()
    log.append("answered")
    head_path(path).write_text(behind)
    assert verify(path).problems == ()
    log.append("answered")
    assert verify(path).records == 4


@pytest.mark.parametrize("harm", ["cut", "changed", "log gone", "head gone", "head nonsense"])
def test_nothing_is_appended_to_a_log_that_was_changed(path: Path, harm: str):
    log = filled(path)
    whole = path.read_bytes()
    match harm:
        case "cut":
            path.write_bytes(b"".join(whole.splitlines(keepends=True)[:2]))
        case "changed":
            path.write_bytes(whole.replace(b"source-3", b"source-9"))
        case "log gone":
            path.unlink()
        case "head gone":
            head_path(path).unlink()
        case "head nonsense":
            head_path(path).write_text("[]")
    for attempt in (lambda: log.append("answered"), lambda: AuditLog(path)):
        with pytest.raises(AuditProblem):
            attempt()


def test_a_log_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(AuditProblem, match="cannot be written"):
        AuditLog(tmp_path / "file" / "audit.jsonl")


WRITER = """
import sys
from pathlib import Path
from ragbot.audit.log import AuditLog
log = AuditLog(Path(sys.argv[1]))
for n in range(15):
    log.append("answered", by=sys.argv[2], n=n)
"""


def test_several_processes_write_one_chain(path: Path):
    running = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(path), str(name)]) for name in range(3)
    ]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert verify(path).problems == ()
    written = [(r["by"], r["n"]) for r in records(path)]
    assert len(written) == 45
    for name in "012":
        assert [n for by, n in written if by == name] == list(range(15))


def test_old_records_go_and_the_chain_still_holds(path: Path):
    clock = Clock()
    log = AuditLog(path, days=3, now=clock)
    for _ in range(6):
        log.append("answered", day=clock.time.day)
        clock.time += DAY
    log.append("answered", day=clock.time.day)
    kept = records(path)
    assert kept[0]["event"] == "anchor"
    assert [r["day"] for r in kept if r["event"] == "answered"] == [4, 5, 6, 7]
    assert verify(path).problems == ()
    assert [r["event"] for r in kept].count("pruned") >= 1
    clock.time += 400 * DAY  # everything is too old now
    log.append("answered", day="last")
    assert [r["event"] for r in records(path)] == ["anchor", "pruned", "answered"]
    assert verify(path).problems == ()


def test_a_forged_anchor_is_found(path: Path):
    clock = Clock()
    log = AuditLog(path, days=1, now=clock)
    for _ in range(4):
        log.append("answered")
        clock.time += DAY
    lines = path.read_bytes().splitlines(keepends=True)
    anchor = record_of(lines[0])
    facts = {k: v for k, v in anchor.items() if k not in ("prev", "hash")}
    lines[0] = seal({**facts, "time": "2020-01-01T00:00:00.000Z"}, prev=anchor["prev"])
    path.write_bytes(b"".join(lines))
    assert "seals its anchor" in verify(path).problems[0]


def test_a_broken_chain_is_not_pruned(path: Path, caplog: pytest.LogCaptureFixture):
    clock = Clock()
    AuditLog(path, now=clock).append("answered", n=1)
    AuditLog(path, now=clock).append("answered", n=2)
    path.write_bytes(path.read_bytes().replace(b'"n":1', b'"n":7'))
    clock.time += 9 * DAY
    AuditLog(path, days=1, now=clock).append("answered", n=3)
    assert [r.get("n") for r in records(path)] == [7, 2, 3]
    assert "nothing is dropped" in caplog.text


def test_export_takes_a_stretch_of_time(path: Path):
    clock = Clock()
    log = AuditLog(path, now=clock)
    for _ in range(5):
        log.append("answered", day=clock.time.day)
        clock.time += DAY
    first = datetime(2026, 11, 2, tzinfo=UTC)
    assert [r["day"] for r in export(path, since=first, until=first + 2 * DAY)] == [2, 3]


def test_the_command_line(path: Path):
    filled(path, 3)
    run = CliRunner().invoke
    good = run(app, ["audit", "verify", "--log", str(path), "--json"])
    assert good.exit_code == 0
    noted = json.loads(good.stdout)["head"]
    assert run(app, ["audit", "verify", "--log", str(path), "--head", noted]).exit_code == 0
    found = run(app, ["audit", "export", "--log", str(path), "--since", "2020-01-01"])
    assert [json.loads(line)["seq"] for line in found.stdout.splitlines()] == [1, 2, 3]
    path.unlink()
    head_path(path).unlink()
    filled(path, 3)  # somebody remade all of it: only the noted hash tells
    assert run(app, ["audit", "verify", "--log", str(path)]).exit_code == 0
    assert run(app, ["audit", "verify", "--log", str(path), "--head", noted]).exit_code == 1
    path.write_bytes(path.read_bytes().replace(b"amy", b"bob"))
    assert run(app, ["audit", "verify", "--log", str(path)]).exit_code == 1
