"""What AWS refuses and MiniStack would let through.

The rules are in Amazon's ECS API reference (docs.aws.amazon.com, RegisterTaskDefinition,
ContainerDefinition, PortMapping, DeleteCluster), except that names of containers are unique. The
texts `TaskDefinition not found.` and `The Cluster cannot be deleted while ... are active.` are in
public reports of errors; the other texts say the rule, and AWS may word it differently.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checker.orchestrators.ecs import aws_api

LEAST_MEMORY = 6
"""MiB; Docker starts no container with less (RegisterTaskDefinition, memory)."""

FARGATE = {
    256: (512, 1024, 2048),
    512: range(1024, 4097, 1024),
    1024: range(2048, 8193, 1024),
    2048: range(4096, 16385, 1024),
    4096: range(8192, 30721, 1024),
    8192: range(16384, 61441, 4096),
    16384: range(32768, 122881, 8192),
}
"""CPU units and the MiB of memory that go with them (Task CPU and memory)."""


def judge(action: str, given: dict[str, Any]) -> None:
    """Let a call of ECS pass.

    Args:
        action: The operation.
        given: Its parameters.

    Raises:
        Refused: AWS would refuse it.
    """
    if action in JUDGES:
        JUDGES[action](given)


def _register(given: dict[str, Any]) -> None:
    containers = given.get("containerDefinitions") or []
    names = [each.get("name") for each in containers]
    for name in names:
        if names.count(name) > 1:
            raise _no(f"Container definition names must be unique. {name} is there twice.")
    for each in containers:
        _container(given, each)
    if "FARGATE" in given.get("requiresCompatibilities", []):
        _fargate(given)


def _container(given: dict[str, Any], container: dict[str, Any]) -> None:
    name = container.get("name", "")
    if not container.get("image"):
        raise _no("Container.image should not be null or empty.")
    memory = container.get("memory")
    reservation = container.get("memoryReservation")
    setting = f"Invalid setting for container '{name}'."
    if memory is None and reservation is None and not given.get("memory"):
        raise _no(f"{setting} At least one of 'memory' or 'memoryReservation' must be specified.")
    if memory is not None and memory < LEAST_MEMORY:
        raise _no(f"{setting} 'memory' must be at least {LEAST_MEMORY}.")
    if memory is not None and reservation is not None and reservation >= memory:
        raise _no(f"{setting} 'memory' must be greater than 'memoryReservation'.")
    if given.get("memory") and (memory or reservation or 0) > int(given["memory"]):
        raise _no(f"{setting} Its memory is greater than that of the task.")
    for port in container.get("portMappings", []):
        if given.get("networkMode") == "awsvpc":
            host = port.get("hostPort", port.get("containerPort"))
            if host not in (0, port.get("containerPort")):
                raise _no(
                    "When networkMode=awsvpc, the host ports and container ports in port mappings "
                    "must match."
                )


def _fargate(given: dict[str, Any]) -> None:
    if given.get("networkMode", "awsvpc") != "awsvpc":
        raise _no("Fargate only supports network mode 'awsvpc'.")
    cpu, memory = given.get("cpu"), given.get("memory")
    if not cpu or not memory:
        raise _no("Fargate requires that 'cpu' and 'memory' be defined at the task level.")
    if int(memory) not in FARGATE.get(int(cpu), ()):
        raise _no(f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory.")


def _start(given: dict[str, Any]) -> None:
    _must_have_cluster(given)
    _must_have_definition(given)


def _update(given: dict[str, Any]) -> None:
    if "taskDefinition" in given:
        _must_have_definition(given)


def _delete_cluster(given: dict[str, Any]) -> None:
    name = given.get("cluster", "default")
    _must_have_cluster(given)
    if aws_api.call(aws_api.ECS, "ListServices", cluster=name)["serviceArns"]:
        raise aws_api.Refused(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        )
    if aws_api.call(aws_api.ECS, "ListTasks", cluster=name)["taskArns"]:
        raise aws_api.Refused(
            "ClusterContainsTasksException",
            "The Cluster cannot be deleted while Tasks are active.",
        )


def _must_have_cluster(given: dict[str, Any]) -> None:
    name = given.get("cluster", "default")
    if not aws_api.call(aws_api.ECS, "DescribeClusters", clusters=[name])["clusters"]:
        raise aws_api.Refused("ClusterNotFoundException", "Cluster not found.")


def _must_have_definition(given: dict[str, Any]) -> None:
    wanted = given.get("taskDefinition", "")
    try:
        found = aws_api.call(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=wanted)
    except aws_api.Refused:
        raise _no("TaskDefinition not found.") from None
    if found["taskDefinition"]["status"] != "ACTIVE":
        raise _no("TaskDefinition is inactive")


def _no(text: str) -> aws_api.Refused:
    return aws_api.Refused("ClientException", text)


JUDGES: dict[str, Callable[[dict[str, Any]], None]] = {
    "RegisterTaskDefinition": _register,
    "RunTask": _start,
    "CreateService": _start,
    "UpdateService": _update,
    "DeleteCluster": _delete_cluster,
}
