"""The rules that every lab must keep; needs no engine."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from checker.base import course, paths
from checker.base.errors import CourseError
from checker.base.process import run
from checker.labs import notebook, stage
from checker.labs.check import collect, coverage
from checker.labs.lab import Lab, Task, load
from checker.labs.wrong import Wrong, wrongs

FEWEST_HINTS = 2
FEWEST_WRONG = 3
SHORTEST_SECRET = 8
"""Characters; shorter lines of a solution, such as `cd app`, give nothing away, nor do words."""


@dataclass(frozen=True)
class Finding:
    """Something to put right, and where."""

    path: Path
    line: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.message}"


def lint(lab_id: str) -> list[Finding]:
    """What is not as it should be with a lab, in the order of its files."""
    try:
        lab = load(lab_id)
        answers = wrongs(lab)
    except CourseError as error:
        return [_of_error(lab_id, error)]
    return [
        *_front_matter(lab),
        *_tasks(lab, answers),
        *_wrong(lab, answers),
        *_scripts(lab, answers),
        *_checks(lab),
        *_secrets(lab),
    ]


def secrets(lab: Lab) -> set[str]:
    """The lines of a lab's solutions that learners must not be given.

    Of the files in solution/ only what the starter files do not hold as well.
    """
    given = "\n".join(_contents(lab.folder / "starter"))
    typed = _lines(code.text for task in lab.tasks for code in task.solution)
    solved = _lines(_contents(lab.folder / "solution"))
    lines = typed | {line for line in solved if line not in given}
    return {line for line in lines if len(line) >= SHORTEST_SECRET and " " in line}


def _front_matter(lab: Lab) -> Iterator[Finding]:
    if not (paths.docs() / f"{lab.chapter}.md").is_file():
        yield Finding(lab.source, 1, f"there is no chapter docs/{lab.chapter}.md")
    for other in lab.requires:
        if other not in course.labs():
            yield Finding(lab.source, 1, f"it requires an unknown lab {other!r}")
    if lab.minutes <= 0:
        yield Finding(lab.source, 1, "minutes must be above 0")
    if not lab.teaches:
        yield Finding(lab.source, 1, "teaches is empty")
    if not lab.prose:
        yield Finding(lab.source, 1, "nothing is said before the first task")


def _tasks(lab: Lab, answers: list[Wrong]) -> Iterator[Finding]:
    failing = {task for wrong in answers for task in wrong.fails}
    for task in lab.tasks:
        if not task.text:
            yield _at(lab, task, "says nothing")
        if len(task.hints) < FEWEST_HINTS:
            yield _at(lab, task, f"has {len(task.hints)} hints; {FEWEST_HINTS} are the least")
        if task.id not in failing:
            yield _at(lab, task, "has no wrong answer in wrong/")


def _wrong(lab: Lab, answers: list[Wrong]) -> Iterator[Finding]:
    if len(answers) < FEWEST_WRONG:
        message = f"{len(answers)} wrong answers; {FEWEST_WRONG} are the least"
        yield Finding(lab.folder / "wrong", 1, message)
    for path in sorted((lab.folder / "wrong").glob("*")):
        if path.suffix != ".sh" and path.name != ".gitkeep":
            yield Finding(path, 1, "wrong answers are scripts named *.sh")


def _scripts(lab: Lab, answers: list[Wrong]) -> Iterator[Finding]:
    """Shell syntax: an unclosed quote would make the notebook wait for more."""
    for code in (*lab.setup, *(each for task in lab.tasks for each in task.solution)):
        if (code in lab.setup or lab.kernel == "bash") and (said := _syntax_error(code.text)):
            yield Finding(lab.source, code.line, said)
    for wrong in answers:
        if said := _syntax_error(wrong.path.read_text()):
            yield Finding(wrong.path, 1, said)


def _syntax_error(script: str) -> str:
    done = run(["bash", "-n"], input=script, timeout=10, check=False)
    return done.errors.strip() if done.status else ""


def _checks(lab: Lab) -> Iterator[Finding]:
    path = lab.folder / "checks.py"
    try:
        run = collect(lab)
    except CourseError as error:
        yield Finding(path, 1, str(error))
        return
    if run.broken or run.checks is None:
        yield Finding(path, 1, run.broken or run.stopped or "it cannot be loaded")
        return
    for message in coverage(lab, run.checks):
        where, _, words = message.partition(": ")
        file, _, line = where.rpartition(":")
        yield Finding(Path(file), int(line), words)
    for check in run.checks:
        if not check["described"]:
            yield Finding(path, check["line"], f"{check['function']} has no docstring")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assert):
            yield Finding(path, node.lineno, "assert tells a learner nothing; raise CheckFailed")


def _secrets(lab: Lab) -> Iterator[Finding]:
    """A line of a solution in what the learner gets, told with the line that gives it away."""
    written = "\n".join(cell.source for cell in notebook.learner(lab).cells)
    for secret in sorted(secrets(lab)):
        if secret in written:
            yield Finding(lab.source, _line_of(lab, secret), f"gives a solution away: {secret}")
        for path in stage.files(lab.folder / "starter"):
            if secret in path.read_text(errors="replace"):
                yield Finding(path, 1, f"gives a solution away: {secret}")


def _line_of(lab: Lab, secret: str) -> int:
    solved = {
        number
        for task in lab.tasks
        for code in task.solution
        for number in range(code.line, code.line + code.text.count("\n") + 2)
    }
    lines = enumerate(lab.source.read_text().split("\n"), start=1)
    return next((at for at, line in lines if secret in line and at not in solved), 1)


def _at(lab: Lab, task: Task, message: str) -> Finding:
    return Finding(lab.source, task.line, f"task {task.id!r} {message}")


def _of_error(lab_id: str, error: CourseError) -> Finding:
    """An error names file and line where it can."""
    where, _, words = error.message.partition(": ")
    file, _, line = where.rpartition(":")
    if line.isdigit():
        return Finding(Path(file), int(line), words)
    return Finding(paths.labs() / lab_id / "lab.md", 1, error.message)


def _contents(folder: Path) -> list[str]:
    return [path.read_text(errors="replace") for path in stage.files(folder)]


def _lines(texts: Iterable[str]) -> set[str]:
    return {line.strip() for text in texts for line in text.splitlines()}
