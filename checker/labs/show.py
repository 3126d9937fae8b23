"""A report as a learner reads it."""

from __future__ import annotations

from typing import Any

from rich.markup import escape

from checker.base import console

MARKS = {
    "passed": "[green]✔[/green]",
    "failed": "[red]✘[/red]",
    "skipped": "[dim]-[/dim]",
    "could-not-check": "[yellow]?[/yellow]",
}
WORDS = {
    "passed": "[green]passed[/green]",
    "failed": "[red]not yet[/red]",
    "skipped": "[dim]skipped[/dim]",
    "could-not-check": "[yellow]could not be checked[/yellow]",
}


def show(report: dict[str, Any]) -> None:
    """Print a report: tasks with points, and for what is not passed what to do next."""
    for task in report["tasks"]:
        show_task(task)
    console.out.print(
        f"\n{escape(report['lab'])}: {WORDS[report['verdict']]}, "
        f"{report['points']} of {report['max_points']} points "
        f"[dim]({report['seconds']:.1f} s)[/dim]"
    )


def show_task(task: dict[str, Any]) -> None:
    """Print a task and those of its checks that have something to say."""
    points = f"{task['points']}/{task['max_points']}"
    console.out.print(
        f"{MARKS[task['verdict']]} [bold]{escape(task['title'])}[/bold] [dim]({points})[/dim]"
    )
    skipped: set[str] = set()
    for check in task["checks"]:
        if check["verdict"] == "skipped":
            if check["next_step"] not in skipped:
                console.out.print(f"    {escape(check['next_step'])}")
            skipped.add(check["next_step"])
        elif check["verdict"] != "passed":
            _show_check(check)


def _show_check(check: dict[str, Any]) -> None:
    console.out.print(f"  {MARKS[check['verdict']]} {escape(check['name'])}")
    for label, key in (("expected", "expected"), ("found", "found"), ("next", "next_step")):
        if check[key]:
            text = escape(check[key]).replace("\n", "\n              ")
            console.out.print(f"    [dim]{label:>8}[/dim]  {text}")
