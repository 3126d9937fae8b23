"""`./course watch`: judge again as soon as the engine or the workspace has changed.

The engine tells of changes by itself (its event stream); of files only the workspace is looked at.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.markup import escape

from checker.base import console, course
from checker.base.errors import CourseError
from checker.labs import work
from checker.labs.check import check_and_record, workspace_of
from checker.labs.lab import Lab, load
from checker.labs.show import show, show_task
from checker.orchestrators.engine_names import needs

LOOK_SECONDS = 0.3
SETTLE_SECONDS = 0.15
"""Changes come in bursts: a container that starts makes five events."""

STREAM_SECONDS = 24 * 60 * 60
AGAIN_SECONDS = 2.0
COLLECTIONS = (
    "/api/v1/configmaps",
    "/api/v1/namespaces",
    "/api/v1/nodes",
    "/api/v1/persistentvolumeclaims",
    "/api/v1/pods",
    "/api/v1/secrets",
    "/api/v1/services",
    "/apis/apps/v1/deployments",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
)
"""Where a change in the cluster may change a verdict."""

READING = ("exec_create", "exec_start", "archive-path", "top", "attach", "resize", "export", "save")
"""Actions that change nothing; checks do them all the time."""


def watch(lab_id: str | None) -> None:
    """Judge a lab, and again after each change, until Ctrl-C; print only what changed.

    Args:
        lab_id: The lab; if not given, the one that was started last.

    Raises:
        CourseError: There is no such lab, or none was started.
    """
    lab = load(lab_id or _latest())
    if not workspace_of(lab.id).is_dir():
        raise CourseError(f"{lab.id} was not started.", next_step=f"./course start {lab.id}")
    console.err.print(f"Watching {lab.id}; Ctrl-C ends it.")
    before: dict[str, Any] = {}
    for _ in changes(lab, workspace_of(lab.id)):
        report = check_and_record(lab)
        tell(report, before)
        before = report


def tell(report: dict[str, Any], before: dict[str, Any]) -> None:
    """Print a report: all of it the first time, then only the tasks that changed."""
    if not before:
        show(report)
        return
    old = {task["id"]: _judged(task) for task in before["tasks"]}
    new = [task for task in report["tasks"] if _judged(task) != old.get(task["id"])]
    for task in new:
        show_task(task)
    if new:
        points = f"{report['points']} of {report['max_points']} points"
        console.out.print(f"[dim]{time.strftime('%H:%M:%S')}[/dim] {escape(points)}")


def changes(lab: Lab, workspace: Path) -> Iterator[None]:
    """Once at the beginning, then after every change; what checks do themselves is none."""
    events: queue.Queue[str] = queue.Queue()
    over = threading.Event()
    threads = [threading.Thread(target=_look, args=(workspace, events, over), daemon=True)]
    if lab.engine != "none":
        threads.append(threading.Thread(target=_follow, args=(events, over), daemon=True))
    for path in COLLECTIONS if needs(lab.engine, "kind") else ():
        arguments = (path, events, over)
        threads.append(threading.Thread(target=_follow_cluster, args=arguments, daemon=True))
    if needs(lab.engine, "ecs"):
        threads.append(threading.Thread(target=_look_at_ecs, args=(events, over), daemon=True))
    for thread in threads:
        thread.start()
    try:
        while True:
            yield
            _drain(events, ("exec_die",))
            events.get()
            time.sleep(SETTLE_SECONDS)
            _drain(events, None)
    finally:
        over.set()


def _drain(events: queue.Queue[str], only: tuple[str, ...] | None) -> None:
    """Forget events that are there already: all, or those of these actions."""
    kept = []
    with contextlib.suppress(queue.Empty):
        while True:
            action = events.get_nowait()
            if only is not None and action not in only:
                kept.append(action)
    for action in kept:
        events.put(action)


def _follow(events: queue.Queue[str], over: threading.Event) -> None:
    """The thread that listens to the engine, and comes back when the engine does."""
    from checker.docker.docker_engine import client

    while not over.is_set():
        with contextlib.suppress(Exception), contextlib.closing(client(STREAM_SECONDS)) as engine:
            for event in engine.api.events(decode=True):
                if over.is_set():
                    return
                if action := _change(event):
                    events.put(action)
        over.wait(AGAIN_SECONDS)


def _follow_cluster(path: str, events: queue.Queue[str], over: threading.Event) -> None:
    """A thread that listens to one collection of the cluster; the first answers are what is there
    already.
    """
    from checker.orchestrators.kind import kind_cluster
    from checker.orchestrators.kind.kube_api import Api

    while not over.is_set():
        with (
            contextlib.suppress(Exception),
            contextlib.closing(Api(kind_cluster.kubeconfig())) as api,
        ):
            version = api.get(path, limit=1)["metadata"]["resourceVersion"]
            for event in api.watch(path, STREAM_SECONDS, resourceVersion=version):
                if over.is_set():
                    return
                events.put(f"{path} {event['type']}")
        over.wait(AGAIN_SECONDS)


def _look_at_ecs(events: queue.Queue[str], over: threading.Event) -> None:
    """The thread that looks at the ECS emulator, which tells nobody of changes by itself."""
    from checker.orchestrators.ecs import local_ecs

    before = local_ecs.contents()
    while not over.wait(LOOK_SECONDS):
        now = local_ecs.contents()
        if now != before:
            events.put("ecs")
        before = now


def _change(event: dict[str, Any]) -> str:
    """The action of an event that may change a verdict; nothing for others."""
    action = str(event.get("Action", "")).partition(":")[0]
    attributes = event.get("Actor", {}).get("Attributes", {})
    name = attributes.get("name", "")
    own = attributes.get("course.owner") or name.startswith("course-")
    return "" if own or action in READING else action


def _look(workspace: Path, events: queue.Queue[str], over: threading.Event) -> None:
    """The thread that looks at the files of the workspace."""
    before = _state(workspace)
    while not over.wait(LOOK_SECONDS):
        now = _state(workspace)
        if now != before:
            events.put("file")
        before = now


def _state(folder: Path) -> dict[str, tuple[int, int]]:
    """Time of change and size of each file; notebooks are left out, since they save themselves."""
    found = {}
    for root, _, names in os.walk(folder):
        for name in names:
            path = Path(root) / name
            with contextlib.suppress(OSError):
                if path.suffix != ".ipynb" and ".ipynb_checkpoints" not in path.parts:
                    found[str(path)] = (path.lstat().st_mtime_ns, path.lstat().st_size)
    return found


def _latest() -> str:
    """The lab that was started last."""
    names = {work.marker_of(name): name for name in course.labs()}
    begun = [each for each in names if each.exists()]
    if not begun:
        raise CourseError("No lab was started.", next_step="./course start LAB")
    return names[max(begun, key=lambda each: each.stat().st_mtime)]


def _judged(task: dict[str, Any]) -> list[Any]:
    return [
        task["verdict"],
        *((each["name"], each["verdict"], each["found"]) for each in task["checks"]),
    ]
