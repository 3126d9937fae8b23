"""Grade one submission: setup, its files, its notebook, and then the checks from outside."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from checker.base.errors import CouldNotFindOut, CourseError
from checker.base.settings import current_settings, use_settings
from checker.base.verdict import Verdict
from checker.grading import notebooks
from checker.grading.report import FailedCell, GradeReport, NotebookRun, SubmissionFacts
from checker.grading.submission import Submission
from checker.judging import client
from checker.labs import stage
from checker.labs.check import check_workspace
from checker.labs.execute import CELL_SECONDS, CellHung, execute_notebook
from checker.labs.lab import Lab, load_lab
from checker.labs.prove import open_session
from checker.labs.report import EngineVersion, LabReport, TaskReport
from checker.orchestrators import registry


@dataclass
class Findings:
    """What is known so far; it stays when a later step finds no answer."""

    trouble: str = ""
    notebook: NotebookRun | None = None
    left_behind: tuple[str, ...] = ()


def grade_submission(submission: Submission, *, cell_seconds: int = CELL_SECONDS) -> GradeReport:
    """Run and check a submission in a copy, from a clean state; what it makes is removed.

    Args:
        submission: What was handed in; it is only read.
        cell_seconds: Seconds that one cell of the notebook may take.

    Returns:
        The report, whose `trouble` says why where the submission could not be graded.
    """
    graded_at = datetime.now(UTC).isoformat(timespec="seconds")
    started = time.monotonic()
    findings = Findings(submission.trouble)
    report = _check_submission(submission, findings, cell_seconds)
    facts = SubmissionFacts(
        name=submission.name,
        path=str(submission.path),
        kind=submission.kind,
        graded_at=graded_at,
        trouble=findings.trouble,
        bad_input=bool(submission.trouble),
        notebook=findings.notebook,
        left_behind=findings.left_behind,
        seconds=round(time.monotonic() - started, 3),
    )
    return GradeReport(**vars(report), submission=facts)


def _check_submission(submission: Submission, findings: Findings, cell_seconds: int) -> LabReport:
    lab = None
    try:
        if not submission.trouble:
            lab = load_lab(submission.lab)
            with open_session(lab, "grade") as clean:
                report = _check_copy(submission, lab, findings, cell_seconds)
                findings.left_behind = tuple(clean())
            return report
    except CourseError as error:
        findings.trouble = str(error)
    except OSError as error:
        findings.trouble = f"A file could not be copied.\n  found: {error}"
    return _leave_open(submission.lab, lab)


def _check_copy(
    submission: Submission, lab: Lab, findings: Findings, cell_seconds: int
) -> LabReport:
    with _clean_state() as folder:
        workspace = folder / "work" / lab.id
        workspace.mkdir(parents=True)
        stage.prepare_workspace(lab, workspace)
        if submission.path.is_dir():
            stage.overlay_files(submission.path, workspace)
        if submission.notebook:
            findings.notebook = run_notebook(submission.notebook, lab, workspace, cell_seconds)
        return check_workspace(lab, workspace=workspace)


@contextlib.contextmanager
def _clean_state() -> Iterator[Path]:
    """Make a folder for one submission; progress, logins and the check process are its own too.

    A `docker login` of one submission must not help the next one, and none of them may change
    the progress of the person who grades.
    """
    with tempfile.TemporaryDirectory(prefix="course-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        own = replace(current_settings(), state=folder / "state", work=folder / "work")
        with use_settings(own):
            registry.write_settings()
            try:
                yield folder
            finally:
                client.stop_workers()
                shutil.rmtree(own.runtime, ignore_errors=True)


def run_notebook(path: Path, lab: Lab, workspace: Path, cell_seconds: int) -> NotebookRun:
    """Run a notebook; a cell that fails or hangs, or a broken file, leaves the rest to check.

    Raises:
        CouldNotFindOut: The kernel did not start, or died.
    """
    try:
        notebook = notebooks.prepare_notebook(notebooks.read_notebook(path), lab)
    except CourseError as error:
        return NotebookRun(path.name, stopped=str(error))
    stopped = ""
    try:
        execute_notebook(notebook, workspace, timeout=cell_seconds, allow_errors=True)
    except CellHung:
        number = notebooks.find_last_begun(notebook)
        stopped = f"Cell {number} took longer than {cell_seconds} s; none after it was run."
    except CouldNotFindOut as error:
        number = notebooks.find_last_begun(notebook)
        raise CouldNotFindOut(f"{path.name}, cell {number}: {error}") from error
    failed = tuple(FailedCell(**each) for each in notebooks.list_failures(notebook))
    return NotebookRun(path.name, failed, stopped)


def _leave_open(name: str, lab: Lab | None) -> LabReport:
    """Return the report of a submission that came to no verdict."""
    verdict = Verdict.COULD_NOT_CHECK
    tasks = lab.tasks if lab else ()
    return LabReport(
        lab=name,
        verdict=verdict,
        points=0,
        max_points=lab.max_points if lab else 0,
        seconds=0.0,
        engine=EngineVersion(),
        tasks=tuple(TaskReport(each.id, each.title, verdict, 0, each.points) for each in tasks),
    )
