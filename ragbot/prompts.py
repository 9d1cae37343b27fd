"""Prompts as files: ``prompts/NAME.md`` with front matter, a system part and a human part.

    prompt = load_prompt("answer")
    system, human = prompt.render(question="…", passages="…", …)

A file says which variables it takes. One that it uses without saying so, or says and does not use,
is an error when it is loaded; one that is missing or unknown is an error when it is filled in.
Values are put in as they are: braces in them mean nothing. It calls no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from ragbot.errors import ConfigError
from ragbot.resources import folder

_FILE = re.compile(
    r"---\n(?P<front>.*?)\n---\n\s*# system\n(?P<system>.*?)\n# human\n(?P<human>.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt as its file has it."""

    name: str
    version: int
    variables: frozenset[str]
    system: str
    human: str

    def render(self, **values: str) -> tuple[str, str]:
        """System and human message, filled in.

        Raises:
            ConfigError: a variable is missing, or the prompt does not know it.
        """
        if wrong := self.variables ^ values.keys():
            known = ", ".join(sorted(self.variables))
            raise ConfigError(
                f"prompts/{self.name}.md: {', '.join(sorted(wrong))} missing or unknown.",
                hint=f"It takes {known}.",
            )
        return self.system.format_map(values), self.human.format_map(values)


def load_prompt(name: str, *, directory: Path | None = None) -> Prompt:
    """``NAME.md`` of ``directory``, or of the bundled ``prompts/``.

    Raises:
        ConfigError: it is missing, or not what a prompt looks like.
    """
    path = (directory or folder("prompts")) / f"{name}.md"
    try:
        found = _FILE.fullmatch(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The prompt {path} cannot be read ({error.strerror}).") from error
    if found is None:
        raise ConfigError(f"{path} needs front matter between ---, then # system and # human.")
    front = _front_matter(found["front"], path)
    declared = frozenset(re.findall(r"\w+", front.get("variables", "")))
    system, human = found["system"].strip(), found["human"].strip()
    if wrong := declared ^ _used(f"{system}\n{human}", path):
        raise ConfigError(f"{path}: {', '.join(sorted(wrong))} declared or used, but not both.")
    if front.get("name") != name or not front.get("version", "").isdecimal():
        raise ConfigError(f"{path} needs the name {name!r} and a whole number as its version.")
    return Prompt(name, int(front["version"]), declared, system, human)


def _front_matter(text: str, path: Path) -> dict[str, str]:
    pairs = [line.partition(":") for line in text.splitlines() if line.strip()]
    if not all(colon for _, colon, _ in pairs):
        raise ConfigError(f"{path}: each line of the front matter is KEY: VALUE.")
    return {key.strip(): value.strip() for key, _, value in pairs}


def _used(template: str, path: Path) -> frozenset[str]:
    try:
        fields = {name for _, name, _, _ in Formatter().parse(template) if name is not None}
    except ValueError as error:
        raise ConfigError(f"{path}: {error}. A brace of its own is written {{{{.") from error
    if odd := sorted(name for name in fields if not name.isidentifier()):
        raise ConfigError(f"{path}: {odd[0]!r} is no variable.")
    return frozenset(fields)
