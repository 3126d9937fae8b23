"""Wrong answers: scripts that do what learners do wrong, with what they must be told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from checker.base.errors import CourseError
from checker.labs.lab import Lab

LINE = re.compile(r"# (?P<key>fails|says|after): *(?P<value>.*\S)\s*")


@dataclass(frozen=True)
class WrongAnswer:
    """A script in wrong/: the tasks that must fail, words that must be said.

    `after` names tasks whose solutions are run before the script.
    """

    name: str
    path: Path
    fails: tuple[str, ...]
    says: tuple[str, ...]
    after: tuple[str, ...]


def read_wrong_answers(lab: Lab) -> list[WrongAnswer]:
    """Read the lab's wrong answers, by name.

    Raises:
        CourseError: A script does not state what fails and what is said, or names unknown tasks.
    """
    return [read_wrong_answer(lab, path) for path in sorted((lab.folder / "wrong").glob("*.sh"))]


def read_wrong_answer(lab: Lab, path: Path) -> WrongAnswer:
    """Read one wrong answer; errors as in `read_wrong_answers`."""
    found: dict[str, list[str]] = {"fails": [], "says": [], "after": []}
    for line in path.read_text().splitlines():
        if match := LINE.fullmatch(line):
            found[match["key"]].append(match["value"])
    fails, after = _split_tasks(found["fails"]), _split_tasks(found["after"])
    for key in ("fails", "says"):
        if not found[key]:
            raise CourseError(f"{path}: there is no line '# {key}: ...'.")
    for task in (*fails, *after):
        if task not in {each.id for each in lab.tasks}:
            raise CourseError(f"{path}: the lab has no task {task!r}.")
    return WrongAnswer(path.name, path, fails, tuple(found["says"]), after)


def _split_tasks(lines: list[str]) -> tuple[str, ...]:
    return tuple(task for line in lines for task in re.split(r"[,\s]+", line) if task)
