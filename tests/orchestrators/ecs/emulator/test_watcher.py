"""The watcher ends tasks whose containers are gone, and tells the throttle of failures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from checker.docker import connection
from checker.orchestrators.ecs import aws_api
from checker.orchestrators.ecs.emulator import labels, throttle, watcher

LABELS = {
    labels.TASK: "task/1",
    labels.CLUSTER: "cluster/demo",
    labels.FAMILY: "web",
    labels.REVISION: "2",
}


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_failures", {})
    monkeypatch.setattr(watcher, "killed", set())
    monkeypatch.setattr(watcher, "_started", {})
    monkeypatch.setattr(watcher, "_died", set())


@pytest.fixture
def timers(monkeypatch: pytest.MonkeyPatch) -> list[tuple[float, list[str]]]:
    made: list[tuple[float, list[str]]] = []

    def timer(seconds: float, does: Any, given: list[str]) -> Any:
        assert does is watcher.end_removed_task
        made.append((seconds, given))
        return SimpleNamespace(start=lambda: None)

    monkeypatch.setattr(watcher.threading, "Timer", timer)
    return made


def event(action: str, **more: str) -> dict[str, Any]:
    return {"Action": action, "Actor": {"ID": "c1", "Attributes": {**LABELS, **more}}}


def failures() -> int:
    return throttle._failures.get("web:2", (0, 0.0))[0]


def test_a_container_that_is_removed_is_looked_at_twice(timers: list[Any]) -> None:
    watcher.handle_event(event("destroy"))
    assert timers == [
        (watcher.SETTLE_SECONDS, ["cluster/demo", "task/1"]),
        (watcher.AFTER_SECONDS, ["cluster/demo", "task/1"]),
    ]


def test_a_task_killed_for_memory_is_noted(timers: list[Any]) -> None:
    watcher.handle_event(event("oom"))
    assert watcher.killed == {"task/1"}
    assert timers == []


@pytest.mark.parametrize(("code", "count"), [("1", 1), ("137", 1), ("0", 0), ("143", 0)])
def test_an_early_end_counts_as_failure_unless_it_was_asked_for(code: str, count: int) -> None:
    watcher.handle_event(event("start"))
    watcher.handle_event(event("die", exitCode=code))
    assert failures() == count


def test_a_container_that_ran_for_long_has_worked(monkeypatch: pytest.MonkeyPatch) -> None:
    throttle.record_failure("web:2")
    clock = itertools.count(100.0, watcher.SOON_SECONDS + 1)
    monkeypatch.setattr(watcher.time, "monotonic", lambda: next(clock))
    watcher.handle_event(event("start"))
    watcher.handle_event(event("die", exitCode="1"))
    assert failures() == 0


def test_a_container_of_no_task_definition_is_not_counted() -> None:
    watcher.count_ending({"exitCode": "1"}, 0.1)
    assert failures() == 0


class Emulator:
    """One task, and what was asked for."""

    def __init__(self, **task: str) -> None:
        self.tasks = [{"lastStatus": "RUNNING", "group": "service:web", **task}]
        self.asked: list[str] = []

    def call(self, target: str, action: str, **given: Any) -> dict[str, Any]:
        self.asked.append(action)
        return {"tasks": self.tasks}


@pytest.mark.parametrize(
    ("task", "asked"),
    [
        ({}, ["DescribeTasks", "StopTask", "UpdateService"]),
        ({"lastStatus": "STOPPED"}, ["DescribeTasks", "UpdateService"]),
        ({"group": "family:web"}, ["DescribeTasks", "StopTask"]),
    ],
)
def test_a_task_that_is_gone_is_ended_and_its_service_counts_again(
    monkeypatch: pytest.MonkeyPatch, task: dict[str, str], asked: list[str]
) -> None:
    emulator = Emulator(**task)
    monkeypatch.setattr(aws_api, "call_service", emulator.call)
    watcher.end_removed_task("cluster/demo", "task/1")
    assert emulator.asked == asked


def test_a_task_that_nobody_knows_is_nobodys_business(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator()
    emulator.tasks = []
    monkeypatch.setattr(aws_api, "call_service", emulator.call)
    watcher.end_removed_task("cluster/demo", "task/1")
    assert emulator.asked == ["DescribeTasks"]


def test_a_refusal_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def call(*_: str, **__: Any) -> dict[str, Any]:
        raise aws_api.AwsError("ClusterNotFoundException", "Cluster not found.")

    monkeypatch.setattr(aws_api, "call_service", call)
    watcher.end_removed_task("cluster/demo", "task/1")


def test_events_are_followed_and_again_after_the_engine_was_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second time the stream gives an event; the third ends the test."""
    tries = itertools.count()

    def events(**given: Any) -> Iterator[dict[str, Any]]:
        assert given["filters"]["label"] == "ministack=ecs"
        if next(tries) == 0:
            raise OSError("away")
        yield event("oom")

    engine = SimpleNamespace(api=SimpleNamespace(events=events), close=lambda: None)
    monkeypatch.setattr(connection, "open_client", lambda *_: engine)
    rests = itertools.count()

    def rest(_: float) -> None:
        if next(rests) == 1:
            raise KeyboardInterrupt

    monkeypatch.setattr(watcher, "time", SimpleNamespace(sleep=rest))
    with pytest.raises(KeyboardInterrupt):
        watcher.follow_events()
    assert watcher.killed == {"task/1"}


def test_it_works_in_a_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    ran = []
    monkeypatch.setattr(watcher, "follow_events", lambda: ran.append(True))
    watcher.start_watcher()
    for thread in watcher.threading.enumerate():
        if thread.name == "course-ecs-watcher":
            thread.join(5)
    assert ran == [True]


def test_a_task_is_looked_at_when_one_of_its_containers_ended_or_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = [100.0]
    monkeypatch.setattr(watcher.time, "monotonic", lambda: now[0])
    task: dict[str, Any] = {"_docker_ids": ["c1"]}
    assert watcher.is_due(task)
    assert not watcher.is_due(task)
    watcher.handle_event(event("die", exitCode="0"))
    assert watcher.is_due(task)
    assert not watcher.is_due(task)
    now[0] += watcher.LOOK_SECONDS
    assert watcher.is_due(task)
