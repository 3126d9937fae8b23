"""Texts like those of AWS in what is told of services and tasks, made from what really happened.

Found in its documentation (docs.aws.amazon.com): the prefix of an event and the hundred that are
kept, BLOCKED (Service event messages), UNABLE (Amazon ECS service throttle logic), the steady
state, and OutOfMemoryError (Troubleshoot Amazon ECS OutOfMemoryError errors). The reason of a task
whose container exited is found in public error reports. The other events are written in the same
manner, unchecked.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from typing import Any

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import ports, rollout, watcher

ENDED = "Essential container exited"
STARTED_TOGETHER = 1.0
"""Seconds between tasks that one event tells of."""

MOST = 100
"""Events of a service that AWS keeps."""

FAILURES = 5
"""Tasks that never run, one after the other, until an event says so; AWS tells no number."""

SCHEDULED = ("Scaling activity initiated by", "Service deleted", "Task failed")
STEADY = "has reached a steady state."
UNABLE = "is unable to consistently start tasks successfully."
UNHEALTHY = "Task failed ELB health checks"
BLOCKED = (
    "was unable to stop or start tasks during a deployment because of the service deployment "
    "configuration. Update the minimumHealthyPercent or maximumPercent value and try again."
)
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"


def services(found: dict[str, Any]) -> dict[str, Any]:
    """The answer of DescribeServices, each with the events that its tasks tell of."""
    for service in found.get("services", []):
        with contextlib.suppress(aws_api.Refused):
            tasks = aws_api.tasks(service["clusterArn"], serviceName=service["serviceName"])
            service["events"] = list(reversed(history(service, tasks)))[:MOST]
    return found


def tasks(found: dict[str, Any]) -> dict[str, Any]:
    """The answer of DescribeTasks with AWS's reasons, and with the host ports of running tasks."""
    for task in found.get("tasks", []):
        if task.get("stoppedReason") == ENDED:
            task["stoppedReason"] = watcher.GONE
        if task.get("stoppedReason") == watcher.GONE:
            task["stopCode"] = "EssentialContainerExited"
        for container in task.get("containers", []):
            if container.get("exitCode") == 137 and task["taskArn"] in watcher.killed:
                container["reason"] = OUT_OF_MEMORY
        if task.get("lastStatus") == "RUNNING":
            ports.add(task)
    return found


def history(service: dict[str, Any], tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The events of a service, the oldest first.

    Args:
        service: As the API describes it.
        tasks: All its tasks, the oldest first.
    """
    name = service["serviceName"]
    told = [
        *_started(tasks),
        *_stopped(tasks),
        *_registered(service, tasks),
        *_deployments(service),
        *_steady(service, tasks),
        *_failing(tasks),
        *_unhealthy(service, tasks),
        *_blocked(service),
    ]
    return [_event(name, moment, text) for moment, text in sorted(told, key=lambda each: each[0])]


def _event(name: str, moment: float, text: str) -> dict[str, Any]:
    message = f"(service {name}) {text}"
    made = uuid.uuid5(uuid.NAMESPACE_OID, f"{moment} {message}")
    return {"id": str(made), "createdAt": moment, "message": message}


def _started(tasks: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    together: list[dict[str, Any]] = []
    for task in [*tasks, None]:
        begun = together and (
            task is None or task["createdAt"] - together[0]["createdAt"] > STARTED_TOGETHER
        )
        if begun:
            names = " ".join(f"(task {_short(each)})" for each in together)
            yield float(together[0]["createdAt"]), f"has started {len(together)} tasks: {names}."
            together = []
        if task is not None:
            together.append(task)


def _stopped(tasks: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    for task in tasks:
        if task.get("stoppedAt") and str(task.get("stoppedReason")).startswith(SCHEDULED):
            yield float(task["stoppedAt"]), f"has stopped 1 running tasks: (task {_short(task)})."


def _registered(
    service: dict[str, Any], tasks: list[dict[str, Any]]
) -> Iterator[tuple[float, str]]:
    for balancer in service.get("loadBalancers", []):
        group = balancer.get("targetGroupArn", "")
        for task in tasks:
            if task.get("startedAt"):
                text = f"registered 1 targets in (target-group {group})"
                yield float(task["startedAt"]), text
            if task.get("startedAt") and task.get("stoppedAt"):
                text = f"deregistered 1 targets in (target-group {group})"
                yield float(task["stoppedAt"]), text


def _deployments(service: dict[str, Any]) -> Iterator[tuple[float, str]]:
    for each in service.get("deployments", []):
        moment, this = float(each["updatedAt"]), f"(deployment {each['id']})"
        if each.get("rolloutState") == "COMPLETED":
            yield moment, f"{this} deployment completed."
        if each.get("rolloutState") == "FAILED":
            yield moment, f"{this} deployment failed: tasks failed to start."
            if each["status"] != "PRIMARY":
                yield moment + 0.001, f"rolling back to (deployment {_primary(service)})."


def _primary(service: dict[str, Any]) -> str:
    return next(str(each["id"]) for each in service["deployments"] if each["status"] == "PRIMARY")


def _steady(service: dict[str, Any], tasks: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    """Steady is the moment of the last change, where nothing is under way any more."""
    under_way = any(each["rolloutState"] == "IN_PROGRESS" for each in service["deployments"])
    if not under_way and service["runningCount"] == service["desiredCount"]:
        moments = [each["updatedAt"] for each in service["deployments"]]
        moments += [each["startedAt"] for each in tasks if each["lastStatus"] == "RUNNING"]
        moments += [each["stoppedAt"] for each in tasks if each.get("stoppedAt")]
        yield float(max(moments)) + 0.001, STEADY


def _unhealthy(service: dict[str, Any], tasks: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    for balancer in service.get("loadBalancers", []):
        where = f"(target-group {balancer.get('targetGroupArn', '')})"
        for task in tasks:
            if str(task.get("stoppedReason")).startswith(UNHEALTHY):
                which = f"(task {_short(task)}) (port {balancer.get('containerPort')})"
                why = "(reason Health checks failed)"
                yield float(task["stoppingAt"]), f"{which} is unhealthy in {where} due to {why}"


def _blocked(service: dict[str, Any]) -> Iterator[tuple[float, str]]:
    """A deployment that may neither stop an old task nor start a new one."""
    goal = rollout.of_service(service)
    if len(service.get("deployments", [])) < 2 or not goal.least >= goal.count >= goal.most:
        return
    for each in service["deployments"]:
        started = each.get("runningCount", 0) + each.get("pendingCount", 0)
        waits = each["status"] == "PRIMARY" and each.get("rolloutState") == "IN_PROGRESS"
        if waits and not started:
            yield float(each["createdAt"]), BLOCKED


def _failing(tasks: list[dict[str, Any]]) -> Iterator[tuple[float, str]]:
    """Tasks that ended before they ran; AWS does not count those that ran and then ended."""
    last = tasks[-FAILURES:]
    failed = [each for each in last if each.get("stoppedAt") and not each.get("startedAt")]
    if len(failed) == FAILURES:
        yield float(failed[-1]["stoppedAt"]), UNABLE


def _short(task: dict[str, Any]) -> str:
    return str(task["taskArn"]).rpartition("/")[2]
