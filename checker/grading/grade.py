"""`./course grade`: grade submissions one after the other, report, and say how it went."""

from __future__ import annotations

from pathlib import Path

from rich.markup import escape

from checker.base import console, paths
from checker.base.errors import CourseError
from checker.base.verdict import combine_tasks
from checker.grading import write
from checker.grading.report import GradeReport, SubmissionFacts
from checker.grading.run import grade_submission
from checker.grading.submission import find_submissions
from checker.labs.show import format_mark

FOLDER = Path("grades")
TRUST = (
    "Grade only submissions that you trust: their notebooks run on this machine with your rights "
    "and with its Docker Engine. This version does not shut them in."
)
WAITING = "Another verify or grade is under way; this one begins when it has ended."


def grade_submissions(submissions: list[Path], lab: str | None, report: Path | None) -> int:
    """Run and check submissions, and write JSON, JUnit, CSV and HTML.

    Args:
        submissions: Workspace folders and notebooks; they are only read.
        lab: The lab of those that do not say it themselves.
        report: The folder to write to; `grades` in the current one if not given.

    Returns:
        0 if all passed, 1 if some did not, 2 if some are no submissions, 3 if some could not be
        judged; 2 before 3 before 1, since without those the result is not complete.

    Raises:
        CourseError: There is no such lab, none is a submission, or the folder cannot be written.
    """
    found = find_submissions(submissions, lab)
    if all(each.trouble for each in found):
        raise CourseError("\n".join(each.trouble for each in found))
    console.err.print(TRUST)
    folder = paths.ensure_results_folder(report or FOLDER, "--report")
    with paths.lock("verify", waiting=WAITING):
        reports: list[GradeReport] = []
        for number, submission in enumerate(found, 1):
            with console.step(f"({number}/{len(found)}) {submission.name}"):
                reports.append(grade_submission(submission))
            # All files again after each, so that a kill loses only the submission under way.
            write.write_reports(folder, reports, total=len(found), trust=TRUST)
    for each in reports:
        _show_grade(each)
    console.out.print(f"\nReport: {escape(str(folder / 'index.html'))}")
    if any(each.submission.bad_input for each in reports):
        return 2
    return combine_tasks(each.verdict for each in reports).exit_status


def _show_grade(report: GradeReport) -> None:
    points = f"{report.points:>3} of {report.max_points:<3}"
    name = escape(report.submission.name)
    console.out.print(f"{format_mark(report.verdict)} {points} {name}")
    for line in list_remarks(report.submission):
        console.out.print(f"      {escape(line)}")


def list_remarks(facts: SubmissionFacts) -> list[str]:
    """Return what a grader should know of a submission beside its points."""
    lines = facts.trouble.splitlines()
    if facts.notebook:
        lines += facts.notebook.stopped.splitlines()
    lines += [f"could not be removed: {each}" for each in facts.left_behind]
    if facts.notebook and facts.notebook.failed:
        numbers = ", ".join(str(each.cell) for each in facts.notebook.failed)
        lines.append(f"cells that ended with an error: {numbers}")
    return lines
