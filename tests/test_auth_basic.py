"""Passwords in a file: the command that writes it, what it refuses, and what guessing costs."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import bcrypt
import pytest
from typer.testing import CliRunner

from ragbot.cli import app
from ragbot.config import Settings
from ragbot.errors import ConfigError
from ragbot.web.app import create_app
from ragbot.web.auth.basic import MOST_FAILURES
from ragbot.web.auth.expiring import Counts
from ragbot.web.auth.users import LEAST_COST, Users, add_user, remove_user
from ragbot.web.engine import Engine
from tests.signing_in import Reply, send, serving

PASSWORD = "correct horse battery"


def never() -> Engine:
    raise AssertionError("These tests need no engine.")


def hashed(password: str, cost: int = LEAST_COST) -> str:
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


def basic(user: str, password: str) -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def users(tmp_path: Path) -> Path:
    path = tmp_path / "users.htpasswd"
    path.write_text(f"# people\n\namy:{hashed(PASSWORD)}\nbob:{hashed('another long one')}\n")
    return path


@pytest.fixture
def _there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RAGBOT_AUTH_FILE", "secrets/users")


@pytest.mark.usefixtures("_there")
def test_the_command_adds_changes_and_removes() -> None:
    run, path = CliRunner(), Path("secrets/users")
    first = run.invoke(app, ["user", "add", "amy"], input=f"{PASSWORD}\n{PASSWORD}\n")
    assert first.exit_code == 0, first.output
    assert PASSWORD not in first.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert PASSWORD not in path.read_text()
    run.invoke(app, ["user", "add", "Zoë"], input=f"{PASSWORD}\n{PASSWORD}\n")
    path.chmod(0o644)
    changed = run.invoke(app, ["user", "add", "amy"], input="a new pass phrase\n" * 2)
    assert "has a new password" in changed.output
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Users(path).verify("amy", "a new pass phrase")
    assert not Users(path).verify("amy", PASSWORD)
    assert Users(path).verify("Zoë", PASSWORD)  # composed or not, it is the same name
    assert run.invoke(app, ["user", "remove", "amy"]).exit_code == 0
    assert [line.split(":")[0] for line in path.read_text().splitlines()] == ["Zoë"]
    assert [left.name for left in Path("secrets").iterdir()] == ["users"]


@pytest.mark.parametrize(
    ("name", "password", "why"),
    [
        ("a:b", PASSWORD, "no user name"),
        ("", PASSWORD, "no user name"),
        ("amy\nbob", PASSWORD, "no user name"),
        ("#amy", PASSWORD, "no user name"),
        (" amy", PASSWORD, "no user name"),
        ("a" * 201, PASSWORD, "no user name"),
        ("amy", "short", "at least 10"),
        ("amy", "x" * 73, "at most 72"),
        ("amy", "é" * 37, "at most 72"),
        ("amy", "a tab\tin the middle", "letters, digits"),
    ],
)
def test_what_the_command_refuses(tmp_path: Path, name: str, password: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        add_user(tmp_path / "users", name, password)
    assert not (tmp_path / "users").exists()


def test_removing_nobody(users: Path) -> None:
    before = users.read_bytes()
    with pytest.raises(ConfigError, match="no user of that name"):
        remove_user(users, "eve")
    assert users.read_bytes() == before


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "holds no user"),
        ("# nobody\n", "holds no user"),
        ("amy\n", "line 1"),
        ("amy:secret\n", "line 1"),
        ("\namy:$apr1$x$y\n", "line 2"),
        (f":{hashed('x')}\n", "line 1"),
        (f"amy:{hashed('x', 5)}\n", "guessed too quickly"),
        ("amy:\xff\n", "Cannot read"),
    ],
    ids=str.split("empty comment bare plain apache nameless cheap latin-1"),
)
def test_a_file_that_will_not_do_stops_the_start(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "users"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError, match=why) as caught:
        create_app(Settings(auth="basic", auth_file=path), never)
    assert "secret" not in str(caught.value)


def test_no_file_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ragbot user add NAME"):
        create_app(Settings(auth="basic", auth_file=tmp_path / "users"), never)


def test_files_of_other_tools_are_read(tmp_path: Path) -> None:
    path = tmp_path / "users"
    path.write_text(f"amy:{hashed(PASSWORD).replace('$2b$', '$2y$')}\r\n")
    assert Users(path).verify("amy", PASSWORD)


def test_a_changed_file_counts_at_once_and_a_broken_one_not_at_all(users: Path) -> None:
    known = Users(users)
    assert known.verify("amy", PASSWORD)
    assert known.known_already("amy", PASSWORD)
    assert not known.known_already("amy", PASSWORD + "x")
    remove_user(users, "amy")
    assert not known.known_already("amy", PASSWORD)
    assert not known.verify("amy", PASSWORD)
    users.write_text("nonsense\n")
    assert known.verify("bob", "another long one")
    users.unlink()
    assert known.verify("bob", "another long one")


def test_an_unknown_user_costs_as_much_as_a_known_one(users: Path) -> None:
    known = Users(users)

    def cost(name: str) -> float:
        start = time.thread_time()
        assert not known.verify(name, "a wrong password")
        return time.thread_time() - start

    amy, eve = (median(cost(name) for _ in range(3)) for name in ("amy", "eve"))
    assert 0.5 < amy / eve < 2


def test_too_many_failures_have_to_wait_and_only_from_their_address(users: Path) -> None:
    """Behind a proxy, where the address is whom it forwards for, and many guess at once."""
    settings = Settings(auth="basic", auth_file=users, trusted_proxies="127.0.0.3")
    with serving(create_app(settings, never)) as port:

        def asked(password: str, client: str) -> Reply:
            headers = [basic("amy", password), ("X-Forwarded-For", client)]
            return send(port, "GET", "/openapi.json", headers, source="127.0.0.3")

        def guess(n: int) -> int:
            return asked(f"guess {n}", f"10.9.9.{n}, 203.0.113.9").status

        with ThreadPoolExecutor(MOST_FAILURES + 10) as crowd:
            statuses = sorted(crowd.map(guess, range(MOST_FAILURES + 10)))
        assert statuses == [401] * MOST_FAILURES + [429] * 10
        waiting = asked(PASSWORD, "203.0.113.9")
        assert waiting.status == 429
        assert 0 < int(waiting.headers["retry-after"]) <= 300
        assert asked(PASSWORD, "203.0.113.10").status == 200
        assert send(port, "GET", "/openapi.json", [basic("amy", PASSWORD)]).status == 200


def test_counts_end_and_are_bounded() -> None:
    now = [0.0]
    counts = Counts(seconds=10, most=3, clock=lambda: now[0])
    assert [counts.add("a"), counts.add("a")] == [1, 2]
    assert counts.remaining("a") == 10
    now[0] = 9.9
    assert counts["a"] == 2
    now[0] = 10
    assert counts["a"] == 0
    assert counts.add("a") == 1
    for n in range(1000):
        counts.add(str(n))
    assert len(counts) == 3
    assert counts["999"] == 1


def test_the_real_command_refuses_to_serve_without_users(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ragbot.cli", "serve", "--port", "0"],
        cwd=tmp_path,
        env=os.environ | {"RAGBOT_AUTH": "basic"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "ragbot user add NAME" in done.stderr
