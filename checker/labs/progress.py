"""What a learner has reached: one file, written atomically, under a lock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.base.verdict import Verdict
from checker.labs.lab import load_lab
from checker.labs.report import LabReport, TaskReport


def locate_progress() -> Path:
    """Return where progress is kept."""
    return paths.state() / "progress.json"


def read_progress() -> dict[str, Any]:
    """Return all progress.

    `{"schema": 1, "labs": {LAB: {"points", "max_points", "verdict", "checked", "tasks":
    {TASK: {"passed", "verdict", "points", "found", "next_step"}}, "hints": {TASK: n}}}}`.

    `passed` and `points` stay once they are reached; `verdict` is that of the last check. A file
    that cannot be read is kept as a copy, and progress begins again.
    """
    empty: dict[str, Any] = {"schema": 1, "labs": {}}
    file = locate_progress()
    try:
        found = json.loads(file.read_text())
        if isinstance(found, dict) and isinstance(found.get("labs"), dict):
            return found
    except FileNotFoundError:
        return empty
    except (OSError, ValueError):
        pass
    from checker.base import console

    copy = file.with_name(f"progress.unreadable-{datetime.now(UTC):%Y%m%d-%H%M%S}.json")
    file.replace(copy)
    console.err.print(
        f"Your progress could not be read and starts again from zero; it is kept as {copy}."
    )
    return empty


def record_report(report: LabReport) -> None:
    """Remember what a check found."""

    def change(lab: dict[str, Any]) -> None:
        for task in report.tasks:
            _update_task(lab["tasks"].setdefault(task.id, {}), task)
        known = lab["tasks"].values()
        lab["points"] = sum(task.get("points", 0) for task in known)
        lab["max_points"] = load_lab(report.lab).max_points
        lab["verdict"] = report.verdict
        lab["checked"] = datetime.now(UTC).isoformat(timespec="seconds")

    _update_lab(report.lab, change)


def count_hints_taken(lab_id: str, task: str) -> int:
    """Return how many hints of a task were shown."""
    return int(read_progress()["labs"].get(lab_id, {}).get("hints", {}).get(task, 0))


def record_hint(lab_id: str, task: str, number: int) -> None:
    """Remember that this many hints were shown."""
    _update_lab(lab_id, lambda lab: lab["hints"].update({task: number}))


def get_last_finding(lab_id: str, task: str) -> dict[str, str]:
    """Return what the last check of a task found wanting: `found` and `next_step`, or nothing."""
    known = read_progress()["labs"].get(lab_id, {}).get("tasks", {}).get(task, {})
    return {key: known[key] for key in ("found", "next_step") if known.get(key)}


def forget_findings(lab_id: str) -> None:
    """Begin a lab again: what was reached stays, hints and findings go."""

    def change(lab: dict[str, Any]) -> None:
        lab["hints"] = {}
        for task in lab["tasks"].values():
            task.update(verdict="", found="", next_step="")

    _update_lab(lab_id, change)


def _update_task(known: dict[str, Any], task: TaskReport) -> None:
    # Points are never lost: a learner may take apart what was checked, and go on.
    known["verdict"] = task.verdict
    known["passed"] = known.get("passed", False) or task.verdict == Verdict.PASSED
    known["points"] = max(known.get("points", 0), task.points)
    failed = next((each for each in task.checks if each.verdict == Verdict.FAILED), None)
    known["found"] = failed.found if failed else ""
    known["next_step"] = failed.next_step if failed else ""


def _update_lab(lab_id: str, change: Callable[[dict[str, Any]], None]) -> None:
    with paths.lock("progress"):
        everything = read_progress()
        lab = everything["labs"].setdefault(lab_id, {})
        lab.setdefault("tasks", {})
        lab.setdefault("hints", {})
        change(lab)
        paths.write_atomically(locate_progress(), json.dumps(everything, indent=2) + "\n")
