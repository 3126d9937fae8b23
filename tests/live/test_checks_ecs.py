"""The fixture `ecs` against a real service: each expectation where it holds and where not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from checker.checks.core.failure import CheckFailed
from checker.checks.ecs.fixture import Ecs
from checker.checks.ecs.services import EcsService
from checker.checks.ecs.task_definitions import TaskDefinition
from checker.checks.ecs.tasks import EcsTask
from checker.docker import docker_engine
from checker.images import provider
from checker.orchestrators.ecs import aws_api, local_ecs

pytestmark = pytest.mark.live

IMAGE = "nginx:1.26"
LONG = 90.0
WEB = {
    "name": "web",
    "image": IMAGE,
    "cpu": 128,
    "memory": 64,
    "environment": [{"name": "MODE", "value": "fast"}],
    "portMappings": [{"containerPort": 80, "hostPort": 0}],
}
JOB = {"name": "job", "image": IMAGE, "memory": 64, "command": ["sh", "-c", "exit 3"]}
DIMENSION = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/demo/web",
    "ScalableDimension": "ecs:service:DesiredCount",
}
METRIC = {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}


@pytest.fixture(scope="module")
def world() -> Iterator[Ecs]:
    """A service `web` with one task behind a load balancer, and a task that ended with 3."""
    docker_engine.ensure_engine()
    provider.ensure_images([IMAGE])
    local_ecs.ensure_emulator()
    local_ecs.empty_emulator()
    group = balance()
    aws_api.call_service(aws_api.ECS, "CreateCluster", clusterName="demo")
    for family, container in (("web", WEB), ("job", JOB)):
        given = {"family": family, "containerDefinitions": [container]}
        aws_api.call_service(aws_api.ECS, "RegisterTaskDefinition", **given)
    aws_api.call_service(aws_api.ECS, "RunTask", cluster="demo", taskDefinition="job")
    balancer = {"targetGroupArn": group, "containerName": "web", "containerPort": 80}
    given = {"cluster": "demo", "serviceName": "web", "taskDefinition": "web"}
    aws_api.call_service(
        aws_api.ECS, "CreateService", **given, desiredCount=1, loadBalancers=[balancer]
    )
    bounds = {"MinCapacity": 1, "MaxCapacity": 4}
    aws_api.call_service(aws_api.SCALING, "RegisterScalableTarget", **DIMENSION, **bounds)
    policy = {
        "PolicyName": "cpu",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": 60,
            "PredefinedMetricSpecification": METRIC,
        },
    }
    aws_api.call_service(aws_api.SCALING, "PutScalingPolicy", **DIMENSION, **policy)
    found = Ecs()
    found.cluster("demo").service("web").expect_steady(within=LONG).expect_targets(within=LONG)
    wait_for_the_job(found)
    yield found
    local_ecs.stop_emulator()


def balance() -> str:
    subnets = {f"Subnets.member.{n}": f"subnet-0000000{n}" for n in (1, 2)}
    [balancer] = aws_api.call_balancing("CreateLoadBalancer", Name="front", **subnets)
    given = {"Name": "web", "Protocol": "HTTP", "Port": "80", "VpcId": "vpc-00000001"}
    [group] = aws_api.call_balancing("CreateTargetGroup", **given, TargetType="instance")
    arn = group.findtext("TargetGroupArn") or ""
    forward = {
        "LoadBalancerArn": balancer.findtext("LoadBalancerArn") or "",
        "DefaultActions.member.1.Type": "forward",
        "DefaultActions.member.1.TargetGroupArn": arn,
    }
    aws_api.call_balancing("CreateListener", Protocol="HTTP", Port="80", **forward)
    return arn


def wait_for_the_job(found: Ecs) -> None:
    deadline = time.monotonic() + LONG
    while job(found).status != "STOPPED":
        assert time.monotonic() < deadline, "the job does not end"
        time.sleep(0.2)


def job(found: Ecs) -> EcsTask:
    [task] = found.cluster("demo").tasks(family="job")
    return task


def web(found: Ecs) -> EcsService:
    return found.cluster("demo").service("web")


def of_web(found: Ecs) -> TaskDefinition:
    return found.definition("web")


HOLDS: dict[str, Callable[[Ecs], object]] = {
    "definition": lambda world: world.definition("web:1"),
    "image": lambda world: of_web(world).expect_image(IMAGE),
    "port": lambda world: of_web(world).expect_port(80, host=0),
    "memory": lambda world: of_web(world).expect_memory(least=32, most=64),
    "cpu": lambda world: of_web(world).expect_cpu(128),
    "environment": lambda world: of_web(world).expect_environment("MODE", "fast"),
    "no service": lambda world: world.cluster("demo").expect_no_service("shop"),
    "desired": lambda world: web(world).expect_desired(1),
    "running": lambda world: web(world).expect_running(1),
    "steady": lambda world: web(world).expect_steady(),
    "revision": lambda world: web(world).expect_revision(1),
    "targets": lambda world: web(world).expect_targets(1),
    "scaling": lambda world: web(world).expect_scaling(1, 4, 60),
    "task runs": lambda world: web(world).tasks[0].expect_running(),
    "task ended": lambda world: job(world).expect_exit(3),
}
FAILS: dict[str, tuple[Callable[[Ecs], object], str]] = {
    "cluster": (lambda world: world.cluster("dmeo"), "none, but demo"),
    "service": (lambda world: world.cluster("demo").service("webs"), "none, but web"),
    "definition": (lambda world: world.definition("web:7"), "a task definition web:7"),
    "image": (lambda world: of_web(world).expect_image("nginx:1.27"), IMAGE),
    "port": (lambda world: of_web(world).expect_port(8080), "container 80 to host 0"),
    "memory": (lambda world: of_web(world).expect_memory(least=128), "64 MiB"),
    "cpu": (lambda world: of_web(world).expect_cpu(256), "128"),
    "environment": (lambda world: of_web(world).expect_environment("MODE", "slow"), "fast"),
    "no service": (lambda world: world.cluster("demo").expect_no_service("web"), "it is there"),
    "desired": (lambda world: web(world).expect_desired(2), "it wants 1"),
    "running": (lambda world: web(world).expect_running(2), "1 run, 1 are wanted"),
    "revision": (lambda world: web(world).expect_revision(2), "it points to web:1"),
    "targets": (lambda world: web(world).expect_targets(3), "3 targets"),
    "bounds": (lambda world: web(world).expect_scaling(2, 4, 60), "from 1 to 4"),
    "scaling": (lambda world: web(world).expect_scaling(1, 4, 50), "60"),
    "task runs": (lambda world: job(world).expect_running(), "container job ended with 3"),
    "task ended": (lambda world: web(world).tasks[0].expect_exit(0), "is RUNNING"),
}


@pytest.mark.parametrize("fact", HOLDS)
def test_what_is_so_passes(world: Ecs, fact: str) -> None:
    HOLDS[fact](world)


@pytest.mark.parametrize("fact", FAILS)
def test_what_is_not_so_fails_and_says_what_is(world: Ecs, fact: str) -> None:
    expects, words = FAILS[fact]
    with pytest.raises(CheckFailed) as failed:
        expects(world)
    assert words in str(failed.value)


def test_a_task_has_the_port_that_docker_chose(world: Ecs) -> None:
    assert web(world).tasks[0].host_ports[80] > 1024


def test_a_service_that_misses_a_task_is_not_steady(world: Ecs) -> None:
    given = {"family": "late", "containerDefinitions": [{**WEB, "image": "nginx:none-such"}]}
    aws_api.call_service(aws_api.ECS, "RegisterTaskDefinition", **given)
    given = {"cluster": "demo", "serviceName": "late", "taskDefinition": "late"}
    aws_api.call_service(aws_api.ECS, "CreateService", **given, desiredCount=1)
    with pytest.raises(CheckFailed) as failed:
        world.cluster("demo").service("late").expect_steady(within=1)
    assert "0 of 1 run" in str(failed.value)
