"""What ECS does during a rollout: tasks and targets, looked at ten times a second.

A task gets requests once its target is healthy, or once it runs where no load balancer asks it. It
is DEACTIVATING while its requests end, and STOPPING once its process was told to end
(docs.aws.amazon.com, Amazon ECS task lifecycle).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from checker.base.errors import CouldNotFindOut
from checker.measure.following import Following
from checker.orchestrators.ecs import aws_api

LEAVING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")
TOLD_TO_END = ("STOPPING", "DEPROVISIONING", "STOPPED")
BY_ITSELF = ("EssentialContainerExited", "TaskFailedToStart")


class Follower(Following):
    """Follows one rollout of a service; `moments` are its events with their times.

    A rollout that began before the context was opened is not the one that is followed.
    """

    def __init__(self, cluster: str, service: str) -> None:
        super().__init__(CouldNotFindOut)
        self._cluster = cluster
        self._service = service
        self._versions: dict[str, str] = {}
        self._former: set[str] = set()
        self._before: str | None = None
        self._mine: str | None = None

    def _look(self) -> None:
        now = time.time()
        given = {"cluster": self._cluster, "services": [self._service]}
        service = aws_api.call(aws_api.ECS, "DescribeServices", **given)["services"][0]
        health = states(service)
        tasks = aws_api.tasks(self._cluster, serviceName=self._service)
        if self._before is None:
            self._former = {each["taskArn"] for each in tasks if each["lastStatus"] == "STOPPED"}
        for task in (each for each in tasks if each["taskArn"] not in self._former):
            for kind in kinds(task, health):
                self._take(now, kind, name_of(task), self._version(task["taskDefinitionArn"]))
        if self._before is None:
            self._before = primary(service)
        if self._mine is None and primary(service) != self._before:
            self._mine = primary(service)
        if self._mine is not None:
            for kind in rollout_kinds(service, self._mine):
                self._take(now, kind)

    def _version(self, definition: str) -> str:
        if definition not in self._versions:
            found = aws_api.call(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=definition)
            self._versions[definition] = version_of(found["taskDefinition"])
        return self._versions[definition]


def states(service: Mapping[str, Any]) -> dict[str, str] | None:
    """Address -> state of the targets of a service; None where it has no load balancer."""
    balancers = service.get("loadBalancers") or []
    found: dict[str, str] = {}
    for each in balancers:
        for member in aws_api.balancing(
            "DescribeTargetHealth", TargetGroupArn=each["targetGroupArn"]
        ):
            address = member.findtext("Target/Id") or ""
            found[address] = member.findtext("TargetHealth/State") or ""
    return found if balancers else None


def kinds(task: Mapping[str, Any], health: Mapping[str, str] | None) -> list[str]:
    """What has happened to a task by now.

    Args:
        health: As `states` gives it.
    """
    last = task["lastStatus"]
    state = None if health is None else health.get(address_of(task))
    found = ["started"] if last == "RUNNING" else []
    if last == "RUNNING" and (health is None or state == "healthy"):
        found.append("joined")
    if last == "RUNNING" and state == "unhealthy":
        found.append("failed")
    if last == "STOPPED" and task.get("stopCode") in BY_ITSELF:
        return [*found, "failed"]
    found += ["left"] if last in LEAVING else []
    found += ["stopping"] if last in TOLD_TO_END else []
    return [*found, "ended"] if last == "STOPPED" else found


def rollout_kinds(service: Mapping[str, Any], mine: str) -> list[str]:
    """What has happened to the rollout whose deployment has the id `mine`."""
    state = {each["id"]: each.get("rolloutState") for each in service["deployments"]}
    back = primary(service) != mine
    ended = ("COMPLETED",) if back else ("COMPLETED", "FAILED")
    done = state.get(primary(service)) in ended
    return ["begin", *(["back"] if back else []), *(["done"] if done else [])]


def primary(service: Mapping[str, Any]) -> str:
    """The id of the deployment that is to be."""
    found = (each["id"] for each in service["deployments"] if each["status"] == "PRIMARY")
    return str(next(found, ""))


def name_of(task: Mapping[str, Any]) -> str:
    """The beginning of the task's id."""
    return f"task {str(task['taskArn']).rpartition('/')[2][:4]}"


def address_of(task: Mapping[str, Any]) -> str:
    """The address of a task with an interface of its own (awsvpc); "" where it has none."""
    details = (
        detail for each in task.get("attachments") or [] for detail in each.get("details") or []
    )
    return next((each["value"] for each in details if each.get("name") == "privateIPv4Address"), "")


def version_of(definition: Mapping[str, Any]) -> str:
    """The VERSION of its first container, or else the tag of its image."""
    container = definition["containerDefinitions"][0]
    given = {each["name"]: each["value"] for each in container.get("environment") or []}
    tag = str(container["image"]).partition("@")[0].rpartition(":")[2]
    return str(given.get("VERSION", tag))
