"""What the tasks of a service use, in percent of what their task definition reserves.

The measure of AWS/ECS CPUUtilization and MemoryUtilization of a service (docs.aws.amazon.com,
Amazon ECS service utilization metrics).
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import limits
from checker.orchestrators.ecs.emulator.labels import TASK

CPU = "ECSServiceAverageCPUUtilization"
MEMORY = "ECSServiceAverageMemoryUtilization"
METRICS = (CPU, MEMORY)
_before: dict[str, tuple[float, int]] = {}
"""Of each container: when it was looked at, and the nanoseconds of CPU it had used by then."""


def describe(cluster: str, service: str) -> dict[str, Any]:
    """A service, as the API describes it.

    Raises:
        Refused: There is none.
    """
    found = aws_api.call(aws_api.ECS, "DescribeServices", cluster=cluster, services=[service])
    if not found["services"] or found["services"][0]["status"] == "INACTIVE":
        raise aws_api.Refused(
            "ValidationException", f"ECS service doesn't exist: {cluster}/{service}"
        )
    service_found: dict[str, Any] = found["services"][0]
    return service_found


def measure(cluster: str, service: str, metric: str) -> float | None:
    """The average use over the running tasks; None where nothing can be measured yet.

    Raises:
        Refused: The service is gone.
    """
    described = describe(cluster, service)
    definition = aws_api.call(
        aws_api.ECS, "DescribeTaskDefinition", taskDefinition=described["taskDefinition"]
    )["taskDefinition"]
    reserved = reservation(definition, metric)
    names = aws_api.call(aws_api.ECS, "ListTasks", cluster=cluster, serviceName=service)["taskArns"]
    used = [found for name in names if (found := _used(name, metric)) is not None]
    return 100 * sum(used) / len(used) / reserved if used and reserved else None


def reservation(definition: dict[str, Any], metric: str) -> float:
    """CPU units or MiB that a task reserves: the task's own, or the sum over its containers."""
    containers = definition["containerDefinitions"]
    if metric == CPU:
        return float(definition.get("cpu") or sum(each.get("cpu") or 0 for each in containers))
    memory = [each.get("memory") or each.get("memoryReservation") or 0 for each in containers]
    return float(definition.get("memory") or sum(memory))


def _used(task: str, metric: str) -> float | None:
    from checker.docker.docker_engine import client

    with contextlib.suppress(Exception), contextlib.closing(client(timeout=10)) as engine:
        found = engine.containers.list(filters={"label": f"{TASK}={task}"})
        if metric == MEMORY:
            return sum(_memory(each) for each in found)
        return sum(_cpu(each) for each in found)
    return None


def _stats(container: Any) -> dict[str, Any]:
    """One look, without the second that Docker otherwise takes for a comparison."""
    api = container.client.api
    answer = api._get(
        api._url("/containers/{0}/stats", container.id),
        params={"stream": False, "one-shot": True},
    )
    found: dict[str, Any] = api._result(answer, True)
    return found


def _memory(container: Any) -> float:
    found = _stats(container)["memory_stats"]
    cache = found.get("stats", {}).get("inactive_file") or found.get("stats", {}).get(
        "total_inactive_file", 0
    )
    return float(found["usage"] - cache) / limits.MIB


def _cpu(container: Any) -> float:
    """CPU units since the last look; raises where this is the first."""
    now, total = time.monotonic(), int(_stats(container)["cpu_stats"]["cpu_usage"]["total_usage"])
    before = _before.get(container.id)
    _before[container.id] = (now, total)
    if before is None:
        raise LookupError(container.id)
    return (total - before[1]) / 1e9 / (now - before[0]) * limits.UNITS
