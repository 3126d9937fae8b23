"""What Swarm's tasks went through is noted once, when it is first seen."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from docker.errors import APIError

from checker.docker import connection
from checker.measure import follower as follower_module
from checker.measure import swarm
from checker.measure.swarm import SwarmFollower


def task(state: str, wanted: str = "running", **spec: Any) -> dict[str, Any]:
    return {
        "ID": "abcdef",
        "Slot": 1,
        "DesiredState": wanted,
        "Status": {"State": state},
        "Spec": {"ContainerSpec": {"Image": "shop:2@sha256:aa", **spec}},
    }


@pytest.mark.parametrize(
    ("given", "kinds"),
    [
        (task("preparing"), []),
        (task("starting"), ["started"]),
        (task("running"), ["started", "joined"]),
        (task("running", "shutdown"), ["started", "joined", "left"]),
        (task("shutdown", "shutdown"), ["left", "ended"]),
        (task("complete", "remove"), ["left", "ended"]),
        (task("failed", "shutdown"), ["left", "failed"]),
    ],
)
def test_state_of_a_task_says_what_has_happened(given: dict[str, Any], kinds: list[str]) -> None:
    assert swarm.list_task_events(given) == kinds


@pytest.mark.parametrize(
    ("state", "kinds"),
    [
        ("", []),
        ("updating", ["begin"]),
        ("completed", ["begin", "done"]),
        ("paused", ["begin", "done"]),
        ("rollback_started", ["begin", "back"]),
        ("rollback_completed", ["begin", "back", "done"]),
    ],
)
def test_state_of_a_rollout_says_what_has_happened(state: str, kinds: list[str]) -> None:
    assert swarm.list_rollout_events(state) == kinds


def test_version_is_a_variable_or_else_the_tag() -> None:
    assert swarm.find_version(task("running")) == "2"
    assert swarm.find_version(task("running", Env=["A=1", "VERSION=9"])) == "9"


class Engine:
    """Each look finds the next state; the last one stays."""

    def __init__(self, *looks: Any) -> None:
        self.api = self
        self.looks = list(looks)
        self.last = threading.Event()
        self.update: dict[str, str] = {}

    def tasks(self, filters: dict[str, str]) -> list[dict[str, Any]]:
        if len(self.looks) == 1:
            self.last.set()
        look = self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]
        if isinstance(look, Exception):
            raise look
        self.update = look[1]
        return [look[0]]

    def inspect_service(self, name: str) -> dict[str, Any]:
        return {"UpdateStatus": self.update}

    def close(self) -> None: ...


def test_each_thing_is_noted_once_and_the_rollout_before_is_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old = {"State": "completed", "StartedAt": "1"}
    engine = Engine(
        (task("running"), old),
        (task("running"), old),
        APIError("busy"),
        (task("running", "shutdown"), {"State": "updating", "StartedAt": "2"}),
        (task("shutdown", "shutdown"), {"State": "completed", "StartedAt": "2"}),
        (task("shutdown", "shutdown"), {"State": "completed", "StartedAt": "2"}),
    )
    monkeypatch.setattr(connection, "open_client", lambda: engine)
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.001)
    with SwarmFollower("shop") as follower:
        assert engine.last.wait(10)
    found = [(event.kind, event.subject) for _, event in follower.moments]
    name = "task 1.abc"
    assert found == [
        ("started", name),
        ("joined", name),
        ("left", name),
        ("begin", ""),
        ("ended", name),
        ("done", ""),
    ]
    assert all(moment > 1_700_000_000 for moment, _ in follower.moments)


@pytest.mark.parametrize("state", ["running", "shutdown", "failed"])
def test_task_that_was_leaving_before_is_no_copy(
    monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    old = {"State": "completed", "StartedAt": "1"}
    engine = Engine((task(state, "shutdown"), old), (task(state, "shutdown"), old))
    monkeypatch.setattr(connection, "open_client", lambda: engine)
    monkeypatch.setattr(follower_module, "POLL_SECONDS", 0.001)
    with SwarmFollower("shop") as follower:
        assert engine.last.wait(10)
    assert follower.moments == []
