"""Only healthy targets get requests, in turn; one that leaves is waited for."""

from __future__ import annotations

import threading

import pytest

from checker.orchestrators.ecs.emulator.load_balancing import targets
from checker.orchestrators.ecs.emulator.load_balancing.targets import (
    TargetHealth,
    TargetKey,
    Targets,
)

GROUP = {"HealthyThresholdCount": 3, "UnhealthyThresholdCount": 2}
ONE, TWO, THREE = (("g", f"10.0.0.{n}", 80) for n in (1, 2, 3))


class World:
    def __init__(self, *keys: TargetKey) -> None:
        self.registered = list(keys)
        self.targets = Targets(lambda _: self.registered)
        self.now = 0.0

    def note(self, key: TargetKey, *reasons: str) -> None:
        for reason in reasons:
            self.now += 10
            found = dict(self.targets.select_due("g", 5.0, self.now))
            found[key].record_result(reason, reason, GROUP)
            for each in found.values():
                each.asked = False

    def taken(self, count: int) -> list[str]:
        found = []
        for _ in range(count):
            key = self.targets.take_target("g")
            assert key
            self.targets.release_target(key)
            found.append(key[1][-1])
        return found


def test_one_good_answer_makes_a_new_target_healthy() -> None:
    health = TargetHealth(0)
    assert (health.state, health.reason) == (targets.INITIAL, targets.CHECKING)
    health.record_result("", "", GROUP)
    assert (health.state, health.reason) == (targets.HEALTHY, "")


def test_an_unhealthy_target_needs_as_many_good_answers_in_a_row_as_the_group_says() -> None:
    health = TargetHealth(0)
    states = []
    for reason in ("no", "no", "", "", "no", "", "", ""):
        health.record_result(reason, reason, GROUP)
        states.append(health.state)
    assert states == ["initial", *["unhealthy"] * 6, "healthy"]


def test_one_bad_answer_does_not_take_a_healthy_target_out() -> None:
    health = TargetHealth(0)
    for reason in ("", "no", "", "no"):
        health.record_result(reason, reason, GROUP)
    assert health.state == targets.HEALTHY


def test_healthy_targets_get_requests_in_turn() -> None:
    world = World(ONE, TWO, THREE)
    world.note(ONE, "")
    world.note(TWO, "")
    assert sorted(world.taken(4)) == ["1", "1", "2", "2"]
    world.note(ONE, "no", "no")
    assert world.taken(3) == ["2", "2", "2"]


def test_where_none_is_healthy_all_get_requests() -> None:
    world = World(ONE, TWO)
    world.note(ONE, "no", "no")
    assert sorted(world.taken(2)) == ["1", "2"]


def test_an_empty_group_has_nobody_to_answer() -> None:
    assert World().targets.take_target("g") is None


def test_a_target_that_left_is_waited_for_until_its_requests_end() -> None:
    world = World(ONE)
    assert world.targets.take_target("g") == ONE
    assert world.targets.take_target("g") == ONE
    world.registered.clear()
    ended: list[bool] = []
    waiting = threading.Thread(target=lambda: ended.append(world.targets.drain_target(ONE, 30)))
    waiting.start()
    while [health.state for _, health in world.targets.describe_group("g")] != [targets.DRAINING]:
        pass
    world.targets.release_target(ONE)
    assert not ended
    world.targets.release_target(ONE)
    waiting.join(10)
    assert ended == [True]
    assert world.targets.describe_group("g") == []


def test_the_wait_ends_with_the_deregistration_delay() -> None:
    world = World(ONE)
    world.targets.take_target("g")
    world.registered.clear()
    assert world.targets.drain_target(ONE, 0.01) is False


def test_a_target_is_asked_at_once_and_then_after_each_interval() -> None:
    there = Targets(lambda _: [ONE])
    [(key, health)] = there.select_due("g", 5.0, 100.0)
    assert key == ONE
    assert there.select_due("g", 5.0, 106.0) == [], "it has not answered yet"
    health.asked = False
    assert there.select_due("g", 5.0, 104.0) == []
    assert len(there.select_due("g", 5.0, 106.0)) == 1


def test_a_target_that_comes_back_begins_anew() -> None:
    world = World(ONE)
    world.note(ONE, "")
    world.registered.clear()
    world.targets.select_due("g", 5.0, 0)
    world.registered.append(ONE)
    assert world.targets.find_state(ONE) == targets.INITIAL


def test_reset_forgets_all_and_lets_go_of_who_waits() -> None:
    world = World(ONE)
    world.note(ONE, "")
    world.targets.take_target("g")
    ended: list[bool] = []
    waiting = threading.Thread(target=lambda: ended.append(world.targets.drain_target(ONE, 30)))
    waiting.start()
    while not world.targets._draining:
        pass
    world.targets.reset()
    waiting.join(10)
    assert ended == [True]
    assert world.targets.find_state(ONE) == targets.INITIAL


@pytest.mark.parametrize("count", [1, 2])
def test_releasing_more_often_than_taking_does_no_harm(count: int) -> None:
    world = World(ONE)
    for _ in range(count):
        world.targets.release_target(ONE)
    assert world.targets.drain_target(ONE, 0) is True
