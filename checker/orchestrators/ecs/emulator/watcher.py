"""Tells the emulator of task containers that were removed, as the ECS agent would.

MiniStack notices a container that ends, not one that is gone (`docker rm -f`), and it does not
replace a service's task that StopTask ended. Both leave the same trace in Docker: the event
`destroy` of a container with a task's label.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import limits, throttle
from checker.orchestrators.ecs.emulator.labels import CLUSTER, FAMILY, TASK

STREAM_SECONDS = 3600
AGAIN_SECONDS = 1.0
GONE = "Essential container in task exited"
HANDLED = ("destroy", "die", "oom", "start")
SOON_SECONDS = 10.0
"""A container that ends sooner with an error has failed; see throttle."""

SETTLE_SECONDS = 0.3
"""MiniStack removes a task's container just before it starts a new one; let it."""

AFTER_SECONDS = 4.0
"""A second look: MiniStack counts without a lock, and two counts at once start one task too many,
or see the one that is going as still there."""

killed: set[str] = set()
"""Tasks of which the kernel ended a process for lack of memory."""

LOOK_SECONDS = 2.0
"""A task is looked at that often although nothing was heard of its containers."""

_started: dict[str, float] = {}
_died: set[str] = set()


def start() -> None:
    """Follow Docker's events in a thread, for as long as this process lives."""
    threading.Thread(target=_follow, daemon=True, name="course-ecs-watcher").start()


def is_due(task: dict[str, Any]) -> bool:
    """Whether a container of a task has ended since it was looked at, or that is long ago.

    Args:
        task: As MiniStack keeps it; when it was looked at is noted in it.
    """
    now = time.monotonic()
    ended = _died.intersection(task.get("_docker_ids") or [])
    _died.difference_update(ended)
    if not ended and now - task.get("_looked_at", 0.0) < LOOK_SECONDS:
        return False
    task["_looked_at"] = now
    return True


def _follow() -> None:
    from checker.docker.docker_engine import client

    while True:
        with contextlib.suppress(Exception), contextlib.closing(client(STREAM_SECONDS)) as engine:
            wanted = {"type": "container", "event": list(HANDLED), "label": "ministack=ecs"}
            for event in engine.api.events(decode=True, filters=wanted):
                _handle(event)
        time.sleep(AGAIN_SECONDS)


def _handle(event: dict[str, Any]) -> None:
    labels = event.get("Actor", {}).get("Attributes", {})
    action, identity = event.get("Action"), event.get("Actor", {}).get("ID", "")
    if action == "oom":
        killed.add(labels.get(TASK, ""))
    if action == "start":
        _started[identity] = time.monotonic()
    if action == "die":
        _died.add(identity)
        _ended(labels, time.monotonic() - _started.pop(identity, 0.0))
    if action != "destroy":
        return
    for seconds in (SETTLE_SECONDS, AFTER_SECONDS):
        work = threading.Timer(seconds, gone, [labels.get(CLUSTER, ""), labels.get(TASK, "")])
        work.daemon = True
        work.start()


def _ended(labels: dict[str, str], seconds: float) -> None:
    if FAMILY not in labels:
        return
    if seconds > SOON_SECONDS:
        throttle.worked(limits.key(labels))
    elif labels.get("exitCode") not in ("0", "143"):
        throttle.failed(limits.key(labels))


def gone(cluster: str, task: str) -> None:
    """A container of a task is gone: end the task, and have its service make up for it.

    Args:
        cluster: The cluster's ARN.
        task: The task's ARN.
    """
    with contextlib.suppress(CouldNotFindOut):
        found = aws_api.call(aws_api.ECS, "DescribeTasks", cluster=cluster, tasks=[task])["tasks"]
        if not found:
            return
        if found[0]["lastStatus"] != "STOPPED":
            aws_api.call(aws_api.ECS, "StopTask", cluster=cluster, task=task, reason=GONE)
        kind, _, service = found[0].get("group", "").partition(":")
        if kind == "service":
            aws_api.call(aws_api.ECS, "UpdateService", cluster=cluster, service=service)
