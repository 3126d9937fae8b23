"""`./course grade`: judge submissions one after the other, report, and say how it went."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rich.markup import escape

from checker.base import console, paths
from checker.base.errors import CourseError
from checker.grading import write
from checker.grading.run import Report, judge
from checker.grading.submission import Submission, find
from checker.labs.show import MARKS

FOLDER = Path("grades")
TRUST = (
    "Grade only submissions that you trust: their notebooks run on this machine with your rights "
    "and with its Docker Engine. This version does not shut them in."
)


def grade(submissions: list[Path], lab: str | None, report: Path | None) -> int:
    """Judge submissions, and write JSON, JUnit, CSV and HTML.

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
    found = find(submissions, lab)
    if all(each.trouble for each in found):
        raise CourseError("\n".join(each.trouble for each in found))
    console.err.print(TRUST)
    folder = paths.for_results(report or FOLDER, "--report")
    with paths.lock("verify", waiting=_say_waiting):
        reports = _judge_all(found, folder)
    _show(reports)
    console.out.print(f"\nReport: {escape(str(folder / 'index.html'))}")
    return _exit_status(reports)


def _judge_all(found: list[Submission], folder: Path) -> list[Report]:
    """Written anew after each, so that a kill loses only the submission under way."""
    reports: list[Report] = []
    for number, submission in enumerate(found, 1):
        with console.step(f"({number}/{len(found)}) {submission.name}"):
            reports.append(judge(submission))
        write.all_reports(folder, reports, total=len(found), trust=TRUST)
    return reports


def _say_waiting() -> None:
    console.err.print("Another verify or grade is under way; this one begins when it has ended.")


def _show(reports: Iterable[Report]) -> None:
    for report in reports:
        facts = report["submission"]
        points = f"{report['points']:>3} of {report['max_points']:<3}"
        console.out.print(f"{MARKS[report['verdict']]} {points} {escape(facts['name'])}")
        for line in _remarks(facts):
            console.out.print(f"      {escape(line)}")


def _remarks(facts: Report) -> list[str]:
    notebook = facts["notebook"] or {"failed": [], "stopped": ""}
    lines = [*facts["trouble"].splitlines(), *notebook["stopped"].splitlines()]
    lines += [f"could not be removed: {each}" for each in facts["left_behind"]]
    if notebook["failed"]:
        numbers = ", ".join(str(each["cell"]) for each in notebook["failed"])
        lines.append(f"cells that ended with an error: {numbers}")
    return lines


def _exit_status(reports: list[Report]) -> int:
    if any(report["submission"]["bad_input"] for report in reports):
        return 2
    verdicts = {report["verdict"] for report in reports}
    return 3 if "could-not-check" in verdicts else int("failed" in verdicts)
