"""What a run was made with, so that it can be made again and a changed part is seen.

    manifest = describe(inputs)
    differences(manifest, earlier)      # ["code", "index.generation"]

``inputs`` part: everything that can change an answer (cases, code, index, weights, prompts,
settings, seed). ``machine`` part: what may change only the times. It reads no secrets: the settings
come masked.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from eval.case import SPLIT_SALT, Case
from eval.errors import EvalError

if TYPE_CHECKING:
    from ragbot.config import Settings

PACKAGES = (
    "ragbot",
    "chromadb",
    "ir_measures",
    "langchain",
    "langchain-chroma",
    "langchain-anthropic",
    "langchain-core",
    "langchain-ollama",
    "langchain-openai",
    "langchain-text-splitters",
    "numpy",
    "sentence-transformers",
    "sentencex",
    "tantivy",
    "tokenizers",
    "torch",
    "transformers",
)
CODE = ("ragbot", "ingest")  #: packages whose code decides answers


def describe(
    *,
    case_file: Path,
    cases: Sequence[Case],
    systems: Sequence[str],
    repeats: int,
    seed: int,
    settings: Settings | None,
    generation: str,
) -> dict[str, Any]:
    """The manifest of a run that is about to begin. ``settings``: None for engines without any."""
    inputs: dict[str, Any] = {
        "cases": {
            "file": case_file.name,
            "sha256": file_sha256(case_file),
            "count": len(cases),
            "ids_sha256": hashlib.sha256("\n".join(c.id for c in cases).encode()).hexdigest(),
            "split_salt": SPLIT_SALT,
        },
        "systems": list(systems),
        "repeats": repeats,
        "seed": seed,
        "code_sha256": code_sha256(),
        "packages": _packages(),
        "index": {"generation": generation},
    }
    if settings is not None:
        inputs["settings"] = settings.model_dump(mode="json", exclude={"index_dir"})
        inputs["prompts"] = _folder_files("prompts")
        inputs["weights"] = {**_embedder(settings), **_folder_files("weights")}
        inputs["index"] |= _index(settings, generation)
    return {
        "complete": False,
        "inputs": inputs,
        "machine": {
            "python": platform.python_version(),
            "system": platform.platform(),
            "processor": platform.machine(),
        },
    }


def differences(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[str]:
    """Dotted names of the inputs that differ, sorted."""
    first, second = _flat(one.get("inputs", {})), _flat(other.get("inputs", {}))
    return sorted(
        name for name in first.keys() | second.keys() if first.get(name) != second.get(name)
    )


def file_sha256(path: Path) -> str:
    """Of the file's bytes, lower-case hex.

    Raises:
        EvalError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise EvalError(f"{path} cannot be read ({error.strerror}).") from error


def code_sha256(root: Path | None = None) -> str:
    """Of every Python file that decides answers, names included: a resumed run must not mix two."""
    base = root or Path(__file__).resolve().parent.parent
    digest = hashlib.sha256()
    for package in CODE:
        for path in sorted((base / package).rglob("*.py")):
            digest.update(str(path.relative_to(base)).encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _folder_files(name: str) -> dict[str, str]:
    """Checksums of the files in one of ragbot's folders; none where it has no such folder."""
    from ragbot.errors import ConfigError
    from ragbot.resources import folder

    try:
        place = folder(name)  # type: ignore[arg-type]  # the names are ours, not a user's
    except ConfigError:
        return {}
    return {
        path.name: _version(path) + file_sha256(path)
        for path in sorted(place.iterdir())
        if path.is_file()
    }


def _version(path: Path) -> str:
    """The version a prompt's front matter gives, as "version 3, sha256 "; else nothing."""
    if path.suffix != ".md":
        return ""
    for line in path.read_text(encoding="utf-8").splitlines()[:10]:
        if line.startswith("version:"):
            return f"version {line.removeprefix('version:').strip()}, sha256 "
    return ""


def _embedder(settings: Settings) -> dict[str, str]:
    from ragbot.adapters.sentence_transformers import embedder_info

    info = embedder_info(settings.embedding_model)
    return {info.name: info.weights_sha256} if info else {settings.embedding_model: "not recorded"}


def _index(settings: Settings, generation: str) -> dict[str, Any]:
    from ragbot.wiring import index_directory

    facts = index_directory(settings).manifest(generation)
    return {
        "embedder": str(facts.embedder),
        "settings": dict(facts.settings),
        "counts": dict(facts.counts),
        "sources_sha256": {path: entry.sha256 for path, entry in facts.files.items()},
    }


def _packages() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def _flat(document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in document.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
