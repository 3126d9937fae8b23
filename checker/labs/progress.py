"""What a learner has reached: one file, written atomically, under a lock."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checker.base import paths
from checker.labs.lab import load


def file() -> Path:
    """Where progress is kept."""
    return paths.state() / "progress.json"


def read() -> dict[str, Any]:
    """All progress: `{"schema": 1, "labs": {LAB: {"points", "max_points", "verdict", "checked",
    "tasks": {TASK: {"passed", "verdict", "points", "found", "next_step"}}, "hints": {TASK: n}}}}`.

    `passed` and `points` stay once they are reached; `verdict` is that of the last check. A file
    that cannot be read is kept as a copy, and progress begins anew.
    """
    try:
        found = json.loads(file().read_text())
        if isinstance(found, dict) and isinstance(found.get("labs"), dict):
            return found
    except FileNotFoundError:
        return _empty()
    except (OSError, ValueError):
        pass
    _set_aside()
    return _empty()


def record(report: dict[str, Any]) -> None:
    """Remember what a check found."""

    def change(lab: dict[str, Any]) -> None:
        for task in report["tasks"]:
            _record_task(lab["tasks"].setdefault(task["id"], {}), task)
        known = lab["tasks"].values()
        lab["points"] = sum(task.get("points", 0) for task in known)
        lab["max_points"] = load(report["lab"]).max_points
        lab["verdict"] = report["verdict"]
        lab["checked"] = datetime.now(UTC).isoformat(timespec="seconds")

    _update(report["lab"], change)


def hints_taken(lab_id: str, task: str) -> int:
    """How many hints of a task were shown."""
    return int(read()["labs"].get(lab_id, {}).get("hints", {}).get(task, 0))


def take_hint(lab_id: str, task: str, number: int) -> None:
    """Remember that this many hints were shown."""
    _update(lab_id, lambda lab: lab["hints"].update({task: number}))


def last_finding(lab_id: str, task: str) -> dict[str, str]:
    """What the last check of a task found wanting: `found` and `next_step`, or nothing."""
    known = read()["labs"].get(lab_id, {}).get("tasks", {}).get(task, {})
    return {key: known[key] for key in ("found", "next_step") if known.get(key)}


def forget(lab_id: str) -> None:
    """Begin a lab anew: what was reached stays, hints and findings go."""

    def change(lab: dict[str, Any]) -> None:
        lab["hints"] = {}
        for task in lab["tasks"].values():
            task.update(verdict="", found="", next_step="")

    _update(lab_id, change)


def _record_task(known: dict[str, Any], task: dict[str, Any]) -> None:
    passed = task["verdict"] == "passed"
    known["verdict"] = task["verdict"]
    known["passed"] = known.get("passed", False) or passed
    known["points"] = max(known.get("points", 0), task["points"])
    wanting: dict[str, str] = next(
        (each for each in task["checks"] if each["verdict"] == "failed"), {}
    )
    known["found"] = wanting.get("found", "")
    known["next_step"] = wanting.get("next_step", "")


def _update(lab_id: str, change: Callable[[dict[str, Any]], None]) -> None:
    with paths.lock("progress"):
        everything = read()
        lab = everything["labs"].setdefault(lab_id, {})
        lab.setdefault("tasks", {})
        lab.setdefault("hints", {})
        change(lab)
        paths.write_atomically(file(), json.dumps(everything, indent=2) + "\n")


def _empty() -> dict[str, Any]:
    return {"schema": 1, "labs": {}}


def _set_aside() -> None:
    from checker.base import console

    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    kept = file().with_name(f"progress.unreadable-{stamp}.json")
    file().replace(kept)
    console.err.print(f"Your progress could not be read; it is kept as {kept}, and begins anew.")
