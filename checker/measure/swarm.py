"""What Swarm does during a rollout: its tasks, looked at ten times a second.

Swarm runs a task's container first (`starting`), and calls the task `running` once its health check
passed, or at once if it has none; then its address is in the service's DNS name. When a task is to
go, its desired state is `shutdown`: its address leaves the name at once, and its process is told to
end two seconds later (moby, daemon/cluster/executor/container/controller.go, Shutdown).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from checker.checks.core.settings import parse_environment
from checker.docker import connection
from checker.measure.follower import RolloutFollower

if TYPE_CHECKING:
    from docker import DockerClient

GONE = ("complete", "shutdown", "rejected", "orphaned", "remove")
OVER = ("completed", "rollback_completed", "paused", "rollback_paused")


class SwarmFollower(RolloutFollower):
    """Follows one rollout of a service; `moments` are its events with their times.

    A rollout that began before the context was opened is not the one that is followed, and a task
    that was leaving by then is none of its copies.
    """

    def __init__(self, service: str) -> None:
        from docker.errors import DockerException

        super().__init__(DockerException, OSError)
        self._service = service
        self._former: set[str] = set()
        self._first_update: str | None = None

    def __enter__(self) -> SwarmFollower:
        self._client: DockerClient = connection.open_client()
        return super().__enter__()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._client.close()

    def observe(self) -> None:
        now = time.time()
        api: Any = self._client.api
        tasks = list(api.tasks(filters={"service": self._service}))
        if self._first_update is None:
            over = {"left", "failed"}
            self._former = {each["ID"] for each in tasks if over & {*list_task_events(each)}}
        for task in (each for each in tasks if each["ID"] not in self._former):
            for kind in list_task_events(task):
                self.note_event(now, kind, name_task(task), find_version(task))
        update = api.inspect_service(self._service).get("UpdateStatus") or {}
        started = str(update.get("StartedAt", ""))
        if self._first_update is None:
            self._first_update = started
        if started != self._first_update:
            for kind in list_rollout_events(str(update.get("State", ""))):
                self.note_event(now, kind)


def list_task_events(task: dict[str, Any]) -> list[str]:
    """List what has happened to a task by now."""
    state, wanted = task["Status"]["State"], task["DesiredState"]
    found = ["started"] if state in ("starting", "running") else []
    if state == "running":
        found.append("joined")
    if wanted in ("shutdown", "remove"):
        found.append("left")
    if state == "failed":
        found.append("failed")
    return [*found, "ended"] if state in GONE else found


def list_rollout_events(state: str) -> list[str]:
    """List what has happened to the rollout by now; `state` is that of UpdateStatus."""
    if not state:
        return []
    back = ["back"] if state.startswith("rollback") else []
    return ["begin", *back, *(["done"] if state in OVER else [])]


def name_task(task: dict[str, Any]) -> str:
    """Name a task by its slot and the beginning of its id, which tells replacements apart."""
    return f"task {task.get('Slot', 0)}.{task['ID'][:3]}"


def find_version(task: dict[str, Any]) -> str:
    """Find its VERSION, or else the tag of its image."""
    spec = task["Spec"]["ContainerSpec"]
    tag = str(spec["Image"]).partition("@")[0].rpartition(":")[2]
    return parse_environment(spec.get("Env")).get("VERSION", tag)
