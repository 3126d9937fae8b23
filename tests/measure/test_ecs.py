"""What ECS's tasks and targets went through is noted once, when it is first seen."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ElementTree
from typing import Any

import pytest

from checker.base.errors import CouldNotFindOut
from checker.measure import ecs
from checker.measure import follower as follower_module
from checker.measure.ecs import EcsFollower
from checker.orchestrators.ecs import aws_api


def task(last: str, name: str = "abcdef", **given: Any) -> dict[str, Any]:
    address = {"name": "privateIPv4Address", "value": "10.0.0.1"}
    return {
        "taskArn": f"arn:aws:ecs:us-east-1:000000000000:task/demo/{name}",
        "taskDefinitionArn": "shop:2",
        "lastStatus": last,
        "createdAt": 1.0,
        "attachments": [{"details": [{"name": "subnetId", "value": "s"}, address]}],
        **given,
    }


@pytest.mark.parametrize(
    ("given", "state", "kinds"),
    [
        (task("PROVISIONING"), None, []),
        (task("RUNNING"), "initial", ["started"]),
        (task("RUNNING"), "healthy", ["started", "joined"]),
        (task("RUNNING"), "unhealthy", ["started", "failed"]),
        (task("DEACTIVATING"), "draining", ["left"]),
        (task("STOPPING"), None, ["left", "stopping"]),
        (task("STOPPED"), None, ["left", "stopping", "ended"]),
        (task("STOPPED", stopCode="EssentialContainerExited"), None, ["failed"]),
    ],
)
def test_state_of_a_task_says_what_has_happened(
    given: dict[str, Any], state: str | None, kinds: list[str]
) -> None:
    health = {"10.0.0.1": state} if state else {}
    assert ecs.list_task_events(given, health) == kinds


def test_where_nobody_asks_a_task_it_joins_when_it_runs() -> None:
    assert ecs.list_task_events(task("RUNNING"), None) == ["started", "joined"]
    assert ecs.list_task_events(task("RUNNING", attachments=[]), {"10.0.0.1": "healthy"}) == [
        "started"
    ]


def service(*deployments: tuple[str, str, str], balanced: bool = True) -> dict[str, Any]:
    return {
        "deployments": [
            {"id": each[0], "status": each[1], "rolloutState": each[2]} for each in deployments
        ],
        "loadBalancers": [{"targetGroupArn": "g"}] if balanced else [],
    }


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (service(("2", "PRIMARY", "IN_PROGRESS"), ("1", "ACTIVE", "COMPLETED")), ["begin"]),
        (service(("2", "PRIMARY", "COMPLETED")), ["begin", "done"]),
        (service(("2", "PRIMARY", "FAILED"), ("1", "ACTIVE", "COMPLETED")), ["begin", "done"]),
        (
            service(("1", "PRIMARY", "IN_PROGRESS"), ("2", "ACTIVE", "FAILED")),
            ["begin", "back"],
        ),
        (
            service(("1", "PRIMARY", "COMPLETED"), ("2", "ACTIVE", "FAILED")),
            ["begin", "back", "done"],
        ),
    ],
)
def test_state_of_the_deployments_says_what_has_happened(
    given: dict[str, Any], kinds: list[str]
) -> None:
    assert ecs.list_rollout_events(given, "2") == kinds


def test_version_is_a_variable_or_else_the_tag() -> None:
    container: dict[str, Any] = {"image": "shop:2@sha256:aa"}
    assert ecs.find_version({"containerDefinitions": [container]}) == "2"
    container["environment"] = [{"name": "VERSION", "value": "9"}]
    assert ecs.find_version({"containerDefinitions": [container]}) == "9"


class Emulator:
    """Each look finds the next task and state of the rollout; the last one stays."""

    def __init__(self, *looks: Any) -> None:
        self.looks = list(looks)
        self.last = threading.Event()
        self.now: Any = None

    def call_service(self, target: str, action: str, **_: Any) -> dict[str, Any]:
        if action == "DescribeTaskDefinition":
            return {"taskDefinition": {"containerDefinitions": [{"image": "shop:2"}]}}
        if len(self.looks) == 1:
            self.last.set()
        self.now = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(self.now, Exception):
            raise self.now
        return {"services": [self.now[1]]}

    def list_tasks(self, cluster: str, **_: str) -> list[dict[str, Any]]:
        return [task("STOPPED", "former"), self.now[0]]

    def call_balancing(self, action: str, **_: str) -> list[ElementTree.Element]:
        text = (
            "<member><Target><Id>10.0.0.1</Id></Target>"
            f"<TargetHealth><State>{self.now[2]}</State></TargetHealth></member>"
        )
        return [ElementTree.fromstring(text)]


def test_each_thing_is_noted_once_and_what_was_before_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = service(("1", "PRIMARY", "COMPLETED"))
    going = service(("2", "PRIMARY", "IN_PROGRESS"), ("1", "ACTIVE", "COMPLETED"))
    done = service(("2", "PRIMARY", "COMPLETED"))
    emulator = Emulator(
        (task("RUNNING"), before, "initial"),
        (task("RUNNING"), before, "healthy"),
        CouldNotFindOut("busy"),
        (task("DEACTIVATING"), going, "draining"),
        (task("STOPPED"), done, "draining"),
        (task("STOPPED"), done, "draining"),
    )
    for name in ("call_service", "list_tasks", "call_balancing"):
        monkeypatch.setattr(aws_api, name, getattr(emulator, name))
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.001)
    with EcsFollower("demo", "shop") as follower:
        assert emulator.last.wait(10)
    found = [(event.kind, event.subject, event.version) for _, event in follower.moments]
    copy = ("task abcd", "2")
    assert found == [
        ("started", *copy),
        ("joined", *copy),
        ("left", *copy),
        ("begin", "", ""),
        ("stopping", *copy),
        ("ended", *copy),
        ("done", "", ""),
    ]
    assert all(moment > 1_700_000_000 for moment, _ in follower.moments)


def test_a_service_without_a_load_balancer_has_no_targets() -> None:
    assert ecs.read_target_states(service(balanced=False)) is None
