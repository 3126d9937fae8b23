"""A lab as its author wrote it: lab.md, read once, with line numbers for every complaint."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checker.base import course, paths
from checker.base.errors import CourseError
from checker.formats.front_matter import count_front_matter_lines, load_front_matter
from checker.formats.markdown import Fence, Heading
from checker.labs.source import Part, split_parts
from checker.orchestrators import registry

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

    def find_task(self, task_id: str) -> Task:
        """Return the task of that id.

        Raises:
            CourseError: The lab has none; the message lists those it has.
        """
        for task in self.tasks:
            if task.id == task_id:
                return task
        known = ", ".join(task.id for task in self.tasks)
        raise CourseError(f"{self.id} has no task {task_id!r}.", next_step=f"Its tasks: {known}.")


def load_lab(lab_id: str) -> Lab:
    """Read a lab.

    Args:
        lab_id: TRACK/SLUG, or the SLUG where only one lab has it.

    Raises:
        CourseError: There is no such lab, or its lab.md is wrong; then file and line are named.
    """
    name = course.find_lab(lab_id)
    return read_lab(paths.labs() / name / "lab.md", name)


def read_lab(path: Path, lab_id: str) -> Lab:
    """Read the lab.md at PATH as the lab LAB_ID; errors as in `load_lab`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CourseError(f"{path}: cannot be read.", found=str(error)) from error
    lines = text.split("\n")
    front_lines = count_front_matter_lines(lines)
    if not front_lines:
        raise CourseError(
            f"{path}:1: lab.md must begin with front matter between two lines '---'.",
            next_step=f"Give it {', '.join(REQUIRED)}.",
        )
    front_matter = load_front_matter(path, lines)
    validate_front_matter(path, front_matter)
    kernel = front_matter.get("kernel", "bash")
    builder = LabBuilder(path, KERNELS[kernel])
    for part in split_parts(path, text, front_lines + 1):
        builder.add_part(part)
    prose, setup, tasks = builder.finish()
    return Lab(
        id=lab_id,
        title=front_matter["title"],
        engine=front_matter["engine"],
        minutes=front_matter["minutes"],
        chapter=front_matter["chapter"],
        teaches=tuple(str(each) for each in front_matter["teaches"]),
        requires=tuple(str(each) for each in front_matter.get("requires", [])),
        kernel=kernel,
        folder=path.parent,
        prose=prose,
        setup=setup,
        tasks=tasks,
    )


def validate_front_matter(path: Path, front_matter: dict[str, Any]) -> None:
    """Refuse front matter that lacks a name, or has one that is unknown or of the wrong type."""
    types = {**REQUIRED, **OPTIONAL}
    for name in REQUIRED:
        if name not in front_matter:
            raise CourseError(f"{path}:1: the front matter lacks {name!r}.")
    for name, value in front_matter.items():
        if name not in types:
            raise CourseError(f"{path}:1: unknown {name!r} in the front matter.")
        if not isinstance(value, types[name]):
            raise CourseError(
                f"{path}:1: {name!r} has the wrong type.",
                expected=types[name].__name__,
                found=repr(value),
            )
    engine, kernel = front_matter["engine"], front_matter.get("kernel", "bash")
    if not registry.is_valid_engine(engine):
        raise CourseError(
            f"{path}:1: unknown engine {engine!r}.", expected=registry.describe_engines()
        )
    if kernel not in KERNELS:
        raise CourseError(
            f"{path}:1: unknown kernel {kernel!r} in the front matter.",
            expected=", ".join(KERNELS),
        )


def count_points(points: int) -> str:
    """Return a number of points in words."""
    return "1 point" if points == 1 else f"{points} points"


class LabBuilder:
    """Puts the parts of lab.md where they belong; solutions are fences of `language`."""

    def __init__(self, path: Path, language: str) -> None:
        self.path = path
        self.language = language
        self.prose: list[str] = []
        self.setup: list[Code] = []
        self.tasks: list[Task] = []

    def add_part(self, part: Part) -> None:
        """Take the next part of the file.

        Raises:
            CourseError: It is malformed, or must not stand here.
        """
        fence, heading = part.fence, part.heading
        if heading and heading.level == 2 and heading.title.startswith("Task:"):
            self.add_task(heading)
        elif fence and {"setup", "solution"} & set(fence.classes):
            self.add_code(fence)
        elif part.hint:
            self.add_hint(part)
        elif self.tasks:
            self.extend_task(text=f"{self.tasks[-1].text}\n{part.text}")
        else:
            self.prose.append(part.text)

    def finish(self) -> tuple[str, tuple[Code, ...], tuple[Task, ...]]:
        """Return the text before the tasks, the setup, and the tasks."""
        if not self.tasks:
            raise self.make_error(
                1, "the lab has no task.", "Open one with '## Task: ... { #id }'."
            )
        for task in self.tasks:
            if not task.solution:
                raise self.make_error(task.line, f"task {task.id!r} has no .solution fence.")
        prose = re.sub(r"\A\s*# .*\n?", "", "\n".join(self.prose)).strip()
        tasks = tuple(replace(task, text=task.text.strip()) for task in self.tasks)
        return prose, tuple(self.setup), tasks

    def add_task(self, heading: Heading) -> None:
        """Begin a task: what follows belongs to it."""
        line, points = heading.line, heading.braces.values.get("points", "1")
        if not TASK_ID.fullmatch(heading.id):
            raise self.make_error(
                line, "a task needs an id.", "Write '## Task: ... { #task-id points=\"1\" }'."
            )
        for other in self.tasks:
            if other.id == heading.id:
                raise self.make_error(line, f"task {heading.id!r} is already on line {other.line}.")
        if not re.fullmatch(r"[1-9]\d*", points):
            raise self.make_error(line, f"points={points!r} must be a whole number above 0.")
        title = heading.title.removeprefix("Task:").strip()
        title = title[:1].upper() + title[1:]
        self.tasks.append(Task(heading.id, title, int(points), "", (), (), line))

    def add_code(self, fence: Fence) -> None:
        """Add a fence to the setup, or to the solution of the task."""
        is_setup = "setup" in fence.classes
        if is_setup and self.tasks:
            raise self.make_error(fence.line, "a .setup fence must come before the first task.")
        if not is_setup and not self.tasks:
            raise self.make_error(fence.line, "a .solution fence must be inside a task.")
        language = "bash" if is_setup else self.language
        if fence.language != language:
            raise self.make_error(
                fence.line, f"this fence must be {language}, not {fence.language or 'bare'}."
            )
        code = Code(textwrap.dedent(fence.content), fence.line)
        if is_setup:
            self.setup.append(code)
        else:
            self.extend_task(solution=(*self.tasks[-1].solution, code))

    def add_hint(self, part: Part) -> None:
        """Add a hint to the task."""
        if not self.tasks:
            raise self.make_error(part.line, "a hint must be inside a task.")
        if not part.text:
            raise self.make_error(
                part.line, "the hint is empty.", "Indent its text by four spaces."
            )
        self.extend_task(hints=(*self.tasks[-1].hints, part.text))

    def extend_task(self, **values: Any) -> None:
        """Give the task that is being read other values."""
        self.tasks[-1] = replace(self.tasks[-1], **values)

    def make_error(self, line: int, message: str, next_step: str = "") -> CourseError:
        """Return an error that names the file and the line."""
        return CourseError(f"{self.path}:{line}: {message}", next_step=next_step)
