"""Judge one submission: setup, its files, its notebook, and then the checks from outside."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.errors import CouldNotFindOut, CourseError
from checker.grading import notebooks
from checker.grading.submission import Submission
from checker.judging import client
from checker.labs import stage
from checker.labs.check import check
from checker.labs.execute import CELL_SECONDS, CellHung, execute
from checker.labs.lab import Lab, load
from checker.labs.prove import recorded

Report = dict[str, Any]


def judge(submission: Submission, *, cell_seconds: int = CELL_SECONDS) -> Report:
    """Judge a submission from a clean state, in a copy; what is made in the engine is removed.

    Args:
        cell_seconds: Seconds that one cell of the notebook may take.

    Returns:
        The report of `check`, and as `submission` what was handed in and how its notebook ran.
        Where it could not be judged, `verdict` is could-not-check and `trouble` says why.
    """
    facts: Report = {
        "name": submission.name,
        "path": str(submission.path),
        "kind": submission.kind,
        "graded_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "trouble": submission.trouble,
        "bad_input": bool(submission.trouble),
        "notebook": None,
        "left_behind": [],
    }
    started = time.monotonic()
    report = _report(submission, facts, cell_seconds)
    facts["seconds"] = round(time.monotonic() - started, 3)
    return {**report, "submission": facts}


def _report(submission: Submission, facts: Report, cell_seconds: int) -> Report:
    if submission.trouble:
        return _not_judged(submission.lab, None)
    lab = None
    try:
        lab = load(submission.lab)
        with recorded(lab, "grade") as clean:
            report = _judged(submission, lab, facts, cell_seconds)
            facts["left_behind"] = clean()
        return report
    except CourseError as error:
        facts["trouble"] = str(error)
    except OSError as error:
        facts["trouble"] = f"A file could not be copied.\n  found: {error}"
    return _not_judged(submission.lab, lab)


def _judged(submission: Submission, lab: Lab, facts: Report, cell_seconds: int) -> Report:
    with _clean_state() as folder:
        workspace = folder / "work" / lab.id
        workspace.mkdir(parents=True)
        stage.begin(lab, workspace)
        if submission.path.is_dir():
            stage.overlay(submission.path, workspace)
        if submission.notebook:
            facts["notebook"] = _run(submission.notebook, lab, workspace, cell_seconds)
        return check(lab, workspace=workspace)


@contextlib.contextmanager
def _clean_state() -> Iterator[Path]:
    """A folder for one submission; progress, logins and the check process are its own too.

    A `docker login` of one submission must not help the next one, and none of them may change
    the progress of the person who grades.
    """
    before = {name: os.environ.get(name) for name in ("COURSE_STATE", "COURSE_WORK")}
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as made:
        folder = Path(made)
        os.environ.update(COURSE_STATE=str(folder / "state"), COURSE_WORK=str(folder / "work"))
        try:
            yield folder
        finally:
            client.stop()
            shutil.rmtree(paths.runtime(), ignore_errors=True)
            _restore(before)


def _restore(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value


def _run(path: Path, lab: Lab, workspace: Path, cell_seconds: int) -> Report:
    """Run a notebook; a cell that fails or hangs, or a file that is none, leaves the rest to judge.

    Raises:
        CouldNotFindOut: The kernel did not start, or died.
    """
    facts: Report = {"file": path.name, "failed": [], "stopped": ""}
    try:
        notebook = notebooks.ready(notebooks.read(path), lab)
    except CourseError as error:
        facts["stopped"] = str(error)
        return facts
    try:
        execute(notebook, workspace, timeout=cell_seconds, allow_errors=True)
    except CellHung:
        number = notebooks.last_begun(notebook)
        facts["stopped"] = (
            f"Cell {number} took longer than {cell_seconds} s; none after it was run."
        )
    except CouldNotFindOut as error:
        number = notebooks.last_begun(notebook)
        raise CouldNotFindOut(f"{path.name}, cell {number}: {error}") from error
    facts["failed"] = notebooks.failures(notebook)
    return facts


def _not_judged(name: str, lab: Lab | None) -> Report:
    """The report of a submission that came to no verdict."""
    tasks = [_open(task.id, task.title, task.points) for task in lab.tasks] if lab else []
    return {
        "schema": 1,
        "lab": name,
        "verdict": "could-not-check",
        "points": 0,
        "max_points": lab.max_points if lab else 0,
        "seconds": 0.0,
        "engine": {"name": "", "version": ""},
        "tasks": tasks,
    }


def _open(task: str, title: str, points: int) -> Report:
    verdict = "could-not-check"
    return {
        "id": task,
        "title": title,
        "verdict": verdict,
        "points": 0,
        "max_points": points,
        "checks": [],
    }
