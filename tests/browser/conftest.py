"""Chromium for the browser tests; where there is none they are skipped, and that is said loudly."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.browser import nginx

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
DRIVER = shutil.which("chromedriver")
MISSING = "no Chromium with its chromedriver is installed here"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here not in item.path.parents:
            continue
        item.add_marker(pytest.mark.browser)
        if not (CHROMIUM and DRIVER):
            item.add_marker(pytest.mark.skip(reason=MISSING))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not (CHROMIUM and DRIVER):
        terminalreporter.section("BROWSER TESTS WERE NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.line(f"The chat page was not tested: {MISSING}.")
    elif not (nginx.NGINX and nginx.OPENSSL):
        title = "THE TESTS BEHIND NGINX WERE NOT RUN"
        terminalreporter.section(title, sep="!", red=True, bold=True)
        terminalreporter.line(f"The chat was not tested behind a proxy: {nginx.MISSING}.")


class Browser(webdriver.Chrome):
    """Chromium that can be sized, coloured and asked what it saw."""

    def resize(self, width: int, height: int = 900) -> None:
        """Set the viewport, also below the least window that the system allows."""
        self.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def dark(self, on: bool, *, forced: bool = False) -> None:
        """Prefer a dark or a light colour scheme, and no motion, so that nothing is in between.

        ``forced``: with colours chosen by the reader instead of the page's.
        """
        features = [
            {"name": "prefers-color-scheme", "value": "dark" if on else "light"},
            {"name": "prefers-reduced-motion", "value": "reduce"},
            {"name": "forced-colors", "value": "active" if forced else "none"},
        ]
        self.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def console_errors(self) -> list[str]:
        """Everything the console called severe since the last call."""
        return [e["message"] for e in self.get_log("browser") if e["level"] == "SEVERE"]

    def addresses_asked(self) -> list[str]:
        """Addresses of all network requests of pages since the last call."""
        found = []
        for entry in self.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] in {"Network.requestWillBeSent", "Network.webSocketCreated"}:
                params = message["params"]
                url = params.get("request", params).get("url", "")
                if urlsplit(url).scheme in {"http", "https", "ws", "wss"}:
                    found.append(url)
        return found

    def hosts_asked(self) -> set[str]:
        """Hosts of all network requests of pages since the last call."""
        return {urlsplit(url).netloc for url in self.addresses_asked()}


def launch(profile: Path, *flags: str, preferences: Mapping[str, object] | None = None) -> Browser:
    """A Chromium of its own, with a fresh profile."""
    options = Options()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={profile}", *flags):
        options.add_argument(flag)
    options.add_experimental_option("prefs", dict(preferences or {}))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = Browser(options=options, service=Service(str(DRIVER)))
    browser.set_page_load_timeout(60)
    return browser


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    browser = launch(tmp_path_factory.mktemp("chromium"))
    yield browser
    browser.quit()


@pytest.fixture(scope="module")
def third_party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One that blocks third-party cookies, and to which every host name means this machine."""
    browser = launch(
        tmp_path_factory.mktemp("third-party"),
        "--host-resolver-rules=MAP * 127.0.0.1",
        "--ignore-certificate-errors",
        preferences={"profile.cookie_controls_mode": 1, "profile.block_third_party_cookies": True},
    )
    yield browser
    browser.quit()


@pytest.fixture
def browser(chromium: Browser) -> Iterator[Browser]:
    """A clean page; afterwards: no console error, and no host asked but this machine's."""
    chromium.resize(1280)
    chromium.dark(False)
    chromium.console_errors()
    chromium.hosts_asked()
    yield chromium
    first, *others = chromium.window_handles
    for handle in others:
        chromium.switch_to.window(handle)
        chromium.close()
    chromium.switch_to.window(first)
    errors, hosts = chromium.console_errors(), chromium.hosts_asked()
    chromium.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": "*", "storageTypes": "all"})
    chromium.execute_script("window.localStorage && window.localStorage.clear()")
    chromium.get("about:blank")
    assert errors == []
    assert all(host.startswith("127.0.0.1:") for host in hosts), hosts
