"""A page's front matter: what it is about, what it needs, what runs before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checker.base.errors import CourseError
from checker.formats.front_matter import count_front_matter_lines, load_front_matter
from checker.orchestrators import registry

OURS = ("title", "engine", "minutes", "lab", "setup", "cleanup")
THEIRS = ("description", "hide", "icon", "search", "status", "subtitle", "tags", "template")
"""Names that the site's theme knows (Material for MkDocs, reference/ of its documentation)."""


@dataclass(frozen=True)
class FrontMatter:
    """What the front matter says; `lines` knows where each name stands."""

    title: str
    engine: str
    minutes: int
    lab: str
    setup: tuple[str, ...]
    cleanup: tuple[str, ...]
    lines: dict[str, int]


def read_front_matter(path: Path, text: str) -> FrontMatter:
    """Read the front matter of a page; a page without one has everything empty.

    Raises:
        CourseError: It is not closed, not YAML, or says something unknown or of the wrong type.
    """
    lines = text.split("\n")
    end = count_front_matter_lines(lines)
    if not end and lines[0].rstrip() == "---":
        raise CourseError(f"{path}:1: the front matter is never closed.", expected="a line ---")
    values = load_front_matter(path, lines)
    line_of = {
        name: next((n for n, line in enumerate(lines[:end], 1) if line.startswith(f"{name}:")), 1)
        for name in values
    }
    for name, value in values.items():
        validate_value(f"{path}:{line_of[name]}", name, value)
    return FrontMatter(
        title=values.get("title", ""),
        engine=values.get("engine", ""),
        minutes=values.get("minutes", 0),
        lab=values.get("lab", ""),
        setup=tuple(list_commands(values.get("setup", []))),
        cleanup=tuple(list_commands(values.get("cleanup", []))),
        lines=line_of,
    )


def validate_value(where: str, name: str, value: Any) -> None:
    """Refuse a name that nobody knows, and a value of the wrong type."""
    if name in THEIRS:
        return
    if name not in OURS:
        raise CourseError(
            f"{where}: unknown name {name!r} in the front matter.", expected=", ".join(OURS)
        )
    if name == "engine":
        expected, is_valid = registry.describe_engines(), registry.is_valid_engine(value)
    elif name == "minutes":
        expected, is_valid = "a whole number above 0", type(value) is int and value > 0
    elif name in ("setup", "cleanup"):
        expected = "a command or a list of commands"
        commands = list_commands(value)
        is_valid = all(isinstance(each, str) and each.strip() for each in commands)
        is_valid = is_valid and bool(commands)
    else:
        expected, is_valid = "text", isinstance(value, str) and bool(value.strip())
    if not is_valid:
        raise CourseError(f"{where}: {name} is wrong.", expected=expected, found=repr(value))


def list_commands(value: Any) -> list[Any]:
    """Return the commands of a value that may be a single one."""
    return value if isinstance(value, list) else [value]
