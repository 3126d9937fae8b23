"""Answers that a lab is proven with: scripts in right/ and in wrong/.

A right answer gets the points in another form than the solution; a wrong one does what learners do
wrong, and states what they must be told.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from checker.base.errors import CourseError
from checker.labs.lab import Lab

LINE = re.compile(r"# (?P<key>passes|fails|says|after): *(?P<value>.*\S)\s*")


@dataclass(frozen=True)
class RightAnswer:
    """A script in right/: the tasks that must pass.

    `after` names tasks whose solutions are run before the script.
    """

    name: str
    path: Path
    passes: tuple[str, ...]
    after: tuple[str, ...]


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


def read_right_answers(lab: Lab) -> list[RightAnswer]:
    """Read the lab's right answers, by name.

    Raises:
        CourseError: A script does not state what passes, or names unknown tasks.
    """
    return [read_right_answer(lab, path) for path in sorted((lab.folder / "right").glob("*.sh"))]


def read_right_answer(lab: Lab, path: Path) -> RightAnswer:
    """Read one right answer; errors as in `read_right_answers`."""
    found = _read_lines(path, needed=("passes",))
    passes, after = _list_tasks(lab, path, found["passes"], found["after"])
    return RightAnswer(path.name, path, passes, after)


def read_wrong_answers(lab: Lab) -> list[WrongAnswer]:
    """Read the lab's wrong answers, by name.

    Raises:
        CourseError: A script does not state what fails and what is said, or names unknown tasks.
    """
    return [read_wrong_answer(lab, path) for path in sorted((lab.folder / "wrong").glob("*.sh"))]


def read_wrong_answer(lab: Lab, path: Path) -> WrongAnswer:
    """Read one wrong answer; errors as in `read_wrong_answers`."""
    found = _read_lines(path, needed=("fails", "says"))
    fails, after = _list_tasks(lab, path, found["fails"], found["after"])
    return WrongAnswer(path.name, path, fails, tuple(found["says"]), after)


def _read_lines(path: Path, needed: Iterable[str]) -> dict[str, list[str]]:
    """Return what a script states, by key."""
    found: dict[str, list[str]] = {"passes": [], "fails": [], "says": [], "after": []}
    for line in path.read_text().splitlines():
        if match := LINE.fullmatch(line):
            found[match["key"]].append(match["value"])
    for key in needed:
        if not found[key]:
            raise CourseError(f"{path}: there is no line '# {key}: ...'.")
    return found


def _list_tasks(lab: Lab, path: Path, *stated: list[str]) -> Iterable[tuple[str, ...]]:
    """Return the tasks that lines name, once each of them is known to be one of the lab's."""
    named = [
        tuple(task for line in lines for task in re.split(r"[,\s]+", line) if task)
        for lines in stated
    ]
    for task in (task for tasks in named for task in tasks):
        if task not in {each.id for each in lab.tasks}:
            raise CourseError(f"{path}: the lab has no task {task!r}.")
    return named
