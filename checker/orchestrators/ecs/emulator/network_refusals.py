"""What AWS refuses of the network of tasks, and of the target groups of a service.

The rules are in Amazon's ECS API reference (docs.aws.amazon.com): networkMode in
RegisterTaskDefinition, networkConfiguration in CreateService and RunTask, and LoadBalancer, whose
target groups are of the type `ip` for awsvpc, and whose container and port are those of the task
definition. That a target group without a load balancer is refused, and how the texts are worded,
is found in public reports of errors; GONE alone says the rule in words of the course.
"""

from __future__ import annotations

from typing import Any

from checker.orchestrators.ecs import aws_api

AWSVPC = "awsvpc"
TARGET_TYPES = {AWSVPC: "ip", "bridge": "instance", "host": "instance"}
"""Which targets a service registers: the addresses of its tasks, or machines and their ports."""

SERVICE_NETWORK = ("taskDefinition", "loadBalancers", "networkConfiguration")
"""What of UpdateService changes how the tasks of a service are reached."""

NEEDED = "Network Configuration must be provided when networkMode 'awsvpc' is specified."
NOT_VALID = "Network Configuration is not valid for the given networkMode of this task definition."
GONE = "The target group with targetGroupArn {} does not exist."


def validate_network(definition: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Refuse a network configuration without awsvpc, and awsvpc without one.

    Raises:
        AwsError: AWS would refuse it.
    """
    given = (parameters.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    awsvpc = definition.get("networkMode") == AWSVPC
    if awsvpc and not given:
        raise make_refusal(NEEDED)
    if given and not awsvpc:
        raise make_refusal(NOT_VALID)


def validate_load_balancers(definition: dict[str, Any], parameters: dict[str, Any]) -> None:
    """Refuse a target group that the tasks of a service cannot be put into.

    Raises:
        AwsError: AWS would refuse it.
    """
    for each in parameters.get("loadBalancers") or []:
        if arn := each.get("targetGroupArn"):
            validate_container_port(definition, each)
            validate_target_group(definition, arn)


def validate_container_port(definition: dict[str, Any], balancer: dict[str, Any]) -> None:
    """Refuse a container, or a port of it, that the task definition does not have."""
    name, port = balancer.get("containerName"), balancer.get("containerPort")
    every = {each["name"]: each for each in definition.get("containerDefinitions", [])}
    if name not in every:
        raise make_refusal(f"The container {name} does not exist in the task definition.")
    ports = [each.get("containerPort") for each in every[name].get("portMappings") or []]
    if port not in ports:
        raise make_refusal(f"The container {name} did not have a container port {port} defined.")


def validate_target_group(definition: dict[str, Any], arn: str) -> None:
    """Refuse a target group of the other type, and one that no listener forwards to."""
    try:
        [group] = aws_api.call_balancing(
            "DescribeTargetGroups", **{"TargetGroupArns.member.1": arn}
        )
    except aws_api.AwsError:
        raise make_refusal(GONE.format(arn)) from None
    kind, mode = group.findtext("TargetType") or "", definition.get("networkMode") or "bridge"
    if kind != TARGET_TYPES.get(mode, kind):
        raise make_refusal(
            f"The provided target group {arn} has target type {kind}, which is incompatible with "
            f"the {mode} network mode specified in the task definition."
        )
    if arn not in aws_api.list_forwarded_groups():
        raise make_refusal(
            f"The target group with targetGroupArn {arn} does not have an associated load balancer."
        )


def complete_update(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return what a service will be after UpdateService; empty where its network stays."""
    if not any(each in parameters for each in SERVICE_NETWORK):
        return {}
    name = parameters.get("service", "")
    given = {"cluster": parameters.get("cluster", "default"), "services": [name]}
    for service in aws_api.call_service(aws_api.ECS, "DescribeServices", **given)["services"]:
        kept = {each: service.get(each) for each in SERVICE_NETWORK}
        return kept | {each: parameters[each] for each in SERVICE_NETWORK if each in parameters}
    return {}  # MiniStack says that it is missing


def make_refusal(text: str) -> aws_api.AwsError:
    """Return a refusal of a parameter."""
    return aws_api.AwsError("InvalidParameterException", text)
