"""Tasks and their containers, and what can be expected of them."""

from __future__ import annotations

import time
from typing import Any, Self

from checker.checks.core.failure import CheckFailed
from checker.orchestrators.ecs import aws_api


class EcsTask:
    """A task as it was when it was looked up; `attrs` is what the API says of it."""

    def __init__(self, attrs: dict[str, Any]) -> None:
        self.attrs = attrs

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return str(self.attrs["taskArn"]).rpartition("/")[2]

    @property
    def status(self) -> str:
        """RUNNING, STOPPED, or on the way there."""
        return str(self.attrs["lastStatus"])

    @property
    def definition(self) -> str:
        """Family and revision of its task definition."""
        return str(self.attrs["taskDefinitionArn"]).rpartition("/")[2]

    @property
    def age_seconds(self) -> float:
        """Seconds since it was started, exact to a second; 0 where it was not yet."""
        started = self.attrs.get("startedAt")
        return max(0.0, time.time() - float(started)) if started else 0.0

    @property
    def ran_seconds(self) -> float:
        """Seconds for which it has run, until it stopped or till now; 0 where it never did."""
        stopped = self.attrs.get("stoppedAt")
        started = self.attrs.get("startedAt")
        if not started:
            return 0.0
        return max(0.0, float(stopped or time.time()) - float(started))

    @property
    def created(self) -> float:
        """When it was made, in seconds since the epoch."""
        return float(self.attrs["createdAt"])

    @property
    def ended(self) -> float:
        """When it began to stop, in seconds since the epoch; 0 while it runs."""
        return float(self.attrs.get("stoppingAt") or self.attrs.get("stoppedAt") or 0)

    @property
    def ended_by(self) -> str:
        """Its stopCode, such as UserInitiated or ServiceSchedulerInitiated; "" while it runs."""
        return str(self.attrs.get("stopCode") or "")

    @property
    def service(self) -> str:
        """The service that started it; "" if none did."""
        kind, _, name = str(self.attrs.get("group", "")).partition(":")
        return name if kind == "service" else ""

    @property
    def host_ports(self) -> dict[int, int]:
        """Container port -> port of this machine."""
        return {
            each["containerPort"]: each["hostPort"]
            for container in self.attrs.get("containers", [])
            for each in container.get("networkBindings") or []
        }

    @property
    def story(self) -> str:
        """What became of it, in words."""
        if self.status != "STOPPED":
            return f"task {self.id[:8]} is {self.status}"
        parts = [str(self.attrs.get("stoppedReason") or "stopped")]
        for each in self.attrs.get("containers", []):
            if each.get("exitCode") is not None:
                parts.append(f"container {each['name']} ended with {each['exitCode']}")
            if each.get("reason"):
                parts.append(str(each["reason"]))
        return f"task {self.id[:8]} of {self.definition} stopped: {', '.join(parts)}"

    def expect_running(self, *, next_step: str = "") -> Self:
        """Expect that it runs."""
        if self.status != "RUNNING":
            step = next_step or "See stoppedReason: aws ecs describe-tasks"
            raise CheckFailed(f"task {self.id} runs", self.story, step)
        return self

    def expect_exit(self, code: int, *, next_step: str = "") -> Self:
        """Expect that it has ended, and its first container with this code."""
        found = self.attrs["containers"][0].get("exitCode")
        if self.status != "STOPPED" or found != code:
            step = next_step or "See its containers: aws ecs describe-tasks"
            raise CheckFailed(f"task {self.id} ended with {code}", self.story, step)
        return self


def list_tasks(cluster: str, *, family: str = "", service: str = "") -> list[EcsTask]:
    """Return the tasks of a cluster, the stopped ones too, the oldest first."""
    wanted = {"family": family} if family else {}
    wanted |= {"serviceName": service} if service else {}
    return [EcsTask(each) for each in aws_api.list_tasks(cluster, **wanted)]
