"""Parsing in processes of their own: limits, crashes, and what may come back."""

from __future__ import annotations

import os
import pickle
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from ingest.parsers.table import parse_file
from ingest.split import split_file
from ingest.work import Order, Parsed, Refused, dumps, loads, work
from ingest.workers import Limits, ReadAhead, Workers
from ragbot.errors import WorkerProblem
from tests.browser.waiting import until

SENTENCE = "General practice teams saw more patients than the year before. "
SMALL = Limits(seconds=30, megabytes=300, result_bytes=8_000_000)


def write(folder: Path, name: str, text: str = SENTENCE) -> Order:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return Order(f"library/{name}", path, 900)


def refusal(data: bytes) -> str:
    done = loads(data)
    assert isinstance(done, Refused), done
    return done.reason


def children() -> set[int]:
    """Processes that this one started and that have not ended."""
    return {child.pid for child in psutil.Process().children()}


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_a_worker_gives_what_parsing_here_would_give(tmp_path: Path) -> None:
    order = write(tmp_path, "a.txt", f"# Teams\n\n{SENTENCE * 30}")
    with Workers(jobs=1) as workers:
        done = loads(workers.submit(order).result())
    assert isinstance(done, Parsed)
    assert done.file == parse_file("library/a.txt", order.disk.read_bytes())
    assert done.chunks == split_file(done.file, max_chars=900)
    assert len(done.marks) == 1
    assert done.seconds > 0


def test_a_worker_is_light_and_serves_many_files(tmp_path: Path) -> None:
    before = children()
    with Workers(jobs=2) as workers:
        for n in range(12):
            assert isinstance(loads(workers.submit(write(tmp_path, f"{n}.txt")).result()), Parsed)
        started = children() - before
        assert len(started) == 1  # one after another needs no second
        maps = Path(f"/proc/{started.pop()}/maps").read_text()
        assert not [name for name in ("torch", "scipy", "chromadb", "tantivy") if name in maps]
    assert children() == before


def test_a_file_that_takes_too_long_fails_alone(tmp_path: Path) -> None:
    slow = write(tmp_path, "slow.txt", SENTENCE * 20_000)
    quick = write(tmp_path, "quick.txt")
    with Workers(jobs=1, limits=Limits(seconds=2)) as workers:
        assert isinstance(loads(workers.submit(quick).result()), Parsed)
        assert refusal(workers.submit(slow).result()) == (
            "library/slow.txt took longer than 2 seconds to parse and was left out."
            " If you trust it, allow more with RAGBOT_FILE_SECONDS."
        )
        assert isinstance(loads(workers.submit(quick).result()), Parsed)


def test_a_file_that_needs_too_much_memory_fails_alone(tmp_path: Path) -> None:
    greedy = write(tmp_path, "greedy.txt", "é" * 60_000_000)
    with Workers(jobs=1, limits=SMALL) as workers:
        assert refusal(workers.submit(greedy).result()) == (
            "library/greedy.txt needs more memory than the 300 MB that a file may take."
        )
        assert isinstance(loads(workers.submit(write(tmp_path, "b.txt")).result()), Parsed)


def test_a_file_that_gives_too_much_fails_alone(tmp_path: Path) -> None:
    limits = Limits(result_bytes=10_000)
    large = write(tmp_path, "large.txt", f"{SENTENCE}\n\n" * 100)
    with Workers(jobs=1, limits=limits) as workers:
        reason = refusal(workers.submit(large).result())
        assert reason == "library/large.txt gives more than 10,000 bytes of results. Split it."
        assert isinstance(loads(workers.submit(write(tmp_path, "b.txt")).result()), Parsed)


def test_a_file_that_crashes_its_parser_fails_alone(tmp_path: Path) -> None:
    slow = write(tmp_path, "slow.txt", SENTENCE * 20_000)
    before = children()
    with Workers(jobs=1) as workers:
        assert isinstance(loads(workers.submit(write(tmp_path, "a.txt")).result()), Parsed)
        future = workers.submit(slow)
        (worker,) = children() - before
        parsing = psutil.Process(worker)
        used = sum(parsing.cpu_times()[:2])
        until(lambda: sum(parsing.cpu_times()[:2]) > used + 0.1)  # it is in the middle of it
        os.kill(worker, signal.SIGSEGV)
        reason = refusal(future.result())
        assert reason.startswith("library/slow.txt brought its parser down (SIGSEGV)")
        assert isinstance(loads(workers.submit(write(tmp_path, "b.txt")).result()), Parsed)


def test_a_worker_ends_with_its_ingest(tmp_path: Path) -> None:
    order = write(tmp_path, "a.txt")
    code = (
        "import sys, time; from pathlib import Path; from ingest.workers import *\n"
        f"pool = Workers(jobs=1); order = Order('a.txt', Path({str(order.disk)!r}), 900)\n"
        "pool.submit(order).result()\n"
        "print(next(iter(pool._all))._process.pid, flush=True); time.sleep(600)"
    )
    ingest = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert ingest.stdout
    worker = int(ingest.stdout.readline())
    assert not ended(worker)
    ingest.kill()
    ingest.wait()
    ingest.stdout.close()
    until(lambda: ended(worker))


def test_refusals_say_what_and_which(tmp_path: Path) -> None:
    gone = Order("library/gone.txt", tmp_path / "gone.txt", 900)
    assert work(gone) == Refused(
        "library/gone.txt cannot be read: No such file or directory.", 0
    ) or (
        refusal(dumps(work(gone))) == "library/gone.txt cannot be read: No such file or directory."
    )
    heading = write(tmp_path, "empty.txt", "")
    assert refusal(dumps(work(heading))) == "library/empty.txt is empty."


class Intruder:
    def __reduce__(self) -> tuple[object, ...]:
        return (os.getenv, ("HOME",))


@pytest.mark.parametrize(
    "data",
    [pickle.dumps(Intruder()), pickle.dumps("text"), b"", b"no pickle", pickle.dumps(Path())],
)
def test_nothing_but_results_comes_back(data: bytes) -> None:
    with pytest.raises(pickle.UnpicklingError):
        loads(data)


def test_results_come_in_order_whatever_takes_longest(tmp_path: Path) -> None:
    orders = [write(tmp_path, f"{n:02}.txt", SENTENCE * (800 if n == 0 else 1)) for n in range(20)]
    known = dumps(Refused("known"))
    with Workers(jobs=2) as workers:
        ahead = ReadAhead(workers, ((o, known if n == 7 else None) for n, o in enumerate(orders)))
        results = [result for result in ahead if result]
    assert [order.path for order, _ in results] == [order.path for order in orders]
    assert [n for n, (_, data) in enumerate(results) if data == known] == [7]


def test_a_closed_pool_takes_nothing() -> None:
    workers = Workers(jobs=1)
    workers.close()
    workers.close()
    with pytest.raises((RuntimeError, WorkerProblem)):
        workers.submit(Order("a", Path("a"), 900)).result()
