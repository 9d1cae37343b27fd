"""The import rule of the design, read from the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("ragbot", "ingest", "eval")
VENDORS = (
    "chromadb",
    "gradio",
    "langchain_chroma",
    "langchain_huggingface",
    "lxml",
    "mammoth",
    "markdown_it",
    "pylatexenc",
    "pypdf",
    "sentence_transformers",
    "tantivy",
    "tokenizers",
    "torch",
    "trafilatura",
    "transformers",
)
VENDOR_PLACES = ("ragbot/adapters/", "ragbot/web/", "ingest/parsers/", "eval/")
MODULES = sorted(path for name in OURS for path in (ROOT / name).rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, at the top of the file and at run time) for every import in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            yield name, node in tree.body


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_each_package_imports_only_what_the_design_allows(path: Path) -> None:
    here = relative(path)
    ours = {name for name, _ in imports(path) if name.split(".")[0] in OURS}
    if here in ("ragbot/types.py", "ragbot/errors.py", "ragbot/config.py"):
        allowed = {"ragbot.errors"} if here == "ragbot/config.py" else set()
        assert {name for name in ours if not name.startswith("ragbot.errors")} <= allowed
    if here.startswith("ingest/"):
        foreign = {n for n in ours if not n.startswith("ingest")}
        ground = ("ragbot.types", "ragbot.errors", "ragbot.config")
        assert all(name == "ragbot" or name.startswith(ground) for name in foreign)
    if here.startswith("ragbot/") and here != "ragbot/cli.py":
        assert not {name for name in ours if name.split(".")[0] == "eval"}
        if here not in ("ragbot/wiring.py", "ragbot/cli_ingest.py"):
            assert not {name for name in ours if name.split(".")[0] == "ingest"}
    if here in ("ragbot/cli.py", "ragbot/cli_ingest.py"):
        top = {name for name, at_top in imports(path) if at_top}
        assert not {name for name in top if name.split(".")[0] in ("ingest", "eval")}


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_vendor_sdks_stay_in_their_places(path: Path) -> None:
    found = {name for name, _ in imports(path) if name.split(".")[0] in VENDORS}
    if not relative(path).startswith(VENDOR_PLACES):
        assert not found


def test_the_command_line_imports_nothing_heavy() -> None:
    import subprocess
    import sys

    heavy = ("torch", "gradio", "chromadb", "sentence_transformers", "transformers", "numpy")
    code = f"import ragbot.cli, sys; print([m for m in sys.modules if m in {heavy!r}])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_nothing_prints_outside_the_command_line() -> None:
    for path in MODULES:
        if relative(path).startswith(("ragbot/cli.py", "eval/")):
            continue
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        assert not [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"], path
