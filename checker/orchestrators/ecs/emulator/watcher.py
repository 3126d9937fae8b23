"""Tells the emulator of task containers that were removed, as the ECS agent would.

MiniStack notices a container that ends, not one that is gone (`docker rm -f`), and it does not
replace a service's task that StopTask ended. Both leave the same trace in Docker: the event
`destroy` of a container with a task's label.
"""

from __future__ import annotations

import contextlib
import functools
import threading
import time
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import docker_patches, throttle
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


def start_watcher() -> None:
    """Follow Docker's events in a thread, for as long as this process lives."""
    threading.Thread(target=follow_events, daemon=True, name="course-ecs-watcher").start()


def is_due(task: dict[str, Any]) -> bool:
    """Tell whether a container of a task has ended since the last look, or that is long ago.

    When it was looked at is noted in the task, as MiniStack keeps it.
    """
    now = time.monotonic()
    ended = _died.intersection(task.get("_docker_ids") or [])
    _died.difference_update(ended)
    if not ended and now - task.get("_looked_at", 0.0) < LOOK_SECONDS:
        return False
    task["_looked_at"] = now
    return True


def follow_events() -> None:
    """Handle the events of task containers, and begin again when the stream breaks off."""
    from checker.docker.connection import open_client

    while True:
        with (
            contextlib.suppress(Exception),
            contextlib.closing(open_client(STREAM_SECONDS)) as engine,
        ):
            wanted = {"type": "container", "event": list(HANDLED), "label": "ministack=ecs"}
            for event in engine.api.events(decode=True, filters=wanted):
                handle_event(event)
        time.sleep(AGAIN_SECONDS)


def handle_event(event: dict[str, Any]) -> None:
    """Note what an event says of a container, and have its task ended where it was removed."""
    labels = event.get("Actor", {}).get("Attributes", {})
    action, identity = event.get("Action"), event.get("Actor", {}).get("ID", "")
    if action == "oom":
        killed.add(labels.get(TASK, ""))
    if action == "start":
        _started[identity] = time.monotonic()
    if action == "die":
        _died.add(identity)
        count_ending(labels, time.monotonic() - _started.pop(identity, 0.0))
    if action == "destroy":
        names = [labels.get(CLUSTER, ""), labels.get(TASK, "")]
        for seconds in (SETTLE_SECONDS, AFTER_SECONDS):
            work = threading.Timer(seconds, end_removed_task, names)
            work.daemon = True
            work.start()


def count_ending(labels: dict[str, str], seconds: float) -> None:
    """Count the end of a container that ran for so many seconds as a success or a failure."""
    if FAMILY not in labels:
        return
    if seconds > SOON_SECONDS:
        throttle.record_success(docker_patches.name_revision(labels))
    elif labels.get("exitCode") not in ("0", "143"):
        throttle.record_failure(docker_patches.name_revision(labels))


def end_removed_task(cluster: str, task: str) -> None:
    """End the task whose container is gone, and have its service make up for it; by their ARNs."""
    call = functools.partial(aws_api.call_service, aws_api.ECS, cluster=cluster)
    with contextlib.suppress(CouldNotFindOut):
        for found in call("DescribeTasks", tasks=[task])["tasks"]:
            if found["lastStatus"] != "STOPPED":
                call("StopTask", task=task, reason=GONE)
            kind, _, service = found.get("group", "").partition(":")
            if kind == "service":
                call("UpdateService", service=service)
