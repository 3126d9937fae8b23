"""The rules that every lab must keep; needs no engine."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

from checker.base import course, paths
from checker.base.errors import CourseError
from checker.base.process import run
from checker.labs import notebook, stage
from checker.labs.answers import (
    RightAnswer,
    WrongAnswer,
    read_right_answers,
    read_wrong_answers,
)
from checker.labs.check import collect_checks, find_coverage_problems
from checker.labs.lab import Lab, load_lab
from checker.pages.lint import Finding

FEWEST_HINTS = 2
FEWEST_WRONG = 3
SHORTEST_SECRET = 8
"""Characters; shorter lines of a solution, such as `cd app`, give nothing away, nor do words."""


def lint_lab(lab_id: str) -> list[Finding]:
    """Return what is not as it should be with a lab, in the order of its files."""
    try:
        lab = load_lab(lab_id)
        rights, wrongs = read_right_answers(lab), read_wrong_answers(lab)
    except CourseError as error:
        return [make_finding(error.message, paths.labs() / lab_id / "lab.md")]
    return [
        *lint_front_matter(lab),
        *lint_tasks(lab, rights, wrongs),
        *lint_answers(lab, wrongs),
        *lint_scripts(lab, [*rights, *wrongs]),
        *lint_checks(lab),
        *lint_secrets(lab),
    ]


def list_secrets(lab: Lab) -> set[str]:
    """Return the lines of a lab's solutions that learners must not be given.

    Of the files in solution/ only what the starter files do not hold as well.
    """
    starter = "\n".join(read_files(lab.folder / "starter"))
    typed = split_lines(code.text for task in lab.tasks for code in task.solution)
    solved = split_lines(read_files(lab.folder / "solution"))
    lines = typed | {line for line in solved if line not in starter}
    return {line for line in lines if len(line) >= SHORTEST_SECRET and " " in line}


def lint_front_matter(lab: Lab) -> Iterator[Finding]:
    """Find what is wrong before the first task."""
    if not (paths.docs() / f"{lab.chapter}.md").is_file():
        yield Finding(lab.source, 1, f"there is no chapter docs/{lab.chapter}.md")
    for other in lab.requires:
        if other not in course.list_labs():
            yield Finding(lab.source, 1, f"it requires an unknown lab {other!r}")
    if lab.minutes <= 0:
        yield Finding(lab.source, 1, "minutes must be above 0")
    if not lab.teaches:
        yield Finding(lab.source, 1, "teaches is empty")
    if not lab.prose:
        yield Finding(lab.source, 1, "nothing is said before the first task")


def lint_tasks(lab: Lab, rights: list[RightAnswer], wrongs: list[WrongAnswer]) -> Iterator[Finding]:
    """Find tasks that lack a text, hints, or another right or a wrong answer."""
    passing = {task for right in rights for task in right.passes}
    failing = {task for wrong in wrongs for task in wrong.fails}
    for task in lab.tasks:
        hints = len(task.hints)
        if not task.text:
            yield Finding(lab.source, task.line, f"task {task.id!r} says nothing")
        if hints < FEWEST_HINTS:
            message = f"task {task.id!r} has {hints} hints; {FEWEST_HINTS} are the least"
            yield Finding(lab.source, task.line, message)
        if task.id not in passing:
            message = f"task {task.id!r} has no other right answer in right/"
            yield Finding(lab.source, task.line, message)
        if task.id not in failing:
            message = f"task {task.id!r} has no wrong answer in wrong/"
            yield Finding(lab.source, task.line, message)


def lint_answers(lab: Lab, wrongs: list[WrongAnswer]) -> Iterator[Finding]:
    """Find wrong answers that are too few, and answers that are no scripts."""
    if len(wrongs) < FEWEST_WRONG:
        message = f"{len(wrongs)} wrong answers; {FEWEST_WRONG} are the least"
        yield Finding(lab.folder / "wrong", 1, message)
    for folder in ("right", "wrong"):
        for path in sorted((lab.folder / folder).glob("*")):
            if path.suffix != ".sh" and path.name != ".gitkeep":
                yield Finding(path, 1, f"{folder} answers are scripts named *.sh")


def lint_scripts(lab: Lab, answers: list[RightAnswer | WrongAnswer]) -> Iterator[Finding]:
    """Find errors of shell syntax: an unclosed quote would make the notebook wait for more."""
    for code in (*lab.setup, *(each for task in lab.tasks for each in task.solution)):
        if (code in lab.setup or lab.kernel == "bash") and (error := find_syntax_error(code.text)):
            yield Finding(lab.source, code.line, error)
    for answer in answers:
        if error := find_syntax_error(answer.path.read_text()):
            yield Finding(answer.path, 1, error)


def find_syntax_error(script: str) -> str:
    """Return what Bash says of a script that it does not understand; else nothing."""
    result = run(["bash", "-n"], input=script, timeout=10, check=False)
    return result.errors.strip() if result.status else ""


def lint_checks(lab: Lab) -> Iterator[Finding]:
    """Find checks that cannot be collected, miss a task, or have nothing to say."""
    path = lab.folder / "checks.py"
    try:
        run = collect_checks(lab)
    except CourseError as error:
        yield Finding(path, 1, str(error))
        return
    if run.broken or run.checks is None:
        yield Finding(path, 1, run.broken or run.stopped or "it cannot be loaded")
        return
    for message in find_coverage_problems(lab, run.checks):
        yield make_finding(message, path)
    for check in run.checks:
        if not check["described"]:
            yield Finding(path, check["line"], f"{check['function']} has no docstring")
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assert):
            yield Finding(path, node.lineno, "assert tells a learner nothing; raise CheckFailed")


def lint_secrets(lab: Lab) -> Iterator[Finding]:
    """Find lines of a solution in what the learner gets; each is told with its own line."""
    text = "\n".join(cell.source for cell in notebook.build_learner_notebook(lab).cells)
    for secret in sorted(list_secrets(lab)):
        if secret in text:
            yield Finding(lab.source, find_line(lab, secret), f"gives a solution away: {secret}")
        for path in stage.list_files(lab.folder / "starter"):
            if secret in path.read_text(errors="replace"):
                yield Finding(path, 1, f"gives a solution away: {secret}")


def find_line(lab: Lab, secret: str) -> int:
    """Return the first line of lab.md, outside of solutions, that has a text in it; else 1."""
    solved = {
        number
        for task in lab.tasks
        for code in task.solution
        for number in range(code.line, code.line + code.text.count("\n") + 2)
    }
    lines = enumerate(lab.source.read_text().split("\n"), start=1)
    return next((at for at, line in lines if secret in line and at not in solved), 1)


def make_finding(message: str, path: Path) -> Finding:
    """Return a message as a finding: at the file and line that it begins with, or else in PATH."""
    where, _, words = message.partition(": ")
    file, _, line = where.rpartition(":")
    if line.isdigit():
        return Finding(Path(file), int(line), words)
    return Finding(path, 1, message)


def read_files(folder: Path) -> list[str]:
    """Return the contents of all files below a folder."""
    return [path.read_text(errors="replace") for path in stage.list_files(folder)]


def split_lines(texts: Iterable[str]) -> set[str]:
    """Return the lines of texts, without what is blank around them."""
    return {line.strip() for text in texts for line in text.splitlines()}
