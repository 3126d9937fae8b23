"""What the tasks of a service use, in percent of what their task definition reserves.

The measure of AWS/ECS CPUUtilization and MemoryUtilization of a service (docs.aws.amazon.com,
Amazon ECS service utilization metrics).
"""

from __future__ import annotations

import contextlib
import time
from typing import Any

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import docker_patches
from checker.orchestrators.ecs.emulator.labels import TASK

CPU = "ECSServiceAverageCPUUtilization"
MEMORY = "ECSServiceAverageMemoryUtilization"
METRICS = (CPU, MEMORY)
_before: dict[str, tuple[float, int]] = {}
"""Of each container: when it was looked at, and the nanoseconds of CPU it had used by then."""


def describe_service(cluster: str, service: str) -> dict[str, Any]:
    """Return a service as the API describes it.

    Raises:
        AwsError: There is none.
    """
    call = {"cluster": cluster, "services": [service]}
    for found in aws_api.call_service(aws_api.ECS, "DescribeServices", **call)["services"]:
        if found["status"] != "INACTIVE":
            return dict(found)
    raise aws_api.AwsError("ValidationException", f"ECS service doesn't exist: {cluster}/{service}")


def measure_service(cluster: str, service: str, metric: str) -> float | None:
    """Return the average use over the running tasks in percent; None where it is not known yet.

    Raises:
        AwsError: The service is gone.
    """
    described = describe_service(cluster, service)
    definition = docker_patches.fetch_task_definition(described["taskDefinition"])
    reserved = compute_reservation(definition, metric)
    tasks = aws_api.call_service(aws_api.ECS, "ListTasks", cluster=cluster, serviceName=service)
    found = [measure_task(name, metric) for name in tasks["taskArns"]]
    used = [each for each in found if each is not None]
    return 100 * sum(used) / len(used) / reserved if used and reserved else None


def compute_reservation(definition: dict[str, Any], metric: str) -> float:
    """Return the CPU units or MiB of a task: its own, or the sum over its containers."""
    containers = definition["containerDefinitions"]
    if metric == CPU:
        return float(definition.get("cpu") or sum(each.get("cpu") or 0 for each in containers))
    memory = [each.get("memory") or each.get("memoryReservation") or 0 for each in containers]
    return float(definition.get("memory") or sum(memory))


def measure_task(task: str, metric: str) -> float | None:
    """Return the CPU units or MiB that a task uses; None where that is not known yet."""
    from checker.docker.connection import open_client

    with contextlib.suppress(Exception), contextlib.closing(open_client(timeout=10)) as engine:
        found = engine.containers.list(filters={"label": f"{TASK}={task}"})
        return sum(map(read_memory if metric == MEMORY else read_cpu, found))
    return None


def read_memory(container: Any) -> float:
    """Return the MiB that a container uses, without what the kernel can take back."""
    found = container.stats(stream=False, one_shot=True)["memory_stats"]
    parts = found.get("stats", {})
    cache = parts.get("inactive_file") or parts.get("total_inactive_file", 0)
    return float(found["usage"] - cache) / docker_patches.MIB


def read_cpu(container: Any) -> float:
    """Return the CPU units used since the last look.

    Raises:
        LookupError: This is the first look.
    """
    now = time.monotonic()
    # One look, without the second that Docker otherwise takes to compare.
    stats = container.stats(stream=False, one_shot=True)
    total = int(stats["cpu_stats"]["cpu_usage"]["total_usage"])
    before = _before.get(container.id)
    _before[container.id] = (now, total)
    if before is None:
        raise LookupError(container.id)
    return (total - before[1]) / 1e9 / (now - before[0]) * docker_patches.UNITS
