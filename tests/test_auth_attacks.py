"""The attack cases of the sign-in, as a table: each is one request to a real server, and its status.

Every way to sign in has a server on a real socket. Addresses of this machine's loopback network
play the parts: 127.0.0.3 is the proxy that is trusted, every other is anybody.
"""
# ruff: noqa: E501 - one case a line, so that it reads as a table

from __future__ import annotations

import base64
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import bcrypt
import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr

from ragbot.config import Settings
from ragbot.web.app import create_app
from ragbot.web.auth.own_path import own_path
from ragbot.web.auth.tokens import Tokens
from ragbot.web.auth.users import LEAST_COST
from ragbot.web.engine import Engine
from tests.signing_in import HTML, send, serving

PASSWORD = "correct horse battery"
KEY = "k" * 40
ORIGIN = "https://ragbot.example.nhs.uk"
FRAMING = "https://intranet.example.nhs.uk"
PROXY, OTHER = "127.0.0.3", "127.0.0.2"
DISCOVERY = "https://login.example.nhs.uk/.well-known/openid-configuration"
IN = 200  #: of /openapi.json, which has no parameters and needs no engine

Headers = tuple[tuple[str, str], ...]


def never() -> Engine:
    raise AssertionError("These tests need no engine.")


def basic(user: str, password: str) -> tuple[str, str]:
    return "Authorization", "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def cookie(value: str, name: str = "__Host-ragbot-session") -> tuple[str, str]:
    return "Cookie", f"{name}={value}"


def session(*, key: str = KEY, purpose: str = "session", age: float = 0, life: float = 3600) -> str:
    tokens = Tokens(key, longest_life=3600, clock=lambda: time.time() - age)
    return tokens.sign(purpose, {"sub": "amy"}, seconds=life)


def unsigned() -> str:
    def encoded(text: str) -> str:
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    claims = f'{{"sub":"amy","aud":"session","jti":"x","exp":{int(time.time()) + 999}}}'
    header = '{"alg":"none"}'
    return f"{encoded(header)}.{encoded(claims)}."


def signed_with_raw_key() -> str:
    claims = {"sub": "amy", "aud": "session", "jti": "x", "exp": int(time.time()) + 999}
    return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(KEY), algorithms=["HS256"])


SERVERS: dict[str, Settings] = {
    "basic": Settings(auth="basic", metrics_from=PROXY),
    "header": Settings(auth="proxy-header", trusted_proxies=f"{PROXY} 10.0.0.0/8"),
    "oidc": Settings(
        auth="oidc",
        oidc_discovery=DISCOVERY,
        oidc_client_id="ragbot",
        public_origin=ORIGIN,
        session_key=SecretStr(KEY),
        frame_ancestors=FRAMING,
    ),
    "below": Settings(auth="basic", root_path="/chat"),
}


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, int]]:
    users: Path = tmp_path_factory.mktemp("users") / "users.htpasswd"
    quick = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(LEAST_COST)).decode()
    users.write_text(f"amy:{quick}\n")
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(
                serving(create_app(settings.model_copy(update={"auth_file": users}), never))
            )
            for name, settings in SERVERS.items()
        }


@dataclass(frozen=True, slots=True)
class Attack:
    """One request. ``headers`` may be made when it is sent, because sessions end."""

    name: str
    server: str
    expected: int
    target: str = "/openapi.json"
    method: str = "GET"
    headers: Headers | Callable[[], Headers] = ()
    source: str = field(default=OTHER)

    def __str__(self) -> str:
        return f"{self.server}: {self.name}"


CLOSED = (
    *(
        "/",
        "/?embed=1",
        "/sources",
        "/source/x",
        "/original/x",
        "/openapi.json",
        "/config",
        "/theme.css",
    ),
    *("/api/search?q=x", "/metrics", "/nope", "/auth/account"),
    *("/assets/x.js", "/static/x.js", "/static/ragbot/", "/static/ragbot/x/y.css"),
    *("/gradio_api/queue/data?session_hash=x", "/gradio_api/heartbeat/x"),
    *("/gradio_api/file=/etc/passwd", "/gradio_api/proxy=https://example.com/"),
)
TRICKS = (
    *("//openapi.json", "/./openapi.json", "/%2e/openapi.json", "/%6fpenapi.json"),
    *("/OPENAPI.JSON", "/openapi.json.", "/openapi.json/", "/openapi.json%00", "/openapi.json;x"),
    *("/API/ask", "/api/ask/", "/api//ask", "/%61pi/ask", "/api%2fask"),
    *("/healthz/", "/healthz/..", "/healthz/../openapi.json", "/healthz/%2e%2e/openapi.json"),
    *("/healthz%2f..%2fopenapi.json", "/healthz;/openapi.json", "/healthz%00", "/healthz%0a"),
    *("//healthz", "/Healthz", "/healthz.", "/healthz%3f", "/readyz/x", "/healthz/openapi.json"),
    *("/static/ragbot/../../openapi.json", "/static/ragbot/%2e%2e/%2e%2e/openapi.json"),
    *("/static/ragbot/..%2f..%2fapp.py", "/static/ragbot/a.css/../../x", "/static/ragbot/a.css%00"),
    *("/auth/login/../account", "/auth/callback/x", "/auth//account", "/auth/LOGIN/../account"),
    *("http://evil.example/openapi.json", "/embed.js/../openapi.json", "/embed.jsx"),
)
OPEN = (
    "/healthz",
    "/healthz?next=/x",
    "/static/ragbot/base.css?v=1",
    "/embed.js",
    "/accessibility",
)

PATHS = [
    *(Attack(f"nobody at {path}", "basic", 401, path) for path in (*CLOSED, *TRICKS)),
    *(Attack(f"nobody at {path}", "oidc", 401, path) for path in (*CLOSED, *TRICKS)),
    *(
        Attack(f"stranger at {path}", "header", 403, path, headers=(("X-Remote-User", "amy"),))
        for path in (*CLOSED, *TRICKS)
    ),
    *(Attack(f"open {path}", server, 200, path) for server in SERVERS for path in OPEN),
    *(
        Attack(f"{method} {path}", "basic", 401, path, method)
        for path in ("/api/ask", "/gradio_api/queue/join", "/feedback", "/auth/logout")
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD", "TRACE")
    ),
    *(
        Attack(f"nobody at {path}", "below", status, path)
        for path, status in {
            "/healthz": 200,  # a proxy that strips the prefix
            "/chat/healthz": 200,
            "/chat/openapi.json": 401,
            "/openapi.json": 401,
            "/chat/chat/healthz": 401,
            "/chatx/healthz": 401,
            "/CHAT/healthz": 401,
            "//chat/healthz": 401,
            "/chat//healthz": 401,
            "/chat/../healthz": 401,
            "/chat%2fhealthz": 200,  # the same path, once it is decoded
            "/chat/healthz/../openapi.json": 401,
            "/chat/static/ragbot/base.css": 200,
            "/chat/static/ragbot/../../openapi.json": 401,
        }.items()
    ),
]

AMY = basic("amy", PASSWORD)
ENCODED = AMY[1].removeprefix("Basic ")
BASIC = [
    Attack("the right password", "basic", IN, headers=(AMY,)),
    Attack("the right password, lower-case scheme", "basic", IN, headers=(
        ("authorization", f"basic {ENCODED}"),)),
    Attack("a wrong password", "basic", 401, headers=(basic("amy", "wrong"),)),
    Attack("an empty password", "basic", 401, headers=(basic("amy", ""),)),
    Attack("a user nobody knows", "basic", 401, headers=(basic("eve", PASSWORD),)),
    Attack("a name in other letters", "basic", 401, headers=(basic("AMY", PASSWORD),)),
    Attack("a password too long for bcrypt", "basic", 401, headers=(basic("amy", PASSWORD + "x" * 99),)),
    Attack("a password with NUL", "basic", 401, headers=(basic("amy", PASSWORD + "\0"),)),
    Attack("two headers, the right one last", "basic", 401, headers=(basic("eve", "x"), AMY)),
    Attack("two headers, the right one first", "basic", 401, headers=(AMY, basic("eve", "x"))),
    Attack("two in one header", "basic", 401, headers=(("Authorization", f"{AMY[1]}, {AMY[1]}"),)),
    Attack("the realm instead of a password", "basic", 401, headers=(
        ("Authorization", 'Basic realm="ragbot"'),)),
    Attack("for another realm", "basic", 401, headers=(
        ("Authorization", f'Basic realm="other", {ENCODED}'),)),
    Attack("as bearer token", "basic", 401, headers=(("Authorization", f"Bearer {ENCODED}"),)),
    Attack("for the proxy", "basic", 401, headers=(("Proxy-Authorization", AMY[1]),)),
    Attack("no base64", "basic", 401, headers=(("Authorization", "Basic ###"),)),
    Attack("no colon", "basic", 401, headers=(("Authorization", "Basic YW15"),)),
    Attack("no UTF-8", "basic", 401, headers=(("Authorization", "Basic /zr/"),)),
    Attack("endless", "basic", 401, headers=(("Authorization", "Basic " + "QUFB" * 4000),)),
    Attack("the hash of the file as cookie", "basic", 401, headers=(cookie("amy"),)),
    Attack("the proxy's header", "basic", 401, headers=(("X-Remote-User", "amy"),)),
]  # fmt: skip

USER = ("X-Remote-User", "amy")
HEADER = [
    Attack("the proxy's word", "header", IN, headers=(USER,), source=PROXY),
    Attack("with a name of its own", "header", IN, headers=(
        ("x-remote-user", "DOMAIN\\amy.o'neil@example.nhs.uk"),), source=PROXY),
    Attack("with accents", "header", IN, headers=(("X-Remote-User", "Zoë"),), source=PROXY),
    Attack("a stranger's word", "header", 403, headers=(USER,)),
    Attack("this machine's own word", "header", 403, headers=(USER,), source="127.0.0.1"),
    *(
        Attack(f"a stranger who claims the proxy's address in {name}", "header", 403,
               headers=(USER, (name, value)))
        for name, value in (
            ("X-Forwarded-For", PROXY), ("X-Forwarded-For", f"{PROXY}, {PROXY}"),
            ("X-Forwarded-For", "10.1.2.3"), ("X-Real-IP", PROXY), ("Forwarded", f"for={PROXY}"),
            ("X-Client-IP", PROXY), ("True-Client-IP", PROXY), ("X-Forwarded-Host", "localhost"),
        )
    ),
    Attack("the proxy, for a stranger", "header", IN, headers=(
        USER, ("X-Forwarded-For", "203.0.113.9")), source=PROXY),
    Attack("nobody", "header", 403, source=PROXY),
    Attack("two users", "header", 403, headers=(USER, ("X-Remote-User", "eve")), source=PROXY),
    Attack("the same user twice", "header", 403, headers=(USER, USER), source=PROXY),
    Attack("an underscore for a hyphen", "header", 403, headers=(("X_Remote_User", "amy"),), source=PROXY),
    *(
        Attack(f"a name that is {what}", "header", 403, headers=(("X-Remote-User", name),), source=PROXY)
        for what, name in {
            "empty": "", "blank": "  ", "long": "a" * 201, "a C1 control": "amy\x85",
            "a tab": "amy\teve", "turned round": "amy\u202eeve", "invisible": "amy\u200b",
            "no UTF-8": "amy\udcff", "a line separator": "amy\u2028",
        }.items()
    ),
    Attack("a password too", "header", 403, headers=(AMY,), source=PROXY),
]  # fmt: skip

OIDC = [
    Attack("a session", "oidc", IN, headers=lambda: (cookie(session()),)),
    Attack("a session among other cookies", "oidc", IN, headers=lambda: (
        ("Cookie", f"a=b; __Host-ragbot-session={session()}; c=d"),)),
    Attack("an expired session", "oidc", 401, headers=lambda: (cookie(session(age=3601)),)),
    Attack("a session signed by another key", "oidc", 401, headers=lambda: (cookie(session(key="e" * 40)),)),
    Attack("a session signed by the bare key", "oidc", 401, headers=lambda: (cookie(signed_with_raw_key()),)),
    Attack("an unsigned session", "oidc", 401, headers=lambda: (cookie(unsigned()),)),
    Attack("a changed session", "oidc", 401, headers=lambda: (cookie(session()[:-4] + "AAAA"),)),
    Attack("a cut session", "oidc", 401, headers=lambda: (cookie(session().rsplit(".", 1)[0]),)),
    Attack("a sign-in as session", "oidc", 401, headers=lambda: (cookie(session(purpose="sign-in")),)),
    Attack("a ticket as session", "oidc", 401, headers=lambda: (cookie(session(purpose="ticket")),)),
    Attack("two sessions", "oidc", 401, headers=lambda: (cookie(session()), cookie(session()))),
    Attack("two sessions in one header", "oidc", 401, headers=lambda: (
        ("Cookie", f"__Host-ragbot-session={session()}; __Host-ragbot-session={session()}"),)),
    Attack("a cookie that any sibling could set", "oidc", 401, headers=lambda: (
        cookie(session(), name="ragbot-session"),)),
    Attack("a cookie in other letters", "oidc", 401, headers=lambda: (
        cookie(session(), name="__host-ragbot-session"),)),
    Attack("a session as bearer token", "oidc", 401, headers=lambda: (
        ("Authorization", f"Bearer {session()}"),)),
    Attack("a huge cookie", "oidc", 401, headers=(cookie("A" * 20_000),)),
    Attack("a broken cookie", "oidc", 401, headers=(cookie("..;;==%00ÿ"),)),
    Attack("the proxy's header", "oidc", 401, headers=(USER,), source=PROXY),
    Attack("a callback without a sign-in", "oidc", 403, "/auth/callback?code=x&state=y"),
    Attack("a callback with an error", "oidc", 403, "/auth/callback?error=<script>&state=y"),
    Attack("a made-up ticket", "oidc", 401, "/auth/redeem", "POST"),
    Attack("a posted callback", "oidc", 405, "/auth/callback", "POST"),
    Attack("signing out by a link", "oidc", 405, "/auth/logout", headers=lambda: (cookie(session()),)),
]  # fmt: skip

ALIVE = 405  #: of /openapi.json to POST, once somebody is let in
WRITES: dict[str, tuple[Headers, int]] = {
    "a program": ((), ALIVE),
    "our own page": ((("Origin", ORIGIN), ("Sec-Fetch-Site", "same-origin")), ALIVE),
    "our own page in an old browser": ((("Origin", ORIGIN),), ALIVE),
    "another site": ((("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")), 403),
    "another site in an old browser": ((("Origin", "https://evil.example"),), 403),
    "a sibling site": ((("Origin", "https://wiki.example.nhs.uk"), ("Sec-Fetch-Site", "same-site")), 403),
    "the framing site": ((("Origin", FRAMING), ("Sec-Fetch-Site", "same-site")), 403),
    "the framing site in an old browser": ((("Origin", FRAMING),), 403),
    "a sandboxed frame": ((("Origin", "null"),), 403),
    "another port": ((("Origin", ORIGIN + ":8443"),), 403),
    "without TLS": ((("Origin", ORIGIN.replace("https", "http")),), 403),
    "ours as a prefix": ((("Origin", ORIGIN + ".evil.example"),), 403),
    "a user in the origin": ((("Origin", "https://ragbot.example.nhs.uk@evil.example"),), 403),
    "two origins": ((("Origin", ORIGIN), ("Origin", "https://evil.example")), 403),
    "two sites": ((("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-Site", "cross-site")), 403),
    "an unknown site": ((("Sec-Fetch-Site", "elsewhere"),), 403),
}  # fmt: skip
CSRF = [
    *(
        Attack(f"a write from {who}", "oidc", status, method="POST",
               headers=lambda sent=headers: (cookie(session()), *sent))
        for who, (headers, status) in WRITES.items()
    ),
    Attack("a write from another site, signed in by Basic", "basic", 403, method="POST",
           headers=(AMY, ("Origin", "https://evil.example"))),
    Attack("a write from our page, signed in by Basic", "basic", ALIVE, method="POST",
           headers=(AMY, ("Origin", "http://ragbot.example"), ("Host", "ragbot.example"))),
    Attack("a write without a host, signed in by Basic", "basic", 403, method="POST",
           headers=(AMY, ("Origin", "http://"))),
    Attack("a write from another site through the proxy", "header", 403, method="POST",
           headers=(USER, ("Origin", "https://evil.example")), source=PROXY),
    Attack("signing out from another site", "oidc", 403, "/auth/logout", "POST",
           lambda: (cookie(session()), ("Origin", "https://evil.example"))),
    Attack("a ticket from another site", "oidc", 403, "/auth/redeem", "POST",
           (("Origin", "https://evil.example"),)),
    Attack("reading from another site", "oidc", IN,
           headers=lambda: (cookie(session()), ("Origin", "https://evil.example"))),
]  # fmt: skip

METRICS = [
    Attack("metrics from a named address", "basic", 200, "/metrics", source=PROXY),
    Attack("metrics from any other", "basic", 401, "/metrics"),
    Attack("metrics through that address", "basic", 401, "/metrics",
           headers=(("X-Forwarded-For", "203.0.113.9"),), source=PROXY),
    Attack("metrics where nobody is named", "oidc", 401, "/metrics", source=PROXY),
]  # fmt: skip


@pytest.mark.parametrize("attack", [*PATHS, *BASIC, *HEADER, *OIDC, *CSRF, *METRICS], ids=str)
def test_who_gets_in(attack: Attack, ports: Mapping[str, int]) -> None:
    headers = attack.headers() if callable(attack.headers) else attack.headers
    reply = send(ports[attack.server], attack.method, attack.target, headers, source=attack.source)
    assert reply.status == attack.expected
    assert reply.headers["x-content-type-options"] == "nosniff"
    assert (reply.headers["www-authenticate"] is not None) == (
        attack.server in {"basic", "below"} and reply.status == 401
    )
    if reply.status in {401, 403} and attack.method != "HEAD":
        assert b"amy" not in reply.body
        assert b"<script>" not in reply.body


@pytest.mark.parametrize(
    ("asked", "root_path", "leads_to"),
    [
        ("/sources", "", "/sources"),
        ("/?q=what%20next&embed=1", "", "/?q=what%20next&embed=1"),
        ("/source/x#c1-2", "", "/source/x#c1-2"),
        ("/chat/sources", "/chat", "/chat/sources"),
        *((evil, "", "/") for evil in (
            "", "sources", "https://evil.example", "//evil.example", "///evil.example",
            "/\\evil.example", "\\\\evil.example", "/\t/evil.example", "/\n/evil.example",
            " //evil.example", "/%2fevil.example", "/%5cevil.example", "/x//evil.example",
            "javascript:alert(1)", "/../evil", "/x/%2e%2e/evil", "/x/..", "/./x",
            "/\u2215evil.example", "/auth/logout", "/auth/login?next=/", "/a" * 800,
        )),
        *((evil, "/chat", "/chat/") for evil in (
            "/", "/other", "/chatter/x", "/chat", "/chat/../other", "/chat/%2e%2e/other",
            "/chat//evil.example", "/chat\\x", "/CHAT/x", "/chat/auth/login",
        )),
    ],
)  # fmt: skip
def test_after_signing_in_one_stays_here(asked: str, root_path: str, leads_to: str) -> None:
    assert own_path(asked, root_path=root_path) == leads_to


def test_a_person_gets_a_page_and_a_program_gets_json(ports: Mapping[str, int]) -> None:
    page = send(ports["basic"], "GET", "/", [HTML])
    assert page.status == 401
    assert page.headers["www-authenticate"] == 'Basic realm="ragbot", charset="UTF-8"'
    assert b"<h1>Sign in</h1>" in page.body
    program = send(ports["basic"], "GET", "/api/search?q=x", [HTML])
    assert program.body == b'{"error":"Sign in to use ragbot.","details":[]}'


def test_a_person_is_sent_to_sign_in_and_back(ports: Mapping[str, int]) -> None:
    reply = send(ports["oidc"], "GET", "/?q=caf%C3%A9%20x", [HTML, ("Sec-Fetch-Mode", "navigate")])
    assert reply.status == 303
    assert reply.location == "/auth/login?next=%2F%3Fq%3Dcaf%25C3%25A9%2520x"
    script = send(ports["oidc"], "GET", "/", [HTML, ("Sec-Fetch-Mode", "cors")])
    assert script.status == 401


def test_a_frame_is_offered_a_window(ports: Mapping[str, int]) -> None:
    reply = send(ports["oidc"], "GET", "/?embed=1", [HTML, ("Sec-Fetch-Dest", "iframe")])
    assert reply.status == 401
    assert b'href="/auth/login?next=%2F%3Fembed%3D1&amp;window=1" target="_blank"' in reply.body


def test_what_one_user_sees_is_not_cached_for_others(ports: Mapping[str, int]) -> None:
    assert send(ports["basic"], "GET", "/openapi.json", [AMY]).headers["cache-control"] == "private"
    assert send(ports["basic"], "GET", "/openapi.json").headers["cache-control"] == "no-store"


SERVE = """
from ragbot.config import load_settings
from ragbot.web.app import serve

def fail():
    raise SystemExit

serve(load_settings(), open_assistant=fail, announce=lambda at: print(at, flush=True))
"""


def test_the_server_as_it_is_started_believes_no_forwarded_peer() -> None:
    """Uvicorn's own default would take 127.0.0.1's word for being 127.0.0.3."""
    settings = {"AUTH": "proxy-header", "TRUSTED_PROXIES": PROXY, "PORT": "0"}
    environment = os.environ | {f"RAGBOT_{name}": value for name, value in settings.items()}
    command = [sys.executable, "-c", SERVE]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = int(process.stdout.readline().rpartition(":")[2])
            claim = [USER, ("X-Forwarded-For", PROXY)]
            for source, status in (("127.0.0.1", 403), (OTHER, 403), (PROXY, IN)):
                assert send(port, "GET", "/openapi.json", claim, source=source).status == status
        finally:
            process.kill()


def test_the_sign_in_waits_for_its_libraries_only_where_it_needs_them() -> None:
    code = (
        "import sys, ragbot.web.app; "
        "print([m for m in ('authlib', 'joserfc', 'httpx2', 'bcrypt') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"authlib", "joserfc"} & set(done.stdout.split("'"))


def test_without_its_libraries_oidc_names_the_command() -> None:
    code = (
        "import sys; sys.modules['authlib'] = None\n"
        "from ragbot.config import Settings\n"
        "from ragbot.web.app import create_app\n"
        "create_app(Settings(auth='oidc'), lambda: None)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "ConfigError" in done.stderr
    assert "pip install 'ragbot[sso]'" in done.stderr
