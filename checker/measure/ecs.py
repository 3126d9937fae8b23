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
from checker.measure.follower import RolloutFollower
from checker.orchestrators.ecs import aws_api

LEAVING = ("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")
TOLD_TO_END = ("STOPPING", "DEPROVISIONING", "STOPPED")
BY_ITSELF = ("EssentialContainerExited", "TaskFailedToStart")


class EcsFollower(RolloutFollower):
    """Follows one rollout of a service; `moments` are its events with their times.

    A rollout that began before the context was opened is not the one that is followed.
    """

    def __init__(self, cluster: str, service: str) -> None:
        super().__init__(CouldNotFindOut)
        self._cluster = cluster
        self._service = service
        self._versions: dict[str, str] = {}
        self._former: set[str] = set()
        self._first_primary: str | None = None
        self._deployment: str | None = None

    def observe(self) -> None:
        now = time.time()
        query = {"cluster": self._cluster, "services": [self._service]}
        service = aws_api.call_service(aws_api.ECS, "DescribeServices", **query)["services"][0]
        health = read_target_states(service)
        tasks = aws_api.list_tasks(self._cluster, serviceName=self._service)
        if self._first_primary is None:
            self._former = {each["taskArn"] for each in tasks if each["lastStatus"] == "STOPPED"}
        for task in (each for each in tasks if each["taskArn"] not in self._former):
            for kind in list_task_events(task, health):
                version = self._load_version(task["taskDefinitionArn"])
                self.note_event(now, kind, name_task(task), version)
        if self._first_primary is None:
            self._first_primary = find_primary(service)
        if self._deployment is None and find_primary(service) != self._first_primary:
            self._deployment = find_primary(service)
        if self._deployment is not None:
            for kind in list_rollout_events(service, self._deployment):
                self.note_event(now, kind)

    def _load_version(self, arn: str) -> str:
        if arn not in self._versions:
            found = aws_api.call_service(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=arn)
            self._versions[arn] = find_version(found["taskDefinition"])
        return self._versions[arn]


def read_target_states(service: Mapping[str, Any]) -> dict[str, str] | None:
    """Read the states of a service's targets by address; None where it has no load balancer."""
    balancers = service.get("loadBalancers") or []
    found: dict[str, str] = {}
    for each in balancers:
        group = each["targetGroupArn"]
        for member in aws_api.call_balancing("DescribeTargetHealth", TargetGroupArn=group):
            address = member.findtext("Target/Id") or ""
            found[address] = member.findtext("TargetHealth/State") or ""
    return found if balancers else None


def list_task_events(task: Mapping[str, Any], health: Mapping[str, str] | None) -> list[str]:
    """List what has happened to a task by now; health as `read_target_states` gives it."""
    last = task["lastStatus"]
    state = None if health is None else health.get(find_address(task))
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


def list_rollout_events(service: Mapping[str, Any], deployment: str) -> list[str]:
    """List what has happened to the rollout whose deployment has this id."""
    state = {each["id"]: each.get("rolloutState") for each in service["deployments"]}
    back = find_primary(service) != deployment
    ended = ("COMPLETED",) if back else ("COMPLETED", "FAILED")
    done = state.get(find_primary(service)) in ended
    return ["begin", *(["back"] if back else []), *(["done"] if done else [])]


def find_primary(service: Mapping[str, Any]) -> str:
    """Find the id of the deployment that is to be."""
    found = (each["id"] for each in service["deployments"] if each["status"] == "PRIMARY")
    return str(next(found, ""))


def name_task(task: Mapping[str, Any]) -> str:
    """Name a task by the beginning of its id."""
    return f"task {str(task['taskArn']).rpartition('/')[2][:4]}"


def find_address(task: Mapping[str, Any]) -> str:
    """Find the address of a task with an interface of its own (awsvpc); "" where it has none."""
    details = (item for each in task.get("attachments") or [] for item in each.get("details") or [])
    return next((each["value"] for each in details if each.get("name") == "privateIPv4Address"), "")


def find_version(definition: Mapping[str, Any]) -> str:
    """Find the VERSION of its first container, or else the tag of its image."""
    container = definition["containerDefinitions"][0]
    variables = {each["name"]: each["value"] for each in container.get("environment") or []}
    tag = str(container["image"]).partition("@")[0].rpartition(":")[2]
    return str(variables.get("VERSION", tag))
