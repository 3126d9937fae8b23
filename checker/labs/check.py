"""Judge a workspace: ask a check process, and put what it says into the report."""

from __future__ import annotations

import json
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.errors import CourseError
from checker.judging import client
from checker.judging.request import Request
from checker.labs import progress
from checker.labs.lab import Lab, Task, load

COLLECT_SECONDS = 30.0
AUTHOR = "This is a fault of the lab, not yours; its author needs the line above."

Message = dict[str, Any]


@dataclass
class Run:
    """What a check process has said so far."""

    engine: dict[str, str] = field(default_factory=lambda: {"name": "", "version": ""})
    checks: list[Message] | None = None
    broken: str = ""
    under_way: str = ""
    done: dict[str, Message] = field(default_factory=dict)
    stopped: str = ""

    def take(self, message: Message) -> bool:
        """Take a message in; False if it was the last."""
        if "engine" in message:
            self.engine = message["engine"]
        elif "checks" in message:
            self.checks = message["checks"]
        elif "broken" in message:
            self.broken = self.broken or message["broken"]
        elif "begin" in message:
            self.under_way = message["begin"]
        elif "done" in message:
            self.done[message["done"]] = message
            self.under_way = ""
        return "end" not in message

    def patience(self) -> float:
        """Seconds that the next message may take."""
        for check in self.checks or []:
            if check["function"] == self.under_way:
                return float(check["timeout"])
        return COLLECT_SECONDS


def workspace_of(lab_id: str) -> Path:
    """The learner's folder of a lab; it need not be there."""
    return paths.work() / lab_id


def check(
    lab: Lab | str,
    task: str | None = None,
    workspace: Path | None = None,
    *,
    all_checks: bool = False,
) -> dict[str, Any]:
    """Judge a workspace; nothing is remembered.

    Args:
        task: Judge this task alone.
        workspace: The folder to judge; the learner's own if not given.
        all_checks: Run also checks whose prerequisites are not passed.

    Returns:
        The report, as docs/contributing/write-a-check.md describes it.

    Raises:
        CourseError: There is no such lab, task or folder, or the lab is wrong.
    """
    found = load(lab) if isinstance(lab, str) else lab
    if task:
        found.task(task)
    folder = workspace or workspace_of(found.id)
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {folder}.", next_step=f"Begin with: ./course start {found.id}"
        )
    started = time.monotonic()
    run = _run(found, task, folder, all_checks=all_checks)
    _judge_coverage(found, run)
    return _report(found, task, run, time.monotonic() - started)


def check_and_record(lab: Lab | str, task: str | None = None) -> dict[str, Any]:
    """Judge the learner's own workspace, and remember as progress what is found.

    Raises:
        CourseError: As `check`.
    """
    report = check(lab, task)
    progress.record(report)
    return report


def collect(lab: Lab) -> Run:
    """Which checks a lab has, without running them."""
    return _run(lab, None, lab.folder, collect_only=True)


def _run(lab: Lab, task: str | None, workspace: Path, **options: bool) -> Run:
    if not (lab.folder / "checks.py").is_file():
        raise CourseError(f"{lab.folder / 'checks.py'} is not there.")
    request = Request(
        folder=str(lab.folder.resolve()),
        workspace=str(workspace.resolve()),
        engine=lab.engine,
        tasks=tuple(each.id for each in lab.tasks),
        only=task,
        env=dict(os.environ),
        **options,
    )
    with client.connect() as connection:
        return _listen(connection, request)


def _listen(connection: socket.socket, request: Request) -> Run:
    """Follow a run to its end, or until a message is overdue."""
    run = Run()
    try:
        connection.sendall(request.line())
        for message in _messages(connection, run):
            if not run.take(message):
                return run
        run.stopped = "the check process ended before it was done"
    except TimeoutError:
        run.stopped = f"it took longer than {run.patience():g} s"
    except OSError as error:
        run.stopped = f"the check process could not be asked: {error}"
    return run


def _messages(connection: socket.socket, run: Run) -> Iterator[Message]:
    rest = b""
    deadline = time.monotonic() + run.patience()
    while True:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        piece = connection.recv(65536)
        if not piece:
            return
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield json.loads(line)
        if lines:
            deadline = time.monotonic() + run.patience()


def _judge_coverage(lab: Lab, run: Run) -> None:
    """Every task has a check, every check a task; this can only be said of a checks.py that loads.

    Raises:
        CourseError: One has not.
    """
    if run.broken or run.checks is None:
        return
    if problems := coverage(lab, run.checks):
        raise CourseError("\n".join(problems))


def coverage(lab: Lab, checks: list[Message]) -> list[str]:
    """What is wrong between the tasks of lab.md and the checks of checks.py."""
    known = {task.id for task in lab.tasks}
    file = lab.folder / "checks.py"
    problems = []
    for each in checks:
        for name in {each["task"], *each["requires"]} - known:
            what = f"unknown task {name!r}" if name else "no task; decorate it with @task"
            problems.append(f"{file}:{each['line']}: {each['function']} belongs to {what}.")
    covered = {each["task"] for each in checks}
    for task in lab.tasks:
        if task.id not in covered:
            problems.append(f"{lab.source}:{task.line}: no check covers task {task.id!r}.")
    return problems


def _report(lab: Lab, only: str | None, run: Run, seconds: float) -> dict[str, Any]:
    tasks = [_task(lab, task, run) for task in lab.tasks if only in (None, task.id)]
    return {
        "schema": 1,
        "lab": lab.id,
        "verdict": _overall([task["verdict"] for task in tasks]),
        "points": sum(task["points"] for task in tasks),
        "max_points": sum(task["max_points"] for task in tasks),
        "seconds": round(seconds, 3),
        "engine": run.engine,
        "tasks": tasks,
    }


def _task(lab: Lab, task: Task, run: Run) -> dict[str, Any]:
    own = [each for each in run.checks or [] if each["task"] == task.id]
    checks = [_check(lab, each, run) for each in own] or [_unknown(lab, "checks.py", run)]
    verdict = _of_task([each["verdict"] for each in checks])
    return {
        "id": task.id,
        "title": task.title,
        "verdict": verdict,
        "points": task.points if verdict == "passed" else 0,
        "max_points": task.points,
        "checks": checks,
    }


def _check(lab: Lab, described: Message, run: Run) -> dict[str, Any]:
    done = run.done.get(described["function"])
    if done is None:
        return _unknown(lab, described["name"], run, described["function"])
    words = {key: done[key] for key in ("verdict", "expected", "found", "next_step")}
    if done["verdict"] == "skipped":
        words["next_step"] = _first_finish(lab, described["requires"])
    return {"name": described["name"], **words, "seconds": done["seconds"]}


def _first_finish(lab: Lab, requires: list[str]) -> str:
    titles = [task.title for task in lab.tasks if task.id in requires]
    return f"First finish: {'; '.join(titles)}."


def _unknown(lab: Lab, name: str, run: Run, function: str = "") -> dict[str, Any]:
    """A check that did not come to an answer."""
    found = run.broken or run.stopped or "it was not run"
    if run.stopped and function and function != run.under_way:
        found = f"not run: an earlier check did not end ({run.stopped})"
    return {
        "name": name,
        "verdict": "could-not-check",
        "expected": "an answer",
        "found": found,
        "next_step": AUTHOR if run.broken else "Check again; ./course doctor names what is wrong.",
        "seconds": 0.0,
    }


def _of_task(verdicts: list[str]) -> str:
    """One failed check settles it; otherwise one unknown leaves it open."""
    for verdict in ("failed", "could-not-check", "skipped"):
        if verdict in verdicts:
            return verdict
    return "passed"


def _overall(verdicts: list[str]) -> str:
    """With anything unknown the points are not final, so that is said first."""
    if "could-not-check" in verdicts:
        return "could-not-check"
    return "passed" if set(verdicts) == {"passed"} else "failed"
