"""Rollouts of ECS services: what is lost, how they end, and what the emulator keeps to."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.base.polling import wait_until
from checker.checks.core.failure import CheckFailed
from checker.checks.ecs.fixture import Ecs
from checker.checks.ecs.services import EcsService
from checker.checks.http.probe import Probe
from checker.docker import connection, docker_engine
from checker.images import provider
from checker.measure.ecs import EcsFollower
from checker.orchestrators.ecs import aws_api, aws_settings, local_ecs
from checker.orchestrators.ecs.emulator import labels

pytestmark = [pytest.mark.live, pytest.mark.measures]

IMAGE = "nginx:1.26"
LONG = 90.0
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-00000001"]}}
SAFE = {
    "minimumHealthyPercent": 100,
    "maximumPercent": 200,
    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
}
DEAF = ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"]
CHECKED = {"command": ["CMD-SHELL", "nginx -t"], "interval": 5, "retries": 1}


def register(**given: Any) -> None:
    container = {
        "name": "web",
        "image": IMAGE,
        "memory": 64,
        "stopTimeout": 2,
        "portMappings": [{"containerPort": 80}],
        **given,
    }
    aws_api.call_service(
        aws_api.ECS,
        "RegisterTaskDefinition",
        family="web",
        networkMode="awsvpc",
        containerDefinitions=[container],
    )


def balance() -> str:
    """A load balancer `front` before the target group `web`; the group's ARN."""
    subnet = {"Subnets.member.1": "subnet-00000001"}
    made = aws_api.call_balancing("CreateLoadBalancer", Name="front", **subnet)
    where = made[0].findtext("LoadBalancerArn") or ""
    settings = {
        "HealthCheckIntervalSeconds": "5",
        "HealthCheckTimeoutSeconds": "2",
        "HealthyThresholdCount": "2",
        "TargetType": "ip",
    }
    made = aws_api.call_balancing(
        "CreateTargetGroup", Name="web", Protocol="HTTP", Port="80", **settings
    )
    group = made[0].findtext("TargetGroupArn") or ""
    action = {
        "DefaultActions.member.1.Type": "forward",
        "DefaultActions.member.1.TargetGroupArn": group,
    }
    given = {"LoadBalancerArn": where, "Protocol": "HTTP", "Port": "80"}
    aws_api.call_balancing("CreateListener", **given, **action)
    return group


@pytest.fixture(scope="module")
def group() -> Iterator[str]:
    """`web:1` and `web:2` are good, `web:3` runs and does not answer; the target group's ARN."""
    docker_engine.ensure_engine()
    provider.ensure_images([IMAGE])
    local_ecs.ensure_emulator()
    local_ecs.empty_emulator()
    aws_api.call_service(aws_api.ECS, "CreateCluster", clusterName="demo")
    register()
    register(environment=[{"name": "VERSION", "value": "two"}], healthCheck=CHECKED)
    register(command=["sleep", "600"])
    yield balance()
    local_ecs.empty_emulator()


@pytest.fixture
def web(group: str) -> Iterator[EcsService]:
    """Two healthy tasks of web:1 behind the load balancer."""
    aws_api.call_service(
        aws_api.ECS,
        "CreateService",
        cluster="demo",
        serviceName="web",
        taskDefinition="web:1",
        desiredCount=2,
        healthCheckGracePeriodSeconds=15,
        deploymentConfiguration=SAFE,
        networkConfiguration=NETWORK,
        loadBalancers=[{"targetGroupArn": group, "containerName": "web", "containerPort": 80}],
    )
    service = Ecs().cluster("demo").service("web").settle(within=LONG)
    yield service
    aws_api.call_service(aws_api.ECS, "DeleteService", cluster="demo", service="web", force=True)
    assert wait_until(lambda: not containers(), LONG, 0.2)


def containers() -> list[Any]:
    with contextlib.closing(connection.open_client()) as client:
        wanted: dict[str, str | list[str] | bool] = {"label": [labels.TASK]}
        return list(client.containers.list(all=True, filters=wanted, ignore_removed=True))


def states(group: str) -> list[str]:
    found = aws_api.call_balancing("DescribeTargetHealth", TargetGroupArn=group)
    return sorted(each.findtext("TargetHealth/State") or "" for each in found)


def configure(**more: Any) -> None:
    given = {**SAFE, **more}
    aws_api.call_service(
        aws_api.ECS, "UpdateService", cluster="demo", service="web", deploymentConfiguration=given
    )


def front() -> str:
    return f"{aws_settings.endpoint_url()}/_alb/front/"


def test_a_careful_rollout_loses_nothing_and_is_followed(web: EcsService) -> None:
    with (
        EcsFollower("demo", "web") as follower,
        Probe().run(front(), rate=50, seconds=150, timeout=10, at_least=200) as load,
    ):
        load.wait_for_sent(50)
        assert web.deploy("web:2", within=LONG) == "completed"
    load.expect_lost(0, of_at_least=200)
    seen = [event.kind for _, event in follower.moments]
    assert {"begin", "done"} <= set(seen)
    assert seen.count("started") == seen.count("joined") == 4
    assert seen.count("left") == 2
    assert "failed" not in seen
    two = {event.subject for _, event in follower.moments if event.version == "two"}
    assert len(two) == 2
    assert {each.attrs["healthStatus"] for each in web.tasks} == {"HEALTHY"}


def test_a_careless_rollout_loses_some(web: EcsService) -> None:
    configure(minimumHealthyPercent=0, maximumPercent=100)
    with Probe().run(front(), rate=50, seconds=150, timeout=10, at_least=200) as load:
        load.wait_for_sent(50)
        assert web.deploy("web:2", within=LONG) == "completed"
    with pytest.raises(CheckFailed, match="lost"):
        load.expect_lost(0)


def test_a_bad_version_is_rolled_back_and_nobody_notices(web: EcsService) -> None:
    with (
        EcsFollower("demo", "web") as follower,
        Probe().run(front(), rate=50, seconds=150, timeout=10, at_least=200) as load,
    ):
        load.wait_for_sent(50)
        assert web.deploy("web:3", within=LONG) == "rolled back"
    load.expect_lost(0)
    web.expect_definition("web:1").expect_running(2, within=LONG)
    seen = {event.kind for _, event in follower.moments}
    assert {"begin", "back", "failed"} <= seen
    told = " ".join(each["message"] for each in web.attrs["events"])
    assert "deployment failed: tasks failed to start." in told
    assert "rolling back to (deployment" in told


def test_a_rollout_that_may_do_nothing_is_told_with_the_reason(web: EcsService) -> None:
    configure(maximumPercent=100)
    with pytest.raises(CheckFailed, match="ends within 2 s") as failed:
        web.deploy("web:2", within=2)
    assert "was unable to stop or start tasks during a deployment" in failed.value.found
    configure()
    web.settle(within=LONG).expect_definition("web:2")


def test_deploying_the_same_version_is_refused(web: EcsService) -> None:
    with pytest.raises(CouldNotFindOut, match="already"):
        web.deploy("web:1")


def test_a_task_that_answers_badly_from_now_on_is_replaced(web: EcsService, group: str) -> None:
    assert states(group) == ["healthy", "healthy"]
    sick = containers()[0]
    assert sick.exec_run(["rm", "/usr/share/nginx/html/index.html"]).exit_code == 0
    assert wait_until(lambda: "unhealthy" in states(group), LONG, 0.1)

    def reason() -> str:
        task = str(sick.labels[labels.TASK])
        found = aws_api.call_service(aws_api.ECS, "DescribeTasks", cluster="demo", tasks=[task])[
            "tasks"
        ]
        return str(found[0].get("stoppedReason", ""))

    assert wait_until(lambda: "Task failed ELB health checks" in reason(), LONG, 0.1)
    assert wait_until(lambda: states(group) == ["healthy", "healthy"], LONG, 0.2)


def test_a_task_that_is_deaf_to_sigterm_is_killed_after_its_stop_timeout(group: str) -> None:
    register(command=DEAF)
    newest = Ecs().definition("web")
    given = {"cluster": "demo", "taskDefinition": newest.name, "networkConfiguration": NETWORK}
    [made] = aws_api.call_service(aws_api.ECS, "RunTask", **given)["tasks"]

    def task() -> dict[str, Any]:
        name = made["taskArn"]
        found = aws_api.call_service(aws_api.ECS, "DescribeTasks", cluster="demo", tasks=[name])[
            "tasks"
        ]
        return dict(found[0])

    assert wait_until(lambda: task()["lastStatus"] == "RUNNING", LONG, 0.1)
    stopped = aws_api.call_service(aws_api.ECS, "StopTask", cluster="demo", task=made["taskArn"])[
        "task"
    ]
    assert stopped["desiredStatus"] == "STOPPED"
    assert wait_until(lambda: task()["lastStatus"] == "STOPPED", 20, 0.1)
    assert task()["containers"][0]["exitCode"] == 137


@pytest.mark.parametrize(
    "given", [{"HealthCheckIntervalSeconds": "1"}, {"Matcher.HttpCode": "503"}]
)
def test_health_checks_that_aws_would_refuse_are_refused(group: str, given: dict[str, str]) -> None:
    with pytest.raises(aws_api.AwsError):
        aws_api.call_balancing("ModifyTargetGroup", TargetGroupArn=group, **given)
