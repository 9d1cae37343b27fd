"""The wheel works installed from anywhere; the environment holds what it should and no more."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(ROOT)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


def test_the_wheel_carries_prompts_seeds_and_weights(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for wanted in (
        "ragbot/cli.py",
        "ingest/pipeline.py",
        "eval/cli.py",
        "ragbot/prompts/glossary.toml",
        "ragbot/seeds/000_f7a70f3d400ee0f7.txt",
        "ragbot/weights/reader.safetensors",
        "ragbot/weights/sentences.safetensors",
        "ragbot/weights/asking.json",
        "ragbot/weights/zones.json",
        "ragbot/web/static/chat.css",
    ):
        assert wanted in names
    assert not [name for name in names if name.startswith(("tests/", "docs/", "index/"))]
    assert wheel.stat().st_size < 50_000_000


def test_seeds_in_the_wheel_are_byte_for_byte_those_of_the_checkout(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    for path in sorted((ROOT / "seeds").glob("0*.txt")):
        assert archive.read(f"ragbot/seeds/{path.name}") == path.read_bytes()


@pytest.mark.slow
def test_installed_from_the_wheel_it_answers_in_an_empty_folder(
    wheel: Path, tmp_path: Path
) -> None:
    """In a venv of its own; only the dependencies are borrowed, by path, to spare 2 GB."""
    home = tmp_path / "venv"
    venv.create(home, with_pip=False)
    site = next(home.glob("lib/python*/site-packages"))
    zipfile.ZipFile(wheel).extractall(site)
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    empty = tmp_path / "empty"
    empty.mkdir()
    code = "import ragbot, sys; print(ragbot.__file__, file=sys.stderr)\n"
    code += "from ragbot.cli import main; main()"
    question = "How many GPs were interviewed about operational failures?"
    done = subprocess.run(
        [str(home / "bin/python"), "-c", code, "ask", question, "--json"],
        cwd=empty,
        env={k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "RAGBOT"))},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, done.stderr
    assert str(site) in done.stderr
    answer = json.loads(done.stdout)
    assert answer["status"] == "answered"
    assert all(c["path"].startswith("seeds/") for c in answer["citations"])
    assert [path.name for path in empty.iterdir()] == ["index"]


def test_no_cuda_package_is_installed_beside_a_cpu_torch() -> None:
    import torch

    if torch.version.cuda:
        pytest.skip("THIS TORCH IS A CUDA BUILD: see TORCH_INDEX in the README for the CPU one")
    names = {d.metadata["Name"].lower() for d in importlib.metadata.distributions()}
    assert not [n for n in names if n.startswith(("nvidia-", "triton", "cuda-"))]


def test_every_dependency_has_a_tested_version() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"].values()
    wanted = [*project["dependencies"], *(name for extra in extras for name in extra)]
    pinned = {
        line.split("==")[0].lower().replace("_", "-")
        for line in (ROOT / "constraints.txt").read_text().splitlines()
        if "==" in line
    }
    names = {
        w.split("[")[0].split(">")[0].split("=")[0].split("<")[0].lower().replace("_", "-")
        for w in wanted
    }
    assert names <= pinned
