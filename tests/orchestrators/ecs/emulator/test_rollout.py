"""Which tasks are started and stopped next, under which minimum and maximum."""

from __future__ import annotations

import pytest

from checker.orchestrators.ecs.emulator.rollout import (
    HEALTHY,
    PENDING,
    UNHEALTHY,
    RolloutStep,
    ServiceTask,
    compute_goal,
    plan_step,
)


def old(count: int, health: str = HEALTHY) -> list[ServiceTask]:
    return [ServiceTask(f"old{n}", False, health, n) for n in range(count)]


def new(count: int, health: str = HEALTHY) -> list[ServiceTask]:
    return [ServiceTask(f"new-{health}-{n}", True, health, 100 + n) for n in range(count)]


def test_least_is_rounded_up_and_most_down() -> None:
    goal = compute_goal(3, 50, 150)
    assert (goal.least, goal.most) == (2, 4)


def test_most_leaves_room_for_one() -> None:
    assert compute_goal(1, 0, 50).most == 1


def test_careless_stops_all_before_it_starts_any() -> None:
    goal = compute_goal(3, 0, 100)
    assert plan_step(old(3), goal) == RolloutStep(old=["old0", "old1", "old2"])
    assert plan_step([], goal) == RolloutStep(start=3)


def test_with_minimum_100_the_old_stay_until_the_new_are_healthy() -> None:
    goal = compute_goal(2, 100, 200)
    assert plan_step(old(2), goal) == RolloutStep(start=2)
    assert plan_step([*old(2), *new(2, PENDING)], goal) == RolloutStep()
    assert plan_step([*old(2), *new(1), *new(1, PENDING)], goal) == RolloutStep(old=["old0"])
    assert plan_step([*old(2), *new(2)], goal) == RolloutStep(old=["old0", "old1"])
    assert plan_step(new(2), goal) == RolloutStep(steady=True)


def test_no_more_are_started_than_the_maximum_has_room_for() -> None:
    assert plan_step(old(4), compute_goal(4, 100, 150)).start == 2


def test_with_minimum_50_half_may_go_at_once() -> None:
    assert plan_step(old(4), compute_goal(4, 50, 100)).old == ["old0", "old1"]


def test_minimum_and_maximum_100_lead_nowhere() -> None:
    assert plan_step(old(4), compute_goal(4, 100, 100)) == RolloutStep()


def test_old_tasks_that_do_not_work_go_at_once() -> None:
    step = plan_step([*old(1), *old(1, UNHEALTHY)], compute_goal(1, 100, 200))
    assert step.old == ["old0"]


def test_an_unhealthy_task_is_replaced_before_it_is_stopped() -> None:
    goal = compute_goal(2, 100, 200)
    sick = new(1, UNHEALTHY)
    assert plan_step([*new(1), *sick], goal) == RolloutStep(start=1)
    assert plan_step([*new(1), *sick, *new(1, PENDING)], goal) == RolloutStep()
    assert plan_step([*new(2), *sick], goal).sick == [sick[0].name]


def test_unhealthy_tasks_make_room_where_there_is_none() -> None:
    step = plan_step([*old(2), *new(2, UNHEALTHY)], compute_goal(2, 100, 200))
    assert (step.start, len(step.sick), step.old) == (0, 2, [])


def test_a_failed_deployment_starts_nothing_and_keeps_the_old() -> None:
    step = plan_step([*old(2), *new(1, UNHEALTHY)], compute_goal(2, 100, 200, failed=True))
    assert step == RolloutStep(sick=["new-unhealthy-0"])


def kept(count: int, health: str = HEALTHY) -> list[ServiceTask]:
    return [ServiceTask(f"kept-{health}-{n}", False, health, n, True) for n in range(count)]


def test_an_old_task_that_ended_is_made_up_for_by_its_own_revision() -> None:
    goal = compute_goal(3, 100, 200, lost=1)
    assert plan_step([*kept(2), *new(3, PENDING)], goal) == RolloutStep(replace=1)
    starting = [*kept(2), *kept(1, PENDING), *new(3, PENDING)]
    assert plan_step(starting, compute_goal(3, 100, 200)) == RolloutStep()


def test_it_is_made_up_for_before_new_ones_are_started() -> None:
    step = plan_step(kept(2), compute_goal(3, 100, 134, lost=1))
    assert (step.replace, step.start) == (1, 1)


def test_it_is_not_made_up_for_where_the_minimum_does_not_need_it() -> None:
    assert plan_step(kept(1), compute_goal(2, 50, 100, lost=1)) == RolloutStep(start=1)
    step = plan_step([*new(2), *kept(1, PENDING)], compute_goal(2, 100, 200))
    assert step.old == ["kept-pending-0"]


def test_one_that_is_sick_goes_and_is_not_counted_as_replaced() -> None:
    step = plan_step([*kept(1), *kept(1, UNHEALTHY)], compute_goal(2, 100, 200))
    assert (step.sick, step.old, step.start) == (["kept-unhealthy-0"], [], 2)


def test_a_failed_deployment_without_a_way_back_keeps_the_old_complete() -> None:
    goal = compute_goal(2, 100, 200, failed=True, lost=1)
    assert plan_step(kept(1), goal) == RolloutStep(replace=1)


@pytest.mark.parametrize(("count", "stopped"), [(1, 2), (0, 3)])
def test_the_newest_go_when_fewer_are_wanted(count: int, stopped: int) -> None:
    step = plan_step(new(3), compute_goal(count, 100, 200))
    assert step.scale_in == [f"new-healthy-{n}" for n in range(count, 3)]
    assert len(step.scale_in) == stopped
