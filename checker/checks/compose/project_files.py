"""Which files of a folder `docker compose` reads when it is told none, and what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.checks.core.failure import CheckFailed, join_names
from checker.checks.core.secret_values import describe_encoding
from checker.checks.files.fixture import Workspace

DEFAULT = "compose.yaml"
OVERRIDES = (
    "compose.override.yml",
    "compose.override.yaml",
    "docker-compose.override.yml",
    "docker-compose.override.yaml",
)
"""Compose takes the first of these that is there, and merges it on top."""

SETTING = re.compile(r"^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*(.*?)[ \t]*(?:[ \t]#.*)?$", re.M)


@dataclass(frozen=True)
class WrittenFile:
    """A file as it was written: its text, and the YAML in it before variables are filled in."""

    name: str
    text: str
    content: dict[str, Any]

    def find_value(self, secret: str) -> str:
        """Return where a secret stands in the file, and how; empty if it does not."""
        for path, value in list_scalars(self.content):
            if how := describe_encoding(secret, value):
                return f"{path} in {self.name}, {how}"
        # a comment is part of the file as well
        for number, line in enumerate(self.text.splitlines(), 1):
            if how := describe_encoding(secret, line):
                return f"line {number} of {self.name}, {how}"
        how = describe_encoding(secret, self.text)
        return f"{self.name}, {how}" if how else ""


def list_scalars(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """List all that stands in YAML, keys too, with the path to it: `services.db.labels.team`."""
    if isinstance(value, dict):
        for key, each in value.items():
            below = f"{path}.{key}" if path else str(key)
            yield path or "the top", str(key)
            yield from list_scalars(each, below)
    elif isinstance(value, list):
        for each in value:
            yield from list_scalars(each, path)
    elif value is not None:
        yield path, str(value)


def list_project_files(workspace: Workspace, name: str) -> list[str]:
    """Return the files that Compose reads: what .env names, or the file and its override.

    Any other name than compose.yaml stands for itself.

    Raises:
        CheckFailed: .env names other files than this one, or files outside of the folder.
    """
    if name != DEFAULT:
        return [name]
    settings = read_settings(workspace)
    if not (named := settings.get("COMPOSE_FILE", "")):
        return [name, *[each for each in OVERRIDES if workspace.file(each).exists][:1]]
    separator = settings.get("COMPOSE_PATH_SEPARATOR") or ":"
    found = [str(Path(each.strip())) for each in named.split(separator) if each.strip()]
    if outside := [each for each in found if Path(each).is_absolute() or ".." in Path(each).parts]:
        step = "Keep all that belongs to the project in your folder, and name it there."
        raise CheckFailed("files in your folder in COMPOSE_FILE", join_names(outside), step)
    if name not in found:
        expected = f"{name} among the files that docker compose reads here"
        step = f"Name {name} in COMPOSE_FILE as well, or remove that line from .env."
        raise CheckFailed(expected, f"COMPOSE_FILE in .env names {join_names(found)}", step)
    return found


def read_settings(workspace: Workspace) -> dict[str, str]:
    """Return what .env sets, without quotes; nothing if there is no such file."""
    file = workspace.file(".env")
    if not file.exists:
        return {}
    return {key: value.strip("\"'") for key, value in SETTING.findall(file.text)}
