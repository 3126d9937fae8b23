"""Texts like those of AWS in what is told of services and tasks, made from what really happened.

Found in its documentation (docs.aws.amazon.com): the prefix of an event and the hundred that are
kept, BLOCKED and NO_ROOM (Service event messages), UNABLE (Amazon ECS service throttle logic), the
steady state, and OutOfMemoryError (Troubleshoot Amazon ECS OutOfMemoryError errors). The reason of
a task whose container exited, or could not be started (CannotStartContainerError), is found in
public error reports. The other events are written in the same manner, unchecked.
"""

from __future__ import annotations

import contextlib
import re
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
DAEMON_SAID = re.compile(r'start container: .*Internal Server Error \("(.*)"\)$', re.DOTALL)
"""What MiniStack says where Docker could not start a container, with Docker's words in the end."""

PORT_TAKEN = "port is already allocated"
"""What Docker says where a host port is taken."""

NO_ROOM = (
    "was unable to place a task because no container instance met all of its requirements. The "
    "closest matching (container-instance {}) is already using a port required by your task."
)
OUT_OF_MEMORY = "OutOfMemoryError: Container killed due to memory usage"
Event = tuple[float, str]
"""Seconds since the epoch, and a text."""


def add_service_events(answer: dict[str, Any]) -> dict[str, Any]:
    """Put into an answer of DescribeServices the events that the tasks of each tell of."""
    for service in answer.get("services", []):
        with contextlib.suppress(aws_api.AwsError):
            tasks = aws_api.list_tasks(service["clusterArn"], serviceName=service["serviceName"])
            service["events"] = list(reversed(list_events(service, tasks)))[:MOST]
    return answer


def add_task_reasons(answer: dict[str, Any]) -> dict[str, Any]:
    """Put into an answer of DescribeTasks AWS's reasons, and host ports of running tasks."""
    for task in answer.get("tasks", []):
        if task.get("stoppedReason") == ENDED:
            task["stoppedReason"] = watcher.GONE
        if said := DAEMON_SAID.search(str(task.get("stoppedReason"))):
            task["stoppedReason"] = f"CannotStartContainerError: {said[1]}"
        if task.get("stoppedReason") == watcher.GONE:
            task["stopCode"] = "EssentialContainerExited"
        for container in task.get("containers", []):
            if container.get("exitCode") == 137 and task["taskArn"] in watcher.killed:
                container["reason"] = OUT_OF_MEMORY
        if task.get("lastStatus") == "RUNNING":
            ports.add_network_bindings(task)
    return answer


def list_events(service: dict[str, Any], tasks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the events of a service, the oldest first; so must its tasks be."""
    name = service["serviceName"]
    events = [
        *find_starts(tasks),
        *find_stops(tasks),
        *find_registrations(service, tasks),
        *find_deployment_ends(service),
        *find_steady_state(service, tasks),
        *find_failing_tasks(tasks),
        *find_unhealthy_targets(service, tasks),
        *find_blocked_deployment(service),
        *find_taken_port(tasks),
    ]
    return [make_event(name, *each) for each in sorted(events, key=lambda each: each[0])]


def make_event(name: str, moment: float, text: str) -> dict[str, Any]:
    """Return an event; it has the same id whenever it is told."""
    message = f"(service {name}) {text}"
    identity = uuid.uuid5(uuid.NAMESPACE_OID, f"{moment} {message}")
    return {"id": str(identity), "createdAt": moment, "message": message}


def find_starts(tasks: list[dict[str, Any]]) -> Iterator[Event]:
    """Yield when tasks were started, those of about one moment together."""
    together: list[dict[str, Any]] = []
    for task in [*tasks, None]:
        begun = together and (
            task is None or task["createdAt"] - together[0]["createdAt"] > STARTED_TOGETHER
        )
        if begun:
            names = " ".join(f"(task {read_task_id(each)})" for each in together)
            yield float(together[0]["createdAt"]), f"has started {len(together)} tasks: {names}."
            together = []
        if task is not None:
            together.append(task)


def find_stops(tasks: list[dict[str, Any]]) -> Iterator[Event]:
    """Yield when the service stopped tasks; one that ended by itself is no event."""
    for task in tasks:
        if task.get("stoppedAt") and str(task.get("stoppedReason")).startswith(SCHEDULED):
            text = f"has stopped 1 running tasks: (task {read_task_id(task)})."
            yield float(task["stoppedAt"]), text


def find_registrations(service: dict[str, Any], tasks: list[dict[str, Any]]) -> Iterator[Event]:
    """Yield when tasks came into target groups and left them."""
    for balancer in service.get("loadBalancers", []):
        what = f"registered 1 targets in (target-group {balancer.get('targetGroupArn', '')})"
        for task in tasks:
            if task.get("startedAt"):
                yield float(task["startedAt"]), what
            if task.get("startedAt") and task.get("stoppedAt"):
                yield float(task["stoppedAt"]), f"de{what}"


def find_deployment_ends(service: dict[str, Any]) -> Iterator[Event]:
    """Yield how deployments ended, and to which one a failed one was rolled back."""
    for each in service.get("deployments", []):
        moment, this = float(each["updatedAt"]), f"(deployment {each['id']})"
        if each.get("rolloutState") == "COMPLETED":
            yield moment, f"{this} deployment completed."
        if each.get("rolloutState") == "FAILED":
            yield moment, f"{this} deployment failed: tasks failed to start."
            if each["status"] != "PRIMARY":
                every = service["deployments"]
                primary = next(other["id"] for other in every if other["status"] == "PRIMARY")
                yield moment + 0.001, f"rolling back to (deployment {primary})."


def find_steady_state(service: dict[str, Any], tasks: list[dict[str, Any]]) -> Iterator[Event]:
    """Yield the moment of the last change, where nothing is under way any more."""
    under_way = any(each["rolloutState"] == "IN_PROGRESS" for each in service["deployments"])
    if not under_way and service["runningCount"] == service["desiredCount"]:
        moments = [each["updatedAt"] for each in service["deployments"]]
        moments += [each["startedAt"] for each in tasks if each["lastStatus"] == "RUNNING"]
        moments += [each["stoppedAt"] for each in tasks if each.get("stoppedAt")]
        yield float(max(moments)) + 0.001, STEADY


def find_unhealthy_targets(service: dict[str, Any], tasks: list[dict[str, Any]]) -> Iterator[Event]:
    """Yield when tasks were stopped because their targets were unhealthy."""
    for balancer in service.get("loadBalancers", []):
        where = f"(target-group {balancer.get('targetGroupArn', '')})"
        for task in tasks:
            if str(task.get("stoppedReason")).startswith(UNHEALTHY):
                which = f"(task {read_task_id(task)}) (port {balancer.get('containerPort')})"
                why = "(reason Health checks failed)"
                yield float(task["stoppingAt"]), f"{which} is unhealthy in {where} due to {why}"


def find_blocked_deployment(service: dict[str, Any]) -> Iterator[Event]:
    """Yield that a deployment may neither stop an old task nor start a new one."""
    goal = rollout.read_goal(service)
    if len(service.get("deployments", [])) < 2 or not goal.least >= goal.count >= goal.most:
        return
    for each in service["deployments"]:
        started = each.get("runningCount", 0) + each.get("pendingCount", 0)
        waits = each["status"] == "PRIMARY" and each.get("rolloutState") == "IN_PROGRESS"
        if waits and not started:
            yield float(each["createdAt"]), BLOCKED


def find_failing_tasks(tasks: list[dict[str, Any]]) -> Iterator[Event]:
    """Yield that tasks end before they run; AWS does not count those that ran and then ended."""
    last = tasks[-FAILURES:]
    failed = [each for each in last if each.get("stoppedAt") and not each.get("startedAt")]
    if len(failed) == FAILURES:
        yield float(failed[-1]["stoppedAt"]), UNABLE


def find_taken_port(tasks: list[dict[str, Any]]) -> Iterator[Event]:
    """Yield that the host port of the last task was taken; on AWS it would not even be started."""
    if tasks and PORT_TAKEN in str(tasks[-1].get("stoppedReason")):
        instance = str(tasks[-1].get("containerInstanceArn")).rpartition("/")[2]
        yield float(tasks[-1]["stoppedAt"]), NO_ROOM.format(instance)


def read_task_id(task: dict[str, Any]) -> str:
    """Return the last part of a task's ARN."""
    return str(task["taskArn"]).rpartition("/")[2]
