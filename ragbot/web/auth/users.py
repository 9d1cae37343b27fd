"""The file of users: one ``name:hash`` a line, as ``htpasswd -B`` writes it.

    add_user(Path("users.htpasswd"), "amy", "a long pass phrase")
    Users(Path("users.htpasswd")).verify("amy", "a long pass phrase")     # True

The hash is bcrypt. It is slow on purpose, every web server's tools can write it, and its library is
installed with Chroma anyway; argon2 would be one more dependency and scrypt a format of our own.
Bcrypt reads 72 bytes, so a longer password is refused rather than cut. The file is read again when
it changes.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import os
import re
import secrets
from pathlib import Path

import bcrypt

from ragbot.errors import ConfigError
from ragbot.web.auth.names import is_user_name, normal

log = logging.getLogger(__name__)

COST = 12  #: about a quarter of a second
LEAST_COST = (
    10  #: ``htpasswd -B`` without ``-C 12`` takes 5, which is guessed a hundred times faster
)
SHORTEST, LONGEST = 10, 72  #: of a password: characters, bytes
_HASH = re.compile(r"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}")
HINT = "Run: ragbot user add NAME"


class Users:
    """Checks passwords. One instance for the whole server; it holds what it has verified."""

    def __init__(self, path: Path) -> None:
        """Read the file.

        Raises:
            ConfigError: it is missing, empty, or has a line that is none.
        """
        self._path = path
        self._key = secrets.token_bytes(32)
        self._verified: dict[str, bytes] = {}
        self._seen = _stamp(path)
        self._hashes = _read(path)
        if not self._hashes:
            raise ConfigError(f"{path} holds no user.", hint=HINT)

    def known_already(self, name: str, password: str) -> bool:
        """Whether this was verified before and still stands: quick, for a page’s many parts."""
        self._refresh()
        before, stored = self._verified.get(name), self._hashes.get(name)
        if before is None or stored is None:
            return False
        return hmac.compare_digest(before, self._trace(stored, password))

    def verify(self, name: str, password: str) -> bool:
        """Whether the password is right. Slow; an unknown name takes as long as a known one."""
        self._refresh()
        stored = self._hashes.get(name)
        right = _matches(stored or self._stand_in(name), password)
        if stored is None or not right:
            return False
        self._verified[name] = self._trace(stored, password)
        return True

    def _trace(self, stored: str, password: str) -> bytes:
        text = f"{stored}\0{normal(password)}".encode("utf-8", "surrogatepass")
        return hmac.digest(self._key, text, hashlib.sha256)

    def _stand_in(self, name: str) -> str:
        """Another user's hash, always the same for one name: it costs what real ones cost."""
        drawn = hmac.digest(self._key, name.encode("utf-8", "surrogatepass"), hashlib.sha256)
        hashes = list(self._hashes.values())
        return hashes[int.from_bytes(drawn[:8], "big") % len(hashes)]

    def _refresh(self) -> None:
        """Read the file again if it changed; a broken one changes nothing, and is logged."""
        try:
            stamp = _stamp(self._path)
            if stamp == self._seen:
                return
            self._seen = stamp
            hashes = _read(self._path)
        except ConfigError as error:
            log.error("The file of users was not read again: %s", error)  # noqa: TRY400
            return
        if hashes:
            self._hashes = hashes
            self._verified = {n: seen for n, seen in self._verified.items() if n in hashes}


def add_user(path: Path, name: str, password: str) -> bool:
    """Write a user into the file, and make the file if there is none.

    Returns:
        Whether the user was there before, with a password that is now replaced.

    Raises:
        ConfigError: the name or the password will not do, or the file is broken.
    """
    name = normal(name)
    if not is_user_name(name) or ":" in name or name.startswith("#"):
        raise ConfigError("That is no user name: one short line without a colon, please.")
    _check(password)
    users = _read(path) if path.exists() else {}
    known = name in users
    hashed = bcrypt.hashpw(normal(password).encode(), bcrypt.gensalt(COST)).decode()
    _write(path, users | {name: hashed})
    return known


def remove_user(path: Path, name: str) -> None:
    """Take a user out of the file.

    Raises:
        ConfigError: there is no such user or file.
    """
    users = _read(path)
    if users.pop(normal(name), None) is None:
        raise ConfigError(f"{path} holds no user of that name.")
    _write(path, users)


def _check(password: str) -> None:
    if len(password) < SHORTEST:
        raise ConfigError(f"A password needs at least {SHORTEST} characters.")
    if len(normal(password).encode("utf-8", "replace")) > LONGEST:
        raise ConfigError(f"A password may have at most {LONGEST} bytes.")
    if not password.isprintable():
        raise ConfigError("A password is made of letters, digits, signs and spaces.")


def _matches(stored: str, password: str) -> bool:
    secret = normal(password).encode("utf-8", "surrogatepass")
    fits = len(secret) <= LONGEST and b"\0" not in secret
    right = bcrypt.checkpw(secret if fits else b"too long", stored.encode())
    return fits and right


def _stamp(path: Path) -> tuple[int, int, int]:
    try:
        found = path.stat()
    except OSError as error:
        raise ConfigError(f"Cannot read {path}: {error.strerror}.", hint=HINT) from error
    return found.st_mtime_ns, found.st_ino, found.st_size


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"Cannot read {path}: {error}.", hint=HINT) from error
    users = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hashed = line.strip().rpartition(":")
        cost = _HASH.fullmatch(hashed)
        if not is_user_name(name) or cost is None:
            raise ConfigError(
                f"{path}, line {number}: not name:hash with a bcrypt hash.", hint=HINT
            )
        if int(cost[1]) < LEAST_COST:
            raise ConfigError(f"{path}, line {number}: a hash guessed too quickly.", hint=HINT)
        users[normal(name)] = hashed
    return users


def _write(path: Path, users: dict[str, str]) -> None:
    """Replace the file, readable by its owner alone; a crash leaves the old one."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.writelines(f"{name}:{hashed}\n" for name, hashed in users.items())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise ConfigError(f"Cannot write {path}: {error.strerror}.") from error
