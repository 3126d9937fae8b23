"""MiniStack's own modules, with what the course puts in the place of theirs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from checker.orchestrators.ecs.emulator import ministack_patches as install
from checker.orchestrators.ecs.emulator import watcher
from checker.orchestrators.ecs.emulator.load_balancing.alb_route import AlbRoute
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets

GROUP = "arn:aws:elasticloadbalancing:us-east-1:000000000000:targetgroup/shop/1"


class Alb:
    """What of MiniStack's load balancers is used."""

    def __init__(self) -> None:
        self._tgs: dict[str, Any] = {GROUP: {"Port": 80, "TargetType": "ip"}}
        self._targets: dict[str, Any] = {GROUP: [{"Id": "10.0.0.1"}, {"Id": "10.0.0.2", "Port": 8}]}
        self._ACTION_MAP: dict[str, Any] = {
            "CreateTargetGroup": lambda _: "made",
            "ModifyTargetGroup": lambda _: "changed",
        }

    async def _forward_to_tg(self, group: str, *_: Any) -> str:
        return f"MiniStack answers for {group}"

    def _p(self, params: dict[str, str], name: str) -> str:
        return params.get(name, "")

    def _error(self, code: str, text: str) -> tuple[str, str]:
        return code, text

    def _parse_targets_param(self, params: dict[str, Any]) -> list[dict[str, str]]:
        found: list[dict[str, str]] = params.get("targets", [])
        return found

    def _xml(self, status: int, action: str, inner: str) -> str:
        return inner


@pytest.fixture
def alb() -> Alb:
    return Alb()


@pytest.fixture
def targets(alb: Alb) -> Targets:
    made = Targets(lambda group: install.list_registered_targets(alb, group))
    install.patch_load_balancing(alb, made)
    return made


def test_targets_have_the_port_of_their_group_or_their_own(alb: Alb) -> None:
    assert install.list_registered_targets(alb, GROUP) == [
        (GROUP, "10.0.0.1", 80),
        (GROUP, "10.0.0.2", 8),
    ]
    assert install.list_registered_targets(alb, "none") == []


def test_health_is_told_with_its_reason(alb: Alb, targets: Targets) -> None:
    told = alb._ACTION_MAP["DescribeTargetHealth"]({"TargetGroupArn": GROUP})
    assert told.count("<State>initial</State><Reason>Elb.InitialHealthChecking</Reason>") == 2
    for _, health in targets.select_due(GROUP, 1.0, 0.0):
        health.record_result("", "", {"HealthyThresholdCount": 2, "UnhealthyThresholdCount": 2})
    told = alb._ACTION_MAP["DescribeTargetHealth"](
        {"TargetGroupArn": GROUP, "targets": [{"Id": "10.0.0.1"}]}
    )
    assert told.count("<member>") == 1
    assert "<TargetHealth><State>healthy</State></TargetHealth>" in told


def test_health_of_no_group_is_refused(alb: Alb, targets: Targets) -> None:
    refused = alb._ACTION_MAP["DescribeTargetHealth"]({"TargetGroupArn": "none"})
    assert refused[0] == "TargetGroupNotFound"


@pytest.mark.parametrize(
    ("action", "good"), [("CreateTargetGroup", "made"), ("ModifyTargetGroup", "changed")]
)
def test_settings_are_judged(alb: Alb, targets: Targets, action: str, good: str) -> None:
    assert alb._ACTION_MAP[action]({"HealthCheckIntervalSeconds": "5"}) == good
    code, text = alb._ACTION_MAP[action]({"HealthCheckIntervalSeconds": "1"})
    assert (code, "from 5 to 300" in text) == ("ValidationError", True)


def test_requests_go_to_targets_with_their_path_as_it_was_sent(
    alb: Alb, targets: Targets, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def forward(_: Any, group: str, method: str, path: str, *rest: Any) -> str:
        asked.append(path)
        return "answered"

    monkeypatch.setattr(install.RequestForwarder, "forward_request", forward)

    def send(*more: Any) -> str:
        given: Any = alb._forward_to_tg(GROUP, "GET", "/a b", {}, b"", {"c": ["1", "2"]}, *more)
        answer: str = asyncio.run(given)
        return answer

    assert send("x=%20", "/a%20b") == "answered"
    assert send() == "answered"
    assert send("", None) == "answered"
    assert asked == ["/a%20b?x=%20", "/a b?c=1&c=2", "/a b"]


def test_a_group_of_another_kind_is_left_to_ministack(alb: Alb, targets: Targets) -> None:
    alb._tgs[GROUP]["TargetType"] = "lambda"
    answer = asyncio.run(alb._forward_to_tg(GROUP, "GET", "/", {}, b"", {}))
    assert answer == f"MiniStack answers for {GROUP}"


def test_ministack_has_all_names_that_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    from ministack.services import alb, ecs  # type: ignore[import-untyped]

    names = {
        ecs: (
            "_make_deployment",
            "_maybe_mark_stopped",
            "_stop_task",
            "_reconcile_service_tasks",
            "_record_service_task_failure",
            "_complete_service_deployment",
            "_schedule_service_deployment_completion",
        ),
        alb: ("_forward_to_tg",),
    }
    for module, replaced in names.items():
        monkeypatch.setattr(module, "_ACTION_MAP", dict(module._ACTION_MAP))
        for name in replaced:
            monkeypatch.setattr(module, name, getattr(module, name))
    before = {name: getattr(module, name) for module, given in names.items() for name in given}
    monkeypatch.setattr(install.HealthChecks, "start_thread", lambda _: None)
    monkeypatch.setattr(install.Scheduler, "start_thread", lambda _: None)
    targets, alb_route = install.install_patches()
    assert isinstance(targets, Targets)
    assert isinstance(alb_route, AlbRoute)
    for module, given in names.items():
        for name in given:
            assert getattr(module, name) is not before[name]
    made = ecs._make_deployment("shop:1", 2)
    assert made["rolloutState"] == "IN_PROGRESS"
    assert made["rolloutStateReason"].endswith("in progress.")
    assert ecs._complete_service_deployment("demo", "demo/web") is None
    assert ecs._ACTION_MAP["StopTask"] == ecs._stop_task


def test_docker_is_asked_only_when_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    look = install.look_when_due(lambda task, _: looks.append(task["name"]))
    due = {"name": "due"}
    monkeypatch.setattr(watcher, "is_due", lambda task: task is due)
    look(due)
    look(due, "client")
    look({"name": "not"}, "client")
    assert looks == ["due"]
