"""A lab as its author wrote it: lab.md, read once, with line numbers for every complaint."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from checker.base import course, paths
from checker.base.errors import CourseError
from checker.formats.markdown import Fence, Heading, front_matter_end
from checker.labs.source import Part, parts
from checker.orchestrators import engine_names

KERNELS = {"bash": "bash", "python": "python"}
"""The kernels of notebooks, and the language of their solution fences."""

REQUIRED = {"title": str, "engine": str, "minutes": int, "chapter": str, "teaches": list}
OPTIONAL = {"requires": list, "kernel": str}
TASK_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@dataclass(frozen=True)
class Code:
    """Lines that are run, and the line of lab.md on which they begin."""

    text: str
    line: int


@dataclass(frozen=True)
class Task:
    """One thing to reach: what it asks, what it is worth, how it can be reached."""

    id: str
    title: str
    points: int
    text: str
    hints: tuple[str, ...]
    solution: tuple[Code, ...]
    line: int


@dataclass(frozen=True)
class Lab:
    """A lab. `setup` runs before the learner starts; `prose` is what stands before the tasks."""

    id: str
    title: str
    engine: str
    minutes: int
    chapter: str
    teaches: tuple[str, ...]
    requires: tuple[str, ...]
    kernel: str
    folder: Path
    prose: str
    setup: tuple[Code, ...]
    tasks: tuple[Task, ...]

    @property
    def source(self) -> Path:
        return self.folder / "lab.md"

    @property
    def max_points(self) -> int:
        return sum(task.points for task in self.tasks)

    def task(self, task_id: str) -> Task:
        """The task of that id.

        Raises:
            CourseError: The lab has none; the message lists those it has.
        """
        for task in self.tasks:
            if task.id == task_id:
                return task
        known = ", ".join(task.id for task in self.tasks)
        raise CourseError(f"{self.id} has no task {task_id!r}.", next_step=f"Its tasks: {known}.")


def load(lab_id: str) -> Lab:
    """Read a lab.

    Args:
        lab_id: TRACK/SLUG, or the SLUG where only one lab has it.

    Raises:
        CourseError: There is no such lab, or its lab.md is wrong; then file and line are named.
    """
    name = course.lab(lab_id)
    return read(paths.labs() / name / "lab.md", name)


def read(path: Path, lab_id: str) -> Lab:
    """Read the lab.md at PATH as the lab LAB_ID; errors as in `load`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read.", found=str(error)) from error
    matter = _front_matter(path, text)
    builder = _Builder(path, matter.get("kernel", "bash"))
    for part in parts(path, text, front_matter_end(text.split("\n")) + 1):
        builder.add(part)
    prose, setup, tasks = builder.result()
    return Lab(
        id=lab_id,
        title=matter["title"],
        engine=matter["engine"],
        minutes=matter["minutes"],
        chapter=matter["chapter"],
        teaches=tuple(str(each) for each in matter["teaches"]),
        requires=tuple(str(each) for each in matter.get("requires", [])),
        kernel=matter.get("kernel", "bash"),
        folder=path.parent,
        prose=prose,
        setup=setup,
        tasks=tasks,
    )


def _front_matter(path: Path, text: str) -> dict[str, Any]:
    lines = text.split("\n")
    end = front_matter_end(lines)
    if not end:
        raise CourseError(
            f"{path}:1: lab.md must begin with front matter between two lines '---'.",
            next_step=f"Give it {', '.join(REQUIRED)}.",
        )
    try:
        matter = yaml.safe_load("\n".join(lines[1 : end - 1])) or {}
    except yaml.YAMLError as error:
        raise CourseError(f"{path}:1: the front matter is not YAML.", found=str(error)) from error
    _judge_front_matter(path, matter)
    return dict(matter)


def _judge_front_matter(path: Path, matter: Any) -> None:
    kinds = {**REQUIRED, **OPTIONAL}
    if not isinstance(matter, dict):
        raise CourseError(f"{path}:1: the front matter must be names with values.")
    for name in REQUIRED:
        if name not in matter:
            raise CourseError(f"{path}:1: the front matter lacks {name!r}.")
    for name, value in matter.items():
        if name not in kinds:
            raise CourseError(f"{path}:1: unknown {name!r} in the front matter.")
        if not isinstance(value, kinds[name]):
            raise CourseError(
                f"{path}:1: {name!r} has the wrong type.",
                expected=kinds[name].__name__,
                found=repr(value),
            )
    if not engine_names.is_good(matter["engine"]):
        raise CourseError(
            f"{path}:1: unknown engine {matter['engine']!r}.", expected=engine_names.described()
        )
    _one_of(path, "kernel", matter.get("kernel", "bash"), tuple(KERNELS))


def _one_of(path: Path, name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise CourseError(
            f"{path}:1: unknown {name} {value!r} in the front matter.", expected=", ".join(known)
        )


@dataclass
class _Draft:
    """A task while its parts are being collected."""

    id: str
    title: str
    points: int
    line: int
    text: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    solution: list[Code] = field(default_factory=list)

    def done(self) -> Task:
        return Task(
            self.id,
            self.title,
            self.points,
            "\n".join(self.text).strip(),
            tuple(self.hints),
            tuple(self.solution),
            self.line,
        )


class _Builder:
    """Puts the parts of lab.md where they belong."""

    def __init__(self, path: Path, kernel: str) -> None:
        self.path = path
        self.language = KERNELS[kernel]
        self.prose: list[str] = []
        self.setup: list[Code] = []
        self.tasks: list[_Draft] = []

    def add(self, part: Part) -> None:
        fence, heading = part.fence, part.heading
        if heading and heading.level == 2 and heading.title.startswith("Task:"):
            self._task(heading)
        elif fence and {"setup", "solution"} & set(fence.classes):
            self._code(fence)
        elif part.hint:
            self._hint(part)
        else:
            (self.tasks[-1].text if self.tasks else self.prose).append(part.text)

    def result(self) -> tuple[str, tuple[Code, ...], tuple[Task, ...]]:
        if not self.tasks:
            raise self._wrong(1, "the lab has no task.", "Open one with '## Task: ... { #id }'.")
        for draft in self.tasks:
            if not draft.solution:
                raise self._wrong(draft.line, f"task {draft.id!r} has no .solution fence.")
        prose = re.sub(r"\A\s*# .*\n?", "", "\n".join(self.prose)).strip()
        return prose, tuple(self.setup), tuple(draft.done() for draft in self.tasks)

    def _task(self, part: Heading) -> None:
        if not TASK_ID.fullmatch(part.id):
            raise self._wrong(
                part.line, "a task needs an id.", "Write '## Task: ... { #task-id points=\"1\" }'."
            )
        for other in self.tasks:
            if other.id == part.id:
                raise self._wrong(part.line, f"task {part.id!r} is already on line {other.line}.")
        points = part.given.values.get("points", "1")
        if not re.fullmatch(r"[1-9]\d*", points):
            raise self._wrong(part.line, f"points={points!r} must be a whole number above 0.")
        title = part.title.removeprefix("Task:").strip()
        self.tasks.append(_Draft(part.id, title[:1].upper() + title[1:], int(points), part.line))

    def _code(self, part: Fence) -> None:
        code = Code(textwrap.dedent(part.content), part.line)
        if "setup" in part.classes:
            if self.tasks:
                raise self._wrong(part.line, "a .setup fence must stand before the first task.")
            self._language(part, "bash")
            self.setup.append(code)
        elif not self.tasks:
            raise self._wrong(part.line, "a .solution fence must stand inside a task.")
        else:
            self._language(part, self.language)
            self.tasks[-1].solution.append(code)

    def _language(self, part: Fence, wanted: str) -> None:
        if part.language != wanted:
            raise self._wrong(
                part.line, f"this fence must be {wanted}, not {part.language or 'bare'}."
            )

    def _hint(self, part: Part) -> None:
        if not self.tasks:
            raise self._wrong(part.line, "a hint must stand inside a task.")
        if not part.text:
            raise self._wrong(part.line, "the hint is empty.", "Indent its text by four spaces.")
        self.tasks[-1].hints.append(part.text)

    def _wrong(self, line: int, message: str, next_step: str = "") -> CourseError:
        return CourseError(f"{self.path}:{line}: {message}", next_step=next_step)
