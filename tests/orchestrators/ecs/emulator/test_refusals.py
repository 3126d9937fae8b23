"""What AWS refuses is refused, and what it takes passes."""

from __future__ import annotations

from typing import Any

import pytest

from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import refusals


def definition(**container: Any) -> dict[str, Any]:
    return {
        "family": "web",
        "containerDefinitions": [{"name": "web", "image": "nginx:1.26", "memory": 64, **container}],
    }


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (definition(image=""), "image should not be null"),
        (definition(memory=None), "At least one of 'memory'"),
        (definition(memory=3), "at least 6"),
        (definition(memoryReservation=64), "greater than 'memoryReservation'"),
        ({**definition(), "memory": "32"}, "greater than that of the task"),
        (
            {**definition(portMappings=[{"containerPort": 80, "hostPort": 8080}]),
             "networkMode": "awsvpc"},
            "must match",
        ),
        (
            {**definition(), "requiresCompatibilities": ["FARGATE"], "cpu": "256",
             "memory": "100"},
            "No Fargate configuration exists",
        ),
        ({**definition(), "requiresCompatibilities": ["FARGATE"]}, "at the task level"),
    ],
)  # fmt: skip
def test_a_task_definition_that_aws_refuses_is_refused(given: dict[str, Any], text: str) -> None:
    with pytest.raises(aws_api.AwsError, match=text):
        refusals.refuse_invalid_call("RegisterTaskDefinition", given)


def test_a_good_task_definition_passes() -> None:
    refusals.refuse_invalid_call("RegisterTaskDefinition", definition())
    refusals.refuse_invalid_call("ListClusters", {})


def test_a_definition_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(target: str, action: str, **given: Any) -> dict[str, Any]:
        if action == "DescribeTaskDefinition":
            raise aws_api.AwsError("ClientException", "Unable to describe")
        return {"clusters": [{}], "serviceArns": ["a"]}

    monkeypatch.setattr(aws_api, "call_service", call)
    for action in ("RunTask", "CreateService", "UpdateService"):
        with pytest.raises(aws_api.AwsError, match=r"TaskDefinition not found\."):
            refusals.refuse_invalid_call(action, {"cluster": "demo", "taskDefinition": "nothing"})
    with pytest.raises(aws_api.AwsError, match="while Services are active"):
        refusals.refuse_invalid_call("DeleteCluster", {"cluster": "demo"})


class Emulator:
    """Knows one cluster, and a definition that may be active or not."""

    def __init__(self) -> None:
        self.clusters: list[dict[str, Any]] = [{}]
        self.services: list[str] = []
        self.tasks: list[str] = []
        self.status = "ACTIVE"

    def call(self, target: str, action: str, **given: Any) -> dict[str, Any]:
        return {
            "clusters": self.clusters,
            "services": [],
            "serviceArns": self.services,
            "taskArns": self.tasks,
            "taskDefinition": {"status": self.status},
        }


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Emulator:
    made = Emulator()
    monkeypatch.setattr(aws_api, "call_service", made.call)
    return made


def test_what_is_there_can_be_used(emulator: Emulator) -> None:
    for action in ("RunTask", "CreateService", "UpdateService", "DeleteCluster"):
        refusals.refuse_invalid_call(action, {"cluster": "demo", "taskDefinition": "web"})
    refusals.refuse_invalid_call("UpdateService", {"cluster": "demo", "desiredCount": 2})


@pytest.mark.parametrize("action", ["RunTask", "CreateService", "DeleteCluster"])
def test_a_cluster_that_is_not_there_is_refused(emulator: Emulator, action: str) -> None:
    emulator.clusters = []
    with pytest.raises(aws_api.AwsError) as refused:
        refusals.refuse_invalid_call(action, {"taskDefinition": "web"})
    assert refused.value.code == "ClusterNotFoundException"


def test_an_inactive_definition_is_refused(emulator: Emulator) -> None:
    emulator.status = "INACTIVE"
    with pytest.raises(aws_api.AwsError, match="inactive"):
        refusals.refuse_invalid_call("RunTask", {"taskDefinition": "web"})


def test_a_service_that_stays_may_have_an_inactive_definition(emulator: Emulator) -> None:
    emulator.status = "INACTIVE"
    refusals.refuse_invalid_call("UpdateService", {"service": "web", "loadBalancers": []})


def test_a_cluster_with_tasks_is_not_deleted(emulator: Emulator) -> None:
    emulator.tasks = ["task/1"]
    with pytest.raises(aws_api.AwsError, match="while Tasks are active"):
        refusals.refuse_invalid_call("DeleteCluster", {"cluster": "demo"})


def test_names_of_containers_are_unique_and_fargate_has_its_own_network() -> None:
    twice = definition()
    twice["containerDefinitions"] *= 2
    with pytest.raises(aws_api.AwsError, match="must be unique"):
        refusals.refuse_invalid_call("RegisterTaskDefinition", twice)
    given = {**definition(), "requiresCompatibilities": ["FARGATE"], "networkMode": "bridge"}
    with pytest.raises(aws_api.AwsError, match="awsvpc"):
        refusals.refuse_invalid_call("RegisterTaskDefinition", given)


def test_what_fargate_has_passes() -> None:
    ports = [{"containerPort": 80}, {"containerPort": 81, "hostPort": 81}]
    given = {
        **definition(portMappings=ports),
        "requiresCompatibilities": ["FARGATE"],
        "networkMode": "awsvpc",
        "cpu": "256",
        "memory": "512",
    }
    refusals.refuse_invalid_call("RegisterTaskDefinition", given)
