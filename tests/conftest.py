"""The real thing, once a session: the seeds in a real index, and an assistant over it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from ragbot.assistant import Assistant
from ragbot.config import Settings, load_settings
from tests.chroma_server import running

for name in list(os.environ):  # the suite must not depend on the developer's own settings
    if name.startswith("RAGBOT_"):
        del os.environ[name]

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile(
    "suite", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("suite")


@pytest.fixture(scope="session")
def seed_settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of an index that holds the three sources."""
    from ragbot.wiring import run_ingest

    settings = load_settings(index_dir=tmp_path_factory.mktemp("seeds") / "index")
    report = run_ingest(settings)
    assert [row.outcome for row in report.rows] == ["added"] * 3
    return settings


@pytest.fixture(scope="session")
def assistant(seed_settings: Settings) -> Assistant:
    """The assistant as it is shipped, over the three sources."""
    from ragbot.wiring import open_assistant

    return open_assistant(seed_settings)


@pytest.fixture(scope="session")
def chroma_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Chroma server; tests keep apart by library names."""
    with running(tmp_path_factory.mktemp("chroma-server")) as address:
        yield address


@pytest.fixture(scope="session")
def seeds() -> Path:
    """The folder with the sources."""
    return Path(__file__).parent.parent / "seeds"
