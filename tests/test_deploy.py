"""What is shipped for operators holds: settings and tests that exist, a closed container."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path

import pytest
import yaml

from ragbot.config import Settings
from ragbot.web.app import GRACE

ROOT = Path(__file__).parent.parent
DOCS = sorted((ROOT / "docs").glob("*.md"))
SHIPPED = [ROOT / "Dockerfile", ROOT / "compose.yaml", *sorted((ROOT / "deploy").iterdir()), *DOCS]


@pytest.mark.parametrize("path", [ROOT / "README.md", *SHIPPED], ids=lambda path: path.name)
def test_every_setting_that_is_named_exists(path: Path):
    named = set(re.findall(r"\bRAGBOT_([A-Z][A-Z_]*[A-Z])\b", path.read_text("utf-8")))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_test_that_is_named_exists(path: Path):
    text = path.read_text("utf-8")
    for file, name in re.findall(r"(tests/[\w/]+\.py)(?:::(\w+))?", text):
        tree = ast.parse((ROOT / file).read_text("utf-8"))
        known = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        assert not name or name in known, f"{file}::{name}"


def test_each_hazard_has_controls_and_leaves_its_rating_to_a_clinician():
    text = (ROOT / "docs/clinical-safety-hazard-log.md").read_text("utf-8")
    hazards = re.split(r"^## H\d+ ", text, flags=re.MULTILINE)[1:]
    assert len(hazards) >= 10
    for hazard in hazards:
        for part in ("**Cause:**", "**Effect:**", "**Initial risk:**", "**Controls:**"):
            assert part in hazard
        assert re.search(r"Residual risk \*CSO\*", hazard)


def test_the_container_is_closed():
    service = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]["ragbot"]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert [port.split(":")[0] for port in service["ports"]] == ["127.0.0.1"]
    assert int(service["stop_grace_period"].removesuffix("s")) > GRACE
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    assert [line for line in lines if line.startswith("USER ")] == ["USER 10001:10001"]
    assert any(line.startswith("HEALTHCHECK") for line in lines)


def test_the_image_is_given_what_the_wheel_is_made_of():
    """Whatever the build copies is let through by .dockerignore, and is there."""
    copied = re.findall(
        r"^COPY (?!--from)(.+) \S+$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }
    names = {name for line in copied for name in line.split()}
    assert names == allowed
    assert all((ROOT / name).exists() for name in names)


def test_the_unit_stops_after_the_server_does():
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy/ragbot.service")
    service = unit["Service"]
    assert int(service["TimeoutStopSec"]) > GRACE
    assert service["DynamicUser"] == service["NoNewPrivileges"] == "yes"
    assert service["ProtectSystem"] == "strict"
    assert service["CapabilityBoundingSet"] == ""
