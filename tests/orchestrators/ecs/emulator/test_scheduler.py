"""Services are kept as they are wanted; a deployment that fails too often is rolled back."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from checker.orchestrators.ecs.emulator import scheduler as schedulers
from checker.orchestrators.ecs.emulator.load_balancing import targets as health
from checker.orchestrators.ecs.emulator.load_balancing.targets import Targets
from checker.orchestrators.ecs.emulator.scheduler import Scheduler
from tests.orchestrators.ecs.emulator.fakestack import FakeStack

BREAKER = {"enable": True, "rollback": True}
GROUP = {"HealthyThresholdCount": 2, "UnhealthyThresholdCount": 1}


class AtOnce:
    """Stops tasks without waiting."""

    def __init__(self) -> None:
        self.reasons: list[str] = []

    def begin_stop(self, task: dict[str, Any], reason: str, code: str) -> None:
        self.reasons.append(reason)
        task.update(lastStatus="STOPPED", desiredStatus="STOPPED")


class World:
    def __init__(self, stack: FakeStack) -> None:
        self.stack = stack
        self.stopping = AtOnce()
        self.targets = Targets(self.registered)
        self.scheduler = Scheduler(stack, self.targets, self.stopping)  # type: ignore[arg-type]

    def registered(self, group: str) -> list[health.TargetKey]:
        tasks = self.stack._tasks.values()
        running = [each for each in tasks if each["lastStatus"] == "RUNNING"]
        return [(group, each["_container_ip"], 80) for each in running]

    def answer(self, reason: str = "", of: str = "") -> None:
        """Every target that runs is asked; those of the definition `of`, or all, say the reason."""
        tasks = {each["_container_ip"]: each for each in self.stack._tasks.values()}
        for key, found in self.targets.select_due("g", 0.0, 1.0):
            said = reason if of in tasks[key[1]]["taskDefinitionArn"] else ""
            found.record_result(said, said, GROUP)
            found.asked = False

    def look(self, reason: str | None = "", of: str = "") -> None:
        """The scheduler looks, its tasks run, and their targets answer."""
        self.scheduler.reconcile_all()
        self.stack.run()
        if reason is not None:
            self.answer(reason, of)

    def state(self, at: int = 0) -> str:
        return str(self.stack.service["deployments"][at]["rolloutState"])


@pytest.fixture
def world() -> World:
    made = World(FakeStack(minimumHealthyPercent=100, deploymentCircuitBreaker=BREAKER))
    made.look()
    made.look()
    assert made.state() == "COMPLETED"
    return made


def test_a_service_gets_its_tasks_and_is_completed_when_they_are_healthy() -> None:
    world = World(FakeStack())
    world.look(reason=None)
    assert len(world.stack.tasks("web:1", "RUNNING")) == 2
    world.look(reason=None)
    assert world.state() == "IN_PROGRESS"
    world.answer()
    world.look()
    assert world.state() == "COMPLETED"


def test_old_tasks_go_when_the_new_are_healthy(world: World) -> None:
    world.stack.deploy("web:2")
    world.look(reason=None)
    world.look(reason=None)
    assert len(world.stack.tasks("web:1")) == len(world.stack.tasks("web:2")) == 2
    world.answer()
    world.look()
    assert len(world.stack.tasks("web:1")) == 0
    world.look()
    [deployment] = world.stack.service["deployments"]
    assert deployment["rolloutStateReason"] == "ECS deployment ecs-svc/web:2 completed."
    assert set(world.stopping.reasons) == {
        "Scaling activity initiated by (deployment ecs-svc/web:2)"
    }


def test_three_failed_tasks_end_a_deployment_and_the_last_good_one_comes_back(
    world: World,
) -> None:
    world.stack.deploy("web:2")
    for _ in range(6):
        world.look(reason="no", of="web:2")
    service = world.stack.service
    assert service["taskDefinition"] == "web:1"
    assert [each["rolloutState"] for each in service["deployments"]] == ["COMPLETED", "FAILED"]
    assert service["deployments"][1]["rolloutStateReason"] == (
        "ECS deployment circuit breaker: tasks failed to start."
    )
    assert len(world.stack.tasks("web:1")) == 2
    assert world.stack.tasks("web:2") == []
    assert "Task failed ELB health checks in (target-group g)" in world.stopping.reasons
    world.stack.deploy("web:3")
    for _ in range(3):
        world.look()
    assert [each["id"] for each in service["deployments"]] == ["ecs-svc/web:3"]


def test_without_rollback_a_failed_deployment_stays_and_starts_no_more(world: World) -> None:
    world.stack.service["deploymentConfiguration"]["deploymentCircuitBreaker"] = {"enable": True}
    failing = world.stack.deploy("web:2")
    world.scheduler.reconcile_all()
    for _ in range(3):
        world.scheduler.reconcile_all()
        [task, *_] = world.stack.tasks("web:2")
        task.update(lastStatus="STOPPED", desiredStatus="STOPPED")
        world.scheduler.record_failure(task)
    assert (failing["rolloutState"], failing["failedTasks"]) == ("FAILED", 3)
    started = world.stack._made
    world.scheduler.reconcile_all()
    assert world.stack._made == started
    assert len(world.stack.tasks("web:1")) == 2


def test_without_a_breaker_tasks_are_replaced_without_an_end(world: World) -> None:
    world.stack.service["deploymentConfiguration"] = {}
    deployment = world.stack.deploy("web:2")
    for _ in range(5):
        world.scheduler.reconcile_all()
        [task, *_] = world.stack.tasks("web:2")
        task.update(lastStatus="STOPPED", desiredStatus="STOPPED")
        world.scheduler.record_failure(task)
    assert (deployment["rolloutState"], deployment["failedTasks"]) == ("IN_PROGRESS", 5)
    assert len(world.stack.tasks("web:2")) == 2


def end(world: World, definition: str) -> None:
    """One task of a revision dies."""
    [task, *_] = world.stack.tasks(definition)
    task.update(lastStatus="STOPPED", desiredStatus="STOPPED")
    world.scheduler.record_failure(task)


def test_a_task_that_dies_in_a_rollout_is_replaced_with_its_own_revision(world: World) -> None:
    deployment = world.stack.deploy("web:2")
    world.look(reason=None)
    end(world, "web:1")
    assert [len(world.stack.tasks(each)) for each in ("web:1", "web:2")] == [2, 2]
    assert deployment.get("failedTasks", 0) == 0
    for _ in range(4):
        world.look()
    assert [len(world.stack.tasks(each)) for each in ("web:1", "web:2")] == [0, 2]
    assert world.state() == "COMPLETED"


def test_what_the_rollout_took_away_is_not_replaced(world: World) -> None:
    world.stack.service["deploymentConfiguration"]["minimumHealthyPercent"] = 0
    world.stack.deploy("web:2")
    world.scheduler.reconcile_all()
    assert world.stack.tasks("web:1") == []
    end(world, "web:2")
    assert [len(world.stack.tasks(each)) for each in ("web:1", "web:2")] == [0, 2]


def test_a_revision_that_never_worked_is_not_started_again() -> None:
    world = World(FakeStack(minimumHealthyPercent=100))
    world.look(reason=None)
    world.stack.deploy("web:2")
    end(world, "web:1")
    assert len(world.stack.tasks("web:1")) == 0


@pytest.mark.parametrize(("resets", "count"), [(True, 0), (False, 1)])
def test_a_task_that_becomes_healthy_sets_the_count_back(
    world: World, resets: bool, count: int
) -> None:
    breaker = world.stack.service["deploymentConfiguration"]["deploymentCircuitBreaker"]
    world.stack.service["deploymentConfiguration"]["deploymentCircuitBreaker"] = {
        **breaker,
        "resetOnHealthyTask": resets,
    }
    deployment = world.stack.deploy("web:2")
    deployment["failedTasks"] = 1
    world.look()
    world.look()
    assert deployment["failedTasks"] == count


def test_the_grace_period_keeps_an_unhealthy_task(world: World) -> None:
    world.stack.service["healthCheckGracePeriodSeconds"] = 300
    world.look(reason="no")
    world.look(reason="no")
    assert world.stopping.reasons == []


def test_a_container_that_is_unhealthy_is_a_failure_as_well(world: World) -> None:
    for each in world.stack._task_defs.values():
        each["containerDefinitions"][0]["healthCheck"] = {"command": ["CMD", "true"]}
    for _ in range(3):
        world.look()
    assert world.stack.tasks("web:1", "STOPPED")[0]["healthStatus"] == "UNHEALTHY"
    assert set(world.stopping.reasons) == {"Task failed container health checks"}


def test_a_service_that_is_gone_or_of_another_kind_is_left_alone(world: World) -> None:
    made = world.stack._made
    world.scheduler.reconcile_service("demo", "demo/none")
    world.stack.service["status"] = "INACTIVE"
    world.stack._tasks.clear()
    world.scheduler.reconcile_all()
    world.scheduler.record_failure({"clusterArn": "cluster/demo", "group": ""})
    assert world.stack._made == made


def test_trouble_does_not_end_the_looking(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = threading.Semaphore(0)

    def look() -> None:
        looks.release()
        raise RuntimeError("it changed meanwhile")

    monkeypatch.setattr(schedulers, "LOOK_SECONDS", 0.001)
    monkeypatch.setattr(world.scheduler, "reconcile_all", look)
    world.scheduler.start_thread()
    assert looks.acquire(timeout=10)
    assert looks.acquire(timeout=10)
