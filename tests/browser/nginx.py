"""A real nginx with the configuration that operators are given, and a page that frames the chat.

    with behind_nginx(tmp_path, upstream="http://127.0.0.1:40001", pages=ports) as address: ...

``deploy/nginx.conf`` is used as it is, but for the ports, the certificate and the log. The other
server is the intranet: one page for a listed and for an unlisted host, under a strict policy.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from tests.browser.waiting import until
from tests.ports import free_port

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
OPENSSL = shutil.which("openssl")
MISSING = "no nginx (with openssl for its certificate) is installed here"
CONFIGURATION = Path(__file__).parents[2] / "deploy" / "nginx.conf"

HOST = "ragbot.example.nhs.uk"
LISTED, UNLISTED = "intranet.example.org", "elsewhere.example.net"  #: other sites, not only origins

MAIN = """
daemon off; master_process off; error_log {folder}/error.log warn; pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
    types {{ text/html html; text/css css; text/javascript js; }}
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    include {folder}/ragbot.conf;
    server {{
        listen 127.0.0.1:{pages} ssl;
        server_name {listed} {unlisted};
        access_log off;
        ssl_certificate {folder}/cert.pem; ssl_certificate_key {folder}/key.pem;
        root {folder}/pages;
        add_header Content-Security-Policy "default-src 'none'; style-src 'self';
            script-src {origin}; frame-src {origin}";
    }}
}}
"""


def certificate(folder: Path) -> None:
    """Self-signed, for all hosts of the test."""
    names = ",".join(f"DNS:{name}" for name in (HOST, LISTED, UNLISTED))
    subprocess.run(
        [
            *(str(OPENSSL), "req", "-x509", "-newkey", "ec", "-pkeyopt"),
            *("ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={HOST}"),
            *("-addext", f"subjectAltName={names}"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ],
        check=True,
        capture_output=True,
    )


def configured(folder: Path, *, upstream: str, port: int, plain_port: int) -> str:
    """The operators' file with this test's ports and files."""
    text = CONFIGURATION.read_text(encoding="utf-8")
    for old, new in (
        ("listen 80;", f"listen 127.0.0.1:{plain_port};"),
        ("listen 443 ssl http2;", f"listen 127.0.0.1:{port} ssl http2;"),
        ("server 127.0.0.1:7860;", f"server {urlsplit(upstream).netloc};"),
        ("/etc/ssl/certs/ragbot.pem", f"{folder}/cert.pem"),
        ("/etc/ssl/private/ragbot.key", f"{folder}/key.pem"),
        ("/var/log/nginx/ragbot.log", f"{folder}/access.log"),
    ):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@contextmanager
def behind_nginx(folder: Path, *, upstream: str, port: int, pages: int) -> Iterator[int]:
    """Runs nginx on ``port`` in front of ``upstream``; gives the port without TLS."""
    certificate(folder)
    plain_port = free_port()
    text = configured(folder, upstream=upstream, port=port, plain_port=plain_port)
    (folder / "ragbot.conf").write_text(text, encoding="utf-8")
    main = folder / "nginx.conf"
    origin = f"https://{HOST}:{port}"
    main.write_text(
        MAIN.format(folder=folder, pages=pages, listed=LISTED, unlisted=UNLISTED, origin=origin)
    )
    command = [str(NGINX), "-p", str(folder), "-c", str(main), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True)
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listening(port))
        yield plain_port
    finally:
        running.terminate()
        running.wait(60)


def _listening(port: int) -> bool:
    with socket.socket() as attempt:
        return attempt.connect_ex(("127.0.0.1", port)) == 0
