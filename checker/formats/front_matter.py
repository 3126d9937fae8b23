"""Front matter: names with values in YAML, between two lines '---' at the top of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from checker.base.errors import CourseError


def count_front_matter_lines(lines: list[str]) -> int:
    """Count the lines that the front matter takes, its marks included; 0 without one."""
    if not lines or lines[0].rstrip() != "---":
        return 0
    return next((at for at, line in enumerate(lines[1:], 2) if line.rstrip() == "---"), 0)


def load_front_matter(path: Path, lines: list[str]) -> dict[str, Any]:
    """Return the names of a file's front matter with their values; nothing without one.

    Raises:
        CourseError: It is not YAML, or not names with values; file and line are named.
    """
    end = count_front_matter_lines(lines)
    try:
        values = yaml.safe_load("\n".join(lines[1 : end - 1])) if end else None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 2 if mark else 1
        found = str(getattr(error, "problem", error))
        raise CourseError(f"{path}:{line}: the front matter is not YAML.", found=found) from None
    if not isinstance(values or {}, dict):
        raise CourseError(f"{path}:1: the front matter must be names with values.")
    return {str(name): value for name, value in (values or {}).items()}
