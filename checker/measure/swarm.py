"""What Swarm does during a rollout: its tasks, looked at ten times a second.

Swarm runs a task's container first (`starting`), and calls the task `running` once its health check
passed, or at once if it has none; then its address is in the service's DNS name. When a task is to
go, its desired state is `shutdown`: its address leaves the name at once, and its process is told to
end two seconds later (moby, daemon/cluster/executor/container/controller.go, Shutdown).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from checker.checks.core.settings import environment_of
from checker.docker import docker_engine
from checker.measure.following import Following

if TYPE_CHECKING:
    from docker import DockerClient

GONE = ("complete", "shutdown", "rejected", "orphaned", "remove")
FINISHED = ("completed", "rollback_completed")
STOPPED = ("paused", "rollback_paused")


class Follower(Following):
    """Follows one rollout of a service; `moments` are its events with their times.

    A rollout that began before the context was opened is not the one that is followed, and a task
    that was leaving by then is none of its copies.
    """

    def __init__(self, service: str) -> None:
        from docker.errors import DockerException

        super().__init__(DockerException, OSError)
        self._service = service
        self._former: set[str] = set()
        self._before: str | None = None

    def __enter__(self) -> Follower:
        self._client: DockerClient = docker_engine.client()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._client.close()

    def _look(self) -> None:
        now = time.time()
        api: Any = self._client.api
        tasks = list(api.tasks(filters={"service": self._service}))
        if self._before is None:
            self._former = {task["ID"] for task in tasks if {"left", "failed"} & {*kinds(task)}}
        for task in (each for each in tasks if each["ID"] not in self._former):
            for kind in kinds(task):
                self._take(now, kind, name_of(task), version_of(task))
        update = api.inspect_service(self._service).get("UpdateStatus") or {}
        started = str(update.get("StartedAt", ""))
        if self._before is None:
            self._before = started
        if started != self._before:
            for kind in update_kinds(str(update.get("State", ""))):
                self._take(now, kind)


def kinds(task: dict[str, Any]) -> list[str]:
    """What has happened to a task by now."""
    state, wanted = task["Status"]["State"], task["DesiredState"]
    found = ["started"] if state in ("starting", "running") else []
    if state == "running":
        found.append("joined")
    if wanted in ("shutdown", "remove"):
        found.append("left")
    if state == "failed":
        found.append("failed")
    return [*found, "ended"] if state in GONE else found


def update_kinds(state: str) -> list[str]:
    """What has happened to the rollout by now; `state` is that of UpdateStatus."""
    if not state:
        return []
    back = ["back"] if state.startswith("rollback") else []
    return ["begin", *back, *(["done"] if state in (*FINISHED, *STOPPED) else [])]


def name_of(task: dict[str, Any]) -> str:
    """SLOT and the beginning of the task's id, which tells replacements of one slot apart."""
    return f"task {task.get('Slot', 0)}.{task['ID'][:3]}"


def version_of(task: dict[str, Any]) -> str:
    """Its VERSION, or else the tag of its image."""
    spec = task["Spec"]["ContainerSpec"]
    tag = str(spec["Image"]).partition("@")[0].rpartition(":")[2]
    return environment_of(spec.get("Env")).get("VERSION", tag)
