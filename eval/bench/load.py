"""``make load``: many users asking at once, against a real server with the seeds.

    LOAD=small python -m eval.bench.load           # under a minute; the default
    LOAD=full python -m eval.bench.load            # 50 users for five minutes

Locust's users ask the API question after question, each from an address of its own (the server is
told to trust this machine as a proxy), with a pause of one to three seconds between questions, as
fast readers do. Printed: errors, p50 and p95, questions a second as a ratio to one user who does
not pause, and the server's memory before and after. On a busy machine read ratios, not seconds.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.summary_text import markdown_table

QUESTIONS = (
    "What did GPs call the extra work of fixing operational failures?",
    "how many nurses took part in the glue ear study",
    "Why did community organisations struggle with social prescribing?",
    "what stops pts using econsult",
    "Who funded the evaluation of primary care networks?",
    "What is the dose of amoxicillin for otitis media?",
    "What does the report recommend about training?",
    "What do readers say about the report?",
)


@dataclass(frozen=True, slots=True)
class Size:
    """How much is asked."""

    users: int
    seconds: int
    alone: int  #: seconds that the single user asks


SIZES = {"small": Size(users=10, seconds=20, alone=8), "full": Size(50, 300, 30)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What Locust counted."""

    requests: int
    failures: int
    p50: float  #: milliseconds
    p95: float
    per_second: float


def main(args: Sequence[str] | None = None) -> int:
    """Run from the command line; 1 if a question failed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--size", choices=SIZES, default=os.environ.get("LOAD", "small"))
    parser.add_argument("--running", type=int, default=0, help="RAGBOT_MAX_RUNNING; 0: its default")
    options = parser.parse_args(args)
    size = SIZES[options.size]
    with (
        tempfile.TemporaryDirectory(prefix="ragbot-load-") as place,
        server(Path(place), running=options.running) as (
            process,
            address,
        ),
    ):
        before = memory_mb(process.pid)
        alone = _locust(address, Path(place) / "alone", users=1, seconds=size.alone, pause=False)
        warm = memory_mb(process.pid)
        crowd = _locust(address, Path(place) / "crowd", users=size.users, seconds=size.seconds)
        after = memory_mb(process.pid)
    rows = [["", "questions", "errors", "p50 ms", "p95 ms", "a second", "ratio"]]
    rows += [_row("1 user, no pause", alone, alone), _row(f"{size.users} users", crowd, alone)]
    print("\n".join(markdown_table(rows)))
    print(
        f"\nServer's memory, MB: {before:.0f} ready, {warm:.0f} after one user, {after:.0f} after."
    )
    return 1 if alone.failures or crowd.failures or not crowd.requests else 0


def _row(name: str, found: Outcome, base: Outcome) -> list[str]:
    ratio = found.per_second / base.per_second if base.per_second else 0.0
    counts = [str(found.requests), str(found.failures)]
    return [
        name,
        *counts,
        f"{found.p50:.0f}",
        f"{found.p95:.0f}",
        f"{found.per_second:.2f}",
        f"{ratio:.2f}",
    ]


@contextmanager
def server(place: Path, *, running: int = 0) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """``ragbot serve`` on a free port with a fresh index of the seeds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RAGBOT_")},
        "RAGBOT_INDEX_DIR": str(place / "index"),
        "RAGBOT_PORT": str(port),
        "RAGBOT_TRUSTED_PROXIES": "127.0.0.1",
        "RAGBOT_FEEDBACK": "off",
        "RAGBOT_LOG_LEVEL": "warning",
        **({"RAGBOT_MAX_RUNNING": str(running)} if running else {}),
    }
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "ragbot.cli", "serve"]
    with (place / "server.log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, cwd=place, stdout=log, stderr=log)  # noqa: S603
        try:
            _wait_until_ready(process, address, place / "server.log")
            yield process, address
        finally:
            process.terminate()
            process.wait(60)


def _wait_until_ready(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"The server did not start:\n{log.read_text('utf-8', 'replace')}")
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=5):  # noqa: S310 - our own
                return
        except OSError:
            time.sleep(1)
    raise SystemExit("The server was not ready after ten minutes.")


def memory_mb(pid: int) -> float:
    """Resident memory of a process and its children, in MB."""
    import psutil

    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    return float(sum(one.memory_info().rss for one in family)) / 1e6


def _locust(address: str, out: Path, *, users: int, seconds: int, pause: bool = True) -> Outcome:
    command = [
        *(sys.executable, "-m", "locust", "-f", str(Path(__file__).with_name("load_users.py"))),
        *("--headless", "--host", address, "--users", str(users), "--spawn-rate", str(users)),
        *("--run-time", f"{seconds}s", "--stop-timeout", "30", "--csv", str(out), "--only-summary"),
    ]
    environment = {**os.environ, "LOAD_PAUSE": "1" if pause else ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)  # noqa: S603
    stats = Path(f"{out}_stats.csv")
    if not stats.exists():
        raise SystemExit(f"Locust failed (pip install 'ragbot[load]'?):\n{done.stderr[-2000:]}")
    with stats.open(encoding="utf-8", newline="") as file:
        total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
    if int(total["Failure Count"]):
        print(Path(f"{out}_failures.csv").read_text("utf-8"), file=sys.stderr)
    return _outcome(total)


def _outcome(total: Mapping[str, str]) -> Outcome:
    return Outcome(
        requests=int(total["Request Count"]),
        failures=int(total["Failure Count"]),
        p50=float(total["50%"]),
        p95=float(total["95%"]),
        per_second=float(total["Requests/s"]),
    )


def body(number: int) -> bytes:
    """The ``number``-th question as a request body."""
    return json.dumps({"question": QUESTIONS[number % len(QUESTIONS)]}).encode()


if __name__ == "__main__":
    sys.exit(main())
