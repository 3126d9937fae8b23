"""Check a workspace: ask a check process, and put what it says into the report."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.errors import CourseError
from checker.base.verdict import Verdict, combine_checks, combine_tasks
from checker.judging import client
from checker.judging.request import Request
from checker.labs import progress
from checker.labs.lab import Lab, Task, load_lab
from checker.labs.report import CheckResult, EngineVersion, LabReport, TaskReport

COLLECT_SECONDS = 30.0
AUTHOR = "This is a fault of the lab, not yours; its author needs the line above."

Message = dict[str, Any]


@dataclass
class ReceivedMessages:
    """What a check process has said so far."""

    engine: EngineVersion = field(default_factory=EngineVersion)
    checks: list[Message] | None = None
    broken: str = ""
    under_way: str = ""
    done: dict[str, Message] = field(default_factory=dict)
    stopped: str = ""

    def add_message(self, message: Message) -> bool:
        """Remember a message; return False if it was the last."""
        if "engine" in message:
            self.engine = EngineVersion(**message["engine"])
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

    @property
    def patience(self) -> float:
        """Seconds that the next message may take."""
        for check in self.checks or []:
            if check["function"] == self.under_way:
                return float(check["timeout"])
        return COLLECT_SECONDS


def locate_workspace(lab_id: str) -> Path:
    """Return the learner's folder of a lab; it need not be there."""
    return paths.work() / lab_id


def check_workspace(
    lab: Lab | str,
    task: str | None = None,
    workspace: Path | None = None,
    *,
    all_checks: bool = False,
) -> LabReport:
    """Check a workspace; nothing is remembered.

    Args:
        lab: The lab, or its name.
        task: Check this task alone.
        workspace: The folder to check; the learner's own if not given.
        all_checks: Run also checks whose prerequisites are not passed.

    Raises:
        CourseError: There is no such lab, task or folder, or the lab is wrong.
    """
    found = load_lab(lab) if isinstance(lab, str) else lab
    if task:
        found.find_task(task)
    folder = workspace or locate_workspace(found.id)
    if not folder.is_dir():
        raise CourseError(
            f"There is no folder {folder}.", next_step=f"Begin with: ./course start {found.id}"
        )
    started = time.monotonic()
    run = _run_checks(found, task, folder, all_checks=all_checks)
    # Whether tasks and checks fit can only be said of a checks.py that loads.
    problems = [] if run.broken or run.checks is None else find_coverage_problems(found, run.checks)
    if problems:
        raise CourseError("\n".join(problems))
    return _build_report(found, task, run, time.monotonic() - started)


def check_and_record(lab: Lab | str, task: str | None = None) -> LabReport:
    """Check the learner's own workspace, and remember as progress what is found.

    Raises:
        CourseError: As `check_workspace`.
    """
    report = check_workspace(lab, task)
    progress.record_report(report)
    return report


def collect_checks(lab: Lab) -> ReceivedMessages:
    """Ask which checks a lab has, without running them."""
    return _run_checks(lab, None, lab.folder, collect_only=True)


def _run_checks(lab: Lab, task: str | None, workspace: Path, **options: bool) -> ReceivedMessages:
    """Follow a check process to its end, or until a message is overdue."""
    if not (lab.folder / "checks.py").is_file():
        raise CourseError(f"{lab.folder / 'checks.py'} is not there.")
    request = Request(
        folder=str(lab.folder.resolve()),
        workspace=str(workspace.resolve()),
        engine=lab.engine,
        tasks=tuple(each.id for each in lab.tasks),
        only=task,
        **options,
    )
    run = ReceivedMessages()
    with client.open_connection() as connection:
        try:
            connection.send_bytes(request.to_bytes())
            while connection.poll(run.patience):
                if not run.add_message(json.loads(connection.recv_bytes())):
                    return run
            run.stopped = f"it took longer than {run.patience:g} s"
        except (EOFError, ConnectionResetError):
            run.stopped = "the check process ended before it was done"
        except OSError as error:
            run.stopped = f"the check process could not be asked: {error}"
    return run


def find_coverage_problems(lab: Lab, checks: list[Message]) -> list[str]:
    """Return what is wrong between the tasks of lab.md and the checks of checks.py.

    Every task has a check, and every check a task.
    """
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


def _build_report(lab: Lab, only: str | None, run: ReceivedMessages, seconds: float) -> LabReport:
    tasks = tuple(_build_task(lab, task, run) for task in lab.tasks if only in (None, task.id))
    return LabReport(
        lab=lab.id,
        verdict=combine_tasks(task.verdict for task in tasks),
        points=sum(task.points for task in tasks),
        max_points=sum(task.max_points for task in tasks),
        seconds=round(seconds, 3),
        engine=run.engine,
        tasks=tasks,
    )


def _build_task(lab: Lab, task: Task, run: ReceivedMessages) -> TaskReport:
    own = [each for each in run.checks or [] if each["task"] == task.id]
    checks = tuple(_build_result(lab, each, run) for each in own) or (
        _leave_open("checks.py", run),
    )
    verdict = combine_checks(check.verdict for check in checks)
    points = task.points if verdict == Verdict.PASSED else 0
    return TaskReport(task.id, task.title, verdict, points, task.points, checks)


def _build_result(lab: Lab, described: Message, run: ReceivedMessages) -> CheckResult:
    done = run.done.get(described["function"])
    if done is None:
        return _leave_open(described["name"], run, described["function"])
    verdict, next_step = Verdict(done["verdict"]), done["next_step"]
    if verdict == Verdict.SKIPPED:
        titles = [task.title for task in lab.tasks if task.id in described["requires"]]
        next_step = f"First finish: {'; '.join(titles)}."
    return CheckResult(
        described["name"], verdict, done["expected"], done["found"], next_step, done["seconds"]
    )


def _leave_open(name: str, run: ReceivedMessages, function: str = "") -> CheckResult:
    """Return the result of a check that came to no answer."""
    found = run.broken or run.stopped or "it was not run"
    if run.stopped and function and function != run.under_way:
        found = f"not run: an earlier check did not end ({run.stopped})"
    advice = AUTHOR if run.broken else "Check again; ./course doctor names what is wrong."
    return CheckResult(name, Verdict.COULD_NOT_CHECK, "an answer", found, advice)
