"""A network and a target group that do not fit the tasks are refused, with the words of AWS."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import refusals

SUBNETS = {"awsvpcConfiguration": {"subnets": ["subnet-00000001"]}}
BALANCERS = [{"targetGroupArn": "arn:bread", "containerName": "web", "containerPort": 80}]


class Emulator:
    """Knows the definition web, the target group arn:bread, and a listener or none."""

    def __init__(self) -> None:
        self.mode = "awsvpc"
        self.kind = "ip"
        self.forwards = "arn:bread"
        self.services: list[dict[str, Any]] = []

    def call(self, target: str, action: str, **given: Any) -> dict[str, Any]:
        web = {"name": "web", "portMappings": [{"containerPort": 80}]}
        definition = {"status": "ACTIVE", "networkMode": self.mode, "containerDefinitions": [web]}
        return {"clusters": [{}], "services": self.services, "taskDefinition": definition}

    def balance(self, action: str, **given: str) -> list[ElementTree.Element]:
        if "arn:none" in given.values():
            raise aws_api.AwsError("TargetGroupNotFound", "One or more target groups not found")
        text = {
            "DescribeTargetGroups": f"<TargetType>{self.kind}</TargetType>",
            "DescribeLoadBalancers": "<LoadBalancerName>door</LoadBalancerName>"
            "<LoadBalancerArn>arn:door</LoadBalancerArn>",
            "DescribeListeners": "<ListenerArn>arn:80</ListenerArn>",
            "DescribeRules": "<Actions><member><TargetGroupArn>"
            f"{self.forwards}</TargetGroupArn></member></Actions>",
        }[action]
        return [ElementTree.fromstring(f"<member>{text}</member>")]


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    made = Emulator()
    monkeypatch.setattr(aws_api, "call_service", made.call)
    monkeypatch.setattr(aws_api, "call_balancing", made.balance)
    return made


def create(**given: Any) -> None:
    parameters = {"taskDefinition": "web", "networkConfiguration": SUBNETS}
    refusals.refuse_invalid_call(
        "CreateService", {**parameters, "loadBalancers": BALANCERS, **given}
    )


def test_a_service_that_fits_passes(emulator: Emulator) -> None:
    create()
    emulator.mode, emulator.kind = "bridge", "instance"
    create(networkConfiguration=None)
    create(networkConfiguration=None, loadBalancers=None)
    emulator.mode = "host"
    create(networkConfiguration={})


@pytest.mark.parametrize(
    ("mode", "kind"), [("bridge", "ip"), ("host", "ip"), ("awsvpc", "instance")]
)
def test_the_type_of_targets_follows_the_network_mode(
    emulator: Emulator, mode: str, kind: str
) -> None:
    emulator.mode, emulator.kind = mode, kind
    with pytest.raises(aws_api.AwsError) as refused:
        create(networkConfiguration=SUBNETS if mode == "awsvpc" else None)
    assert refused.value.code == "InvalidParameterException"
    assert refused.value.text == (
        f"The provided target group arn:bread has target type {kind}, which is incompatible with "
        f"the {mode} network mode specified in the task definition."
    )


def test_a_target_group_that_no_listener_forwards_to_is_refused(emulator: Emulator) -> None:
    emulator.forwards = "arn:cake"
    with pytest.raises(aws_api.AwsError) as refused:
        create()
    assert refused.value.text == (
        "The target group with targetGroupArn arn:bread does not have an associated load balancer."
    )


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"targetGroupArn": "arn:none"}, "does not exist"),
        ({"containerName": "app"}, "The container app does not exist in the task definition"),
        ({"containerPort": 8080}, "web did not have a container port 8080 defined"),
    ],
)
def test_group_container_and_port_must_be_there(
    emulator: Emulator, changed: dict[str, Any], text: str
) -> None:
    with pytest.raises(aws_api.AwsError, match=text):
        create(loadBalancers=[{**BALANCERS[0], **changed}])


@pytest.mark.parametrize("action", ["CreateService", "RunTask"])
def test_awsvpc_needs_subnets_and_bridge_takes_none(emulator: Emulator, action: str) -> None:
    with pytest.raises(aws_api.AwsError, match="must be provided"):
        refusals.refuse_invalid_call(action, {"taskDefinition": "web"})
    emulator.mode = "bridge"
    given = {"taskDefinition": "web", "networkConfiguration": SUBNETS}
    with pytest.raises(aws_api.AwsError, match="not valid for the given networkMode"):
        refusals.refuse_invalid_call(action, given)


def test_an_update_is_judged_by_what_the_service_will_be(emulator: Emulator) -> None:
    emulator.services = [{"taskDefinition": "web:1", "networkConfiguration": SUBNETS}]
    update = {"service": "web", "taskDefinition": "web:2"}
    refusals.refuse_invalid_call("UpdateService", update)
    refusals.refuse_invalid_call("UpdateService", {**update, "loadBalancers": BALANCERS})
    emulator.services = [{"taskDefinition": "web:1", "loadBalancers": BALANCERS}]
    with pytest.raises(aws_api.AwsError, match="must be provided"):
        refusals.refuse_invalid_call("UpdateService", update)
    refusals.refuse_invalid_call("UpdateService", {"service": "web", "desiredCount": 3})
    emulator.mode = "bridge"
    with pytest.raises(aws_api.AwsError, match="target type ip"):
        refusals.refuse_invalid_call("UpdateService", update)


def test_one_load_balancer_can_be_asked(emulator: Emulator) -> None:
    assert aws_api.list_forwarded_groups() == {"arn:bread"}
    assert aws_api.list_forwarded_groups("door") == {"arn:bread"}
    assert aws_api.list_forwarded_groups("window") == set()
