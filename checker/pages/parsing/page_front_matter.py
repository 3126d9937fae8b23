"""A page's front matter: what it is about, what it needs, what runs before and after it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from checker.base.errors import CourseError
from checker.formats.markdown import front_matter_end
from checker.orchestrators import engine_names

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


def read(path: Path, text: str) -> FrontMatter:
    """Read the front matter of a page; a page without one has everything empty.

    Raises:
        CourseError: It is not closed, not YAML, or says something unknown or of the wrong type.
    """
    lines = text.split("\n")
    end = front_matter_end(lines)
    if not end and lines[0].rstrip() == "---":
        raise CourseError(f"{path}:1: the front matter is never closed.", expected="a line ---")
    given = _load(path, "\n".join(lines[1 : end - 1])) if end else {}
    where = {name: _line_of(name, lines[:end]) for name in given}
    for name, value in given.items():
        _judge(f"{path}:{where[name]}", name, value)
    return FrontMatter(
        title=given.get("title", ""),
        engine=given.get("engine", ""),
        minutes=given.get("minutes", 0),
        lab=given.get("lab", ""),
        setup=_commands(given.get("setup")),
        cleanup=_commands(given.get("cleanup")),
        lines=where,
    )


def _load(path: Path, text: str) -> dict[str, Any]:
    try:
        given = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        found = str(getattr(error, "problem", error))
        raise CourseError(f"{path}:{line}: the front matter is not YAML.", found=found) from None
    if not isinstance(given, dict):
        raise CourseError(f"{path}:1: the front matter must be names with values.")
    return {str(name): value for name, value in given.items()}


def _line_of(name: str, lines: list[str]) -> int:
    return next((n for n, line in enumerate(lines, 1) if line.startswith(f"{name}:")), 1)


def _judge(where: str, name: str, value: Any) -> None:
    if name in THEIRS:
        return
    if name not in OURS:
        raise CourseError(
            f"{where}: unknown name {name!r} in the front matter.", expected=", ".join(OURS)
        )
    expected, good = _judgement(name, value)
    if not good:
        raise CourseError(f"{where}: {name} is wrong.", expected=expected, found=repr(value))


def _judgement(name: str, value: Any) -> tuple[str, bool]:
    if name == "engine":
        return engine_names.described(), engine_names.is_good(value)
    if name == "minutes":
        return "a whole number above 0", type(value) is int and value > 0
    if name in ("setup", "cleanup"):
        return "a command or a list of commands", _is_commands(value)
    return "text", isinstance(value, str) and bool(value.strip())


def _is_commands(value: Any) -> bool:
    values = value if isinstance(value, list) else [value]
    return bool(values) and all(isinstance(each, str) and each.strip() for each in values)


def _commands(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    return tuple(value) if isinstance(value, list) else (value,)
