"""`./course watch`: check again as soon as the engine or the workspace has changed.

The engine tells of changes by itself (its event stream); of files only the workspace is looked at.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from rich.markup import escape

from checker.base import console, course
from checker.base.errors import CourseError
from checker.base.settings import with_settings
from checker.docker.labels import OWNER
from checker.labs import work
from checker.labs.check import check_and_record, locate_workspace
from checker.labs.lab import Lab, load_lab
from checker.labs.report import LabReport, TaskReport
from checker.labs.show import show_report, show_task
from checker.orchestrators.interface import Follower

LOOK_SECONDS = 0.3
SETTLE_SECONDS = 0.15
"""Changes come in bursts: a container that starts makes five events."""

STREAM_SECONDS = 24 * 60 * 60
AGAIN_SECONDS = 2.0
READING = ("exec_create", "exec_start", "archive-path", "top", "attach", "resize", "export", "save")
"""Actions that change nothing; checks do them all the time."""


def watch_lab(lab_id: str | None) -> None:
    """Check a lab, and again after each change, until Ctrl-C; print only what changed.

    Args:
        lab_id: The lab; if not given, the one that was started last.

    Raises:
        CourseError: There is no such lab, or none was started.
    """
    lab = load_lab(lab_id or find_latest_lab())
    if not locate_workspace(lab.id).is_dir():
        raise CourseError(f"{lab.id} was not started.", next_step=f"./course start {lab.id}")
    console.err.print(f"Watching {lab.id}; Ctrl-C ends it.")
    before: LabReport | None = None
    for _ in watch_changes(lab, locate_workspace(lab.id)):
        report = check_and_record(lab)
        show_changes(report, before)
        before = report


def show_changes(report: LabReport, before: LabReport | None) -> None:
    """Print a report: all of it the first time, then only the tasks that changed."""
    if before is None:
        show_report(report)
        return
    old = {task.id: summarize_task(task) for task in before.tasks}
    new = [task for task in report.tasks if summarize_task(task) != old.get(task.id)]
    for task in new:
        show_task(task)
    if new:
        points = f"{report.points} of {report.max_points} points"
        console.out.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {escape(points)}")


def watch_changes(lab: Lab, workspace: Path) -> Iterator[None]:
    """Yield at the beginning, then after every change; what checks do themselves is not one."""
    events: queue.Queue[str] = queue.Queue()
    ended = threading.Event()
    followers: list[Follower] = [partial(follow_files, workspace)]
    if lab.engine != "none":
        from checker.orchestrators import registry

        followers.append(follow_engine)
        for orchestrator in registry.orchestrators_of(lab.engine):
            followers += orchestrator.changes()
    for follower in followers:
        follow = with_settings(keep_following)
        threading.Thread(target=follow, args=(follower, events, ended), daemon=True).start()
    try:
        while True:
            yield
            forget_events(events, ("exec_die",))  # commands of the checks themselves
            events.get()
            time.sleep(SETTLE_SECONDS)
            forget_events(events, None)
    finally:
        ended.set()


def keep_following(follower: Follower, events: queue.Queue[str], ended: threading.Event) -> None:
    """Queue what a follower yields, and begin again where what it follows has gone away."""
    while not ended.is_set():
        with contextlib.suppress(Exception):
            for event in follower():
                if ended.is_set():
                    return
                events.put(event)
        ended.wait(AGAIN_SECONDS)


def forget_events(events: queue.Queue[str], only: tuple[str, ...] | None) -> None:
    """Forget events that are there already: all, or those of these actions."""
    kept = []
    with contextlib.suppress(queue.Empty):
        while True:
            action = events.get_nowait()
            if only is not None and action not in only:
                kept.append(action)
    for action in kept:
        events.put(action)


def follow_engine() -> Iterator[str]:
    """Yield the actions that the Docker Engine tells of by itself."""
    from checker.docker.connection import open_client

    with contextlib.closing(open_client(STREAM_SECONDS)) as client:
        for event in client.api.events(decode=True):
            if action := extract_action(event):
                yield action


def extract_action(event: dict[str, Any]) -> str:
    """Return the action of an event that may change a verdict; nothing for others."""
    action = str(event.get("Action", "")).partition(":")[0]
    attributes = event.get("Actor", {}).get("Attributes", {})
    name = attributes.get("name", "")
    own = attributes.get(OWNER) or name.startswith("course-")
    return "" if own or action in READING else action


def follow_files(workspace: Path) -> Iterator[str]:
    """Yield at each change of a file of the workspace."""
    before = snapshot_files(workspace)
    while True:
        time.sleep(LOOK_SECONDS)
        now = snapshot_files(workspace)
        if now != before:
            yield "file"
        before = now


def snapshot_files(folder: Path) -> dict[str, tuple[int, int]]:
    """Return time of change and size of each file, without notebooks, which save themselves."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            with contextlib.suppress(OSError):
                if path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts:
                    found[str(path)] = (path.lstat().st_mtime_ns, path.lstat().st_size)
    return found


def find_latest_lab() -> str:
    """Return the lab that was started last."""
    names = {work.locate_marker(name): name for name in course.list_labs()}
    begun = [each for each in names if each.exists()]
    if not begun:
        raise CourseError("No lab was started.", next_step="./course start LAB")
    return names[max(begun, key=lambda each: each.stat().st_mtime)]


def summarize_task(task: TaskReport) -> list[Any]:
    """Return what makes a task worth telling again; how long its checks took does not."""
    return [task.verdict, *((each.name, each.verdict, each.found) for each in task.checks)]
