"""A report as a learner reads it."""

from __future__ import annotations

from rich.markup import escape

from checker.base import console
from checker.base.verdict import Verdict
from checker.labs.report import CheckResult, LabReport, TaskReport


def format_mark(verdict: Verdict) -> str:
    """Return the mark of a verdict in its colour, in rich's markup."""
    return f"[{verdict.color}]{verdict.mark}[/]"


def show_report(report: LabReport) -> None:
    """Print a report: tasks with points, and for what is not passed what to do next."""
    for task in report.tasks:
        show_task(task)
    console.out.print(
        f"\n{escape(report.lab)}: [{report.verdict.color}]{report.verdict.words}[/], "
        f"{report.points} of {report.max_points} points [dim]({report.seconds:.1f} s)[/dim]"
    )


def show_task(task: TaskReport) -> None:
    """Print a task and those of its checks that have something to say."""
    points = f"[dim]({task.points}/{task.max_points})[/dim]"
    console.out.print(f"{format_mark(task.verdict)} [bold]{escape(task.title)}[/bold] {points}")
    said: set[str] = set()
    for check in task.checks:
        if check.verdict == Verdict.SKIPPED:
            # Checks that wait for the same task have the same to say.
            if check.next_step not in said:
                console.out.print(f"    {escape(check.next_step)}")
            said.add(check.next_step)
        elif check.verdict != Verdict.PASSED:
            _show_check(check)


def _show_check(check: CheckResult) -> None:
    console.out.print(f"  {format_mark(check.verdict)} {escape(check.name)}")
    lines = {"expected": check.expected, "found": check.found, "next": check.next_step}
    for label, text in lines.items():
        if text:
            indented = escape(text).replace("\n", "\n              ")
            console.out.print(f"    [dim]{label:>8}[/dim]  {indented}")
