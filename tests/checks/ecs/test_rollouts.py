"""What a service says of its rollouts: passes where it holds, and fails with words that help."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.checks.core.failure import CheckFailed
from checker.checks.ecs.services import EcsService
from checker.orchestrators.ecs import aws_api

PREFIX = "arn:aws:ecs:us-east-1:000000000000:task-definition/"


class FakeEcs:
    """The service `shop`; each look at it finds the next states of its deployments."""

    def __init__(self) -> None:
        self.configuration: dict[str, Any] = {
            "minimumHealthyPercent": 100,
            "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        }
        self.balanced = True
        self.path, self.codes = "/health", "200"
        self.interval, self.threshold = 30, 2
        self.grace, self.desired = 40, 3
        self.states = ["healthy", "healthy", "healthy", "draining"]
        self.looks: list[list[tuple[str, str, str]]] = [[("1", "PRIMARY", "COMPLETED")]]
        self.updated: list[str] = []
        self.tasks = [
            {"stoppedReason": "Scaling", "stopCode": "ServiceSchedulerInitiated"},
            {"stoppedReason": "Task failed ELB health checks", "stopCode": ""},
            {"stoppedReason": "Task failed ELB health checks", "stopCode": ""},
        ]

    def described(self) -> dict[str, Any]:
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        return {
            "serviceName": "shop",
            "taskDefinition": f"{PREFIX}shop:1",
            "desiredCount": self.desired,
            "healthCheckGracePeriodSeconds": self.grace,
            "deploymentConfiguration": self.configuration,
            "deployments": [
                {"id": name, "status": status, "rolloutState": state, "rolloutStateReason": "why"}
                for name, status, state in look
            ],
            "events": [{"message": f"(service shop) event {n}."} for n in range(5)],
            "loadBalancers": [{"targetGroupArn": "g"}] if self.balanced else [],
        }

    def call(self, target: str, action: str, **given: Any) -> dict[str, Any]:
        if action == "UpdateService":
            self.updated.append(given["taskDefinition"])
            return {"service": self.described()}
        return {"services": [self.described()]}

    def balancing(self, action: str, **given: str) -> list[ElementTree.Element]:
        text = {
            "DescribeTargetGroups": "<TargetGroupName>shop</TargetGroupName>"
            "<TargetGroupArn>g</TargetGroupArn>"
            f"<HealthCheckPath>{self.path}</HealthCheckPath>"
            f"<Matcher><HttpCode>{self.codes}</HttpCode></Matcher>"
            f"<HealthCheckIntervalSeconds>{self.interval}</HealthCheckIntervalSeconds>"
            f"<UnhealthyThresholdCount>{self.threshold}</UnhealthyThresholdCount>",
            "DescribeLoadBalancers": "<LoadBalancerName>front</LoadBalancerName>",
            "DescribeListeners": "<ListenerArn>l</ListenerArn>",
            "DescribeRules": "<Actions><member><TargetGroupArn>g</TargetGroupArn></member>"
            "</Actions>",
        }
        if action == "DescribeTargetHealth":
            members = [
                f"<TargetHealth><State>{each}</State></TargetHealth>" for each in self.states
            ]
        else:
            members = [text[action]]
        return [ElementTree.fromstring(f"<member>{each}</member>") for each in members]


@pytest.fixture
def fake_ecs(monkeypatch: pytest.MonkeyPatch) -> FakeEcs:
    made = FakeEcs()
    monkeypatch.setattr(aws_api, "call_service", made.call)
    monkeypatch.setattr(aws_api, "call_balancing", made.balancing)
    monkeypatch.setattr(aws_api, "list_tasks", lambda *_, **__: made.tasks)
    return made


@pytest.fixture
def shop(fake_ecs: FakeEcs) -> EcsService:
    return EcsService("market", "shop")


def test_what_holds_gives_the_service_back(fake_ecs: FakeEcs, shop: EcsService) -> None:
    found = shop.expect_minimum(100).expect_rollback().expect_health_check("/health")
    assert found.expect_definition("shop:1").settle() is shop
    assert shop.expect_left(3).expect_illness_noticed(60).expect_behind("front") is shop


@pytest.mark.parametrize("codes", ["200", "200-299", "200,204", "200-399"])
def test_any_codes_do_that_tell_success_from_errors(
    fake_ecs: FakeEcs, shop: EcsService, codes: str
) -> None:
    fake_ecs.codes, fake_ecs.path = codes, "/health?from=front"
    shop.expect_health_check("/health")


def test_with_more_tasks_fewer_must_stay(fake_ecs: FakeEcs, shop: EcsService) -> None:
    fake_ecs.configuration["minimumHealthyPercent"], fake_ecs.desired = 75, 4
    shop.expect_left(3)


def test_without_tasks_nothing_is_behind_a_load_balancer(
    fake_ecs: FakeEcs, shop: EcsService
) -> None:
    fake_ecs.desired, fake_ecs.states = 0, []
    with pytest.raises(CheckFailed, match="no target"):
        shop.expect_behind("front")


def test_a_grace_period_that_holds_a_rollout_up_is_named(
    fake_ecs: FakeEcs, shop: EcsService
) -> None:
    fake_ecs.looks, fake_ecs.grace = [[("1", "PRIMARY", "IN_PROGRESS")]], 600
    with pytest.raises(CheckFailed, match="600 s, which are 120 s here"):
        shop.settle(within=0.1)


@pytest.mark.parametrize(
    ("change", "expect", "found"),
    [
        (
            lambda fake_ecs: fake_ecs.configuration.update(minimumHealthyPercent=50),
            lambda shop: shop.expect_minimum(100),
            "its minimum healthy percent is 50",
        ),
        (
            lambda fake_ecs: fake_ecs.configuration.clear(),
            lambda shop: shop.expect_rollback(),
            "its deployment circuit breaker is not enabled",
        ),
        (
            lambda fake_ecs: fake_ecs.configuration.update(
                deploymentCircuitBreaker={"enable": True}
            ),
            lambda shop: shop.expect_rollback(),
            "its deployment circuit breaker is enabled, without rollback",
        ),
        (
            lambda fake_ecs: setattr(fake_ecs, "path", "/"),
            lambda shop: shop.expect_health_check("/health"),
            "it asks for /",
        ),
        (
            lambda fake_ecs: setattr(fake_ecs, "codes", "200-499"),
            lambda shop: shop.expect_health_check("/health"),
            "200-499 counts as healthy",
        ),
        (
            lambda fake_ecs: setattr(fake_ecs, "balanced", False),
            lambda shop: shop.expect_health_check("/health"),
            "it has no load balancer",
        ),
        (
            lambda fake_ecs: setattr(fake_ecs, "codes", "201-299"),
            lambda shop: shop.expect_health_check("/health"),
            "201-299 counts as healthy",
        ),
        (
            lambda fake_ecs: fake_ecs.configuration.update(minimumHealthyPercent=50),
            lambda shop: shop.expect_left(3),
            "it wants 3, and its minimum healthy percent is 50: 2 of them",
        ),
        (
            lambda fake_ecs: setattr(fake_ecs, "threshold", 10),
            lambda shop: shop.expect_illness_noticed(120),
            "it takes 10 bad answers, one every 30 s: 300 s",
        ),
        (
            lambda fake_ecs: fake_ecs.states.append("unhealthy"),
            lambda shop: shop.expect_behind("front"),
            "healthy, healthy, healthy, unhealthy",
        ),
        (
            lambda _: None,
            lambda shop: shop.expect_behind("side"),
            "its tasks are in the target group shop",
        ),
        (lambda _: None, lambda shop: shop.expect_definition("shop:2"), "it points to shop:1"),
    ],
)
def test_what_does_not_hold_is_told(
    fake_ecs: FakeEcs,
    shop: EcsService,
    change: Callable[[FakeEcs], None],
    expect: Callable[[EcsService], None],
    found: str,
) -> None:
    change(fake_ecs)
    with pytest.raises(CheckFailed) as failed:
        expect(shop)
    assert failed.value.found == found


def test_minimum_is_100_where_nothing_is_said(fake_ecs: FakeEcs, shop: EcsService) -> None:
    fake_ecs.configuration.clear()
    shop.expect_minimum(100)


@pytest.mark.parametrize(
    ("looks", "ending"),
    [
        ([[("2", "PRIMARY", "COMPLETED")]], "completed"),
        ([[("2", "PRIMARY", "FAILED"), ("1", "ACTIVE", "COMPLETED")]], "failed"),
        (
            [
                [("1", "PRIMARY", "IN_PROGRESS"), ("2", "ACTIVE", "FAILED")],
                [("1", "PRIMARY", "COMPLETED"), ("2", "ACTIVE", "FAILED")],
            ],
            "rolled back",
        ),
    ],
)
def test_deploying_waits_and_says_how_it_ended(
    fake_ecs: FakeEcs, shop: EcsService, looks: list[Any], ending: str
) -> None:
    going = [("2", "PRIMARY", "IN_PROGRESS"), ("1", "ACTIVE", "COMPLETED")]
    fake_ecs.looks = [fake_ecs.looks[0], going, going, *looks]
    assert shop.deploy("shop:2", within=20) == ending
    assert fake_ecs.updated == ["shop:2"]


def test_deploying_what_runs_already_is_refused(fake_ecs: FakeEcs, shop: EcsService) -> None:
    with pytest.raises(CouldNotFindOut, match="points to shop:1 already"):
        shop.deploy("shop:1")
    assert fake_ecs.updated == []


@pytest.mark.parametrize(
    "wait", [EcsService.settle, lambda shop, within: shop.deploy("b:1", within)]
)
def test_a_rollout_that_does_not_end_is_told_with_the_reasons_of_ecs(
    fake_ecs: FakeEcs, shop: EcsService, wait: Callable[..., Any]
) -> None:
    fake_ecs.looks = [[("2", "PRIMARY", "IN_PROGRESS")]]
    with pytest.raises(CheckFailed, match=r"ends within 0\.1 s") as failed:
        wait(shop, within=0.1)
    assert failed.value.found == (
        "why; (service shop) event 0.; (service shop) event 1.; (service shop) event 2.; "
        "Task failed ELB health checks"
    )


def test_a_service_without_deployments_has_no_rollout(fake_ecs: FakeEcs, shop: EcsService) -> None:
    fake_ecs.looks = [[]]
    shop.settle()
    assert "no rollout" in shop._explain_timeout(1).found
