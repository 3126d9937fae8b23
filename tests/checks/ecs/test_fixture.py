"""The fixture `ecs`: each expectation passes where it holds, and fails with words that help."""

from __future__ import annotations

import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest

from checker.checks.core.failure import CheckFailed
from checker.checks.ecs.fixture import Ecs
from checker.checks.ecs.services import EcsService
from checker.checks.ecs.task_definitions import TaskDefinition
from checker.orchestrators.ecs import aws_api

CPU = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}
MEMORY = {"PredefinedMetricType": "ECSServiceAverageMemoryUtilization"}
ARN = "arn:aws:ecs:us-east-1:000000000000"
CONTAINER = {
    "name": "web",
    "image": "nginx:1.26",
    "cpu": 128,
    "memory": 64,
    "environment": [{"name": "MODE", "value": "fast"}],
    "portMappings": [{"containerPort": 80, "hostPort": 8080}],
}


class FakeEcs:
    """A cluster `demo` with the service `web`, two running tasks and one that was killed."""

    def __init__(self) -> None:
        self.service = {
            "status": "ACTIVE",
            "desiredCount": 2,
            "runningCount": 2,
            "taskDefinition": f"{ARN}:task-definition/web:2",
            "deployments": [{"rolloutState": "COMPLETED"}],
            "loadBalancers": [{"targetGroupArn": "group"}],
        }
        self.tasks = [self.task(str(n), "RUNNING") for n in range(2)]
        killed = {"stopCode": "EssentialContainerExited", "stoppedReason": "it exited"}
        ended = {"name": "web", "exitCode": 137, "reason": "OutOfMemoryError"}
        self.tasks.append({**self.task("9", "STOPPED"), **killed, "containers": [ended]})
        self.scaled = True
        self.target: dict[str, Any] = {"MinCapacity": 1, "MaxCapacity": 4}
        self.policies = [{"TargetValue": 60, "PredefinedMetricSpecification": CPU}]

    def task(self, name: str, status: str) -> dict[str, Any]:
        binding = {"containerPort": 80, "hostPort": 32768}
        return {
            "taskArn": f"{ARN}:task/demo/{name}",
            "taskDefinitionArn": f"{ARN}:task-definition/web:2",
            "lastStatus": status,
            "createdAt": 1.0,
            "group": "service:web",
            "containers": [{"name": "web", "networkBindings": [binding]}],
        }

    def call(self, target: str, action: str, **given: Any) -> dict[str, Any]:
        found: Any = getattr(self, action)(given)
        return dict(found)

    def DescribeClusters(self, given: Any) -> Any:
        return {"clusters": [{}] if given["clusters"] == ["demo"] else []}

    def ListClusters(self, given: Any) -> Any:
        return {"clusterArns": [f"{ARN}:cluster/demo"]}

    def ListServices(self, given: Any) -> Any:
        return {"serviceArns": [f"{ARN}:service/demo/web"]}

    def DescribeServices(self, given: Any) -> Any:
        return {"services": [self.service] if given["services"] == ["web"] else []}

    def ListTaskDefinitions(self, given: Any) -> Any:
        names = ("web:1", "web:2", "webshop:1")
        return {"taskDefinitionArns": [f"{ARN}:task-definition/{each}" for each in names]}

    def DescribeTaskDefinition(self, given: Any) -> Any:
        if "web" not in given["taskDefinition"]:
            raise aws_api.AwsError("ClientException", "no")
        definition = {"family": "web", "revision": 2, "containerDefinitions": [CONTAINER]}
        return {"taskDefinition": definition}

    def ListTasks(self, given: Any) -> Any:
        wanted = given["desiredStatus"]
        return {"taskArns": [t["taskArn"] for t in self.tasks if t["lastStatus"] == wanted]}

    def DescribeTasks(self, given: Any) -> Any:
        return {"tasks": [each for each in self.tasks if each["taskArn"] in given["tasks"]]}

    def DescribeScalableTargets(self, given: Any) -> Any:
        target = {"ResourceId": "service/demo/web", **self.target}
        return {"ScalableTargets": [target] if self.scaled else []}

    def DescribeScalingPolicies(self, given: Any) -> Any:
        key = "TargetTrackingScalingPolicyConfiguration"
        resource = {"ResourceId": "service/demo/web"}
        return {"ScalingPolicies": [{**resource, key: each} for each in self.policies]}

    def balancing(self, action: str, **given: str) -> list[ElementTree.Element]:
        text = "<member><Target><Id>172.17.0.2</Id><Port>80</Port></Target></member>"
        leaving = "<TargetHealth><State>draining</State></TargetHealth></member>"
        gone = text.replace("</member>", leaving)
        return [*[ElementTree.fromstring(text)] * 2, ElementTree.fromstring(gone)]


@pytest.fixture
def fake_ecs(monkeypatch: pytest.MonkeyPatch) -> FakeEcs:
    made = FakeEcs()
    monkeypatch.setattr(aws_api, "call_service", made.call)
    monkeypatch.setattr(aws_api, "call_balancing", made.balancing)
    return made


@pytest.fixture
def web(fake_ecs: FakeEcs) -> EcsService:
    return Ecs().cluster("demo").service("web")


def test_all_that_holds_passes(web: EcsService) -> None:
    web.expect_desired(2).expect_running(2).expect_steady().expect_revision(2)
    web.expect_targets(2).expect_scaling(1, 4, 60)
    web.definition.expect_image("nginx:1.26").expect_port(80, host=8080).expect_port(80)
    web.definition.expect_memory(least=64, most=64).expect_cpu(128)
    web.definition.expect_environment("MODE", "fast")
    web.tasks[0].expect_running()
    assert web.tasks[0].host_ports == {80: 32768}
    assert web.tasks[0].service == "web"
    Ecs().cluster("demo").tasks(family="web")[-1].expect_exit(137)
    Ecs().cluster("demo").expect_no_service("shop")
    assert Ecs().revisions("web") == [1, 2]
    assert web.targets[0] == "172.17.0.2:80"
    assert len(web.deployments) == 1


@pytest.mark.parametrize(
    ("does", "words"),
    [
        (lambda ecs: ecs.cluster("dmeo"), ["a cluster named dmeo", "none, but demo"]),
        (lambda ecs: ecs.definition("shop"), ["a task definition shop"]),
        (lambda ecs: ecs.cluster("demo").service("webs"), ["none, but web", "list-services"]),
        (lambda ecs: ecs.cluster("demo").expect_no_service("web"), ["it is there", "--force"]),
        (lambda ecs: ecs.definition("web").expect_image("nginx:2"), ["nginx:1.26"]),
        (lambda ecs: ecs.definition("web").expect_port(8080, host=80), ["They are swapped"]),
        (lambda ecs: ecs.definition("web").expect_port(443), ["container 80 to host 8080"]),
        (lambda ecs: ecs.definition("web").expect_memory(least=128), ["at least 128", "64 MiB"]),
        (lambda ecs: ecs.definition("web").expect_memory(most=32), ["from 0 to 32"]),
        (lambda ecs: ecs.definition("web").expect_cpu(64), ["64 CPU units", "128"]),
        (lambda ecs: ecs.definition("web").expect_environment("MODE", "slow"), ["MODE=fast"]),
        (lambda ecs: ecs.definition("web").container("db"), ["a container db", "web"]),
    ],
)
def test_what_does_not_hold_is_told(
    fake_ecs: FakeEcs, does: Callable[[Ecs], object], words: list[str]
) -> None:
    with pytest.raises(CheckFailed) as failed:
        does(Ecs())
    assert all(each in str(failed.value) for each in words), str(failed.value)


@pytest.mark.parametrize(
    ("does", "words"),
    [
        (lambda web: web.expect_desired(3), ["it wants 2", "--desired-count 3"]),
        (lambda web: web.expect_running(3), ["2 run, 2 are wanted", "ended with 137", "OutOf"]),
        (lambda web: web.expect_revision(1), ["points to web:1", "no service by itself"]),
        (lambda web: web.expect_targets(3), ["3 targets", "found 2"]),
        (lambda web: web.expect_scaling(2, 4, 60), ["from 1 to 4"]),
        (lambda web: web.expect_scaling(1, 4, 50), ["at 50 %", "60"]),
        (lambda web: web.all_tasks[-1].expect_running(), ["stopped: it exited"]),
        (lambda web: web.tasks[0].expect_exit(0), ["is RUNNING"]),
    ],
)
def test_what_does_not_hold_of_a_service_is_told(
    web: EcsService, does: Callable[[EcsService], object], words: list[str]
) -> None:
    with pytest.raises(CheckFailed) as failed:
        does(web)
    assert all(each in str(failed.value) for each in words), str(failed.value)


def test_a_task_that_only_began_does_not_count_as_lasting(
    fake_ecs: FakeEcs, web: EcsService
) -> None:
    for each in fake_ecs.tasks:
        each["startedAt"] = time.time() - 60
    web.expect_running(2, lasting=5)
    fake_ecs.tasks[0]["startedAt"] = time.time()
    fake_ecs.tasks[1]["startedAt"] = None
    with pytest.raises(CheckFailed, match="0 run, 2 are wanted"):
        web.expect_running(2, lasting=5)


@pytest.mark.parametrize(
    ("policies", "words"),
    [
        ([{"TargetValue": 60, "PredefinedMetricSpecification": MEMORY}], "MemoryUtilization at 60"),
        (
            [
                {"TargetValue": 60, "PredefinedMetricSpecification": CPU},
                {"TargetValue": 50, "PredefinedMetricSpecification": CPU},
            ],
            "CPUUtilization at 60, ECSServiceAverageCPUUtilization at 50",
        ),
        ([{"TargetValue": 60, "CustomizedMetricSpecification": {}}], "another metric at 60"),
        ([], "no policy"),
        (
            [{"TargetValue": 60, "PredefinedMetricSpecification": CPU, "DisableScaleIn": True}],
            "its policy has DisableScaleIn",
        ),
    ],
)
def test_only_a_policy_of_cpu_that_works_both_ways_counts(
    fake_ecs: FakeEcs, web: EcsService, policies: list[dict[str, Any]], words: str
) -> None:
    fake_ecs.policies = policies
    with pytest.raises(CheckFailed) as failed:
        web.expect_scaling(1, 4, 60)
    assert words in failed.value.found


def test_scaling_that_is_suspended_is_told(fake_ecs: FakeEcs, web: EcsService) -> None:
    fake_ecs.target["SuspendedState"] = {"DynamicScalingOutSuspended": True}
    with pytest.raises(CheckFailed, match="DynamicScalingOutSuspended"):
        web.expect_scaling(1, 4, 60)
    fake_ecs.target["SuspendedState"] = {"DynamicScalingOutSuspended": False}
    web.expect_scaling(1, 4, 60)
    assert web.scaling_bounds == (1, 4)


def test_a_host_port_that_is_taken_is_told_with_the_way_out(
    fake_ecs: FakeEcs, web: EcsService
) -> None:
    fake_ecs.tasks[-1]["stoppedReason"] = "Bind for 127.0.0.1:80 failed: port is already allocated"
    with pytest.raises(CheckFailed) as failed:
        web.expect_running(3)
    assert "minimumHealthyPercent=0,maximumPercent=100" in failed.value.next_step


def test_the_family_and_the_life_of_a_task_are_told(fake_ecs: FakeEcs, web: EcsService) -> None:
    web.expect_family("web")
    with pytest.raises(CheckFailed, match="it runs web:2"):
        web.expect_family("shop")
    [*_, gone] = web.all_tasks
    assert (gone.ran_seconds, gone.ended_by) == (0.0, "EssentialContainerExited")
    gone.attrs.update(startedAt=10.0, stoppingAt=14.0, stoppedAt=15.0)
    assert (gone.created, gone.ended, gone.ran_seconds) == (1.0, 14.0, 5.0)
    assert web.tasks[0].ended == 0.0


@pytest.mark.parametrize("protocol", ["tcp", "udp"])
def test_a_port_of_udp_is_not_that_of_a_web_server(protocol: str) -> None:
    mapped = {"containerPort": 80, "hostPort": 8080, "protocol": protocol}
    container = {**CONTAINER, "portMappings": [mapped]}
    found = TaskDefinition({"family": "web", "revision": 1, "containerDefinitions": [container]})
    if protocol == "tcp":
        found.expect_port(80, host=8080)
    else:
        with pytest.raises(CheckFailed, match="no port mapping"):
            found.expect_port(80, host=8080)


def test_tasks_of_an_older_revision_do_not_count(fake_ecs: FakeEcs, web: EcsService) -> None:
    fake_ecs.tasks[0]["taskDefinitionArn"] = f"{ARN}:task-definition/web:1"
    with pytest.raises(CheckFailed, match="1 run"):
        web.expect_running(2)


def test_a_deployment_under_way_is_not_steady(fake_ecs: FakeEcs, web: EcsService) -> None:
    fake_ecs.service["deployments"] = [{"rolloutState": "IN_PROGRESS"}]
    with pytest.raises(CheckFailed, match="IN_PROGRESS"):
        web.expect_steady(within=0.1)


def test_a_service_without_target_or_load_balancer_is_told(
    fake_ecs: FakeEcs, web: EcsService
) -> None:
    fake_ecs.scaled = False
    with pytest.raises(CheckFailed, match="no scalable target"):
        web.expect_scaling(1, 4, 60)
    fake_ecs.service["loadBalancers"] = []
    with pytest.raises(CheckFailed, match="it has no load balancer"):
        web.expect_targets(1)


def test_a_deleted_service_is_none(fake_ecs: FakeEcs) -> None:
    fake_ecs.service["status"] = "INACTIVE"
    with pytest.raises(CheckFailed, match="a service web"):
        Ecs().cluster("demo").service("web")
