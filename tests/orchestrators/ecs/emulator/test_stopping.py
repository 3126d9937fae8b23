"""A task leaves its target groups first, then its requests end, then its processes do."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from checker.orchestrators.ecs.emulator import stopping
from checker.orchestrators.ecs.emulator.load_balancing.targets import TargetKey, Targets
from checker.orchestrators.ecs.emulator.stopping import TaskStopper
from tests.orchestrators.ecs.emulator.fakestack import FakeStack


class World:
    """A task `1` that runs, with one request under way."""

    def __init__(self, delay: str = "30") -> None:
        self.stack = FakeStack()
        primary = self.stack.service["deployments"][0]
        given = {"count": 1, "group": "service:web", "taskDefinition": "web:1"}
        self.stack._run_task({**given, "_deploymentId": primary["id"]})
        self.stack.run()
        [self.task] = self.stack._tasks.values()
        self.targets = Targets(self.registered)
        self.stopping = TaskStopper(
            self.stack, {"g": [{"Key": stopping.DELAY, "Value": delay}]}, self.targets
        )
        self.busy = self.targets.take_target("g")
        assert self.busy

    def registered(self, group: str) -> list[TargetKey]:
        return [
            (group, each["_container_ip"], 80)
            for each in self.stack._tasks.values()
            if each["lastStatus"] == "RUNNING"
        ]

    def becomes(self, status: str) -> None:
        until = time.monotonic() + 10
        while self.task["lastStatus"] != status:
            assert time.monotonic() < until, self.task["lastStatus"]
            time.sleep(0.001)


def test_it_gets_no_more_requests_and_is_told_to_end_when_the_last_has_ended() -> None:
    world = World()
    world.stopping.begin_stop(world.task, "why", "ServiceSchedulerInitiated")
    assert world.task["desiredStatus"] == "STOPPED"
    assert world.task["lastStatus"] == "DEACTIVATING"
    assert world.targets.take_target("g") is None
    assert world.stack.stopped == []
    assert world.busy
    world.targets.release_target(world.busy)
    world.becomes("STOPPED")
    assert world.stack.stopped == [("c1", 3)]
    assert world.task["containers"] == [{"name": "web", "lastStatus": "STOPPED", "exitCode": 137}]
    assert (world.task["stopCode"], world.task["stoppedReason"]) == (
        "ServiceSchedulerInitiated",
        "why",
    )


def test_requests_that_take_longer_than_the_delay_are_not_waited_for() -> None:
    world = World(delay="0")
    world.stopping.begin_stop(world.task, "why", "")
    world.becomes("STOPPED")
    assert world.stack.stopped == [("c1", 3)]


def test_a_task_is_told_only_once() -> None:
    world = World()
    world.stopping.begin_stop(world.task, "first", "")
    world.stopping.begin_stop(world.task, "second", "")
    assert world.task["stoppedReason"] == "first"
    world.targets.reset()
    world.becomes("STOPPED")


def test_a_task_that_was_thrown_away_meanwhile_is_left_alone() -> None:
    world = World()
    world.stopping.begin_stop(world.task, "why", "")
    world.stack._tasks.clear()
    before = set(threading.enumerate())
    world.targets.reset()
    for each in before:
        if each.name.startswith("course-stop-"):
            each.join(10)
    assert world.task["lastStatus"] == "STOPPING"
    assert world.stack.cleaned == []


def test_stop_task_answers_at_once() -> None:
    world = World()
    given: dict[str, Any] = {"cluster": "demo", "task": world.task["taskArn"], "reason": "mine"}
    answer = world.stopping.stop_task(given)["task"]
    assert (answer["lastStatus"], answer["stopCode"]) == ("DEACTIVATING", "UserInitiated")
    world.targets.reset()
    world.becomes("STOPPED")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"cluster": "other"}, "ClusterNotFoundException"),
        ({"cluster": "demo", "task": "none"}, "InvalidParameterException"),
    ],
)
def test_stop_task_refuses_what_is_not_there(given: dict[str, str], code: str) -> None:
    assert World().stopping.stop_task(given) == (code, 400)


def test_without_a_word_there_are_300_and_30_seconds() -> None:
    assert stopping.read_drain_seconds([]) == 300
    assert stopping.read_stop_timeouts({"containerDefinitions": [{}, {"stopTimeout": 5}]}) == [
        30,
        5,
    ]
