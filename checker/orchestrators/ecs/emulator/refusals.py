"""What AWS refuses and MiniStack would let through.

The rules are in Amazon's ECS API reference (docs.aws.amazon.com, RegisterTaskDefinition,
ContainerDefinition, PortMapping, DeleteCluster), except that names of containers are unique. The
texts `TaskDefinition not found.` and `The Cluster cannot be deleted while ... are active.` are in
public reports of errors; the other texts say the rule, and AWS may word it differently. What is
refused of networks and target groups stands in network_refusals.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import network_refusals

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


def refuse_invalid_call(action: str, parameters: dict[str, Any]) -> None:
    """Let a call of ECS pass if AWS would.

    Raises:
        AwsError: AWS would refuse it.
    """
    if action in VALIDATORS:
        VALIDATORS[action](parameters)


def validate_definition(parameters: dict[str, Any]) -> None:
    """Refuse a task definition that cannot work."""
    containers = parameters.get("containerDefinitions") or []
    names = [each.get("name") for each in containers]
    for name in names:
        if names.count(name) > 1:
            raise make_refusal(f"Container definition names must be unique. {name} is there twice.")
    for each in containers:
        validate_container(parameters, each)
    if "FARGATE" in parameters.get("requiresCompatibilities", []):
        validate_fargate(parameters)


def validate_container(definition: dict[str, Any], container: dict[str, Any]) -> None:
    """Refuse a container definition whose memory, image or ports cannot work."""
    name = container.get("name", "")
    if not container.get("image"):
        raise make_refusal("Container.image should not be null or empty.")
    memory = container.get("memory")
    reservation = container.get("memoryReservation")
    setting = f"Invalid setting for container '{name}'."
    if memory is None and reservation is None and not definition.get("memory"):
        raise make_refusal(
            f"{setting} At least one of 'memory' or 'memoryReservation' must be specified."
        )
    if memory is not None and memory < LEAST_MEMORY:
        raise make_refusal(f"{setting} 'memory' must be at least {LEAST_MEMORY}.")
    if memory is not None and reservation is not None and reservation >= memory:
        raise make_refusal(f"{setting} 'memory' must be greater than 'memoryReservation'.")
    if definition.get("memory") and (memory or reservation or 0) > int(definition["memory"]):
        raise make_refusal(f"{setting} Its memory is greater than that of the task.")
    for port in container.get("portMappings", []):
        if definition.get("networkMode") == "awsvpc":
            host = port.get("hostPort", port.get("containerPort"))
            if host not in (0, port.get("containerPort")):
                raise make_refusal(
                    "When networkMode=awsvpc, the host ports and container ports in port mappings "
                    "must match."
                )


def validate_fargate(definition: dict[str, Any]) -> None:
    """Refuse a size or a network mode that Fargate does not have."""
    if definition.get("networkMode", "awsvpc") != "awsvpc":
        raise make_refusal("Fargate only supports network mode 'awsvpc'.")
    cpu, memory = definition.get("cpu"), definition.get("memory")
    if not cpu or not memory:
        raise make_refusal("Fargate requires that 'cpu' and 'memory' be defined at the task level.")
    if int(memory) not in FARGATE.get(int(cpu), ()):
        raise make_refusal(
            f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
        )


def validate_start(parameters: dict[str, Any]) -> None:
    """Refuse to start from a definition or in a cluster that is not there, or without a network."""
    require_cluster(parameters)
    definition = require_definition(parameters)
    network_refusals.validate_network(definition, parameters)
    network_refusals.validate_load_balancers(definition, parameters)


def validate_update(parameters: dict[str, Any]) -> None:
    """Refuse to change a service to what could not have been made."""
    if "taskDefinition" in parameters:
        require_definition(parameters)
    if updated := network_refusals.complete_update(parameters):
        definition = find_definition(updated)
        network_refusals.validate_network(definition, updated)
        network_refusals.validate_load_balancers(definition, updated)


def validate_cluster_deletion(parameters: dict[str, Any]) -> None:
    """Refuse to delete a cluster that has services or tasks."""
    name = parameters.get("cluster", "default")
    require_cluster(parameters)
    if aws_api.call_service(aws_api.ECS, "ListServices", cluster=name)["serviceArns"]:
        raise aws_api.AwsError(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        )
    if aws_api.call_service(aws_api.ECS, "ListTasks", cluster=name)["taskArns"]:
        raise aws_api.AwsError(
            "ClusterContainsTasksException", "The Cluster cannot be deleted while Tasks are active."
        )


def require_cluster(parameters: dict[str, Any]) -> None:
    """Refuse a call that names a cluster that is not there."""
    name = parameters.get("cluster", "default")
    if not aws_api.call_service(aws_api.ECS, "DescribeClusters", clusters=[name])["clusters"]:
        raise aws_api.AwsError("ClusterNotFoundException", "Cluster not found.")


def require_definition(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the task definition of a call; refuse one that is not there or not active."""
    found = find_definition(parameters)
    if found["status"] != "ACTIVE":
        raise make_refusal("TaskDefinition is inactive")
    return found


def find_definition(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return the task definition of a call, active or not; refuse one that is not there."""
    name = parameters.get("taskDefinition", "")
    try:
        found = aws_api.call_service(aws_api.ECS, "DescribeTaskDefinition", taskDefinition=name)
    except aws_api.AwsError:
        raise make_refusal("TaskDefinition not found.") from None
    return dict(found["taskDefinition"])


def make_refusal(text: str) -> aws_api.AwsError:
    """Return a refusal with the code that most have."""
    return aws_api.AwsError("ClientException", text)


VALIDATORS: dict[str, Callable[[dict[str, Any]], None]] = {
    "RegisterTaskDefinition": validate_definition,
    "RunTask": validate_start,
    "CreateService": validate_start,
    "UpdateService": validate_update,
    "DeleteCluster": validate_cluster_deletion,
}
